"""The cloud, tree and maps of a run's students, computed once per ensemble and shared by
all tabs.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np
import streamlit as st

from ec_core.cluster import (
    BranchStatistics,
    Clusters,
    Cut,
    Dendrogram,
    Embedding,
    WeightCloud,
    apply_cut,
    branch_statistics,
    build_tree,
    pack_map,
    pack_tree,
    pack_truth,
    pool,
    umap_embedding,
)
from ec_core.cluster.dendrogram import BYTES_PER_PAIR, TREE_MEMORY
from ec_core.cluster.layer import LayerView
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.canonical import canonical
from pages.ui import builds
from pages.ui.runs import Run


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


@st.cache_resource(max_entries=16, show_spinner="Growing the tree …")
def _grown(run_id: str, stamp: int, best: int | None) -> tuple[WeightCloud, Dendrogram]:
    return grow(Run(run_id).ensemble(), best)


def of(run: Run, layer: int = 0) -> tuple[WeightCloud, Dendrogram]:
    """Cloud and tree of a run's stored students; of later layers (1, …) what Reconstruct saw."""
    if layer:
        seen = builds.seen(run)[layer]
        return seen.cloud, seen.tree
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


@st.cache_resource(max_entries=16)
def _known(name: str, run_id: str, layer: int) -> BranchStatistics:
    cloud, tree = of(Run(run_id), layer)
    return branch_statistics(tree, cloud)


@st.cache_resource(max_entries=8, show_spinner=False)
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


class _Background:
    """One thread for maps: UMAP is slow at first and must not hold up a page or a job.

    A daemon, unlike an executor's threads: a server that is told to stop waits for no map.
    """

    def __init__(self) -> None:
        self._waiting: SimpleQueue[tuple[Future[Embedding], Callable[[], Embedding]]]
        self._waiting = SimpleQueue()
        Thread(target=self._work, name="ec-map", daemon=True).start()

    def submit(self, work: Callable[..., Embedding], *arguments: Any) -> Future[Embedding]:
        future: Future[Embedding] = Future()
        self._waiting.put((future, partial(work, *arguments)))
        return future

    def _work(self) -> None:
        while True:
            future, work = self._waiting.get()
            try:
                future.set_result(work())
            except Exception as error:
                future.set_exception(error)


@st.cache_resource
def _pool() -> _Background:
    return _Background()


@st.cache_resource
def warm_up() -> Future[Embedding]:
    """Import and compile UMAP once per server, before anybody needs it."""
    rng = np.random.default_rng(0)
    return _pool().submit(umap_embedding, rng.standard_normal((24, 3)), 0)


@dataclass
class MapJob:
    """A map that is being computed; share : how much of it is done, while it is laid out."""

    future: Future[Embedding] | None = None
    share: float = 0.0

    def tell(self, share: float) -> None:
        self.share = share


@st.cache_resource(max_entries=32)
def _umap_job(name: str, run_id: str, with_truth: bool, layer: int) -> MapJob:
    run = Run(run_id)
    vectors = stack(run, of(run, layer)[0], with_truth)
    job = MapJob()
    job.future = _pool().submit(umap_embedding, vectors, run.settings().seed, job.tell)
    return job


def stack(run: Run, cloud: WeightCloud, with_truth: bool) -> np.ndarray:
    """The vectors to map: the cloud, and below it the teacher's if they are to be shown."""
    truth = truth_vectors(run, cloud) if with_truth else None
    return cloud.vectors if truth is None else np.vstack([cloud.vectors, truth])


def umap_of(run: Run, with_truth: bool, layer: int = 0) -> Embedding | None:
    """The map of M [+ H] points, or None while it is being computed in the background."""
    future = _umap_job(name_of(run, layer), run.id, with_truth, layer).future
    return future.result() if future is not None and future.done() else None


def umap_share(run: Run, with_truth: bool, layer: int = 0) -> float:
    """Which share of the UMAP map is done."""
    return _umap_job(name_of(run, layer), run.id, with_truth, layer).share


def clusters_of(run: Run, cut: Cut, layer: int = 0) -> Clusters:
    """The branches of a run's tree at a cut."""
    return _cut(name_of(run, layer), run.id, cut, layer)


@lru_cache(maxsize=64)
def _cut(name: str, run_id: str, cut: Cut, layer: int) -> Clusters:
    cloud, tree = of(Run(run_id), layer)
    return apply_cut(tree, cloud, cut, _known(name, run_id, layer))


def hand_cuts(run: Run, setting: str = "", layer: int = 0) -> tuple[Cut | None, ...]:
    """The cut of every hidden layer that a person's network is built from.

    setting, layer : a kept setting, and the layer whose it is; "" for the cuts in use. None for a
        layer that was never compared.
    """
    seen = builds.seen(run)
    found: list[Cut | None] = [run.cut()]
    for later in range(1, run.settings().hidden_layers):
        if later >= len(seen):
            found.append(None)
        elif run.bench(later).get("tree") == name_of(run, later):
            found.append(run.layer_cut(later))
        else:  # nothing was done to it by hand
            found.append(seen[later].cut)
    if setting:
        found[layer] = run.named_cuts(layer)[setting]
    return tuple(found)


def views(
    ensemble: StudentEnsemble,
    best: int | None,
    cuts: tuple[Cut | None, ...],
    seen: tuple[LayerView, ...],
) -> tuple[LayerView | None, ...]:
    """Every hidden layer with the clusters that these cuts leave; for jobs, so nothing is cached.

    seen : how later layers were compared; a layer without a cut of its own is cut as it was then
    """
    cloud, tree = grow(ensemble, best)
    assert cuts[0] is not None
    found: list[LayerView | None] = [
        LayerView(cloud, tree, cuts[0], apply_cut(tree, cloud, cuts[0]))
    ]
    for layer in range(1, len(ensemble.shape.sizes) - 2):
        view = seen[layer] if layer < len(seen) else None
        cut = cuts[layer] if layer < len(cuts) else None
        if view is not None and cut is not None:
            view = replace(view, cut=cut, clusters=apply_cut(view.tree, view.cloud, cut))
        found.append(view)
    return tuple(found)


def agreement(run: Run) -> np.ndarray:
    """(S, H) one for neurons in a kept cluster, little for all others: what the cut says."""
    cloud, _ = of(run)
    labels = clusters_of(run, run.cut()).labels
    ensemble = run.ensemble()
    strength = np.full(ensemble.incoming.shape[:2], 0.0)
    strength[cloud.student[labels >= 0], cloud.neuron[labels >= 0]] = 1.0
    return strength
