"""More knots where the curve still bends between them, until it is known as well as answers tell.

Of a smooth curve a cubic spline with knots h apart errs by |s''''| h^4 / 384: halving h divides the
loss by 256. A curve that only imitates something else stays where that imitation ends. So the path
of losses from level to level is evidence, and is kept.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from ec_core.control import Control
from ec_core.curves.gauge import fixed, on_even_knots, within
from ec_core.curves.learning import Fitted, Lesson, fit
from ec_core.curves.students import layers_of, row_of
from ec_core.events import Event, RefineProgress
from ec_core.networks.network import Network

STAGE = "reconstruct"

FIRST = 28
"""Knots with which refinement begins."""

BEYOND = 5e-3
"""Share of the sums, on either side, about which the curve is not asked: there are too few of them
to tell it. Questions at which any sum lies there are left out."""

_FINE = 5e-8
"""An interval in which the curve errs by less, as a share of its spread, is fine enough."""

_SUMS = 12
"""An interval is halved if so many sums lie in it: each half has a coefficient to tell."""

_LEVELS = 8
_ITERATIONS = 12
_ANSWERS = 8.0
"""Answers per number that are learnt from, where there are so many."""

_RESTED = 1e-9
"""Damping with which a level begins: its numbers are nearly right."""


@dataclass(frozen=True)
class Level:
    """How one level ended: knots of each curve, and the loss on its rows."""

    knots: tuple[int, ...]
    loss: float


@dataclass(frozen=True)
class Refined:
    """The network in its gauge, the rows (N,) it was learnt from, and the path there.

    coarser : the network of the level before
    """

    network: Network
    rows: np.ndarray
    loss: float
    levels: tuple[Level, ...]
    coarser: Network


def _halved(network: Network, x: np.ndarray) -> Network:
    """Every interval halved that is neither fine nor short of sums."""
    curves = []
    for curve, layer in zip(network.curves, layers_of(network, x), strict=True):
        sums = np.histogram(layer.z, bins=curve.knots)[0]
        coarse = (curve.error_by_interval() > _FINE) & (sums >= _SUMS)
        # beside a coarse interval the next is better halved too: widths change smoothly
        coarse |= (np.r_[False, coarse[:-1]] & np.r_[coarse[1:], False]) & (sums >= _SUMS)
        middle = 0.5 * (curve.knots[1:] + curve.knots[:-1])
        curves.append(curve.inserted(middle[coarse]))
    return replace(network, curves=tuple(curves))


def _level(network: Network, lesson: Lesson, control: Control) -> tuple[Network, Level, np.ndarray]:
    """Fit on the questions whose sums the knots span; the gauge fixed again."""
    rows = np.flatnonzero(within(network, lesson.x))
    known = Lesson(lesson.x[rows], lesson.y[rows])
    few = known.first(network, _ANSWERS)
    fitted = fit(Fitted(network, np.inf, _RESTED), few, _ITERATIONS, control)
    network = fixed(fitted.network, few.x)
    knots = tuple(len(curve.knots) for curve in network.curves)
    return network, Level(knots, fitted.loss), rows[: len(few.x)]


def refine(
    start: Network, lesson: Lesson, enough: float, control: Control
) -> Generator[Event, None, Refined]:
    """Level after level, until no interval is halved, the loss is ``enough`` or stops falling."""
    network = fixed(on_even_knots(start, lesson.x, FIRST, BEYOND), lesson.x)
    network, level, rows = _level(network, lesson, control)
    levels, coarser = [level], network
    for number in range(1, _LEVELS + 1):
        yield RefineProgress(STAGE, number, levels[-1].loss, sum(network.sizes[1:-1]))
        finer = _halved(network, lesson.x[rows])
        same = len(row_of(finer)) == len(row_of(network))
        if same or levels[-1].loss <= enough or control.over:
            break
        coarser = network
        network, level, rows = _level(finer, lesson, control)
        levels.append(level)
        if len(levels) > 2 and level.loss > _FALLS * levels[-3].loss:
            break
    return Refined(network, rows, levels[-1].loss, tuple(levels), coarser)


_FALLS = 0.5
"""Two levels that do not halve the loss: it is not the knots that it waits for."""
