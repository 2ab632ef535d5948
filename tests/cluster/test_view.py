"""What is sent to the browser can be read back and is what the tree and the cloud say."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from ec_core.cluster import branch_statistics, build_tree, pack_map, pack_tree, pack_truth, pca
from ec_core.cluster.view import LEVELS_PER_DECADE, LOWEST_DECADE, MATRIX_ROWS, matrix_levels, pack
from ec_core.errors import InputError
from tests.cluster.synthetic import cloud_of, recurring_cloud, separated

KINDS = {"f8": "<f8", "f4": "<f4", "i4": "<i4", "u1": "<u1"}


def unpack(data: bytes) -> dict[str, Any]:
    """The slow, obvious inverse of ``pack``."""
    length = int.from_bytes(data[:4], "little")
    facts: dict[str, Any] = json.loads(data[4 : 4 + length])
    for name, (kind, offset, count) in facts.pop("arrays").items():
        assert (4 + length + offset) % 8 == 0
        facts[name] = np.frombuffer(data, KINDS[kind], count, 4 + length + offset)
    return facts


def test_a_packed_tree_says_what_tree_and_cloud_say() -> None:
    cloud, _ = recurring_cloud(3, 4, 2, "tanh")
    tree = build_tree(cloud)
    known, seen, m = branch_statistics(tree, cloud), unpack(pack_tree("a", tree, cloud)), len(cloud)
    assert (seen["id"], seen["vectors"], seen["inputs"], seen["students"]) == ("a", m, 2, 10)
    for name, expected in {
        "left": tree.linkage[:, 0],
        "right": tree.linkage[:, 1],
        "height": tree.heights,
        "size": tree.size,
        "support": tree.support,
        "angle": tree.angle,
        "spread": known.spread[m:],
        "best": known.best[m:],
        "order": tree.leaf_order,
        "student": cloud.student,
        "neuron": cloud.neuron,
        "sign": cloud.sign,
        "loss": cloud.loss,
        "norm": cloud.norm,
        "strength": cloud.strength,
        "coordinates": cloud.vectors.ravel(),
        "map": pca(cloud.vectors).astype(np.float32).ravel(),
        "lines": cloud.vectors.astype(np.float32).ravel(),
    }.items():
        np.testing.assert_array_equal(seen[name], expected, err_msg=name)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_vectors(count: int) -> None:
    cloud = cloud_of(np.ones((count, 5)), np.arange(count))
    seen = unpack(pack_tree("few", build_tree(cloud), cloud))
    assert seen["vectors"] == count
    assert len(seen["matrix"]) == count**2
    assert "lines" not in seen
    truth = unpack(pack_truth("t", cloud, np.zeros((2, 5))))
    assert truth["neurons"] == 2


def test_the_matrix_holds_distances_in_the_order_of_the_tree() -> None:
    cloud, _ = recurring_cloud(1, 3, 4, "g")
    tree = build_tree(cloud)
    places, levels = matrix_levels(tree, cloud)
    rows = cloud.vectors[tree.leaf_order[places]]
    apart = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    decades = levels / LEVELS_PER_DECADE + LOWEST_DECADE
    real = apart > 1e-16
    np.testing.assert_allclose(decades[real], np.log10(apart[real]), atol=0.5 / LEVELS_PER_DECADE)
    assert (levels.diagonal() == 0).all()
    many = cloud_of(np.random.default_rng(0).standard_normal((900, 3)), np.arange(900) % 9)
    places, levels = matrix_levels(build_tree(many), many)
    assert levels.shape == (MATRIX_ROWS, MATRIX_ROWS)
    assert (places[0], places[-1]) == (0, 899)


@pytest.mark.parametrize("kind", ["g", "tanh", "relu"])
def test_the_truth_s_distances(kind: str) -> None:
    rng = np.random.default_rng(0)
    truth = separated(rng, 3, 2, kind)
    copies = truth[[0, 1, 1]] + 1e-9
    if kind == "tanh":
        copies[2] = -copies[2]  # the mirror image is as good
    cloud = cloud_of(copies, np.arange(3), kind=kind)
    seen = unpack(pack_truth("t", cloud, truth))
    assert seen["nearest"].tolist() == [0, 1, 1]
    np.testing.assert_allclose(seen["distance"], np.sqrt(3) * 1e-9, rtol=1e-6)
    np.testing.assert_allclose(seen["tolerance"], 0.05 * np.linalg.norm(truth, axis=1))
    # on the map the truth lies where its copies do
    places = seen["truthMap"].reshape(-1, 2)
    if kind != "tanh":
        np.testing.assert_allclose(places[:2], pca(copies)[:2], atol=1e-5)


def test_a_map_of_cloud_and_truth_is_parted() -> None:
    cloud = cloud_of(np.eye(4), np.arange(4))
    seen = unpack(pack_map("m", np.arange(12.0).reshape(6, 2), cloud))
    assert (seen["map"].tolist(), seen["truthMap"].tolist()) == (
        list(range(8)),
        [8.0, 9.0, 10.0, 11.0],
    )


def test_arrays_that_browsers_do_not_know_are_refused() -> None:
    with pytest.raises(InputError, match="x is of kind int64"):
        pack({}, {"x": np.arange(3)})
