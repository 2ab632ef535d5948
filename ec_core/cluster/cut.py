"""Cutting the tree: where, which clusters that gives, and which of them are believed, and why.

This file is the only authority on what a cut means; a page sends settings and shows what comes
back. Source: Martinelli et al., ICML 2024, cluster phase; docs/method.md#where-to-cut.
Axes: D inputs, M pooled vectors, m members of one cluster.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from scipy.spatial.distance import pdist

from ec_core.cluster.cloud import WeightCloud
from ec_core.cluster.dendrogram import Dendrogram, check_beta, counts_of, needed_students
from ec_core.cluster.edits import Edit, branches, checked, verdicts
from ec_core.cluster.numbers import cluster_numbers
from ec_core.cluster.plateau import HEIGHT_FLOOR, Plateau, automatic_height, plateaus, widest_gap
from ec_core.cluster.statistics import BranchStatistics, branch_statistics, set_statistics
from ec_core.errors import InputError
from ec_core.networks.canonical import TINY_NORM

__all__ = [
    "Cluster",
    "Clusters",
    "Cut",
    "Plateau",
    "apply_cut",
    "automatic_cut",
    "paper_cut",
    "plateaus",
]

_MEDIAN_MEMBERS = 2000
"""Larger clusters (2 million pairs) have their median angle taken over this many members."""


Rule = Literal["plateau", "paper", "hand", "share"]
"""How a height was chosen: in the middle of the last long plateau, by the paper's rule, by a
person, or as a fixed share of the vectors' length, for students that are not exact yet. The first
two follow gamma and beta; the others stay where they are."""


@dataclass(frozen=True)
class Cut:
    """Where the tree is cut and what a cluster must fulfil to be kept; plain data throughout.

    height : distance; vectors that merge at or below it are one cluster
    gamma : share of the students a cluster must hold; beta : largest angle in degrees
    rule : how the height was chosen, see ``Rule``
    edits : decisions by hand, see ``edits``: ("cut", node, height), ("merge", node, node, …),
        ("keep", node), ("drop", node)

    Raises InputError for a height that is not above zero, gamma or beta out of range, and edits
    of another form.

    >>> Cut(1e-6, 0.5, 30.0, "hand", (("drop", 12),)).edits
    (('drop', 12),)
    """

    height: float
    gamma: float = 0.5
    beta: float = 30.0
    rule: Rule = "hand"
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.height) and self.height > 0.0):
            raise InputError(f"The cut height is {self.height}; expected a distance above zero.")
        needed_students(1, self.gamma)
        check_beta(self.beta)
        object.__setattr__(self, "edits", tuple(checked(edit) for edit in self.edits))

    def untouched(self, gamma: float, beta: float) -> bool:
        """Is this the automatic cut at these settings, in which no person had a hand?

        >>> Cut(1e-6, 0.5, 30.0, "plateau").untouched(0.5, 30.0)
        True
        >>> Cut(1e-6, 0.7, 30.0, "plateau").untouched(0.5, 30.0)
        False
        """
        return (self.rule, self.gamma, self.beta, self.edits) == ("plateau", gamma, beta, ())

    @classmethod
    def from_plain(cls, facts: Mapping[str, Any]) -> Cut:
        """A cut from what JSON can hold: the same names, lists for tuples.

        Raises InputError where a number or word is missing or of another kind.

        >>> Cut.from_plain({"height": 0.1, "edits": [["cut", 5, 1e-3]]}).edits
        (('cut', 5, 0.001),)
        """
        try:
            return cls(
                height=float(facts["height"]),
                gamma=float(facts.get("gamma", 0.5)),
                beta=float(facts.get("beta", 30.0)),
                rule=_RULES[facts.get("rule", "hand")],
                edits=tuple(tuple(edit) for edit in facts.get("edits", ())),
            )
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"{dict(facts)!r} is no cut; expected height, gamma, beta, rule and edits."
            ) from None


_RULES: dict[str, Rule] = {rule: rule for rule in get_args(Rule)}


@dataclass(frozen=True)
class Cluster:
    """One branch of the cut tree, or several that were merged by hand.

    members (m,) : its vectors, indices into the cloud, ascending
    best : the member from the student with the smallest loss (of several the strongest)
    centre (D+1,) : that member's vector. Not the mean: inexact students would spoil it.
    support : distinct students; spread : root mean square distance of the members to the centre
    angle : median pairwise angle in degrees, for show; mean_angle : the angle of the mean
        pairwise cosine, which is what beta is compared with, here and in ``counts``
    outgoing_norm : median size of the members' outgoing weights
    kept, reason : the verdict and one sentence for it
    node : the node of the tree; nodes : all of them where branches were merged, ascending
    number : what it is called, from 1 on, whatever else is cut, see ``numbers``; 0 if rejected

    All numbers are those of the members, merged or not, and merged branches are judged by them
    like any other: what was joined by hand and is too wide is kept only by hand.
    """

    members: np.ndarray
    best: int
    centre: np.ndarray
    support: int
    spread: float
    angle: float
    mean_angle: float
    outgoing_norm: float
    kept: bool
    reason: str
    node: int
    nodes: tuple[int, ...] = ()
    number: int = 0


@dataclass(frozen=True)
class Clusters:
    """All clusters of a cut, every vector in one; kept ones first, by their numbers, then the
    others by support and spread.
    """

    cut: Cut
    clusters: tuple[Cluster, ...]

    @property
    def kept(self) -> tuple[Cluster, ...]:
        return tuple(c for c in self.clusters if c.kept)

    @property
    def labels(self) -> np.ndarray:
        """(M,) for each vector the index of its kept cluster, -1 for noise."""
        labels = np.full(sum(len(c.members) for c in self.clusters), -1)
        for index, cluster in enumerate(self.kept):
            labels[cluster.members] = index
        return labels

    @property
    def numbers(self) -> tuple[int, ...]:
        """What the kept clusters are called; stored ones of earlier versions 1, 2, …"""
        return tuple(c.number or index + 1 for index, c in enumerate(self.kept))


def automatic_cut(tree: Dendrogram, gamma: float = 0.5, beta: float = 30.0) -> Cut:
    """Cut in the geometric middle of the last long plateau of the count.

    Where no cluster passes at any height, the widest gap between merge heights is cut.
    Source: docs/method.md#where-to-cut.
    """
    return Cut(automatic_height(tree, gamma, beta), gamma, beta, "plateau")


def paper_cut(tree: Dendrogram, gamma: float = 0.5, beta: float = 30.0) -> Cut:
    """Cut where the number of large clusters is largest (Martinelli et al.), as low as that is.

    Large means at least gamma · students *vectors*, not distinct students; the angle plays no
    part in the choice. Clusters are then judged as after any other cut.
    """
    needed = needed_students(tree.students, gamma)
    check_beta(beta)
    large = counts_of(tree, tree.size >= needed, needed <= 1)
    if len(large) == 0 or large.max() == 0:
        return Cut(widest_gap(tree), gamma, beta, "paper")
    # merges below the rounding floor all happen before the first height that can be chosen
    lowest = max(int(np.searchsorted(tree.heights, HEIGHT_FLOOR, side="right")) - 1, 0)
    at = lowest + int(np.argmax(large[lowest:]))
    later = tree.heights[tree.heights > max(float(tree.heights[at]), HEIGHT_FLOOR)]
    low = max(float(tree.heights[at]), HEIGHT_FLOOR)
    if len(later) == 0:
        return Cut(low, gamma, beta, "paper")
    # anywhere below the next merge is the same cut; the middle shows best in a plot
    middle = math.sqrt(low * float(later[0]))
    return Cut(low if middle >= later[0] else max(low, middle), gamma, beta, "paper")


def _median_angle(units: np.ndarray) -> float:
    """Median angle in degrees between unit vectors (m, D+1), from differences: exact near zero."""
    if len(units) < 2:
        return 0.0
    if len(units) > _MEDIAN_MEMBERS:
        units = units[np.linspace(0, len(units) - 1, _MEDIAN_MEMBERS).astype(int)]
    return float(np.degrees(np.median(2.0 * np.arcsin(np.minimum(0.5 * pdist(units), 1.0)))))


def _verdict(support: int, angle: float, tree: Dendrogram, cut: Cut) -> tuple[bool, str]:
    """Is a cluster kept, and why: one sentence."""
    needed = needed_students(tree.students, cut.gamma)
    reason = f"found by {support} of {tree.students} students"
    if support < needed:
        return False, f"{reason}, {needed} needed"
    if angle > cut.beta:
        return False, f"too wide: mean angle {_degrees(angle)}, at most {_degrees(cut.beta)}"
    return True, reason


def _degrees(angle: float) -> str:
    return f"{angle:.3g}°"


def _hand(nodes: tuple[int, ...], decided: dict[int, tuple[int, bool]]) -> bool | None:
    """The last verdict given by hand on any of a cluster's nodes, None if there is none."""
    given = [decided[node] for node in nodes if node in decided]
    return max(given)[1] if given else None


