"""The cloud, tree and maps of a run's students, computed once per ensemble and shared by
all tabs.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import streamlit as st

from ec_core.cluster import (
    Clusters,
    Cut,
    Dendrogram,
    WeightCloud,
    apply_cut,
    automatic_cut,
    build_tree,
    paper_cut,
    pca,
    pool,
    umap_embedding,
)
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.canonical import canonical
from pages.ui.runs import Run


def grow(ensemble: StudentEnsemble) -> tuple[WeightCloud, Dendrogram]:
    """The pooled weight vectors and their tree."""
    cloud = pool(ensemble)
    return cloud, build_tree(cloud)


@st.cache_resource(max_entries=16, show_spinner="Growing the tree …")
def _grown(run_id: str, stamp: int) -> tuple[WeightCloud, Dendrogram]:
    return grow(Run(run_id).ensemble())


def of(run: Run) -> tuple[WeightCloud, Dendrogram]:
    """Cloud and tree of a run's stored students."""
    return _grown(run.id, run.stamp("ensemble"))


def cut_by_rule(tree: Dendrogram, rule: str, height: float, gamma: float, beta: float) -> Cut:
    """The cut a rule asks for; ``height`` counts only by hand."""
    if rule == "plateau":
        return automatic_cut(tree, gamma, beta)
    if rule == "paper":
        return paper_cut(tree, gamma, beta)
    return Cut(height, gamma, beta, "hand")


def truth_vectors(run: Run, cloud: WeightCloud) -> np.ndarray | None:
    """(H, D+1) the teacher's neurons in the cloud's own normal form, if there is a teacher."""
    network = run.source().network
    if network is None or len(network.weights) < 2:
        return None
    standard = run.probes().to_standard(network)
    rows = np.column_stack([standard.weights[0], standard.biases[0]])
    return canonical(rows, cloud.entry, cloud.reference)[0]


@st.cache_resource
def _pool() -> ThreadPoolExecutor:
    """One thread for maps: UMAP is slow at first and must not hold up a page or a job."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="ec-map")


@st.cache_resource
def warm_up() -> Future[np.ndarray]:
    """Import and compile UMAP once per server, before anybody needs it."""
    rng = np.random.default_rng(0)
    return _pool().submit(umap_embedding, rng.standard_normal((24, 3)), 0)


@st.cache_resource(max_entries=32)
def _umap_job(run_id: str, stamp: int, with_truth: bool) -> Future[np.ndarray]:
    run = Run(run_id)
    vectors = stack(run, of(run)[0], with_truth)
    return _pool().submit(umap_embedding, vectors, run.settings().seed)


def stack(run: Run, cloud: WeightCloud, with_truth: bool) -> np.ndarray:
    """The vectors to map: the cloud, and below it the teacher's if they are to be shown."""
    truth = truth_vectors(run, cloud) if with_truth else None
    return cloud.vectors if truth is None else np.vstack([cloud.vectors, truth])


def umap_of(run: Run, with_truth: bool) -> np.ndarray | None:
    """The UMAP map (M [+ H], 2), or None while it is being computed in the background."""
    job = _umap_job(run.id, run.stamp("ensemble"), with_truth)
    return job.result() if job.done() else None


@st.cache_data(max_entries=32, show_spinner=False)
def _pca(run_id: str, stamp: int, with_truth: bool) -> np.ndarray:
    run = Run(run_id)
    return pca(stack(run, of(run)[0], with_truth))


def pca_of(run: Run, with_truth: bool) -> np.ndarray:
    """The PCA map (M [+ H], 2), at once."""
    return _pca(run.id, run.stamp("ensemble"), with_truth)


def clusters_of(run: Run, cut: Cut) -> Clusters:
    """The branches of a run's tree at a cut."""
    cloud, tree = of(run)
    return apply_cut(tree, cloud, cut)


def agreement(run: Run) -> np.ndarray:
    """(S, H) one for neurons in a kept cluster, little for all others: what the cut says."""
    cloud, _ = of(run)
    labels = clusters_of(run, run.cut()).labels
    ensemble = run.ensemble()
    strength = np.full(ensemble.incoming.shape[:2], 0.0)
    strength[cloud.student[labels >= 0], cloud.neuron[labels >= 0]] = 1.0
    return strength
