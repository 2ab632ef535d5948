"""The average-linkage tree of a weight cloud, with statistics of every node, and cluster counts.

Nodes are numbered as in scipy: 0 … M-1 are the vectors, M + k is the k-th merge (heights ascend).
Source: docs/method.md#angles-of-all-branches-at-once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ec_core.cluster.cloud import WeightCloud
from ec_core.errors import InputError
from ec_core.networks.canonical import TINY_NORM

try:
    from fastcluster import linkage as average_linkage
except ImportError:  # the same tree, in more than twice the time
    from scipy.cluster.hierarchy import linkage as average_linkage

BYTES_PER_PAIR = 16
"""A float64 distance, twice: both libraries copy them before they start."""

TREE_MEMORY = 4 * 2**30
"""Bytes the pairwise distances may take unless told otherwise: 23,170 vectors."""


LEAST_STUDENTS = 2
"""One student cannot agree with itself; only where there is a single student one is enough."""

GAMMA_SLACK = 1e-9
"""0.7 · 10 is 7.000000000000001 in floating point and means seven."""


@dataclass(frozen=True)
class Dendrogram:
    """The tree and what every merge holds; M vectors, M - 1 merges (none for fewer than two).

    linkage (M-1, 4) : scipy's format, heights ascending; equal vectors merge at height zero
    size (M-1,) : vectors below each merge
    support (M-1,) : distinct students below each merge
    cosine (M-1,) : mean pairwise cosine of the vectors below each merge
    leaf_order (M,) : the vectors from left to right, no branches crossing
    students : distinct students in the cloud
    scale : median length of the vectors, about the height at which unrelated ones merge
    """

    linkage: np.ndarray
    size: np.ndarray
    support: np.ndarray
    cosine: np.ndarray
    leaf_order: np.ndarray
    students: int
    scale: float = 1.0

    @property
    def vectors(self) -> int:
        """M, the number of leaves."""
        return len(self.leaf_order)

    @property
    def heights(self) -> np.ndarray:
        """(M-1,) merge heights, ascending."""
        return np.asarray(self.linkage[:, 2])

    @property
    def angle(self) -> np.ndarray:
        """(M-1,) degrees: the angle whose cosine is the mean pairwise cosine."""
        return np.asarray(np.degrees(np.arccos(np.clip(self.cosine, -1.0, 1.0))))

    @cached_property
    def parent(self) -> np.ndarray:
        """(2M-1,) the merge, 0 … M-2, that swallows each node; M - 1 for the root."""
        m = self.vectors
        parent = np.full(max(2 * m - 1, 0), max(m - 1, 0))
        merges = np.arange(len(self.linkage))
        parent[self.linkage[:, 0].astype(int)] = merges
        parent[self.linkage[:, 1].astype(int)] = merges
        return parent

    @cached_property
    def first(self) -> np.ndarray:
        """(2M-1,) where each node's vectors begin in ``leaf_order``."""
        m = self.vectors
        first = np.empty(max(2 * m - 1, 0), dtype=int).tolist()
        for place, leaf in enumerate(self.leaf_order.tolist()):
            first[leaf] = place
        for k, (a, b) in enumerate(self.linkage[:, :2].astype(int).tolist()):
            first[m + k] = min(first[a], first[b])
        return np.asarray(first, dtype=int)

    def node_height(self, node: int) -> float:
        """The height at which a node came to be; a vector has height zero."""
        return 0.0 if node < self.vectors else float(self.heights[node - self.vectors])

    def members(self, node: int) -> np.ndarray:
        """The vectors below a node, ascending."""
        count = 1 if node < self.vectors else int(self.size[node - self.vectors])
        at = int(self.first[node])
        return np.sort(self.leaf_order[at : at + count])

    def nodes_at(self, height: float) -> np.ndarray:
        """The nodes that are the clusters when the tree is cut at ``height``, ascending.

        A merge at exactly this height has happened (scipy's fcluster has the same rule).
        """
        done = int(np.searchsorted(self.heights, height, side="right"))
        born = np.arange(2 * self.vectors - 1) < self.vectors + done
        return np.flatnonzero(born & (self.parent >= done))


@dataclass(frozen=True)
class HeightCounts:
    """Clusters at every merge height, after all merges at that height or below.

    heights (M-1,) : the merge heights, ascending
    clusters (M-1,) : clusters with enough students and a small enough angle
    supported (M-1,) : clusters with enough students, whatever their angle
    """

    heights: np.ndarray
    clusters: np.ndarray
    supported: np.ndarray


def needed_students(students: int, gamma: float) -> int:
    """Distinct students a cluster must hold: gamma of them, rounded up, and never fewer than two.

    Raises InputError unless 0 < gamma <= 1.

    >>> needed_students(10, 0.7), needed_students(2, 0.5), needed_students(1, 0.5)
    (7, 2, 1)
    """
    if not 0.0 < gamma <= 1.0:
        raise InputError(f"Gamma is {gamma}; expected a share of the students, above 0, at most 1.")
    return max(min(LEAST_STUDENTS, students), math.ceil(gamma * students - GAMMA_SLACK))


