"""The last digits: damped steps by orthogonal factors of the Jacobian itself.

Levenberg-Marquardt solves with J'J, in which singular values below 1e-8 of the largest drown in
rounding; along such directions the weights stay where the students left them. With J = QR (Golub
1965), columns scaled to norm one, and R = U S V', they count down to 1e-16 of the largest. The step
is V S / (S² + m²) U'Q'r; of several dampings m the one that leaves the lowest loss is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ec_core.networks.jacobian import column_norms, jacobian_blocks
from ec_core.networks.network import Network

_STEPS = 12
_GAIN = 0.99
"""A step that leaves more than this share of the loss is the last."""
_DAMPING = (1e-14, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4)
"""Shares of the largest singular value."""
MOST_OPERATIONS = 4e9
"""Of one factorisation, N·K·P² of them: a second or so."""


@dataclass(frozen=True)
class Polished:
    """The network, its loss, and the losses on the way."""

    network: Network
    loss: float
    history: tuple[float, ...]


def affordable(network: Network, x: np.ndarray) -> bool:
    """Does a factorisation for inputs x (N, D) take a second rather than minutes?"""
    rows = len(x) * network.sizes[-1]
    return rows * network.parameter_count**2 <= MOST_OPERATIONS


def polish(network: Network, x: np.ndarray, y: np.ndarray) -> Polished:
    """A network near the least-squares fit to y (N, K) at x (N, D), taken to the last digit.

    >>> teacher = Network("tanh", (np.eye(2), np.ones((1, 2))), (np.zeros(2), np.zeros(1)))
    >>> near = Network("tanh", (np.eye(2) + 1e-3, np.ones((1, 2))), (np.zeros(2), np.zeros(1)))
    >>> x = np.random.default_rng(0).standard_normal((100, 2))
    >>> polish(near, x, teacher(x)).loss < 1e-30
    True
    """
    loss, history = _loss(network, x, y), []
    for _ in range(_STEPS):
        tried = [_moved(network, step) for step in _steps(network, x, y)]
        losses = [_loss(other, x, y) for other in tried]
        best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
        if not losses[best] < loss:
            break
        done = losses[best] > _GAIN * loss
        network, loss = tried[best], losses[best]
        history.append(loss)
        if done:
            break
    return Polished(network, loss, tuple(history))


def _loss(network: Network, x: np.ndarray, y: np.ndarray) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.mean((network(x) - y) ** 2))


def _steps(network: Network, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(m, P) steps towards the least-squares solution of J step = y - f(x), one per damping."""
    count, at = network.parameter_count, 0
    residual = (y - network(x)).ravel()
    factor = np.zeros((count + 1, count + 1))
    for block in jacobian_blocks(network, x):
        rows = np.column_stack([block, residual[at : at + len(block)]])
        at += len(block)
        factor = np.asarray(np.linalg.qr(np.concatenate([factor, rows]), mode="r"))
    r, target = factor[:count, :count], factor[:count, count]
    norms = column_norms(r)
    left, values, right = np.linalg.svd(r / norms)
    damping = np.array(_DAMPING)[:, None] * values[0]
    shares = values / (values**2 + damping**2) * (target @ left)
    return np.asarray(shares @ right / norms)


def _moved(network: Network, step: np.ndarray) -> Network:
    """The network with ``step`` (P,) added: layer after layer, each (out, in + 1), bias last."""
    weights, biases, at = [], [], 0
    for w, b in zip(network.weights, network.biases, strict=True):
        rows, columns = w.shape[0], w.shape[1] + 1
        part = step[at : at + rows * columns].reshape(rows, columns)
        weights.append(w + part[:, :-1])
        biases.append(b + part[:, -1])
        at += rows * columns
    return Network(network.activation, tuple(weights), tuple(biases))
