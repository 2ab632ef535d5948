"""Is a learnt curve one of the named functions? And the network written with these instead.

s(z) = factor · named(scale · z + shift) + offset: where the four numbers make the two equal within
the curve's error, the name stands for the curve, and the numbers go into the weights around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from ec_core.curves.students import both
from ec_core.networks.activations import COMMON, UNCOMMON, activation
from ec_core.networks.network import LEARNT, Network, applied
from ec_core.networks.spline import Spline

NAMES = (*COMMON, *UNCOMMON)

T = TypeVar("T")

_GRID = 121
_SCALES = np.geomspace(0.2, 10.0, 12)
_SHIFTS = np.linspace(-4.0, 4.0, 17)
_POLISHED = 8
"""Of the starts, those nearest are fitted to the last digit."""

_DESCENT, _GIVEN_UP = 60, 1e6
"""Steps of that fit at most, and the damping at which all starts have come to their ends."""

_EDGE = 5e-3
"""Share of a neuron's sums on either side that its part of the curve is not asked about."""

_SAME = 2.0
"""A name further down the table must come so many times nearer to be taken: tanh before sigmoid."""


@dataclass(frozen=True)
class Named:
    """A named function beside a curve, the four numbers above, and how far the two lie apart over
    the curve's range: at most (``deviation``), and root mean square (``typical``).
    """

    activation: str
    scale: float
    shift: float
    factor: float
    offset: float
    deviation: float
    typical: float

    def __call__(self, z: np.ndarray) -> np.ndarray:
        inner = applied(self.activation, np.asarray(self.scale * z + self.shift))
        return np.asarray(self.factor * inner + self.offset)

    @property
    def words(self) -> str:
        """As in a sentence.

        >>> Named("tanh", 2.0, -0.5, 3.0, 0.0, 0.0, 0.0).words
        's(z) = 3 tanh(2 z - 0.5)'
        """
        inner = f"{self.scale:.6g} z" + _added(self.shift)
        return f"s(z) = {self.factor:.6g} {self.activation}({inner}){_added(self.offset)}"


def _added(value: float) -> str:
    if abs(value) < 1e-9:
        return ""
    return f" {'+' if value > 0 else '-'} {abs(value):.6g}"