def check_beta(beta: float) -> float:
    """The angle in degrees itself; InputError unless 0 < beta <= 180."""
    if not 0.0 < beta <= 180.0:
        raise InputError(f"Beta is {beta}; expected an angle in degrees, above 0, at most 180.")
    return beta


def _refuse_too_many(vectors: int, memory: int) -> None:
    needed = vectors * (vectors - 1) // 2 * BYTES_PER_PAIR
    if needed > memory:
        fits = int((1 + math.sqrt(1 + 8 * memory / BYTES_PER_PAIR)) / 2)
        raise InputError(
            f"A tree of {vectors:,} vectors needs {needed / 2**30:.1f} GiB for its distances and "
            f"{memory / 2**30:.1f} GiB are allowed; pool only the best students, at most "
            f"{fits:,} vectors."
        )


def _statistics(
    merges: list[list[int]], student: np.ndarray, units: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Support (M-1,) and squared length of the sum of unit vectors (M-1,), bottom-up, one pass."""
    m = len(units)
    present = [1 << s for s in np.unique(student, return_inverse=True)[1].tolist()]
    sums = np.zeros((m + len(merges), units.shape[1]))
    sums[:m] = units
    for k, (a, b) in enumerate(merges):
        present.append(present[a] | present[b])
        np.add(sums[a], sums[b], out=sums[m + k])
    support = np.array([bits.bit_count() for bits in present[m:]], dtype=int)
    return support, np.einsum("md,md->m", sums[m:], sums[m:])


def _leaf_order(merges: list[list[int]], size: np.ndarray) -> np.ndarray:
    """The vectors (M,) from left to right: every node hands its place down to its children."""
    m = len(merges) + 1
    counts = [1] * m + size.tolist()
    place = [0] * (2 * m - 1)
    for k in range(m - 2, -1, -1):
        a, b = merges[k]
        place[a] = place[m + k]
        place[b] = place[m + k] + counts[a]
    order = np.empty(m, dtype=int)
    order[place[:m]] = np.arange(m)
    return order


def build_tree(cloud: WeightCloud, memory: int = TREE_MEMORY) -> Dendrogram:
    """Average-linkage tree of the cloud's vectors, Euclidean distances taken from differences.

    Takes ``BYTES_PER_PAIR``·M(M-1)/2 bytes for the distances (0.8 GB for 10,000 vectors).
    Raises InputError if that is more than ``memory`` bytes, before anything is allocated, or if
    a vector is not finite.
    """
    vectors = cloud.vectors
    m = len(vectors)
    _refuse_too_many(m, memory)
    if not np.isfinite(vectors).all():
        raise InputError("The weight cloud holds NaN or infinite numbers; expected finite ones.")
    if m < 2:
        linkage = np.empty((0, 4))
    else:
        # its Euclidean distances are scipy's pdist, taken from differences
        linkage = average_linkage(vectors, method="average", metric="euclidean")
    norms = np.linalg.norm(vectors, axis=1)
    merges = linkage[:, :2].astype(int).tolist()
    size = linkage[:, 3].astype(int)
    units = vectors / np.maximum(norms, TINY_NORM)[:, None]
    support, squared = _statistics(merges, cloud.student, units)
    return Dendrogram(
        linkage=linkage,
        size=size,
        support=support,
        cosine=np.clip((squared - size) / (size * (size - 1.0)), -1.0, 1.0),
        leaf_order=_leaf_order(merges, size) if m else np.empty(0, dtype=int),
        students=cloud.students,
        scale=float(np.median(norms)) if m else 1.0,
    )


def counts_of(tree: Dendrogram, passes: np.ndarray, leaf_passes: bool) -> np.ndarray:
    """How many passing clusters there are at every merge height: (M-1,) ints.

    passes (M-1,) bool : which merges pass. A node is a cluster from its own height up to its
    parent's, so it adds one at its own merge and takes one away at its parent's; the counts are
    the running sum. Equal heights all show the count after the last of them.
    """
    merges = len(tree.linkage)
    change = np.zeros(merges + 1, dtype=int)
    change[:merges] += passes
    parents = tree.parent[tree.vectors :][passes]
    np.subtract.at(change, parents, 1)
    start = 0
    if leaf_passes:
        start = tree.vectors
        np.subtract.at(change, tree.parent[: tree.vectors], 1)
    running = start + np.cumsum(change[:merges])
    last_of_equal = np.searchsorted(tree.heights, tree.heights, side="right") - 1
    return np.asarray(running[last_of_equal])


def counts(tree: Dendrogram, gamma: float, beta: float) -> HeightCounts:
    """Count clusters at every merge height, in one pass over the tree.

    gamma : share of the students a cluster must hold (distinct students, ``needed_students``)
    beta : largest angle in degrees, of the mean pairwise cosine
    """
    needed = needed_students(tree.students, gamma)
    supported = tree.support >= needed
    narrow = tree.angle <= check_beta(beta)
    return HeightCounts(
        heights=tree.heights,
        clusters=counts_of(tree, supported & narrow, needed <= 1),
        supported=counts_of(tree, supported, needed <= 1),
    )
