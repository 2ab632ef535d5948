"""Plateaus against counts by scipy at sampled heights, and the choice among them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster

from ec_core.cluster import Dendrogram, Plateau, build_tree, plateaus
from ec_core.cluster.plateau import HEIGHT_FLOOR, automatic_height, last_long, widest_gap
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
    assert [p.count for p in found] == [2] and found[0].low == np.log10(HEIGHT_FLOOR)
    assert all(p.length > 0 for p in found)
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


def test_what_is_exactly_long_enough_is_long() -> None:
    decade = (Plateau(-14, -9, 3), Plateau(-9, -8, 4))
    assert last_long(decade) == decade[1]
    # none begins below half of the vectors' length, here 1: the longest of all
    above = (Plateau(0, 0.1, 3), Plateau(0.1, 1, 2), Plateau(1, 1.2, 1))
    assert last_long(above, scale=2.0) == above[1]


def _line(points: list[float], students: list[int]) -> Dendrogram:
    """The tree of points on a line that passes the origin at a distance of one."""
    vectors = np.column_stack([points, np.ones(len(points))])
    return build_tree(cloud_of(vectors, np.array(students)))


def test_before_the_first_merge_vectors_count_only_where_one_student_is_enough() -> None:
    one = plateaus(_line([0.0, 1e-3, 5.0], [0, 0, 0]), 0.5, 30.0)
    assert (one[0].low, one[0].count) == (-15.0, 3)
    assert one[0].high == one[1].low == pytest.approx(-3.0)
    assert one[1].count == 2
    two = plateaus(_line([0.0, 1e-3, 5.0], [0, 1, 1]), 0.5, 30.0)
    assert two[0].low == pytest.approx(-3.0) and two[0].count == 1


def test_merges_at_one_height_are_one_step() -> None:
    tree = _line([0.0, 0.5, 8.0, 8.5], [0, 1, 0, 1])
    assert tree.heights[0] == tree.heights[1] == 0.5
    (only,) = plateaus(tree, 0.5, 30.0)
    assert (only.low, only.high) == pytest.approx((np.log10(0.5), np.log10(8.0)))
    assert only.count == 2


def test_vectors_without_length_have_no_plateau() -> None:
    assert plateaus(build_tree(cloud_of(np.zeros((3, 2)), np.arange(3))), 0.5, 30.0) == ()


def _merged_at(heights: list[float], scale: float = 1.0) -> Dendrogram:
    """A tree of which only merge heights and length matter; no two vectors of it agree."""
    count = len(heights)
    linkage = np.column_stack([np.zeros((count, 2)), heights, np.zeros(count)])
    none = np.zeros(count, dtype=int)
    return Dendrogram(linkage, none, none, none - 1.0, np.arange(count + 1), 5, scale)


@pytest.mark.parametrize(
    ("heights", "middle"),
    [
        ([1e-3, 1e-2, 1.0], 1e-9),  # below the first merge, from where rounding ends
        ([1e-20, 1e-3, 1e-2], 1e-9),  # what merges by rounding merges there
        ([1e-12, 1e-2, 1.0], 1e-7),  # between merges
        ([1e-14, 1e-12], 1e-13),  # above the last one nothing is known
        ([1e-14, 1e-12, 1e-11], 1e-13),
        ([1e-12], 1e-6),  # but of a single merge: as far as the vectors are long
        ([], 10**-7.5),
    ],
)
def test_the_widest_gap_is_cut_in_its_middle(heights: list[float], middle: float) -> None:
    tree = _merged_at(heights)
    assert widest_gap(tree) == pytest.approx(middle)
    assert automatic_height(tree, 0.5, 30.0) == widest_gap(tree), "no cluster passes anywhere"


def test_the_automatic_height_is_the_middle_of_the_last_long_plateau() -> None:
    tree = _line([0.0, 1e-8, 8.0, 8.0 + 1e-6], [0, 1, 0, 1])
    assert [p.count for p in plateaus(tree, 0.5, 30.0)] == [1, 2]
    # two clusters from 1e-6 to 8
    assert automatic_height(tree, 0.5, 30.0) == pytest.approx((8e-6) ** 0.5, rel=1e-6)


def test_the_middle_is_geometric() -> None:
    assert Plateau(-10, -4, 1).middle == pytest.approx(1e-7)
    assert Plateau(-10, -4, 1).length == 6
