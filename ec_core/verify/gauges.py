"""Two networks that are one up to what no answer tells: an added function, or a curve's own units.

After a softmax one function can be added to all logits: both networks are written with a last layer
whose rows sum to zero. And weights and a learnt curve can trade the scale and shift of the sums and
the scale and constant of the curve: the other network is written in the units of the first, which
sums and curves have when both are asked the same. Axes: N questions, H neurons of a layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from ec_core.networks.network import Network, applied
from ec_core.verify.match import (
    MATCHED_COSINE,
    MATCHED_NORM,
    LayerMatch,
    gaussian_inputs,
    match,
    weight_error,
)

SHARED = 0.01
"""Outputs differ by one function added to all where no more than this share of their difference is
left without it."""

_SAME = 1e-12
"""Answers that differ by less of their spread are equal anyway."""

_ASKED, _GRID = 2000, 400
"""Questions that tell the units of sums and curves, and places at which two curves are compared."""

CURVES_NOTE = (
    "Weights and a learnt curve can trade a scale and a shift without a change of any answer: the "
    "second network is compared in the units of the first."
)


def in_words(error: float | None, inside: float | None) -> str:
    """What comparing up to an added function shows, in a sentence."""
    weights = "" if error is None else f" Compared so, the weights differ by {error:.0e} at most."
    return (
        "The outputs differ by one function that is added to all of them, and apart from it by "
        f"{inside or 0.0:.0e} of their spread: after a softmax both networks give the same "
        f"probabilities, as plain numbers they do not.{weights}"
    )


def compared(teacher: Network, other: Network) -> dict[str, Any]:
    """What ``match`` says of two networks, as plain data; networks with curves are compared too.

    With ``up_to_logits`` (the same once more, and a ``sentence``) where they differ by one function
    added to all outputs; with ``note`` and ``curve_errors`` (largest difference of each curve, over
    its spread) where both have learnt curves and equal sizes. Raises InputError as ``match`` does.

    >>> w = np.random.default_rng(0).standard_normal((2, 3, 3))
    >>> net = Network("tanh", tuple(w), (np.zeros(3), np.zeros(3)))
    >>> more = Network("tanh", (w[0], w[1] + w[1][:1]), net.biases)
    >>> compared(net, more)["up_to_logits"]["max_weight_error"] < 1e-15
    True
    """
    facts = _facts(teacher, other)
    error = facts["function_error"]
    if teacher.sizes[-1] > 1 and error is not None and error > _SAME:
        inside = _facts(teacher.centred(), other.centred())
        left = inside["function_error"]
        if left is not None and left <= SHARED * error:
            said = in_words(inside["max_weight_error"], left)
            facts["up_to_logits"] = {"sentence": said, **inside}
    return facts


def _facts(teacher: Network, other: Network) -> dict[str, Any]:
    facts = match(teacher, other).as_json()
    if not (teacher.curves and other.curves and teacher.sizes == other.sizes):
        return facts
    moved, layers, errors = _in_units_of(teacher, other)
    everything = np.ones(teacher.sizes[0], dtype=bool)
    error = weight_error(teacher, moved, everything)
    names = ("matched", "missing", "extra", "max_cosine_distance")
    return {
        **facts,
        "layers": [{name: getattr(layer, name) for name in names} for layer in layers],
        "max_weight_error": error,
        "max_weight_error_identified": error,
        "curve_errors": errors,
        "note": CURVES_NOTE,
    }


@dataclass(frozen=True)
class _Units:
    """Mean and spread, over questions and neurons, of a layer's sums and of its curve."""

    shift: float
    scale: float
    offset: float
    factor: float

    @classmethod
    def of(cls, network: Network, x: np.ndarray, layer: int) -> _Units:
        z = network.hidden(x, layer)
        s = applied(network.kinds[layer], z)
        return cls(float(z.mean()), float(z.std()) or 1.0, float(s.mean()), float(s.std()) or 1.0)


def _rewritten(
    network: Network, i: int, own: _Units, wanted: _Units, signs: tuple[int, int]
) -> Network:
    """The same function, hidden layer i in other units; signs : of its sums, and of its curve."""
    weights, biases, curves = list(network.weights), list(network.biases), list(network.curves)
    scale = signs[0] * own.scale / wanted.scale
    shift = own.shift - wanted.shift * scale
    factor = signs[1] * wanted.factor / own.factor
    offset = wanted.offset - factor * own.offset
    weights[i], biases[i] = weights[i] / scale, (biases[i] - shift) / scale
    curves[i] = curves[i].moved(shift, scale).scaled(factor, offset)
    weights[i + 1] = weights[i + 1] / factor
    biases[i + 1] = biases[i + 1] - offset * weights[i + 1].sum(axis=1)
    return replace(network, weights=tuple(weights), biases=tuple(biases), curves=tuple(curves))


def _vectors(network: Network, layer: int) -> np.ndarray:
    """(H, D+1) incoming weights and biases."""
    return np.column_stack([network.weights[layer], network.biases[layer]])


def _in_units_of(
    teacher: Network, other: Network
) -> tuple[Network, tuple[LayerMatch, ...], list[float]]:
    """``other`` beside the teacher, its neurons in the teacher's order; how the layers' neurons and
    the curves compare.
    """
    x = gaussian_inputs(teacher)[:_ASKED]
    layers, errors = [], []
    for i, curve in enumerate(teacher.curves):
        wanted, own, mine = _Units.of(teacher, x, i), _Units.of(other, x, i), _vectors(teacher, i)
        z = teacher.hidden(x, i)
        grid = np.linspace(z.min(), z.max(), _GRID)
        spread = float(curve(grid).std()) or 1.0
        tried = []
        for signs in product((1, -1), (1, -1)):
            moved = _rewritten(other, i, own, wanted, signs)
            distance = cdist(mine, _vectors(moved, i))
            pairs = linear_sum_assignment(distance)
            apart = float(np.abs(curve(grid) - moved.curves[i](grid)).max()) / spread
            tried.append(
                (distance[pairs].mean() / np.abs(mine).max() + apart, pairs[1], moved, apart)
            )
        _, order, moved, apart = min(tried, key=lambda one: one[0])
        other = moved.permuted(order, i)
        layers.append(_layer_match(mine, _vectors(other, i), order))
        errors.append(apart)
    return other, tuple(layers), errors


def _layer_match(mine: np.ndarray, yours: np.ndarray, order: np.ndarray) -> LayerMatch:
    """Pairs of one layer by their incoming vectors (H, D+1), which lie in the same order."""
    size, other = np.linalg.norm(mine, axis=1), np.linalg.norm(yours, axis=1)
    units, theirs = (
        v / np.where(n > 0, n, 1.0)[:, None] for v, n in ((mine, size), (yours, other))
    )
    distance = np.sum((units - theirs) ** 2, axis=1) / 2
    same = distance <= MATCHED_COSINE
    same &= np.abs(size - other) <= MATCHED_NORM * np.maximum(size, other)
    matched, count = int(same.sum()), len(mine)
    return LayerMatch(
        matched, count - matched, count - matched, float(distance.max()), order, np.ones(count)
    )
