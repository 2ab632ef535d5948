"""What a free curve leaves open, and one way to fix it.

Weights and curve of a hidden layer can trade four numbers without a change of any answer: the scale
and the shift of the sums z, and the scale and the constant of s. Fixed here: over the questions and
all neurons of the layer, z has mean 0 and variance 1, and so has s(z). Two choices of sign remain,
z -> -z for the whole layer and s -> -s: s rises along z, and is skewed to above, as far as it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ec_core.curves.students import layers_of
from ec_core.networks.network import Network
from ec_core.networks.spline import Spline, fitted

GAUGE = 4
"""Numbers per hidden layer that change no answer."""

_LEANS = 1e-3
"""A correlation or skewness of less tells nothing: such a curve is even, or odd."""


def _layer(network: Network, x: np.ndarray, i: int) -> Network:
    """The gauge of hidden layer i fixed; layers below have theirs."""
    weights, biases, curves = list(network.weights), list(network.biases), list(network.curves)
    layer = layers_of(network, x)[i]
    shift, scale = float(layer.z.mean()), float(layer.z.std()) or 1.0
    offset, factor = float(layer.above.mean()), float(layer.above.std()) or 1.0
    u, v = (layer.z - shift) / scale, (layer.above - offset) / factor
    skewness, along = float(np.mean(v**3)), float(np.mean(u * v))
    # an odd curve is turned by its sums alone: s -> -s would do the same
    factor = -factor if skewness < -_LEANS else factor
    along = -along if skewness < -_LEANS else along
    scale = -scale if along < -_LEANS else scale
    weights[i], biases[i] = weights[i] / scale, (biases[i] - shift) / scale
    curves[i] = curves[i].moved(shift, scale).scaled(1 / factor, -offset / factor)
    biases[i + 1] = biases[i + 1] + offset * weights[i + 1].sum(axis=1)
    weights[i + 1] = weights[i + 1] * factor
    return replace(network, weights=tuple(weights), biases=tuple(biases), curves=tuple(curves))


def fixed(network: Network, x: np.ndarray) -> Network:
    """The same function, every curve in the gauge above for questions x (N, D)."""
    for i in range(len(network.curves)):
        network = _layer(network, x, i)
    return network


def bounds(z: np.ndarray, beyond: float) -> tuple[float, float]:
    """Where all but the share ``beyond`` of the sums lie, on either side."""
    low, high = np.quantile(z, [beyond, 1 - beyond])
    return float(low), float(high)


def on_even_knots(network: Network, x: np.ndarray, count: int, beyond: float) -> Network:
    """Every curve on ``count`` even knots over where its sums lie now, nearest to what it was."""
    for i, layer in enumerate(layers_of(network, x)):
        z = layer.z.ravel()
        low, high = bounds(z, beyond)
        if not high > low:
            continue
        curve = fitted(np.linspace(low, high, count), z, layer.above.ravel())
        curves = (*network.curves[:i], curve, *network.curves[i + 1 :])
        network = replace(network, curves=curves)
    return network


def within(network: Network, x: np.ndarray) -> np.ndarray:
    """(N,) bool: questions at which all sums lie between the knots of their curve."""
    inside = np.ones(len(x), dtype=bool)
    for kind, layer in zip(network.kinds, layers_of(network, x), strict=True):
        if isinstance(kind, Spline):
            low, high = kind.range
            inside &= ((layer.z >= low) & (layer.z <= high)).all(axis=1)
    return inside
