"""Plateaus against counts by scipy at sampled heights, and the choice among them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster

from ec_core.cluster import Plateau, build_tree, plateaus
from ec_core.cluster.plateau import HEIGHT_FLOOR, last_long
from tests.cluster.synthetic import cloud_of, recurring_cloud


@pytest.mark.parametrize("seed", range(3))
def test_at_every_height_the_plateau_has_the_brute_count(seed: int) -> None:
    cloud, _ = recurring_cloud(seed, 4, 3, "g")
    tree = build_tree(cloud)
    found = plateaus(tree, 0.5, 180.0)  # all angles pass: support alone decides
    rng = np.random.default_rng(seed)
    top = np.log10(max(tree.heights[-1], tree.scale))
    for log_height in rng.uniform(-15, top, 200):
        labels = fcluster(tree.linkage, 10.0**log_height, criterion="distance")
        brute = sum(len(np.unique(cloud.student[labels == n])) >= 5 for n in np.unique(labels))
        here = [p.count for p in found if p.low <= log_height < p.high]
        assert here == ([brute] if brute else [])
    for lower, upper in pairwise(found):
        assert lower.high <= upper.low
        assert lower.high < upper.low or lower.count != upper.count


def test_heights_at_and_below_rounding_count_as_the_floor() -> None:
    near = np.array([0.0, 1e-17, 3e-16, 2e-15])[:, None] + np.zeros((4, 2))
    far = np.concatenate([near, near + 5.0])
    far[0] = far[1]
    tree = build_tree(cloud_of(far, np.tile(np.arange(4), 2)))
    found = plateaus(tree, 0.5, 180.0)
    assert all(p.low >= np.log10(HEIGHT_FLOOR) for p in found)
    assert found[-1].high == pytest.approx(np.log10(tree.heights[-1]))


def test_one_neuron_found_by_all_has_a_plateau_above_the_last_merge() -> None:
    vectors = 2.0 + 1e-9 * np.random.default_rng(0).standard_normal((10, 4))
    found = plateaus(build_tree(cloud_of(vectors, np.arange(10))), 0.5, 30.0)
    assert found[-1].count == 1
    assert found[-1].high == pytest.approx(np.log10(4.0))
    assert found[-1].length > 8
    equal = plateaus(build_tree(cloud_of(np.ones((9, 3)), np.arange(9))), 0.5, 30.0)
    assert [(p.low, p.count) for p in equal] == [(-15.0, 1)]


def test_where_nothing_recurs_there_is_none() -> None:
    for m in (0, 1):
        tree = build_tree(cloud_of(np.ones((m, 3)), np.arange(m)))
        assert all(p.count == m for p in plateaus(tree, 0.5, 30.0))
    noise = np.random.default_rng(0).standard_normal((8, 40))
    assert plateaus(build_tree(cloud_of(noise, np.arange(8))), 1.0, 30.0) == ()
    assert last_long(()) is None


def test_the_last_long_one_is_chosen() -> None:
    rising = (Plateau(-14, -6, 3), Plateau(-6, -4.8, 4), Plateau(-0.9, -0.5, 2))
    assert last_long(rising) == rising[1]  # a full decade is long beside eight
    short = (Plateau(-2, -1.8, 3), Plateau(-1.5, -1.0, 4), Plateau(-1.0, -0.75, 5))
    assert last_long(short) == short[2]  # nothing is long: half of the longest will do
    chance = (Plateau(-2, -1.5, 3), Plateau(-0.35, 0.4, 7))
    assert last_long(chance) == chance[0]  # decades among unrelated vectors do not count
    assert last_long(chance, scale=10.0) == chance[1]
    assert last_long((Plateau(0.1, 0.2, 1), Plateau(0.3, 0.5, 2))) == Plateau(0.3, 0.5, 2)


def test_the_middle_is_geometric() -> None:
    assert Plateau(-10, -4, 1).middle == pytest.approx(1e-7)
    assert Plateau(-10, -4, 1).length == 6
