"""The last digits: damped, bent steps by orthogonal factors of the Jacobian itself.

Levenberg-Marquardt solves with J'J, in which singular values below 1e-8 of the largest drown in
rounding; along such directions the weights stay where the students left them. With J = QR (Golub
1965), columns scaled to norm one, and R = U S V', they count down to 1e-16 of the largest. The step
v for a residual r is V S / (S² + m²) U'Q'r. Valleys bend: two neurons nearly alike can trade places
along one, at a loss that hardly changes. So each step is followed by the same for what the line did
not foresee, f(θ) + J v - f(θ + v) (geodesic acceleration, Transtrum & Sethna 2012). Of several
dampings m, with and without the bend, the one that leaves the lowest loss is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ec_core.control import Control
from ec_core.networks.jacobian import column_norms, jacobian_blocks
from ec_core.networks.network import Network

_FEWEST, _MOST = 12, 200
"""Steps: as many as a factorisation that is as dear as can be allows, and of a cheap one."""
_GAIN = 0.99
"""A step that leaves more than this share of the loss is the last."""
_DAMPING = 10.0 ** np.arange(-15, -3, 0.5)
"""Shares of the largest singular value."""
MOST_OPERATIONS = 4e9
"""Of one factorisation, N·K·P² of them: a second or so."""


@dataclass(frozen=True)
class Polished:
    """The network, its loss, and the losses on the way."""

    network: Network
    loss: float
    history: tuple[float, ...]


def operations(network: Network, x: np.ndarray) -> float:
    """Of one factorisation for inputs x (N, D)."""
    return float(len(x) * network.sizes[-1] * network.parameter_count**2)


def affordable(network: Network, x: np.ndarray) -> bool:
    """Does a factorisation for inputs x (N, D) take a second rather than minutes?"""
    return operations(network, x) <= MOST_OPERATIONS


def polish(
    network: Network,
    x: np.ndarray,
    y: np.ndarray,
    most: int = _MOST,
    control: Control | None = None,
) -> Polished:
    """A network near the least-squares fit to y (N, K) at x (N, D), taken to the last digit.

    most : steps, at most; ``control`` may end it after any of them

    >>> teacher = Network("tanh", (np.eye(2), np.ones((1, 2))), (np.zeros(2), np.zeros(1)))
    >>> near = Network("tanh", (np.eye(2) + 1e-3, np.ones((1, 2))), (np.zeros(2), np.zeros(1)))
    >>> x = np.random.default_rng(0).standard_normal((100, 2))
    >>> polish(near, x, teacher(x)).loss < 1e-30
    True
    """
    loss, history = loss_of(network, x, y), []
    allowed = _FEWEST * MOST_OPERATIONS / max(operations(network, x), 1.0)
    for _ in range(min(most, int(np.clip(allowed, _FEWEST, _MOST)))):
        if control is not None and control.over:
            break
        tried = _tried(network, x, y)
        losses = [loss_of(other, x, y) for other in tried]
        best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
        if not losses[best] < loss:
            break
        done = losses[best] > _GAIN * loss
        network, loss = tried[best], losses[best]
        history.append(loss)
        if done:
            break
    return Polished(network, loss, tuple(history))


def loss_of(network: Network, x: np.ndarray, y: np.ndarray) -> float:
    """Mean squared error of a network at x (N, D) against y (N, K)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.mean((network(x) - y) ** 2))


def _tried(network: Network, x: np.ndarray, y: np.ndarray) -> list[Network]:
    """The network after a straight and after a bent step for every damping."""
    answers = network(x).ravel()
    residual = (y.ravel() - answers)[:, None]
    factor, target = _factored(network, x, lambda at, block: residual[at])
    norms = column_norms(factor)
    left, values, right = np.linalg.svd(factor / norms)
    damping = _DAMPING[:, None] * values[0]

    def solved(aimed: np.ndarray) -> np.ndarray:
        """(m, P) the damped solution of J step = what has the projections aimed (P, m or 1)."""
        shares = values / (values**2 + damping**2) * (aimed.T @ left)
        return np.asarray(shares @ right / norms)

    straight = solved(target)
    moved = [_moved(network, step) for step in straight]
    with np.errstate(over="ignore", invalid="ignore"):
        went = np.stack([other(x).ravel() - answers for other in moved], axis=1)
    went = np.where(np.isfinite(went), went, 0.0)
    unforeseen = _factored(network, x, lambda at, block: block @ straight.T - went[at])[1]
    return moved + [_moved(network, step) for step in straight + solved(unforeseen)]


def _factored(
    network: Network, x: np.ndarray, columns: Callable[[slice, np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """R (P, P) and Q'c (P, m) of J = QR, with c the ``columns`` for rows and their block of J."""
    count, at = network.parameter_count, 0
    factor: np.ndarray | None = None
    for block in jacobian_blocks(network, x):
        rows = np.hstack([block, columns(slice(at, at + len(block)), block)])
        at += len(block)
        if factor is None:
            factor = np.zeros((0, rows.shape[1]))
        factor = np.asarray(np.linalg.qr(np.vstack([factor, rows]), mode="r"))
    assert factor is not None
    missing = max(0, count - len(factor))
    factor = np.vstack([factor, np.zeros((missing, factor.shape[1]))])
    return factor[:count, :count], factor[:count, count:]


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
