"""A network that is written to: the symmetries of its activation, undone neuron by neuron.

Each change leaves the function as it is: another order, the opposite sign, a positive scale, whole
periods. Axes: H neurons of a layer, D inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ec_core.networks.activations import Activation
from ec_core.networks.canonical import TINY_NORM, centred, flip
from ec_core.networks.network import Network
from ec_core.verify.pairing import norms


@dataclass(frozen=True)
class Draft:
    """A network that is written to, its hidden layers padded with zero neurons to ``widths``."""

    weights: list[np.ndarray]
    biases: list[np.ndarray]

    @classmethod
    def of(cls, network: Network, widths: Sequence[int]) -> Draft:
        weights, biases, columns = [], [], network.sizes[0]
        for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            rows = max(len(b), widths[layer]) if layer < len(widths) else len(b)
            weight, bias = np.zeros((rows, columns)), np.zeros(rows)
            weight[: w.shape[0], : w.shape[1]], bias[: len(b)] = w, b
            weights.append(weight)
            biases.append(bias)
            columns = rows
        return cls(weights, biases)

    def network(self, other: Network) -> Network | None:
        """As a network of the same kind as ``other``; None where a number has left float64."""
        if not all(np.isfinite(values).all() for values in (*self.weights, *self.biases)):
            return None
        return Network(other.activation, tuple(self.weights), tuple(self.biases), other.dataset)

    def vectors(self, layer: int) -> np.ndarray:
        """(H, D+1): the incoming weights and biases of a layer."""
        return np.column_stack([self.weights[layer], self.biases[layer]])

    def reorder(self, layer: int, order: np.ndarray) -> None:
        self.weights[layer] = self.weights[layer][order]
        self.biases[layer] = self.biases[layer][order]
        self.weights[layer + 1] = self.weights[layer + 1][:, order]

    def rescale(self, layer: int, neuron: int, factor: float, degree: int) -> None:
        """a·s(z) = (a/f^n)·s(f·z) for s homogeneous of degree n and f > 0."""
        self.weights[layer][neuron] *= factor
        self.biases[layer][neuron] *= factor
        self.weights[layer + 1][:, neuron] /= factor**degree

    def turn(self, layer: int, neuron: int, count: float, entry: Activation) -> None:
        """The bias so many whole periods lower: a·s(z) = a·turn^n·s(z - n·p)."""
        self.biases[layer][neuron] -= count * entry.period
        if count % 2:
            self.weights[layer + 1][:, neuron] *= entry.turn

    def flip(self, layer: int, neuron: int, entry: Activation) -> None:
        """The opposite incoming sign, for activations that leave no linear term."""
        w, b = self.weights[layer][neuron], float(self.biases[layer][neuron])
        outgoing = self.weights[layer + 1][:, neuron]
        w, b, outgoing, _, constant = flip(w, b, outgoing, entry)
        self.weights[layer][neuron], self.biases[layer][neuron] = w, b
        self.weights[layer + 1][:, neuron] = outgoing
        self.biases[layer + 1] += constant


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    """Squared distance over the larger size: 0 for equal vectors, at most 4."""
    peak = max(float(np.abs(a).max(initial=0.0)), float(np.abs(b).max(initial=0.0))) or 1.0
    u, v = a / peak, b / peak
    return float(np.sum((u - v) ** 2) / max(np.sum(u * u), np.sum(v * v), TINY_NORM))


def same_norm(
    mine: Draft, yours: Draft, layer: int, neuron: int, columns: np.ndarray, degree: int
) -> None:
    """Give a neuron of ``yours`` the norm |(w, b)| of its partner."""
    wanted = float(norms(mine.vectors(layer)[neuron, columns][None])[0])
    norm = float(norms(yours.vectors(layer)[neuron, columns][None])[0])
    if min(wanted, norm) > TINY_NORM:
        yours.rescale(layer, neuron, wanted / norm, degree)


def _same_turn(
    mine: Draft, yours: Draft, layer: int, neuron: int, columns: np.ndarray, entry: Activation
) -> None:
    """The bias of ``yours`` next to its partner's by whole periods, in the nearer sign."""
    a, b = mine.vectors(layer)[neuron, columns], yours.vectors(layer)[neuron, columns]
    sign = 1.0 if a[:-1] @ b[:-1] >= 0 else -1.0
    count = np.round((b[-1] - sign * (a[-1] - entry.centre) - entry.centre) / entry.period)
    yours.turn(layer, neuron, float(count), entry)


def undo(
    mine: Draft, yours: Draft, layer: int, neuron: int, columns: np.ndarray, entry: Activation
) -> float:
    """Undo the scale and the sign of one neuron of ``yours``; returns the sign."""
    last = layer + 2 == len(mine.weights) == len(yours.weights)
    if entry.homogeneous:
        same_norm(mine, yours, layer, neuron, columns, entry.degree)
    if not entry.parity:
        return 1.0
    if entry.period:
        _same_turn(mine, yours, layer, neuron, columns, entry)
    a = centred(mine.vectors(layer)[neuron, columns], entry)
    b = centred(yours.vectors(layer)[neuron, columns], entry)
    along, against = _difference(a, b), _difference(a, -b)
    if last and entry.parity == -1:
        # two incoming vectors near zero say little: the outgoing weights join the decision
        out_a, out_b = mine.weights[-1][:, neuron], yours.weights[-1][:, neuron]
        along += _difference(out_a, out_b)
        against += _difference(out_a, -out_b)
    if against >= along:
        return 1.0
    if not entry.leaves_linear:
        yours.flip(layer, neuron, entry)
    return -1.0
