"""How fast the cluster room is: python tests/benchmarks/cluster_speed.py [vectors].

Tree with all node statistics against fastcluster alone; clusters counted at every height in one
pass against the loop of cuts the original repository runs (same arrays, checked). The vectors are
copies of 200 neurons (8 inputs and a bias) in 50 students, off by 10^-12 … 0.1, and a half noise.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import fastcluster
import numpy as np
from scipy.cluster.hierarchy import fcluster

from ec_core.cluster import (
    Dendrogram,
    WeightCloud,
    apply_cut,
    automatic_cut,
    build_tree,
    counts,
    plateaus,
)
from ec_core.cluster.dendrogram import needed_students

FEATURES, NEURONS, STUDENTS = 9, 200, 50
GAMMA = 0.5

T = TypeVar("T")


def make_cloud(vectors: int, seed: int = 0) -> WeightCloud:
    """A cloud of ``vectors`` vectors of ``FEATURES`` numbers."""
    rng = np.random.default_rng(seed)
    truth = 2.0 * rng.standard_normal((NEURONS, FEATURES))
    copies = truth[rng.integers(0, NEURONS, vectors // 2)]
    level = 10.0 ** rng.uniform(-12, -1, (len(copies), 1))
    copies = copies + level * rng.standard_normal(copies.shape)
    noise = 2.0 * rng.standard_normal((vectors - len(copies), FEATURES))
    return WeightCloud(
        vectors=np.concatenate([copies, noise]),
        student=rng.integers(0, STUDENTS, vectors),
        neuron=np.arange(vectors),
        sign=np.ones(vectors),
        norm=np.ones(vectors),
        outgoing=np.ones((vectors, 1)),
        loss=np.zeros(vectors),
        activation="g",
        reference=np.eye(FEATURES)[0],
    )


def naive_counts(tree: Dendrogram, cloud: WeightCloud) -> np.ndarray:
    """Cut at every height and look at every cluster: (M-1,) clusters with enough students."""
    needed = needed_students(tree.students, GAMMA)
    found = np.empty(len(tree.heights), dtype=int)
    for k, height in enumerate(tree.heights):
        labels = fcluster(tree.linkage, height, criterion="distance")
        pairs = np.unique(labels * STUDENTS + cloud.student)  # each student once per cluster
        found[k] = (np.bincount(pairs // STUDENTS) >= needed).sum()
    return found


def timed(work: Callable[[], T], repeats: int = 3) -> tuple[float, T]:
    """The best of some runs in seconds, and the result."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
    return min(seconds), result


def main() -> None:
    vectors = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    cloud = make_cloud(vectors)
    ours, tree = timed(lambda: build_tree(cloud))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    alone, _ = timed(lambda: fastcluster.linkage(cloud.vectors, "average"))
    fast, found = timed(lambda: counts(tree, GAMMA, 30.0))
    steps, _ = timed(lambda: plateaus(tree, GAMMA, 30.0))
    cut = automatic_cut(tree, GAMMA)
    judged, clusters = timed(lambda: apply_cut(tree, cloud, cut))
    slow, naive = timed(lambda: naive_counts(tree, cloud), repeats=1)
    same = np.array_equal(naive, found.supported)
    print(f"{vectors:,} vectors of {FEATURES} numbers, {STUDENTS} students\n")
    print("| what | seconds | |")
    print("|---|---|---|")
    print(f"| fastcluster alone | {alone:.2f} | |")
    print(f"| build_tree | {ours:.2f} | {ours / alone:.2f} times |")
    print(f"| counts, every height, one pass | {fast:.4f} | |")
    print(f"| plateaus | {steps:.4f} | |")
    print(f"| counts, loop of cuts | {slow:.1f} | {slow / fast:,.0f} times; same: {same} |")
    print(f"| apply_cut | {judged:.2f} | {len(clusters.clusters):,} clusters |")
    print(f"\nlargest memory of the process while the tree is built: {memory:.2f} GiB")


if __name__ == "__main__":
    main()
