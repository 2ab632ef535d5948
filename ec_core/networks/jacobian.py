"""The Jacobian of a network's answers with respect to its weights, and its triangular factor.

Axes: N probes, K outputs, P parameters. Rows of J are (probe, output) pairs; columns follow the
layers, each (out, in + 1) with the bias last.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ec_core.networks.activations import activation
from ec_core.networks.network import Network

_ROWS = 4096


def jacobian_blocks(network: Network, x: np.ndarray) -> Iterator[np.ndarray]:
    """J for inputs x (N, D) in blocks of rows (n·K, P), by back-propagation; any depth."""
    entry = activation(network.activation)
    outputs = network.sizes[-1]
    step = max(1, _ROWS // outputs)
    for at in range(0, len(x), step):
        reads, sums = zip(*network.passes(x[at : at + step]), strict=True)
        count = len(sums[-1])
        # delta (n, K, H): derivative of the answers with respect to a layer's pre-activations
        delta = np.broadcast_to(np.eye(outputs), (count, outputs, outputs))
        columns = []
        for layer in range(len(network.weights) - 1, -1, -1):
            with_bias = np.concatenate([reads[layer], np.ones((count, 1))], axis=1)
            block = np.einsum("nkh,ni->nkhi", delta, with_bias)
            columns.append(block.reshape(count * outputs, -1))
            if layer:
                slope = entry.derivative(torch.from_numpy(sums[layer - 1])).numpy()
                delta = (delta @ network.weights[layer]) * slope[:, None, :]
        yield np.concatenate(columns[::-1], axis=1)


def triangular_factor(
    network: Network,
    x: np.ndarray,
    row_weights: np.ndarray | None = None,
    before: np.ndarray | None = None,
) -> np.ndarray:
    """R (P, P), upper triangular, with R'R = J'J for inputs x (N, D).

    row_weights (K,) : multiply the rows of each output first
    before (P, P) : the factor of earlier inputs, which count as well
    Updated block by block, so that the condition is not squared (as it would be in J'J) and J is
    never held whole.
    """
    count = network.parameter_count
    factor = np.zeros((count, count)) if before is None else before
    for block in jacobian_blocks(network, x):
        if row_weights is not None:
            block = block * np.tile(row_weights, len(block) // len(row_weights))[:, None]
        factor = np.asarray(np.linalg.qr(np.concatenate([factor, block]), mode="r"))
    return factor


def vjp(network: Network, x: np.ndarray, errors: list[np.ndarray]) -> np.ndarray:
    """J'e (P, m) for m arrays of errors (N, K) of the answers to inputs x (N, D)."""
    products, at = np.zeros((network.parameter_count, len(errors))), 0
    for block in jacobian_blocks(network, x):
        rows = len(block) // network.sizes[-1]
        for column, error in enumerate(errors):
            products[:, column] += block.T @ error[at : at + rows].ravel()
        at += rows
    return products


def scores(
    network: Network, x: np.ndarray, errors: np.ndarray, directions: np.ndarray
) -> np.ndarray:
    """(N, r): e_i'J_i F of every probe i, for errors (N, K) of the answers to inputs x (N, D) and
    ``directions`` F (P, r).
    """
    rows, at = [], 0
    for block in jacobian_blocks(network, x):
        each = block.reshape(-1, errors.shape[1], block.shape[1])
        rows.append(np.einsum("nkp,nk->np", each, errors[at : at + len(each)]) @ directions)
        at += len(each)
    return np.concatenate(rows)


def column_norms(factor: np.ndarray) -> np.ndarray:
    """(P,) the norms of J's columns; one for columns that are zero, which stay zero when scaled."""
    norms = np.linalg.norm(factor, axis=0)
    return np.where(norms > 0, norms, 1.0)
