"""Inputs far from zero: the coordinates in which two networks can be compared, and what mapping a
network back to the units of its inputs costs.

A neuron that reads the time in seconds since 1970 has a weight of 1e-4 and a bias of 1e5: in these
units all its vectors (w, b) point the same way, and its bias has lost five digits before anything
is compared. Axes: D inputs, H neurons of the first layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ec_core.networks.network import Network
from ec_core.probing.probes import ProbeSet
from ec_core.verify.error_bars import EPS, Bars

FAR_OFF = 10.0
"""A first layer whose typical neuron switches so far from the origin, over its own scale, was not
made for inputs around zero: beyond it the vectors of all neurons are within 6 degrees."""

TOLD_FROM = 1e3
"""Inputs so many standard deviations from zero cost three digits, which is worth a sentence."""


@dataclass(frozen=True)
class Coordinates:
    """Inputs as (x - centre) / scale, each (D,)."""

    centre: np.ndarray
    scale: np.ndarray

    def rewritten(self, network: Network) -> Network:
        """The network for inputs in these coordinates."""
        weights, biases = list(network.weights), list(network.biases)
        biases[0] = biases[0] + weights[0] @ self.centre
        weights[0] = weights[0] * self.scale
        return replace(network, weights=tuple(weights), biases=tuple(biases))


def _offset(weight: np.ndarray, bias: np.ndarray) -> float:
    """The median of |b| / |w| over the neurons that have weights."""
    size = np.linalg.norm(weight, axis=1)
    nonzero = size > 0
    return float(np.median(np.abs(bias[nonzero]) / size[nonzero])) if nonzero.any() else 0.0


def own_coordinates(network: Network, known: np.ndarray) -> Coordinates | None:
    """The coordinates that a network's first layer was made for, None where its own will do.

    The centre is where all its neurons switch, as nearly as there is such a place; the scales make
    its columns equally large. known (D,) bool : inputs that were ever varied.

    >>> near = Network("tanh", (np.eye(2), np.ones((1, 2))), (np.ones(2), np.zeros(1)))
    >>> own_coordinates(near, np.ones(2, bool)) is None
    True
    >>> far = Network("tanh", (np.eye(2), np.ones((1, 2))), (np.full(2, -1e5), np.zeros(1)))
    >>> own_coordinates(far, np.ones(2, bool)).centre.round(6).tolist()
    [100000.0, 100000.0]
    """
    weight, bias = network.weights[0], network.biases[0]
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        column = np.sqrt(np.mean(weight**2, axis=0))
        known = known & (column > 0) & np.isfinite(column)
        if not known.any():
            return None
        scale = np.where(known, 1.0 / np.where(known, column, 1.0), 1.0)
        scaled = np.where(known, weight * scale, 0.0)
        if not (np.isfinite(scaled).all() and np.isfinite(scale).all()):
            return None
        if not _offset(weight[:, known], bias) > FAR_OFF or not _offset(scaled, bias) > FAR_OFF:
            return None
        centre = np.linalg.lstsq(scaled, -bias, rcond=None)[0] * scale
        coordinates = Coordinates(centre, scale)
        moved = bias + weight @ centre
    better = np.isfinite(moved).all() and _offset(scaled, moved) < FAR_OFF
    return coordinates if better else None


def _short(value: float, digits: int) -> str:
    """1700000000 as 1.7e9.

    >>> _short(1.7e9, 2), _short(-31.4, 1), _short(1e-7, 1)
    ('1.7e9', '-3e1', '1e-7')
    """
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def unit_notes(network: Network, probes: ProbeSet, bars: Bars | None) -> tuple[str, ...]:
    """One sentence for each input that lies far from zero: what its units cost the biases.

    network : recovered, in the units of the probes
    """
    said = []
    for i in np.flatnonzero(probes.identified):
        mean, scale = float(probes.x_mean[i]), float(probes.x_scale[i])
        if abs(mean) <= TOLD_FROM * scale:
            continue
        lost = EPS * float(np.abs(network.weights[0][:, i]).max()) * abs(mean)
        known = lost if bars is None else max(lost, float(bars.biases[0].max()))
        said.append(
            f"Input {i + 1} is given as {_short(mean, 2)} ± {_short(scale, 1)}, so that in these "
            f"units the biases of the first layer are known to {_short(known, 1)} only."
        )
    return tuple(said)
