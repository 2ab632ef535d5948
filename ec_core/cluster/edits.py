"""Decisions by hand, and the branches that a height and these decisions leave.

An edit is plain data, a word and the nodes of the tree it speaks of:

    ("cut", node, height)      the branch is cut at a height of its own: lower, it is split; higher,
                               what the cut would have parted becomes one cluster again
    ("merge", node, node, …)   these branches are one cluster
    ("keep", node), ("drop", node)   the verdict on the cluster with this branch

The last word on a node counts. A merge, keep or drop waits while its nodes are no clusters.
Axes: M pooled vectors; nodes 0 … M-1 are vectors, M + k is the k-th merge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ec_core.cluster.dendrogram import Dendrogram
from ec_core.errors import InputError

CUT, MERGE, KEEP, DROP = "cut", "merge", "keep", "drop"

Edit = tuple[str | int | float, ...]


def _is_node(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        return False
    return bool(value >= 0)


def checked(edit: Sequence[str | int | float]) -> Edit:
    """The edit as a tuple of a str, ints and, for a cut, a float at its end.

    Raises InputError for anything else.

    >>> checked(["cut", 7, 1]), checked(["merge", 3, 9])
    (('cut', 7, 1.0), ('merge', 3, 9))
    """
    word, *rest = edit if len(edit) else [""]
    if word in (KEEP, DROP) and len(rest) == 1 and _is_node(rest[0]):
        return (str(word), int(rest[0]))
    if word == MERGE and len(rest) > 1 and all(map(_is_node, rest)):
        return (MERGE, *(int(node) for node in rest))
    if word == CUT and len(rest) == 2 and _is_node(rest[0]) and _is_height(rest[1]):
        return (CUT, int(rest[0]), float(rest[1]))
    raise InputError(
        f"{tuple(edit)!r} is no edit of a cut; expected ('keep', node), ('drop', node), "
        "('cut', node, height above zero) or ('merge', node, node, …)."
    )


def _is_height(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    return math.isfinite(value) and bool(value > 0.0)


def _done(tree: Dendrogram, height: float, own: dict[int, float]) -> np.ndarray:
    """(M-1,) bool: which merges have happened, given the heights that branches are cut at.

    A merge obeys the smallest branch around it that has a height of its own, and waits for the
    merges below it: a branch that was split stays split wherever the cut moves above it.
    """
    done = tree.heights <= height
    if not own:
        return np.asarray(done)
    m, merges = tree.vectors, len(tree.linkage)
    parent = tree.parent[m:].tolist()
    obeys = [height] * merges
    for k in range(merges - 1, -1, -1):
        above = height if parent[k] >= merges else obeys[parent[k]]
        obeys[k] = own.get(m + k, above)
    result = (tree.heights <= np.array(obeys)).tolist()
    for k, (a, b) in enumerate(tree.linkage[:, :2].astype(int).tolist()):
        below = (a < m or result[a - m]) and (b < m or result[b - m])
        result[k] = result[k] and below
    return np.array(result, dtype=bool)


def branches(tree: Dendrogram, height: float, edits: Sequence[Edit]) -> list[tuple[int, ...]]:
    """The clusters as nodes of the tree, several where branches were merged by hand.

    Every vector is below exactly one of the nodes. Nodes and clusters ascend. Nodes that the tree
    does not have are left out of account.
    """
    own = {int(edit[1]): float(edit[2]) for edit in edits if edit[0] == CUT}
    done = _done(tree, height, own)
    born = np.concatenate([np.ones(tree.vectors, dtype=bool), done])
    # the root's parent is one past the last merge and never comes
    gone = np.append(done, False)[tree.parent] if tree.vectors else np.empty(0, dtype=bool)
    nodes = np.flatnonzero(born & ~gone).tolist()
    group = {node: [node] for node in nodes}
    for edit in edits:
        if edit[0] != MERGE:
            continue
        parts = {id(group[int(n)]): group[int(n)] for n in edit[1:] if int(n) in group}
        union = sorted(node for part in parts.values() for node in part)
        for node in union:
            group[node] = union
    return [tuple(group[node]) for node in nodes if group[node][0] == node]


def verdicts(edits: Sequence[Edit]) -> dict[int, tuple[int, bool]]:
    """For each node with a verdict: when it was given, and True to keep, False to drop."""
    return {
        int(edit[1]): (when, edit[0] == KEEP)
        for when, edit in enumerate(edits)
        if edit[0] in (KEEP, DROP)
    }
