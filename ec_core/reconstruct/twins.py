"""Two neurons nearly alike, and the valley along which they trade places.

Of neurons a·s(z + e) and c·s(z + e') with e, e' small the answers show first a + c, then the mean
of e and e', weighted by a and c, then their variance, and only then, e³ down, how all that is
divided between the two. Networks with the same sum, mean and variance lie on a curve, one for every
share λ = a / (a + c), along which the loss hardly changes: a step-by-step fit stays where on it the
students happened to end. So the curve is walked: for some shares λ the rest is fitted, and the one
that leaves least is taken further.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from ec_core.control import Control
from ec_core.networks.activations import activation
from ec_core.networks.canonical import flip
from ec_core.networks.network import Network
from ec_core.reconstruct.polish import Polished, loss_of, operations, polish

_NEAR = 0.05
"""Neurons closer than this share of their length: further ones differ in the first digits."""
_ALIKE = 0.1
"""Outgoing weights of a pair (K,) are parallel up to this share of their sum."""
_PAIRS = 4
_SHORT = 5
"""Steps for one share: the other directions are steep."""
_DEAREST = 1e8
"""Operations of a factorisation: one pair takes up to 250 of them, ten seconds or so."""
_REACH = 5.0
"""Shares between 0.7 and 99.3 % (or as far beyond 0 and 1)."""
_FALLS = 0.5
"""What leaves more than this share of the loss is another point of the same noise."""


@dataclass(frozen=True)
class _Pair:
    """Neurons i and j of a hidden layer; distance as a share of their length."""

    layer: int
    i: int
    j: int
    distance: float
    flipped: bool


def _pairs(network: Network) -> Iterator[_Pair]:
    """Every pair near enough, in either sign where that leaves no line."""
    entry = activation(network.activation)
    if entry.homogeneous:
        return  # kinks are not smooth: where they lie shows in the first digits
    signs = (1.0, -1.0) if entry.parity and not entry.linear else (1.0,)
    for layer, (w, b) in enumerate(zip(network.weights[:-1], network.biases[:-1], strict=True)):
        rows = np.column_stack([w, b])
        for i, j in itertools.combinations(range(len(rows)), 2):
            length = max(float(np.linalg.norm(rows[i])), np.finfo(float).tiny)
            for sign in signs:
                distance = float(np.linalg.norm(rows[i] - sign * rows[j])) / length
                if 0.0 < distance < _NEAR:
                    yield _Pair(layer, i, j, distance, sign < 0)


def _facing(network: Network, pair: _Pair) -> Network:
    """The network with both neurons of a pair in the same sign."""
    if not pair.flipped:
        return network
    weights = [w.copy() for w in network.weights]
    biases = [b.copy() for b in network.biases]
    layer, j = pair.layer, pair.j
    row, bias, outgoing, _, constant = flip(
        weights[layer][j],
        float(biases[layer][j]),
        weights[layer + 1][:, j],
        activation(network.activation),
    )
    weights[layer][j], biases[layer][j], weights[layer + 1][:, j] = row, bias, outgoing
    biases[layer + 1] = biases[layer + 1] + constant
    return Network(network.activation, tuple(weights), tuple(biases))


def _share(network: Network, pair: _Pair) -> float:
    """λ, NaN where the outgoing weights cancel or point in different directions."""
    a, c = (network.weights[pair.layer + 1][:, neuron] for neuron in (pair.i, pair.j))
    whole = a + c
    size = float(whole @ whole)
    if size == 0.0:
        return math.nan
    share = float(a @ whole) / size
    aside = float(np.linalg.norm(a - share * whole)) / math.sqrt(size)
    return share if aside <= _ALIKE and share not in (0.0, 1.0) else math.nan


def _divided(network: Network, pair: _Pair, share: float) -> Network:
    """Another share with the same sum, mean and variance."""
    weights = [w.copy() for w in network.weights]
    biases = [b.copy() for b in network.biases]
    rows = np.column_stack([weights[pair.layer], biases[pair.layer]])
    out = weights[pair.layer + 1]
    before, whole = _share(network, pair), out[:, pair.i] + out[:, pair.j]
    mean = before * rows[pair.i] + (1.0 - before) * rows[pair.j]
    stretch = math.sqrt(before * (1.0 - before) / (share * (1.0 - share)))
    apart = stretch * (rows[pair.i] - rows[pair.j])
    for neuron, row, part in (
        (pair.i, mean + (1.0 - share) * apart, share),
        (pair.j, mean - share * apart, 1.0 - share),
    ):
        weights[pair.layer][neuron], biases[pair.layer][neuron] = row[:-1], row[-1]
        out[:, neuron] = part * whole
    return Network(network.activation, tuple(weights), tuple(biases))


def _at(position: float, share: float) -> float:
    """A share on the same side of 0 and 1 as ``share``; every number is the position of one."""
    if 0.0 < share < 1.0:
        return 1.0 / (1.0 + math.exp(-position))
    return 1.0 + math.exp(position) if share > 1.0 else -math.exp(position)


def untwine(
    network: Network, x: np.ndarray, y: np.ndarray, control: Control | None = None
) -> Polished | None:
    """A network that answers y (N, K) at x (N, D) better, its nearly equal neurons divided anew.

    None where there are no such neurons, or where another division explains no more.

    >>> rows = np.array([[1.0, -0.5], [1.001, -0.499]])
    >>> teacher = Network("tanh", (rows, np.array([[1.0, 2.0]])), (np.zeros(2), np.zeros(1)))
    >>> x = np.random.default_rng(0).standard_normal((400, 2))
    >>> away = _divided(teacher, next(_pairs(teacher)), 0.9)
    >>> untwine(away, x, teacher(x)).loss < 1e-28
    True
    """
    start = loss = loss_of(network, x, y)
    best: Polished | None = None
    if operations(network, x) > _DEAREST:
        return None
    for pair in sorted(_pairs(network), key=lambda pair: pair.distance)[:_PAIRS]:
        facing = _facing(network, pair)
        if math.isnan(_share(facing, pair)) or (control is not None and control.over):
            continue
        again = polish(_best_divided(facing, pair, x, y, control), x, y, control=control)
        if again.loss < loss:
            best, network, loss = again, again.network, again.loss
    return best if best is not None and loss <= _FALLS * start else None


def _best_divided(
    network: Network, pair: _Pair, x: np.ndarray, y: np.ndarray, control: Control | None
) -> Network:
    """The share that leaves least once the rest is fitted to it."""
    share = _share(network, pair)

    def fitted(position: float) -> Polished:
        return polish(_divided(network, pair, _at(position, share)), x, y, _SHORT, control)

    best = minimize_scalar(
        lambda position: fitted(position).loss,
        bounds=(-_REACH, _REACH),
        method="bounded",
        options={"maxiter": 25, "xatol": 1e-3},
    )
    return fitted(float(best.x)).network
