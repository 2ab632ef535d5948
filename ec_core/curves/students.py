"""A network whose curves are unknowns too: its numbers as one row, its answers, its Jacobian.

The row holds layer after layer weights (row by row) and biases, then the coefficients of the
curves. Hidden layers with a named activation have none.

Axes: N probes, D inputs, H neurons of a layer, K outputs, P numbers of the row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from ec_core.networks.activations import activation
from ec_core.networks.network import Kind, Network
from ec_core.networks.spline import Spline


def row_of(network: Network) -> np.ndarray:
    """(P,) all numbers of a network."""
    parts = [a.ravel() for pair in zip(network.weights, network.biases, strict=True) for a in pair]
    return np.concatenate([*parts, *(curve.coefficients for curve in network.curves)])


def with_row(network: Network, row: np.ndarray) -> Network:
    """The inverse: a network of the same shape, and on the same knots, with these numbers."""
    weights, biases, curves, at = [], [], [], 0
    for w in network.weights:
        weights.append(row[at : at + w.size].reshape(w.shape))
        at += w.size
        biases.append(row[at : at + len(w)])
        at += len(w)
    for curve in network.curves:
        count = len(curve.coefficients)
        curves.append(Spline(curve.knots, row[at : at + count]))
        at += count
    return replace(network, weights=tuple(weights), biases=tuple(biases), curves=tuple(curves))


@dataclass(frozen=True)
class Layer:
    """What a hidden layer makes of N probes: it reads ``below`` (N, H'), sums to z (N, H), and its
    curve gives ``above`` with ``slope``, both (N, H).
    """

    below: np.ndarray
    z: np.ndarray
    above: np.ndarray
    slope: np.ndarray


def both(kind: Kind, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """s(z) and s'(z) of a curve or a named activation."""
    if isinstance(kind, Spline):
        return kind.both(z)
    entry, tensor = activation(kind), torch.from_numpy(z)
    return entry.function(tensor).numpy(), entry.derivative(tensor).numpy()


def layers_of(network: Network, x: np.ndarray) -> list[Layer]:
    """Every hidden layer at inputs x (N, D)."""
    layers, h = [], x
    for kind, w, b in zip(network.kinds, network.weights[:-1], network.biases[:-1], strict=True):
        z = h @ w.T + b
        above, slope = both(kind, z)
        layers.append(Layer(h, z, above, slope))
        h = above
    return layers


def answers_of(network: Network, layers: list[Layer]) -> np.ndarray:
    """(N, K) from the hidden layers."""
    return np.asarray(layers[-1].above @ network.weights[-1].T + network.biases[-1])


def _by_coefficients(curve: Spline, z: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """(N, K, m): sum over neurons of pull (N, K, H) times the basis at z (N, H)."""
    rows, outputs, count = len(z), pull.shape[1], len(curve.coefficients)
    values, first = curve.basis(z)
    at = (np.arange(rows)[:, None, None] * count + first[:, :, None] + np.arange(4)).ravel()
    columns = np.empty((rows, outputs, count))
    for k in range(outputs):
        weight = (pull[:, k, :, None] * values).ravel()
        columns[:, k] = np.bincount(at, weight, minlength=rows * count).reshape(rows, count)
    return columns


def jacobian(network: Network, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Answers (N, K) and their derivatives (N, K, P) by all numbers of the row."""
    layers = layers_of(network, x)
    answers = answers_of(network, layers)
    rows, outputs = answers.shape
    identity = np.broadcast_to(np.eye(outputs), (rows, outputs, outputs))
    last = identity[:, :, :, None] * layers[-1].above[:, None, None, :]
    blocks = [np.concatenate([last.reshape(rows, outputs, -1), identity], axis=2)]
    curves: list[np.ndarray] = []
    pull = np.broadcast_to(network.weights[-1], (rows, *network.weights[-1].shape))
    for i in range(len(layers) - 1, -1, -1):
        layer, kind = layers[i], network.kinds[i]
        if isinstance(kind, Spline):
            curves.insert(0, _by_coefficients(kind, layer.z, pull))
        through = pull * layer.slope[:, None, :]
        own = through[:, :, :, None] * layer.below[:, None, None, :]
        blocks.insert(0, np.concatenate([own.reshape(rows, outputs, -1), through], axis=2))
        pull = through @ network.weights[i]
    return answers, np.concatenate(blocks + curves, axis=2)