def _linear(values: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """factor, offset and the rest of s for each row of values (n, G), in closed form."""
    mean = values.mean(axis=-1, keepdims=True)
    centred = values - mean
    power = (centred**2).sum(axis=-1)
    factor = (centred @ (s - s.mean())) / np.where(power > 0, power, 1.0)
    offset = s.mean() - factor * mean[..., 0]
    return factor, offset, factor[..., None] * values + offset[..., None] - s


def _nearest(name: str, z: np.ndarray, s: np.ndarray) -> Named:
    entry = activation(name)
    # turned round an odd or even function is itself; with a line left over it is another
    own = entry.parity != 0 and not entry.leaves_linear
    scales = _SCALES if own else np.concatenate([_SCALES, -_SCALES])
    width = max(float(np.ptp(z)) / 4, 1e-9)
    centre = 0.5 * float(z.max() + z.min())
    starts = np.array([(a / width, b - a * centre / width) for a in scales for b in _SHIFTS])
    rests = _linear(applied(name, starts[:, :1] * z + starts[:, 1:]), s)[2]
    order = np.argsort((rests**2).sum(axis=1), kind="stable")[:_POLISHED]
    pairs, costs = _descended(name, starts[order], z, s)
    scale, shift = (float(value) for value in pairs[int(np.argmin(costs))])
    factor, offset, left = _linear(applied(name, scale * z + shift)[None], s)
    apart = np.abs(left[0])
    typical = float(np.sqrt(np.mean(apart**2)))
    return Named(
        name, scale, shift, float(factor[0]), float(offset[0]), float(apart.max()), typical
    )


def _descended(
    name: str, pairs: np.ndarray, z: np.ndarray, s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Scales and shifts (n, 2) after Levenberg-Marquardt, and their costs (n,).

    factor and offset follow in closed form, so that steps are looked for where these cannot go
    (variable projection with Kaufman's Jacobian: Golub & Pereyra 2003).
    """
    costs = np.full(len(pairs), np.inf)
    damping, trial = np.full(len(pairs), 1e-2), pairs
    steps = np.zeros_like(pairs)
    for _ in range(_DESCENT):
        values, slopes = both(name, trial[:, :1] * z + trial[:, 1:])
        factor, _, rest = _linear(values, s)
        after = (rest**2).sum(axis=1)
        better = after < costs
        damping = np.clip(np.where(better, damping / 5, damping * 5), 1e-14, 1e8)
        pairs, costs = np.where(better[:, None], trial, pairs), np.where(better, after, costs)
        if not better.any() and (damping > _GIVEN_UP).all():
            break
        columns = factor[:, None, None] * slopes[:, None, :] * np.stack([z, np.ones_like(z)])
        columns = columns - columns.mean(axis=2, keepdims=True)
        along = values - values.mean(axis=1, keepdims=True)
        power = (along**2).sum(axis=1)
        share = np.einsum("npg,ng->np", columns, along) / np.where(power > 0, power, 1.0)[:, None]
        columns = columns - share[:, :, None] * along[:, None, :]
        gram = np.einsum("npg,nqg->npq", columns, columns)
        pull = np.einsum("npg,ng->np", columns, rest)
        # of those that got no better the last step is tried again, shorter
        size = np.trace(gram, axis1=1, axis2=2)[:, None, None] + 1e-300
        fresh = -np.linalg.solve(gram + damping[:, None, None] * size * np.eye(2), pull[..., None])
        steps = np.where(better[:, None], fresh[..., 0], steps / 4)
        trial = pairs + steps
    return pairs, costs


def _first_of_the_nearest(found: Sequence[tuple[float, T]]) -> T:
    least = min(apart for apart, _ in found)
    return next(one for apart, one in found if apart <= _SAME * least)


def nearest(curve: Spline, names: Sequence[str] = NAMES) -> Named:
    """The named function that lies nearest to a curve over its range.

    >>> from ec_core.networks.spline import fitted
    >>> z = np.linspace(-3, 3, 500)
    >>> curve = fitted(np.linspace(-3, 3, 60), z, 2 * np.tanh(z + 1))
    >>> nearest(curve, ("sigmoid", "sin")).activation
    'sigmoid'
    """
    z = np.linspace(*curve.range, _GRID)
    found = [_nearest(name, z, curve(z)) for name in names]
    return _first_of_the_nearest([(one.typical, one) for one in found])


def by_neuron(curve: Spline, sums: np.ndarray, names: Sequence[str] = NAMES) -> tuple[Named, ...]:
    """One named function for all neurons of a layer, with numbers of its own for each (H,).

    sums (N, H) : of its neurons, between which each is compared. Neurons that see separate parts of
    a curve may have got parts that do not belong together; a name shows what each part is.
    """
    ends = np.quantile(sums, [_EDGE, 1 - _EDGE], axis=0).T
    rows = [np.linspace(float(low), float(high), _GRID // 2) for low, high in ends]
    found = []
    for name in names:
        own = tuple(_nearest(name, z, curve(z)) for z in rows)
        found.append((float(np.sqrt(np.mean([one.typical**2 for one in own]))), own))
    return _first_of_the_nearest(found)


def written(network: Network, names: Sequence[Sequence[Named]]) -> Network:
    """The network with named functions in place of its curves; nearly the same answers.

    names : of every hidden layer one for each of its neurons, all of the same name
    """
    weights, biases = list(network.weights), list(network.biases)
    for i, own in enumerate(names):
        scale, shift, factor, offset = (
            np.array([getattr(name, number) for name in own])
            for number in ("scale", "shift", "factor", "offset")
        )
        weights[i], biases[i] = scale[:, None] * weights[i], scale * biases[i] + shift
        biases[i + 1] = biases[i + 1] + weights[i + 1] @ offset
        weights[i + 1] = weights[i + 1] * factor
    kinds = [own[0].activation for own in names]
    told = kinds[0] if len(set(kinds)) == 1 else ",".join(kinds)
    assert network.activation == LEARNT
    return replace(
        network, activation=told, weights=tuple(weights), biases=tuple(biases), curves=()
    )


def names_of(network: Network, x: np.ndarray, near: float) -> tuple[tuple[Named, ...], ...]:
    """For every hidden layer a named function for each neuron; () where some layer has none within
    ``near`` (root mean square) of its curve.
    """
    found = []
    for i, curve in enumerate(network.curves):
        sums = network.hidden(x, i)
        shared = nearest(curve)
        own: tuple[Named, ...] = (shared,) * sums.shape[1]
        if shared.typical > near:
            own = by_neuron(curve, sums)
        if max(name.typical for name in own) > near:
            return ()
        found.append(own)
    return tuple(found)
