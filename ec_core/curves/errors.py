"""What the questions tell of weights and curves together: rank, leverage, and the curve's error."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ec_core.curves.gauge import GAUGE
from ec_core.curves.learning import Lesson
from ec_core.curves.students import jacobian, layers_of, row_of, with_row
from ec_core.networks.activations import activation
from ec_core.networks.network import Network
from ec_core.networks.spline import Spline, fitted
from ec_core.verify.certificate import FULL_RANK, UNTESTED

FLAT = 3e-5
"""Singular values below this share of the largest count as zero where there are curves: a direction
that leaves all answers would be an exact zero for the function, and is one up to a spline's error.
Measured: 1e-1 to 3e-3 where the curve is shared; below 6e-6 where neurons see separate parts of it,
each of which then has a scale and a shift of its own."""

_DEVIATIONS = 3.0
"""Standard deviations that a coefficient may be off by."""


@dataclass(frozen=True)
class Told:
    """rank of ``expected`` (numbers less those that change no answer: the gauge of every curve, the
    scale of every neuron of a homogeneous activation); condition of the column-scaled Jacobian;
    alone : answers that tell some numbers by themselves
    curves : error of each curve over its range, at most, as a share of its spread
    """

    rank: int
    expected: int
    condition: float
    alone: int
    curves: tuple[float, ...]


def unchanging(network: Network) -> int:
    """Numbers in which the network can move without a change of any answer."""
    count = GAUGE * len(network.curves)
    for kind, own in zip(network.kinds, network.sizes[1:-1], strict=True):
        if isinstance(kind, str) and activation(kind).homogeneous:
            count += own
    return count


def gauge_directions(network: Network, x: np.ndarray) -> np.ndarray:
    """(P, 4 L) the ways in which the row of a network with curves moves without a change of
    answers.

    Of every curve: its constant and scale, which the next layer undoes exactly, and the shift and
    scale of its sums, which a curve on the same knots undoes as nearly as a spline can.
    """
    zero = with_row(network, np.zeros_like(row_of(network)))
    columns = []
    for i, (curve, layer) in enumerate(zip(network.curves, layers_of(network, x), strict=True)):
        z, slope, one = layer.z.ravel(), layer.slope.ravel(), np.ones(len(curve.coefficients))
        out, own = network.weights[i + 1], network.weights[i]
        shifted = fitted(curve.knots, z, -slope).coefficients
        scaled = fitted(curve.knots, z, -z * slope).coefficients
        columns += [
            _moved(zero, i, one, bias_out=-out.sum(axis=1)),
            _moved(zero, i, curve.coefficients, weight_out=-out),
            _moved(zero, i, shifted, bias=np.ones(len(own))),
            _moved(zero, i, scaled, bias=network.biases[i], weight=own),
        ]
    return np.stack(columns, axis=1)


def _moved(
    zero: Network,
    layer: int,
    coefficients: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    weight_out: np.ndarray | None = None,
    bias_out: np.ndarray | None = None,
) -> np.ndarray:
    """(P,) a row that is zero but for these parts."""
    weights, biases, curves = list(zero.weights), list(zero.biases), list(zero.curves)
    for array, here, value in (
        (weights, layer, weight),
        (biases, layer, bias),
        (weights, layer + 1, weight_out),
        (biases, layer + 1, bias_out),
    ):
        if value is not None:
            array[here] = value
    curves[layer] = Spline(curves[layer].knots, coefficients)
    moved = replace(zero, weights=tuple(weights), biases=tuple(biases), curves=tuple(curves))
    return row_of(moved)


def told(network: Network, lesson: Lesson) -> Told:
    """From the questions of the lesson, all of which lie between the knots."""
    answers, columns = jacobian(network, lesson.x)
    flat = columns.reshape(-1, columns.shape[2])
    norms = np.linalg.norm(flat, axis=0)
    norms = np.where(norms > 0, norms, 1.0)
    scaled, least = flat / norms, FULL_RANK
    if network.curves:
        gauge = np.linalg.qr(gauge_directions(network, lesson.x) * norms[:, None])[0]
        scaled, least = scaled - (scaled @ gauge) @ gauge.T, FLAT
    left, values, right = np.linalg.svd(scaled, full_matrices=False)
    expected = flat.shape[1] - unchanging(network)
    rank = min(expected, int((values > least * values[0]).sum()))
    leverage = np.sum(left[:, :rank] ** 2, axis=1)
    residual = float(np.sum((answers - lesson.y) ** 2))
    spread = np.sqrt(residual / max(len(flat) - rank, 1))
    root = right[:rank].T / values[:rank] / norms[:, None]
    errors, at = [], flat.shape[1] - sum(len(curve.coefficients) for curve in network.curves)
    for curve in network.curves:
        own = root[at : at + len(curve.coefficients)]
        at += len(curve.coefficients)
        middle = 0.5 * (curve.knots[1:] + curve.knots[:-1])
        scatter = spread * np.linalg.norm(curve.design(middle) @ own, axis=1)
        errors.append(float(np.max(curve.error_by_interval() + _DEVIATIONS * scatter)))
    return Told(
        rank,
        expected,
        float(values[0] / values[max(rank, 1) - 1]),
        int((leverage > UNTESTED).sum()),
        tuple(errors),
    )
