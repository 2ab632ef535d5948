"""Where the lines of a dendrogram run: pure geometry, no drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ec_core.figures.log_axis import HEIGHT_FLOOR, clamp

MAX_MERGES = 2000
"""Merges drawn one by one. In a larger tree the lowest ones are folded into wedges."""

HANG = 10.0**-0.7
"""A hanging leaf ends this factor below its merge."""

TRUNK = -2
"""Label of merges that join different clusters."""


@dataclass(frozen=True)
class TreeLayout:
    """A tree laid out from left to right.

    x, height, foot, low, high, label : (2M-1,) per node (leaves first, then merges in order of
        height): position, clamped height, where its wedge ends if it is folded, leftmost and
        rightmost leaf, cluster (or TRUNK)
    first : index of the first merge that is drawn; earlier ones are folded
    children : (M-1, 2) nodes each merge joins
    """

    x: np.ndarray
    height: np.ndarray
    foot: np.ndarray
    low: np.ndarray
    high: np.ndarray
    label: np.ndarray
    first: int
    children: np.ndarray

    @property
    def leaves(self) -> int:
        return len(self.children) + 1

    @property
    def drawn(self) -> np.ndarray:
        """Node numbers of the merges drawn one by one."""
        return np.arange(self.leaves + self.first, len(self.x))

    @property
    def folded(self) -> np.ndarray:
        """Node numbers of the topmost folded merges."""
        below = self.children[self.first :].ravel()
        if self.first == len(self.children):
            below = np.array([len(self.x) - 1])
        return below[(below >= self.leaves) & (below < self.leaves + self.first)]


def lay_out(
    linkage: np.ndarray,
    leaf_order: np.ndarray,
    groups: Sequence[np.ndarray] = (),
    hanging: np.ndarray | None = None,
    max_merges: int = MAX_MERGES,
) -> TreeLayout:
    """Place every node of a tree; fold the lowest merges of a large one.

    linkage : (M-1, 4) as scipy writes it, heights ascending
    leaf_order : (M,) leaves from left to right
    groups : the members of each cluster; a node inside one cluster carries its index
    hanging : (M,) bool, leaves that end just below their merge and not on the floor: so noise
        is a fringe at the top, and what reaches down is agreement

    Trees of at most ``max_merges`` merges are drawn whole. In larger ones, everything that merges
    at the clamp is folded, and then as many of the lowest merges as needed.
    """
    merges = len(linkage)
    leaves = merges + 1
    children = linkage[:, :2].astype(int)
    x = np.zeros(leaves + merges)
    x[np.asarray(leaf_order, dtype=int)] = np.arange(leaves)
    low, high = x.copy(), x.copy()
    label = np.full(leaves + merges, TRUNK)
    for index, members in enumerate(groups):
        label[np.asarray(members, dtype=int)] = index
    height = np.concatenate([np.full(leaves, HEIGHT_FLOOR), clamp(linkage[:, 2], HEIGHT_FLOOR)])
    loose = np.zeros(leaves + merges, dtype=bool)
    if hanging is not None:
        loose[:leaves] = hanging
    for i, (a, b) in enumerate(children):
        node = leaves + i
        x[node] = (x[a] + x[b]) / 2
        low[node], high[node] = min(low[a], low[b]), max(high[a], high[b])
        label[node] = label[a] if label[a] == label[b] else TRUNK
        loose[node] = loose[a] and loose[b]
        for child in (a, b):
            if child < leaves and loose[child]:
                height[child] = max(height[node] * HANG, HEIGHT_FLOOR)
    first = 0
    if merges > max_merges:
        clamped = int(np.searchsorted(linkage[:, 2], HEIGHT_FLOOR, side="right"))
        first = max(clamped, merges - max_merges)
    foot = np.where(loose, np.maximum(height * HANG, HEIGHT_FLOOR), HEIGHT_FLOOR)
    return TreeLayout(x, height, foot, low, high, label, first, children)


def merge_lines(layout: TreeLayout, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the chosen nodes own of the tree as one polyline: x and y, NaN as gaps.

    chosen : (2M-1,) bool, the nodes of one colour

    A merge owns its bar, every node owns the leg that goes up from it: so a cluster keeps its
    colour up to where it joins, and the cut is seen to cross it.
    """
    node = np.repeat(layout.drawn, 2)
    child = layout.children[layout.first :].ravel()
    leg, bar = chosen[child], chosen[node]
    corner, top, gap = layout.x[child], layout.height[node], np.full(len(node), np.nan)
    # foot and head of the leg, inner end of half the bar; what is not owned becomes a gap
    foot, end = np.where(leg, corner, np.nan), np.where(bar, layout.x[node], np.nan)
    x = np.stack([foot, corner, end, gap], axis=1)
    y = np.stack([layout.height[child], top, top, gap], axis=1)
    owned = leg | bar
    return x[owned].ravel(), y[owned].ravel()


def wedge_lines(layout: TreeLayout, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A triangle from each folded node down to its foot: x and y (5·n,), NaN as gaps."""
    gap = np.full(len(nodes), np.nan)
    top, floor = layout.height[nodes], layout.foot[nodes]
    x = np.stack([layout.x[nodes], layout.low[nodes], layout.high[nodes], layout.x[nodes], gap], 1)
    y = np.stack([top, floor, floor, top, gap], axis=1)
    return x.ravel(), y.ravel()
