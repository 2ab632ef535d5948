"""The cloud and tree of a run's students, computed once per ensemble and shared by all who look."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache

import numpy as np

from ec_core.cluster import (
    BranchStatistics,
    Clusters,
    Cut,
    Dendrogram,
    WeightCloud,
    apply_cut,
    branch_statistics,
    build_tree,
    pack_map,
    pack_tree,
    pack_truth,
    pool,
)
from ec_core.cluster.dendrogram import BYTES_PER_PAIR, TREE_MEMORY
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.canonical import canonical
from ec_core.runs import builds
from ec_core.runs.once import once
from ec_core.runs.run import Run


def memory() -> int:
    """Bytes that a tree's distances may take: half of this computer's memory, or less."""
    try:
        installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return TREE_MEMORY
    return min(TREE_MEMORY, installed // 2)


def grow(ensemble: StudentEnsemble, best: int | None = None) -> tuple[WeightCloud, Dendrogram]:
    """The pooled weight vectors of all students, or of the best, and their tree.

    Raises InputError, before it begins, where the distances would not fit into memory.
    """
    cloud = pool(ensemble, best)
    return cloud, build_tree(cloud, memory())


def fitting(ensemble: StudentEnsemble) -> int:
    """How many of the best students a tree can hold, at least one."""
    vectors = np.bincount(pool(ensemble).student)
    most = (1 + np.sqrt(1 + 8 * memory() / BYTES_PER_PAIR)) / 2
    return max(1, int(most / max(vectors.max(initial=1), 1)))


@once(most=16)
def _grown(run_id: str, stamp: int, best: int | None) -> tuple[WeightCloud, Dendrogram]:
    return grow(Run(run_id).ensemble(), best)


def of(run: Run, layer: int = 0) -> tuple[WeightCloud, Dendrogram]:
    """Cloud and tree of a run's stored students; of later layers (1, …) what Reconstruct saw."""
    if layer:
        view = builds.seen(run)[layer]
        return view.cloud, view.tree
    return _grown(run.id, run.stamp("ensemble"), run.best_students)


def first_cut(run: Run, layer: int) -> Cut | None:
    """The cut that Reconstruct made of a later layer; None for layer 0, which it is given."""
    return builds.seen(run)[layer].cut if layer else None


def name_of(run: Run, layer: int = 0) -> str:
    """Changes whenever the tree does."""
    if layer:
        # by what it holds: built again, the same tree keeps what was done to it by hand
        tree = builds.seen(run)[layer].tree
        digest = hashlib.sha256(np.ascontiguousarray(tree.linkage).tobytes()).hexdigest()[:12]
        return f"{run.id}-{digest}-layer{layer + 1}"
    return f"{run.id}-{run.stamp('ensemble')}-{run.best_students or 'all'}"


@once(most=16)
def _known(name: str, run_id: str, layer: int) -> BranchStatistics:
    cloud, tree = of(Run(run_id), layer)
    return branch_statistics(tree, cloud)


@once(most=8)
def _packed(name: str, run_id: str, layer: int) -> bytes:
    cloud, tree = of(Run(run_id), layer)
    return pack_tree(name, tree, cloud, _known(name, run_id, layer))


def packed_tree(run: Run, layer: int = 0) -> bytes:
    """Tree and cloud for the browser, under ``name_of``."""
    return _packed(name_of(run, layer), run.id, layer)


def packed_truth(run: Run, name: str) -> bytes | None:
    """The teacher's neurons for the browser, None where there are none or they are locked."""
    cloud, _ = of(run)
    truth = None if run.truth_locked else truth_vectors(run, cloud)
    return None if truth is None else pack_truth(name, cloud, truth)


def packed_map(run: Run, name: str, points: np.ndarray, layer: int = 0) -> bytes:
    """A finished map for the browser."""
    return pack_map(name, points, of(run, layer)[0])


def truth_vectors(run: Run, cloud: WeightCloud) -> np.ndarray | None:
    """(H, D+1) the teacher's neurons in the cloud's own normal form, if there is a teacher."""
    network = run.source().network
    if network is None or len(network.weights) < 2:
        return None
    standard = run.probes().to_standard(network)
    rows = np.column_stack([standard.weights[0], standard.biases[0]])
    return canonical(rows, cloud.entry, cloud.reference)[0]


def stack(run: Run, cloud: WeightCloud, with_truth: bool) -> np.ndarray:
    """The vectors to map: the cloud, and below it the teacher's if they are to be shown."""
    truth = truth_vectors(run, cloud) if with_truth else None
    return cloud.vectors if truth is None else np.vstack([cloud.vectors, truth])


def clusters_of(run: Run, cut: Cut, layer: int = 0) -> Clusters:
    """The branches of a run's tree at a cut."""
    return _cut(name_of(run, layer), run.id, cut, layer)


@lru_cache(maxsize=64)
def _cut(name: str, run_id: str, cut: Cut, layer: int) -> Clusters:
    cloud, tree = of(Run(run_id), layer)
    return apply_cut(tree, cloud, cut, _known(name, run_id, layer))