def _judge(
    nodes: tuple[int, ...],
    tree: Dendrogram,
    cloud: WeightCloud,
    cut: Cut,
    known: BranchStatistics,
    strength: np.ndarray,
) -> Cluster:
    """The cluster of these nodes, as the rules see it; strength (M,) is the cloud's."""
    members = np.sort(np.concatenate([tree.members(node) for node in nodes]))
    statistics = known.of(nodes[0]) if len(nodes) == 1 else set_statistics(members, cloud, strength)
    kept, reason = _verdict(statistics.support, statistics.angle, tree, cut)
    if len(nodes) > 1:
        reason += f"; {len(nodes)} branches merged by hand"
    units = cloud.vectors[members]
    units = units / np.maximum(np.linalg.norm(units, axis=1), TINY_NORM)[:, None]
    return Cluster(
        members=members,
        best=statistics.best,
        centre=cloud.vectors[statistics.best],
        support=statistics.support,
        spread=statistics.spread,
        angle=_median_angle(units),
        mean_angle=statistics.angle,
        outgoing_norm=float(np.median(strength[members])),
        kept=kept,
        reason=reason,
        node=nodes[0],
        nodes=nodes,
    )


def apply_cut(
    tree: Dendrogram, cloud: WeightCloud, cut: Cut, known: BranchStatistics | None = None
) -> Clusters:
    """Cut the tree and judge every branch; singletons are clusters too.

    Support and mean angle are the tree's own, so that the number of kept clusters is
    ``counts`` at that height whenever nothing was edited by hand.
    known : ``branch_statistics`` of this tree, if they are at hand
    """
    known = branch_statistics(tree, cloud) if known is None else known
    decided, strength = verdicts(cut.edits), cloud.strength
    clusters, groups = [], branches(tree, cut.height, cut.edits)
    called = cluster_numbers(groups, tree, known, cut.gamma, cut.beta, cut.edits)
    for nodes in groups:
        cluster = _judge(nodes, tree, cloud, cut, known, strength)
        hand = _hand(nodes, decided)
        if hand is not None and hand != cluster.kept:
            reason = f"{'kept' if hand else 'dropped'} by hand ({cluster.reason})"
            cluster = replace(cluster, kept=hand, reason=reason)
        clusters.append(replace(cluster, number=called[nodes]) if cluster.kept else cluster)
    clusters.sort(key=lambda c: (not c.kept, c.number, -c.support, c.spread, c.node))
    return Clusters(cut, tuple(clusters))
