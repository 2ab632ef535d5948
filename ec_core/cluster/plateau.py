"""Plateaus: ranges of height, on a log axis, over which the number of clusters stays the same.

Copies of one neuron in exact students merge at 1e-16 to 1e-6, unrelated vectors at 0.1 to 1
(method.md, section 3), so the right number of clusters survives many decades of height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ec_core.cluster.dendrogram import Dendrogram, counts, needed_students

HEIGHT_FLOOR = 1e-15
"""Heights below this are float64 rounding; all of them count as this one."""

LONG_SHARE, LONG_DECADES = 0.3, 0.2
"""A plateau is long if it has this share of the longest one's decades, and this many decades.

Both from a sweep over 3,234 synthetic clouds (2 to 16 neurons, 2 to 64 inputs, all symmetry
classes, students of precision 1e-16 to 0.5, gamma 0.3 to 0.8): right count in 96 % at a share of
0.3, 95 % at 0.2 or 0.5, 93 % if only the longest counts; the decades hardly matter up to 0.3."""


@dataclass(frozen=True)
class Plateau:
    """``count`` clusters at every height between 10^low and 10^high."""

    low: float
    high: float
    count: int

    @property
    def length(self) -> float:
        """Decades of height."""
        return self.high - self.low

    @property
    def middle(self) -> float:
        """The height in the geometric middle."""
        return float(10.0 ** (0.5 * (self.low + self.high)))


def plateaus(tree: Dendrogram, gamma: float, beta: float) -> tuple[Plateau, ...]:
    """All plateaus with at least one cluster, lowest first.

    gamma, beta : as in ``counts``. Heights below ``HEIGHT_FLOOR`` are clamped to it. Above the
    last merge a plateau ends at the length of the vectors, where unrelated ones would merge: so
    a cloud that is one single cluster has a plateau too.
    """
    floor = np.log10(HEIGHT_FLOOR)
    heights = np.log10(np.maximum(tree.heights, HEIGHT_FLOOR))
    alone = tree.vectors if needed_students(tree.students, gamma) <= 1 else 0
    count = np.concatenate([[alone], counts(tree, gamma, beta).clusters])
    low = np.concatenate([[floor], heights])
    top = max(low[-1], np.log10(max(tree.scale, HEIGHT_FLOOR)))
    high = np.concatenate([heights, [top]])
    keep = high > low
    low, high, count = low[keep], high[keep], count[keep]
    starts = np.flatnonzero(np.diff(count, prepend=-1))
    ends = np.append(starts[1:], len(count)) - 1
    return tuple(
        Plateau(float(low[a]), float(high[b]), int(count[a]))
        for a, b in zip(starts, ends, strict=True)
        if count[a] > 0
    )


def last_long(found: tuple[Plateau, ...]) -> Plateau | None:
    """The plateau to cut at: the highest of the long ones; None where there is none at all.

    Low plateaus are short of students that are not exact or split copies by their precision;
    the highest ones are chance among unrelated vectors, and those are short. Long means a share
    of the longest one, see ``LONG_SHARE``.

    >>> last_long((Plateau(-15, -9, 3), Plateau(-9, -1, 4), Plateau(-1, -0.8, 2))).count
    4
    """
    if not found:
        return None
    longest = max(plateau.length for plateau in found)
    enough = min(longest, max(LONG_DECADES, LONG_SHARE * longest))
    return [plateau for plateau in found if plateau.length >= enough][-1]
