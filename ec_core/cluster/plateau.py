"""Plateaus: ranges of height, on a log axis, over which the number of clusters stays the same.

Copies of one neuron in exact students merge at 1e-16 to 1e-6, unrelated vectors at 0.1 to 1
(docs/method.md#where-to-cut), so the right number of clusters survives many decades of height.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ec_core.cluster.dendrogram import Dendrogram, counts, needed_students

HEIGHT_FLOOR = 1e-15
"""Heights below this are float64 rounding; all of them count as this one."""

LONG_DECADES, LONG_SHARE, UNRELATED = 1.0, 0.4, 0.5
"""A plateau is long if it has this many decades, or this share of the longest one's; decades
above ``UNRELATED`` times the length of the vectors, where chance reigns, do not count.

Chosen by the right count in 156 trees of really trained students (2 to 6 inputs, 4 to 10 neurons,
twelve activations) and in 3,234 synthetic clouds: 98 % of the trees where half of the students
were below 1e-9, 28 % of the others (where pruning must decide), 94 % of the synthetic ones.
Without ``UNRELATED`` 97, 25 and 95 %; a share of 0.3 and no limit in decades 89, 30 and 95 %."""


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
    if not keep.any():
        return ()  # all vectors are one, at every height that means anything
    low, high, count = low[keep], high[keep], count[keep]
    starts = np.flatnonzero(np.diff(count, prepend=-1))
    ends = np.append(starts[1:], len(count)) - 1
    return tuple(
        Plateau(float(low[a]), float(high[b]), int(count[a]))
        for a, b in zip(starts, ends, strict=True)
        if count[a] > 0
    )


def last_long(plateaus: tuple[Plateau, ...], scale: float = 1.0) -> Plateau | None:
    """The plateau to cut at: the highest of the long ones; None where there is none at all.

    Low plateaus are short of students that are not exact, or split copies by their precision;
    the highest ones are chance among unrelated vectors, and those are short.
    scale : the length of the vectors, ``Dendrogram.scale``

    >>> last_long((Plateau(-15, -9, 3), Plateau(-9, -1, 4), Plateau(-1, -0.8, 2))).count
    4
    """
    if not plateaus:
        return None
    ceiling = float(np.log10(max(UNRELATED * scale, HEIGHT_FLOOR)))
    lengths = [min(plateau.high, ceiling) - plateau.low for plateau in plateaus]
    enough = min(LONG_DECADES, LONG_SHARE * max(lengths))
    if enough <= 0.0:
        # all of them lie among unrelated vectors: the longest is as good as any
        return max(plateaus, key=lambda plateau: plateau.length)
    return [p for p, length in zip(plateaus, lengths, strict=True) if length >= enough][-1]


def widest_gap(tree: Dendrogram) -> float:
    """The middle, on a log axis, of the widest gap between merge heights."""
    top = max(tree.scale, HEIGHT_FLOOR)
    edges = np.log10(np.maximum(np.concatenate([[0.0], tree.heights]), HEIGHT_FLOOR))
    if len(edges) < 3:
        edges = np.append(edges, max(edges[-1], math.log10(top)))
    at = int(np.argmax(np.diff(edges)))
    return float(10.0 ** (0.5 * (edges[at] + edges[at + 1])))


def automatic_height(tree: Dendrogram, gamma: float, beta: float) -> float:
    """The middle of the last long plateau; of the widest gap where no cluster ever passes."""
    chosen = last_long(plateaus(tree, gamma, beta), tree.scale)
    return widest_gap(tree) if chosen is None else chosen.middle
