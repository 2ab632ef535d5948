"""The tree and its counts against scipy and against loops over all clusters and all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import pdist

from ec_core.cluster import WeightCloud, build_tree, counts
from ec_core.cluster.dendrogram import needed_students
from ec_core.errors import InputError
from tests.cluster.synthetic import cloud_of, recurring_cloud


def grid_cloud(seed: int, vectors: int, students: int, dims: int = 2, step: int = 4) -> WeightCloud:
    """Whole-number vectors: many equal ones and many equal distances."""
    rng = np.random.default_rng(seed)
    return cloud_of(
        rng.integers(-step, step + 1, (vectors, dims)) + 0.25, rng.integers(0, students, vectors)
    )


def brute_clusters(tree_linkage: np.ndarray, height: float) -> list[np.ndarray]:
    labels = fcluster(tree_linkage, height, criterion="distance")
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]


def brute_cosine(vectors: np.ndarray) -> float:
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    above = np.triu_indices(len(vectors), 1)
    return float((units @ units.T)[above].mean())


def brute_counts(
    cloud: WeightCloud, tree_linkage: np.ndarray, gamma: float, beta: float
) -> tuple[list[int], list[int]]:
    """The loop over heights: cut, then look at every cluster."""
    needed = needed_students(cloud.students, gamma)
    passing, supported = [], []
    for height in tree_linkage[:, 2]:
        found = [
            members
            for members in brute_clusters(tree_linkage, height)
            if len(np.unique(cloud.student[members])) >= needed
        ]
        supported.append(len(found))
        angles = [
            0.0 if len(m) < 2 else np.degrees(np.arccos(min(1.0, brute_cosine(cloud.vectors[m]))))
            for m in found
        ]
        passing.append(sum(angle <= beta for angle in angles))
    return passing, supported


def test_the_tree_is_scipys() -> None:
    cloud = cloud_of(np.random.default_rng(0).standard_normal((80, 5)), np.arange(80) % 7)
    tree = build_tree(cloud)
    expected = linkage(pdist(cloud.vectors), "average")
    np.testing.assert_allclose(tree.linkage, expected, rtol=1e-12)
    np.testing.assert_array_equal(tree.leaf_order, leaves_list(tree.linkage))
    assert tree.students == 7
    assert tree.scale == pytest.approx(np.median(np.linalg.norm(cloud.vectors, axis=1)))


def test_heights_far_below_1e8_are_right() -> None:
    base = np.random.default_rng(1).standard_normal(4)
    cloud = cloud_of(np.stack([base, base, base + 3e-13, base + 2.0]), np.arange(4))
    tree = build_tree(cloud)
    assert tree.heights[0] == 0.0
    assert tree.heights[1] == pytest.approx(6e-13, rel=1e-2)


@pytest.mark.parametrize("seed", range(4))
def test_statistics_of_every_node(seed: int) -> None:
    cloud = grid_cloud(seed, 40, 6, dims=3)
    tree = build_tree(cloud)
    below: list[list[int]] = [[i] for i in range(40)]
    for a, b in tree.linkage[:, :2].astype(int):
        below.append(below[a] + below[b])
    for node, members in enumerate(below):
        assert tree.members(node).tolist() == sorted(members)
        if node >= 40:
            k = node - 40
            assert tree.size[k] == len(members)
            assert tree.support[k] == len(np.unique(cloud.student[members]))
            assert tree.cosine[k] == pytest.approx(brute_cosine(cloud.vectors[members]), abs=1e-12)
            assert tree.node_height(node) == tree.linkage[k, 2]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    vectors=st.integers(2, 35),
    students=st.integers(1, 8),
    step=st.sampled_from([0, 1, 3]),
    gamma=st.sampled_from([0.1, 0.5, 0.8, 1.0]),
    beta=st.sampled_from([17.3, 31.7, 89.3, 180.0]),
)
def test_counts_agree_with_the_loop_over_heights(
    seed: int, vectors: int, students: int, step: int, gamma: float, beta: float
) -> None:
    cloud = grid_cloud(seed, vectors, students, step=step)
    tree = build_tree(cloud)
    found = counts(tree, gamma, beta)
    passing, supported = brute_counts(cloud, tree.linkage, gamma, beta)
    assert found.supported.tolist() == supported
    assert found.clusters.tolist() == passing
    np.testing.assert_array_equal(found.heights, tree.linkage[:, 2])
    for height in (0.0, *np.unique(tree.heights), 1.5 * tree.heights[-1]):
        ours = {tuple(tree.members(n).tolist()) for n in tree.nodes_at(height).tolist()}
        assert ours == {tuple(m.tolist()) for m in brute_clusters(tree.linkage, height)}


def test_counts_on_a_cloud_with_clusters_of_all_sizes() -> None:
    cloud, _ = recurring_cloud(5, 4, 3, "tanh")
    tree = build_tree(cloud)
    passing, supported = brute_counts(cloud, tree.linkage, 0.5, 30.0)
    assert counts(tree, 0.5, 30.0).clusters.tolist() == passing
    assert counts(tree, 0.5, 30.0).supported.tolist() == supported


def test_a_node_counts_distinct_students_not_vectors() -> None:
    along = np.array([0.0, 1.0, 2.1, 3.3, 4.6, 99.0])[:, None]
    tree = build_tree(cloud_of(1.0 + 1e-6 * along * np.ones((6, 3)), np.array([0, 0, 0, 0, 0, 1])))
    assert tree.support.tolist() == [1, 1, 1, 1, 2]
    assert counts(tree, 1.0, 30.0).clusters.tolist() == [0, 0, 0, 0, 1]


def test_needed_students_rounds_up_but_not_by_rounding_errors() -> None:
    assert [needed_students(10, g) for g in (0.05, 0.3, 0.5, 0.51, 0.7, 1.0)] == [2, 3, 5, 6, 7, 10]
    assert needed_students(0, 0.5) == 0
    assert needed_students(1, 0.5) == 1
    for gamma in (0.0, -1.0, 1.01, float("nan")):
        with pytest.raises(InputError, match="Gamma"):
            needed_students(10, gamma)


def test_a_tree_of_none_one_and_equal_vectors() -> None:
    for m in (0, 1):
        tree = build_tree(cloud_of(np.ones((m, 3)), np.zeros(m, dtype=int)))
        assert tree.linkage.shape == (0, 4)
        assert tree.leaf_order.tolist() == list(range(m))
        assert counts(tree, 0.5, 30.0).clusters.shape == (0,)
        assert tree.nodes_at(1.0).tolist() == list(range(m))
    tree = build_tree(cloud_of(np.ones((20, 3)), np.arange(20)))
    assert (tree.heights == 0).all()
    assert counts(tree, 0.5, 30.0).clusters.tolist() == [1] * 19
    assert tree.cosine[-1] == pytest.approx(1.0)


def test_too_many_vectors_are_refused_with_numbers_before_it_starts() -> None:
    cloud = cloud_of(np.zeros((1, 2)).repeat(30_000, axis=0), np.zeros(30_000, dtype=int))
    with pytest.raises(InputError, match=r"30,000 vectors needs 6\.7 GiB.*best students.*23,170"):
        build_tree(cloud)
    few = cloud_of(np.random.default_rng(0).standard_normal((10, 2)), np.arange(10))
    with pytest.raises(InputError, match="at most 9 vectors"):
        build_tree(few, memory=9 * 8 // 2 * 16)
    assert build_tree(few, memory=10 * 9 // 2 * 16).vectors == 10


def test_nan_is_refused() -> None:
    with pytest.raises(InputError, match="NaN"):
        build_tree(cloud_of(np.array([[1.0, np.nan], [0.0, 1.0]]), np.arange(2)))
