"""Dendrogram, counts, map and distance matrix of a weight cloud."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster

from ec_core.cluster.cut import Clusters, Cut, apply_cut
from ec_core.cluster.dendrogram import HeightCounts, build_tree, counts
from ec_core.cluster.plateau import Plateau, plateaus
from ec_core.errors import InputError
from ec_core.figures import LIGHT, count_by_height, dendrogram, distance_matrix, weight_map
from ec_core.figures.distances import MAX_VECTORS
from ec_core.figures.log_axis import HEIGHT_FLOOR
from tests.figures import samples

POOL = samples.cloud()
TREE, CUT, CLUSTERS = samples.clustered(POOL)


def test_dendrogram_has_one_trace_per_colour_and_a_log_axis() -> None:
    fig = dendrogram(TREE, CLUSTERS, CUT, POOL)
    lines = [trace for trace in fig.data if trace.mode == "lines"]
    assert len(CLUSTERS.kept) == 3
    assert {line.line.color for line in lines} == {LIGHT.trunk, LIGHT.faint, *LIGHT.palette[:3]}
    assert len(lines) == 5
    assert fig.layout.yaxis.type == "log"
    assert 10 ** fig.layout.yaxis.range[0] < HEIGHT_FLOOR
    assert 10 ** fig.layout.yaxis.range[1] > TREE.heights.max()
    (line,) = fig.layout.shapes
    assert line.y0 == line.y1 == pytest.approx(CUT.height)
    assert "cut" in samples.words(fig)


def test_dendrogram_hover_tells_members_students_distance_and_cluster() -> None:
    text = samples.named(dendrogram(TREE, CLUSTERS, CUT, POOL), "merges").text
    assert len(text) == len(TREE.linkage)
    assert sum("cluster" in t for t in text) == 3 * 5, "six copies join in five merges each"
    assert "30 weight vectors of 6 students" in text[-1] and "loss" in text[-1]


def test_dendrogram_numbers_stand_under_their_clusters() -> None:
    numbers = samples.named(dendrogram(TREE, CLUSTERS, CUT, POOL), "clusters")
    place = {int(leaf): at for at, leaf in enumerate(TREE.leaf_order)}
    for x, cluster in zip(numbers.x, CLUSTERS.kept, strict=True):
        at = [place[int(member)] for member in cluster.members]
        assert x == pytest.approx((min(at) + max(at)) / 2)


def test_clusters_are_called_and_coloured_as_on_the_bench() -> None:
    # the first is dropped: the others keep their numbers and colours
    dropped = replace(CUT, edits=(("drop", CLUSTERS.kept[0].node),))
    left = apply_cut(TREE, POOL, dropped)
    assert left.numbers == (2, 3)
    numbers = samples.named(dendrogram(TREE, left, dropped, POOL), "clusters")
    assert list(numbers.text) == ["<b>2</b>", "<b>3</b>"]
    assert list(numbers.textfont.color) == list(LIGHT.palette[1:3])
    fig = weight_map(POOL.vectors[:, :2], left, POOL)
    colours = {t.name: t.marker.color for t in fig.data if t.name.startswith("cluster")}
    assert colours == {"cluster 2": LIGHT.palette[1], "cluster 3": LIGHT.palette[2]}
    # clusters stored by earlier versions have no numbers
    old = Clusters(CUT, tuple(replace(c, number=0) for c in CLUSTERS.clusters))
    assert old.numbers == (1, 2, 3)


def test_dendrogram_without_clusters_or_cut() -> None:
    fig = dendrogram(TREE, None, None)
    assert len([trace for trace in fig.data if trace.mode == "lines"]) == 1
    assert not fig.layout.shapes


@pytest.mark.parametrize(("students", "word"), [(0, "at least two"), (1, "Only one")])
def test_dendrogram_of_nothing(students: int, word: str) -> None:
    pool = samples.cloud(students=students, neurons=1, noise=0)
    fig = dendrogram(build_tree(pool), None, None, pool)
    assert len(fig.data) == 0 and word in samples.words(fig)


def test_dendrogram_of_two_equal_vectors() -> None:
    pool = samples.cloud(students=2, neurons=1, noise=0, precision=0.0)
    tree = build_tree(pool)
    cut = Cut(1e-9)
    fig = dendrogram(tree, apply_cut(tree, pool, cut), cut, pool)
    (line,) = [trace for trace in fig.data if trace.mode == "lines"]
    # a merge at height zero is drawn where the axis begins, and so is seen
    heights = np.array(line.y, dtype=float)
    heights = heights[np.isfinite(heights)]
    assert len(heights) and (heights > 0).all() and heights.max() <= HEIGHT_FLOOR
    assert line.line.color == LIGHT.palette[0], "below the cut: one cluster"


def test_a_dendrogram_of_thousands_stays_light() -> None:
    pool = samples.cloud(students=40, neurons=8, noise=56)
    tree = build_tree(pool)
    cut = Cut(1e-6)
    fig = dendrogram(tree, apply_cut(tree, pool, cut), cut, pool)
    assert len(pool.student) == 2560
    assert len(fig.data) <= 10
    assert len(fig.to_json()) < 3e6


@pytest.mark.parametrize("letter", ["x", "y"])
def test_counts_agree_with_cutting(letter: str) -> None:
    fig = count_by_height(
        counts(TREE, 0.5, 30.0),
        plateaus(TREE, 0.5, 30.0),
        CUT,
        heights_on=letter,  # type: ignore[arg-type]
    )
    line = samples.named(fig, "found by enough students")
    assert fig.layout[f"{letter}axis"].type == "log"
    heights, count = (line.y, line.x) if letter == "y" else (line.x, line.y)
    for height, found in list(zip(heights, count, strict=True))[:: max(1, len(count) // 12)]:
        kept = apply_cut(TREE, POOL, Cut(float(height) * (1 + 1e-9))).kept
        assert len(kept) == found
    dot = samples.named(fig, "cut")
    assert (dot.x if letter == "y" else dot.y)[0] == len(CLUSTERS.kept) == 3
    assert any(shape.type == "rect" for shape in fig.layout.shapes)
    assert "decades" in samples.words(fig)


def test_counts_of_nothing_and_of_one_merge() -> None:
    none = HeightCounts(np.empty(0), np.empty(0, dtype=int), np.empty(0, dtype=int))
    assert "No merges" in samples.words(count_by_height(none))
    one = HeightCounts(np.array([0.0]), np.array([1]), np.array([1]))
    fig = count_by_height(one, (Plateau(-15, -14.9, 1),), Cut(1e-20))
    line = samples.named(fig, "found by enough students")
    assert (np.array(line.y, dtype=float) > 0).all(), "a log axis has no zero"
    assert 1 in list(line.x)


def test_tree_and_counts_share_their_height_axis() -> None:
    left = dendrogram(TREE, CLUSTERS, CUT, POOL).layout
    right = count_by_height(counts(TREE, 0.5, 30.0), (), CUT).layout
    assert left.yaxis.range == right.yaxis.range
    assert left.yaxis.tickvals == right.yaxis.tickvals
    assert left.height == right.height and left.margin == right.margin
    assert right.xaxis.automargin is False, "or the axis below would push the heights up"


def test_map_sorts_points_by_cluster_and_names_each() -> None:
    points = np.random.default_rng(0).standard_normal((len(POOL.student), 2))
    fig = weight_map(points, CLUSTERS, POOL, np.ones((3, 2)), method="UMAP")
    assert [trace.name for trace in fig.data] == [
        "noise",
        "cluster 1",
        "cluster 2",
        "cluster 3",
        "the teacher's neurons",
    ]
    symbols = [trace.marker.symbol for trace in fig.data]
    assert len(set(symbols)) == 5 and "star" in symbols[-1]
    for trace in fig.data[:-1]:
        rows = np.asarray(trace.customdata)
        assert np.array_equal(np.asarray(trace.x), points[rows, 0])
        first = POOL.student[rows[0]] + 1
        assert f"student {first}," in trace.text[0]
        for word in ("neuron", "loss", "sign", "length"):
            assert word in trace.text[0]
    assert "UMAP" in samples.words(fig)


def test_map_keeps_far_noise_from_squeezing_the_rest() -> None:
    points = np.random.default_rng(0).standard_normal((len(POOL.student), 2))
    noise = int(np.flatnonzero(CLUSTERS.labels < 0)[0])
    points[noise] = 1e4
    fig = weight_map(points, CLUSTERS, POOL)
    assert fig.layout.xaxis.range[1] < 100
    assert "1 far outside" in samples.words(fig)


def test_map_edge_cases() -> None:
    nobody = samples.cloud(students=0)
    assert "No weight vectors" in samples.words(weight_map(np.empty((0, 2)), None, nobody))
    assert len(weight_map(np.zeros((30, 2)), None, POOL).data) == 1
    with pytest.raises(InputError, match="3 points for 30"):
        weight_map(np.zeros((3, 2)), None, POOL)


def test_distance_matrix_follows_the_leaves() -> None:
    heat = samples.named(distance_matrix(POOL, TREE), "distances")
    z = np.asarray(heat.z)
    assert z.shape == (30, 30) and np.allclose(z, z.T)
    assert np.allclose(np.diag(z), math.log10(HEIGHT_FLOOR))
    a, b = TREE.leaf_order[3], TREE.leaf_order[17]
    wanted = math.log10(np.linalg.norm(POOL.vectors[a] - POOL.vectors[b]))
    assert z[3, 17] == pytest.approx(wanted, rel=1e-6)


def test_distance_matrix_names_its_rows_and_outlines_clusters() -> None:
    fig = distance_matrix(POOL, TREE, clusters=CLUSTERS)
    first = TREE.leaf_order[0]
    assert fig.layout.xaxis.ticktext[0] == (
        f"student {POOL.student[first] + 1}, neuron {POOL.neuron[first] + 1}"
    )
    assert len(samples.pieces(samples.named(fig, "kept clusters").x)) == 3


def test_distance_matrix_of_many_is_thinned_and_of_one_says_so() -> None:
    pool = samples.cloud(students=30, neurons=8, noise=22)
    fig = distance_matrix(pool, build_tree(pool))
    assert np.asarray(fig.data[0].z).shape == (MAX_VECTORS, MAX_VECTORS)
    assert "600 of 900" in samples.words(fig)
    one = samples.cloud(students=1, neurons=1, noise=0)
    assert "at least two" in samples.words(distance_matrix(one, build_tree(one)))


def test_labels_used_here_are_scipys() -> None:
    flat = fcluster(TREE.linkage, CUT.height, "distance")
    for cluster in CLUSTERS.clusters:
        assert len(set(flat[cluster.members])) == 1
