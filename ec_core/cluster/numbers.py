"""What clusters are called: numbers that stay with them whatever else is cut, and so colours too.

The rule: the automatic cut numbers the tree's clusters 1, 2, …; a cluster is the same one while
its larger part is; what is new is numbered on, in the order in which it came.

So of a branch that is split the larger part keeps the number and the other gets a new one, merged
branches carry the number of the largest, what is dropped leaves its number free, and undoing or
moving the cut back brings every number back: they depend on the tree and the cut alone. The
browser has the same rule (assets/workbench/numbers.js), and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence

from ec_core.cluster.dendrogram import Dendrogram, needed_students
from ec_core.cluster.edits import CUT, MERGE, Edit
from ec_core.cluster.statistics import BranchStatistics


def _left_at(node: int, tree: Dendrogram, known: BranchStatistics) -> float:
    """The height up to which a branch's leader leads: where a larger branch swallows it."""
    m, leader = tree.vectors, known.leader[node]
    while True:
        above = m + int(tree.parent[node])
        if above >= 2 * m - 1:
            return float("inf")
        if known.leader[above] != leader:
            return tree.node_height(above)
        node = above


def _within(vector: int, node: int, tree: Dendrogram, known: BranchStatistics) -> bool:
    at = int(tree.first[vector]) - int(tree.first[node])
    return 0 <= at < int(known.size[node])


def cluster_numbers(
    groups: Sequence[tuple[int, ...]],
    tree: Dendrogram,
    known: BranchStatistics,
    gamma: float,
    beta: float,
    edits: Sequence[Edit],
) -> dict[tuple[int, ...], int]:
    """A number for each cluster (its nodes) that the rules or a hand may keep, 0 for the others.

    groups : the clusters as ``branches`` gives them
    """
    nodes, needed = len(known.size), needed_students(tree.students, gamma)
    cuts = [(when, int(e[1])) for when, e in enumerate(edits) if e[0] == CUT and int(e[1]) < nodes]
    named, judged = dict[int, int](), set[int]()
    for when, edit in enumerate(edits):
        if edit[0] == CUT:
            continue
        for node in edit[1:]:
            named.setdefault(int(node), when)
            if edit[0] != MERGE:
                judged.add(int(node))

    def passes(node: int) -> bool:
        return bool(known.support[node] >= needed and known.angle[node] <= beta)

    def born(node: int) -> int:
        """The edit that made it a cluster to be numbered, -1 if the height alone did."""
        leader = int(known.leader[node])
        freed = [
            when
            for when, top in cuts
            if known.leader[top] != leader and _within(leader, top, tree, known)
        ]
        return max([-1 if passes(node) else named.get(node, -1), *freed])

    def largest(node: int) -> tuple[int, int, int]:
        return (-int(known.support[node]), -int(known.size[node]), node)

    home, called = known.home, dict[int, int]()
    fresh: list[int] = []
    for group in groups:
        at_home = [node for node in group if int(known.leader[node]) in home]
        called |= {node: home[int(known.leader[node])] for node in at_home}
        others = [node for node in group if node not in called and (passes(node) or node in judged)]
        if not at_home and not others and len(group) > 1:
            others = [min(group, key=largest)]
        fresh += others
    fresh.sort(key=lambda node: (born(node), -_left_at(node, tree, known), known.leader[node]))
    called |= {node: len(home) + 1 + index for index, node in enumerate(fresh)}
    return {
        group: called[min(numbered, key=largest)] if numbered else 0
        for group in groups
        for numbered in [[node for node in group if node in called]]
    }
