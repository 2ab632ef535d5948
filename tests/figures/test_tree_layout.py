"""The dendrogram's geometry against scipy's, and the folding of large trees."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import dendrogram as scipy_dendrogram
from scipy.cluster.hierarchy import leaves_list, linkage

from ec_core.figures.log_axis import HEIGHT_FLOOR
from ec_core.figures.tree_layout import HANG, TRUNK, lay_out, merge_lines, wedge_lines
from tests.figures.samples import pieces


def tree(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    points = np.random.default_rng(seed).standard_normal((count, 3))
    merges = linkage(points, "average")
    return merges, leaves_list(merges)


@pytest.mark.parametrize("count", [2, 3, 12, 60])
def test_bars_stand_where_scipy_puts_them(count: int) -> None:
    merges, order = tree(count)
    layout = lay_out(merges, order)
    reference = scipy_dendrogram(merges, no_plot=True)
    # scipy puts leaf i at 10 i + 5
    wanted = sorted(
        (round((x[1] - 5) / 10, 9), round((x[2] - 5) / 10, 9), round(y[1], 9))
        for x, y in zip(reference["icoord"], reference["dcoord"], strict=True)
    )
    found = []
    for node in layout.drawn:
        a, b = layout.children[node - layout.leaves]
        left, right = sorted((layout.x[a], layout.x[b]))
        found.append((round(left, 9), round(right, 9), round(layout.height[node], 9)))
    assert sorted(found) == wanted


def test_lines_join_legs_and_bars() -> None:
    merges, order = tree(3)
    layout = lay_out(merges, order)
    x, y = merge_lines(layout, np.ones(5, dtype=bool))
    assert len(pieces(x)) == 4, "two halves per merge"
    for xs, ys in zip(pieces(x), pieces(y), strict=False):
        assert xs[0] == xs[1], "legs are upright"
        assert ys[1] == ys[2], "bars are level"


def test_colours_share_the_tree_without_loss_or_overlap() -> None:
    merges, order = tree(20)
    layout = lay_out(merges, order)
    chosen = np.random.default_rng(1).random(39) < 0.5

    def length(mask: np.ndarray) -> float:
        x, y = merge_lines(layout, mask)
        steps = np.abs(np.diff(x)) + np.abs(np.diff(y))
        return float(np.nansum(steps))

    whole = length(np.ones(39, dtype=bool))
    assert length(chosen) + length(~chosen) == pytest.approx(whole)


def test_nodes_inside_a_cluster_carry_its_label() -> None:
    points = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [9.0]])
    merges = linkage(points, "average")
    layout = lay_out(merges, leaves_list(merges), [np.array([0, 1, 2]), np.array([3, 4])])
    inside = [layout.label[6 + i] for i in range(len(merges)) if merges[i, 2] < 1.0]
    assert sorted(inside) == [0, 0, 1]
    assert all(layout.label[6 + i] == TRUNK for i in range(len(merges)) if merges[i, 2] > 1.0)
    assert layout.label[5] == TRUNK


def test_identical_vectors_lie_on_the_floor() -> None:
    merges = linkage(np.ones((4, 2)), "average")
    layout = lay_out(merges, leaves_list(merges))
    assert set(layout.height) == {HEIGHT_FLOOR}


def test_a_large_tree_is_folded_and_the_wedges_cover_its_leaves() -> None:
    merges, order = tree(500)
    layout = lay_out(merges, order, max_merges=40)
    assert len(layout.drawn) == 40
    covered = np.zeros(500, dtype=int)
    for node in layout.folded:
        covered[int(layout.low[node]) : int(layout.high[node]) + 1] += 1
    single = layout.children[layout.first :].ravel()
    for leaf in single[single < 500]:
        covered[int(layout.x[leaf])] += 1
    assert (covered == 1).all(), "every leaf is below exactly one wedge or stands alone"
    x, _ = wedge_lines(layout, layout.folded)
    assert len(pieces(x)) == len(layout.folded)


def test_a_large_tree_of_copies_folds_to_one_wedge() -> None:
    merges = linkage(np.ones((30, 2)), "average")
    layout = lay_out(merges, leaves_list(merges), max_merges=5)
    assert len(layout.drawn) == 0
    assert layout.folded.tolist() == [58]


def test_hanging_leaves_end_just_below_their_merge() -> None:
    merges, order = tree(12)
    hanging = np.arange(12) % 3 > 0
    layout = lay_out(merges, order, hanging=hanging)
    for i, pair in enumerate(layout.children):
        for child in pair[pair < 12]:
            wanted = merges[i, 2] * HANG if hanging[child] else HEIGHT_FLOOR
            assert layout.height[child] == pytest.approx(wanted)


def test_folded_noise_hangs_and_folded_clusters_reach_the_floor() -> None:
    merges, order = tree(60)
    hanging = np.zeros(60, dtype=bool)
    hanging[order[:30]] = True
    layout = lay_out(merges, order, hanging=hanging, max_merges=10)
    for node in layout.folded:
        below = order[int(layout.low[node]) : int(layout.high[node]) + 1]
        assert (layout.foot[node] > HEIGHT_FLOOR) == hanging[below].all()
