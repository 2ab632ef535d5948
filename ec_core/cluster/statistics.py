"""What every branch of the tree holds, computed once and looked up by whoever cuts the tree; and
the same of any set of vectors, for branches that were merged by hand.

Axes: M pooled vectors, 2M - 1 nodes (the vectors, then the merges), F = D + 1 numbers each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ec_core.cluster.cloud import WeightCloud
from ec_core.cluster.dendrogram import Dendrogram, needed_students
from ec_core.cluster.plateau import automatic_height
from ec_core.networks.canonical import TINY_NORM

HOME_GAMMA, HOME_BETA = 0.5, 30.0
"""The automatic cut that numbers begin with: the tree's own, so that no dial renames anything."""


@dataclass(frozen=True)
class SetStatistics:
    """Of one set of vectors: support, angle, best and spread, as in ``BranchStatistics``."""

    support: int
    angle: float
    best: int
    spread: float


@dataclass(frozen=True)
class BranchStatistics:
    """One number per node of the tree, each (2M-1,).

    size : vectors; support : distinct students
    angle : degrees, of the mean pairwise cosine (0 for a single vector)
    best : the member from the student with the smallest loss (of several the strongest)
    spread : root mean square distance of the members to the best one
    leader : the vector that the larger child hands up: by it a branch is the same one again when
        the cut moves or a part is split off, see ``numbers``
    tree : the tree
    """

    size: np.ndarray
    support: np.ndarray
    angle: np.ndarray
    best: np.ndarray
    spread: np.ndarray
    leader: np.ndarray
    tree: Dendrogram

    @cached_property
    def home(self) -> dict[int, int]:
        """The leaders of the automatic cut's clusters, numbered by support and spread from 1 on."""
        needed = needed_students(self.tree.students, HOME_GAMMA)
        nodes = self.tree.nodes_at(automatic_height(self.tree, HOME_GAMMA, HOME_BETA))
        kept = nodes[(self.support[nodes] >= needed) & (self.angle[nodes] <= HOME_BETA)]
        kept = kept[np.lexsort((kept, self.spread[kept], -self.support[kept]))]
        return {int(self.leader[node]): number + 1 for number, node in enumerate(kept)}

    def of(self, node: int) -> SetStatistics:
        """The numbers of one node."""
        return SetStatistics(
            support=int(self.support[node]),
            angle=float(self.angle[node]),
            best=int(self.best[node]),
            spread=float(self.spread[node]),
        )


def branch_statistics(tree: Dendrogram, cloud: WeightCloud) -> BranchStatistics:
    """Statistics of all nodes, bottom-up in one pass.

    The scatter S of a node about its mean μ grows by n_a·n_b/n·|μ_b - μ_a|² at each merge
    (Chan, Golub and LeVeque, 1983), and spread² = S/n + |μ - best|²: distances come from
    differences all the way, so that copies 1e-15 apart have a spread of 1e-15.
    """
    m = tree.vectors
    rank = np.empty(m, dtype=int)
    rank[np.lexsort((-cloud.strength, cloud.loss))] = np.arange(m)
    nodes = m + len(tree.linkage)
    first = rank.tolist()
    scatter = [0.0] * m
    mean = np.zeros((nodes, cloud.vectors.shape[1]))
    mean[:m] = cloud.vectors
    size = np.concatenate([np.ones(m, dtype=int), tree.size])
    sizes = size.tolist()
    for k, (a, b) in enumerate(tree.linkage[:, :2].astype(int).tolist()):
        first.append(min(first[a], first[b]))
        share = sizes[b] / sizes[m + k]
        apart = mean[b] - mean[a]
        mean[m + k] = mean[a] + share * apart
        scatter.append(scatter[a] + scatter[b] + sizes[a] * share * float(apart @ apart))
    by_rank = np.empty(m, dtype=int)
    by_rank[rank] = np.arange(m)
    best = by_rank[np.array(first, dtype=int)]
    off = mean - cloud.vectors[best]
    support = np.concatenate([np.ones(m, dtype=int), tree.support])
    return BranchStatistics(
        size=size,
        support=support,
        angle=np.concatenate([np.zeros(m), tree.angle]),
        best=best,
        spread=np.sqrt(np.array(scatter) / size + np.einsum("nf,nf->n", off, off)),
        leader=_leaders(tree, size, support, best),
        tree=tree,
    )


def _leaders(
    tree: Dendrogram, size: np.ndarray, support: np.ndarray, best: np.ndarray
) -> np.ndarray:
    """(2M-1,) by students, then vectors, then where the best vector is, the larger child's."""
    m = tree.vectors
    a, b = tree.linkage[:, 0].astype(int), tree.linkage[:, 1].astype(int)
    students, vectors = support[b] - support[a], size[b] - size[a]
    tie = np.where(best[b] == best[m:], 1, -1)
    larger = np.where(students != 0, students, np.where(vectors != 0, vectors, tie)) > 0
    leader = list(range(m))
    for child in np.where(larger, b, a).tolist():
        leader.append(leader[child])
    return np.array(leader, dtype=int)


def set_statistics(members: np.ndarray, cloud: WeightCloud, strength: np.ndarray) -> SetStatistics:
    """Statistics of the vectors ``members`` (m,), m ≥ 1, whatever branches they come from.

    The mean over all pairs of sin²(θ/2) is Σ|uᵢ - ū|² / 2(m - 1) with unit vectors u and their
    mean ū, and cos θ = 1 - 2 sin²(θ/2): the angle of the mean cosine from differences, exact
    where the vectors are copies.
    strength (M,) : the cloud's
    """
    best = int(members[np.lexsort((members, -strength[members], cloud.loss[members]))[0]])
    vectors = cloud.vectors[members]
    off = vectors - cloud.vectors[best]
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1), TINY_NORM)[:, None]
    apart = units - units.mean(axis=0)
    half = float(np.einsum("mf,mf->", apart, apart)) / (2.0 * max(len(members) - 1, 1))
    return SetStatistics(
        support=len(np.unique(cloud.student[members])),
        angle=float(np.degrees(2.0 * np.arcsin(np.sqrt(min(half, 1.0))))),
        best=best,
        spread=float(np.sqrt(np.einsum("mf,mf->", off, off) / len(members))),
    )
