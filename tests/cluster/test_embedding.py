"""Maps: PCA against scikit-learn's, UMAP by what it must not do."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from ec_core.cluster import pca, umap_embedding
from ec_core.cluster.embedding import DISTANCES, UMAP, same_places
from ec_core.errors import InputError
from tests.cluster.synthetic import recurring_cloud


def test_pca_is_scikit_learns_up_to_signs() -> None:
    x = np.random.default_rng(0).standard_normal((50, 6)) * np.arange(1, 7)
    expected = PCA(2, svd_solver="full").fit_transform(x)
    found = pca(x)
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-12)


def test_pca_has_fixed_signs_and_keeps_distances_in_the_plane() -> None:
    x = np.random.default_rng(1).standard_normal((30, 2))
    found = pca(x)
    np.testing.assert_allclose(np.linalg.norm(found[3] - found[9]), np.linalg.norm(x[3] - x[9]))
    np.testing.assert_allclose(pca(x[::-1])[::-1], found, atol=1e-12)


@pytest.mark.parametrize(("m", "features"), [(0, 3), (1, 3), (2, 3), (5, 1), (4, 0)])
def test_small_clouds_have_maps_too(m: int, features: int) -> None:
    x = np.arange(m * features, dtype=float).reshape(m, features)
    assert pca(x).shape == (m, 2)
    if m < 5:
        np.testing.assert_array_equal(umap_embedding(x, 0).points, pca(x))


def test_nan_is_refused() -> None:
    for embed in (pca, lambda x: umap_embedding(x, 0).points):
        with pytest.raises(InputError, match="expected finite numbers"):
            embed(np.array([[np.nan, 1.0]]))


def test_identical_vectors_are_one_place() -> None:
    found = umap_embedding(np.full((20, 3), 0.3), 0)
    assert (found.places, found.method) == (1, DISTANCES)
    assert len(np.unique(found.points, axis=0)) == 1


def copies(seed: int, hidden: int, each: int, features: int, spread: float) -> np.ndarray:
    """(H · each, F) copies, interleaved, that differ by ``spread`` of the scale and less."""
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal((hidden, features))
    noise = spread * rng.uniform(-1, 1, (each, hidden, features))
    return np.asarray((truth + noise / np.sqrt(features)).reshape(-1, features))


@pytest.mark.parametrize("spread", [1e-16, 1e-10, 1e-6])
@pytest.mark.parametrize(("hidden", "features"), [(1, 3), (2, 3), (3, 3), (5, 17), (4, 2)])
def test_copies_lie_on_one_another_and_different_neurons_apart(
    hidden: int, features: int, spread: float
) -> None:
    vectors = copies(hidden, hidden, 12, features, spread)
    found = umap_embedding(vectors, seed=1)
    assert found.places == hidden
    assert found.method == DISTANCES
    points = found.points.reshape(12, hidden, 2)
    np.testing.assert_array_equal(points, np.broadcast_to(points[:1], points.shape))
    np.testing.assert_array_equal(found.points, umap_embedding(vectors, seed=1).points)
    for i in range(hidden):
        for j in range(i):
            true = np.linalg.norm(vectors[i] - vectors[j])
            assert np.linalg.norm(points[0, i] - points[0, j]) > 0.2 * true


def test_places_that_pca_lays_on_one_another_are_told_apart() -> None:
    # five corners, each as far from every other: no plane shows them all, and PCA hides some
    corners = np.eye(5)
    hidden = pca(corners)
    away = np.linalg.norm(hidden[:, None] - hidden, axis=2)[~np.eye(5, dtype=bool)]
    assert away.min() < 0.1 * np.sqrt(2.0)
    drawn = umap_embedding(corners, 0).points
    away = np.linalg.norm(drawn[:, None] - drawn, axis=2)[~np.eye(5, dtype=bool)]
    assert away.min() > 0.5


def test_copies_among_many_neurons_lie_on_one_another_too() -> None:
    exact, stray = copies(0, 6, 20, 5, 1e-7), copies(1, 30, 1, 5, 0.0)
    found = umap_embedding(np.vstack([exact, stray]), seed=2)
    assert (found.places, found.method) == (36, UMAP)
    points = found.points[: len(exact)].reshape(20, 6, 2)
    np.testing.assert_array_equal(points, np.broadcast_to(points[:1], points.shape))
    assert len(np.unique(found.points, axis=0)) == 36


def test_places_are_found_as_by_comparing_all_pairs() -> None:
    rng = np.random.default_rng(5)
    for features in (1, 2, 3, 20):
        x = rng.standard_normal((40, features))
        reach = 1e-5 * np.median(np.linalg.norm(x, axis=1))
        x[10:20] = x[:10] + 0.1 * reach / np.sqrt(features)
        x[20:25] = x[:5] + 30.0 * reach
        labels = same_places(x)
        near = np.linalg.norm(x[:, None] - x, axis=2) < reach
        np.testing.assert_array_equal(labels[:, None] == labels, near)


def test_a_student_that_diverges_does_not_press_the_others_together() -> None:
    vectors = np.vstack([np.random.default_rng(0).standard_normal((40, 4)), np.full((1, 4), 1e9)])
    found = umap_embedding(vectors, 0)
    assert found.places == 41
    inner = found.points[:40]
    assert np.ptp(inner, axis=0).min() > 1.0
    assert len(np.unique(inner.round(3), axis=0)) == 40


def test_umap_is_seeded_and_keeps_exact_copies_together() -> None:
    cloud, truth = recurring_cloud(0, 4, 3, "tanh", students=20, inexact=0, worst=-9.0)
    state = np.random.get_state()  # noqa: NPY002
    found = umap_embedding(cloud.vectors, seed=3).points
    np.testing.assert_array_equal(found, umap_embedding(cloud.vectors, seed=3).points)
    assert all(
        np.array_equal(a, b)
        for a, b in zip(state, np.random.get_state(), strict=True)  # noqa: NPY002
    )
    assert found.shape == (len(cloud), 2)
    assert np.isfinite(found).all()
    centres = np.stack([found[truth == h].mean(axis=0) for h in range(4)])
    for h in range(4):
        nearest = np.linalg.norm(found[truth == h][:, None] - centres, axis=2).argmin(axis=1)
        assert (nearest == h).mean() > 0.9
    for m in (5, 6):
        assert umap_embedding(cloud.vectors[:m], 0).points.shape == (m, 2)


def test_progress_is_told() -> None:
    told: list[float] = []
    vectors = np.random.default_rng(0).standard_normal((40, 4))
    silent = umap_embedding(vectors, 0)
    loud = umap_embedding(vectors, 0, told.append)
    np.testing.assert_array_equal(loud.points, silent.points)
    assert told[-1] == 1.0
    assert all(0.0 <= share <= 1.0 for share in told)
