"""Maps: PCA against scikit-learn's, UMAP by what it must not do."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from ec_core.cluster import pca, umap_embedding
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
        np.testing.assert_array_equal(umap_embedding(x, 0), pca(x))


def test_nan_is_refused() -> None:
    for embed in (pca, lambda x: umap_embedding(x, 0)):
        with pytest.raises(InputError, match="expected finite numbers"):
            embed(np.array([[np.nan, 1.0]]))
    np.testing.assert_array_equal(umap_embedding(np.ones((20, 3)), 0), np.zeros((20, 2)))


def test_umap_is_seeded_and_keeps_exact_copies_together() -> None:
    cloud, truth = recurring_cloud(0, 4, 3, "tanh", students=20, inexact=0, worst=-9.0)
    state = np.random.get_state()  # noqa: NPY002
    found = umap_embedding(cloud.vectors, seed=3)
    np.testing.assert_array_equal(found, umap_embedding(cloud.vectors, seed=3))
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
        assert umap_embedding(cloud.vectors[:m], 0).shape == (m, 2)


def test_progress_is_told() -> None:
    told: list[float] = []
    vectors = np.random.default_rng(0).standard_normal((40, 4))
    silent = umap_embedding(vectors, 0)
    np.testing.assert_array_equal(umap_embedding(vectors, 0, told.append), silent)
    assert told[-1] == 1.0
    assert all(0.0 <= share <= 1.0 for share in told)
