"""Cuts find the known neurons; clusters carry the numbers that a loop over pairs finds."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster

from ec_core.cluster import (
    Cut,
    Dendrogram,
    WeightCloud,
    apply_cut,
    automatic_cut,
    branch_statistics,
    build_tree,
    counts,
    paper_cut,
)
from ec_core.cluster.cut import Cluster, Clusters, _median_angle
from ec_core.cluster.edits import Edit
from ec_core.errors import InputError
from tests.cluster.synthetic import cloud_of, recurring_cloud

CLASSES = ("g", "tanh", "sigmoid", "gelu", "relu")
"""One activation of each symmetry class."""


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("hidden", [2, 4, 8, 16])
@pytest.mark.parametrize("inputs", [2, 4, 16, 64])
def test_the_automatic_cut_finds_exactly_the_true_neurons(
    kind: str, hidden: int, inputs: int
) -> None:
    for seed, inexact in ((1, 0), (2, 4)):
        cloud, truth = recurring_cloud(
            100 * hidden + inputs + seed, hidden, inputs, kind, inexact=inexact
        )
        tree = build_tree(cloud)
        cut = automatic_cut(tree)
        found = apply_cut(tree, cloud, cut)
        assert cut.rule == "plateau"
        assert len(found.kept) == hidden, (seed, inexact)
        owners = [set(truth[c.members].tolist()) for c in found.kept]
        assert all(len(owner) == 1 and owner != {-1} for owner in owners)
        assert len(set.union(*owners)) == hidden


def test_two_of_ten_students_inexact_at_the_papers_upper_gamma() -> None:
    cloud, _ = recurring_cloud(7, 6, 5, "tanh", inexact=2)
    tree = build_tree(cloud)
    assert len(apply_cut(tree, cloud, automatic_cut(tree, gamma=0.8)).kept) == 6


def test_one_neuron_and_one_student() -> None:
    cloud, _ = recurring_cloud(1, 1, 3, "tanh", inexact=0)
    tree = build_tree(cloud)
    assert len(apply_cut(tree, cloud, automatic_cut(tree)).kept) == 1
    alone, truth = recurring_cloud(2, 5, 4, "g", students=1, inexact=0)
    tree = build_tree(alone)
    kept = apply_cut(tree, alone, automatic_cut(tree)).kept
    assert len(kept) == 5 + int((truth == -1).sum())  # nothing to agree with: all are kept


def test_edited_clusters_carry_the_numbers_of_all_their_members() -> None:
    cloud, _ = recurring_cloud(12, 4, 3, "tanh")
    rng = np.random.default_rng(2)
    outgoing, loss = rng.standard_normal((len(cloud), 2)), rng.random(10)[cloud.student]
    cloud = cloud_of(cloud.vectors, cloud.student, loss, outgoing, "tanh")
    tree = build_tree(cloud)
    plain = apply_cut(tree, cloud, automatic_cut(tree)).clusters
    picked = [[0, 1], [0, 2, 3], [1, len(plain) - 1], [len(plain) - 2, len(plain) - 1]]
    for chosen in picked:
        nodes = tuple(plain[i].node for i in chosen)
        members = np.sort(np.concatenate([plain[i].members for i in chosen]))
        edited = apply_cut(
            tree,
            cloud,
            Cut(automatic_cut(tree).height, edits=(("merge", *nodes), ("keep", nodes[0]))),
        )
        one = next(c for c in edited.clusters if len(c.nodes) == len(nodes))
        np.testing.assert_array_equal(one.members, members)
        assert one.best == min(members, key=lambda v: (loss[v], -cloud.strength[v]))
        away = np.linalg.norm(cloud.vectors[members] - cloud.vectors[one.best], axis=1)
        assert one.spread == pytest.approx(np.sqrt((away**2).mean()))
        median, mean = brute_cluster(cloud.vectors, members)
        assert (one.angle, one.mean_angle) == pytest.approx((median, mean))
        assert one.support == len(np.unique(cloud.student[members]))
        assert one.outgoing_norm == pytest.approx(np.median(cloud.strength[members]))


def brute_cluster(cloud_vectors: np.ndarray, members: np.ndarray) -> tuple[float, float]:
    """Median pairwise angle, and angle of the mean cosine, in degrees, by a loop over pairs."""
    angles, cosines = [0.0], [1.0]
    if len(members) > 1:
        angles, cosines = [], []
    for n, i in enumerate(members):
        for j in members[n + 1 :]:
            a, b = cloud_vectors[i], cloud_vectors[j]
            a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
            cosines.append(float(a @ b))
            angles.append(2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b)))
    mean = np.degrees(np.arccos(np.clip(np.mean(cosines), -1, 1)))
    return float(np.degrees(np.median(angles))), float(mean)


@pytest.mark.parametrize("height", [1e-7, 0.3, 1.5, 1e3])
def test_every_cluster_carries_the_right_numbers(height: float) -> None:
    cloud, _ = recurring_cloud(11, 3, 3, "relu")
    rng = np.random.default_rng(0)
    outgoing = rng.standard_normal((len(cloud), 2))
    loss = rng.permutation(10)[cloud.student] * 1e-9
    cloud = cloud_of(cloud.vectors, cloud.student, loss, outgoing, "relu")
    tree = build_tree(cloud)
    found = apply_cut(tree, cloud, Cut(height))
    labels = fcluster(tree.linkage, height, criterion="distance")
    assert {tuple(c.members.tolist()) for c in found.clusters} == {
        tuple(np.flatnonzero(labels == n).tolist()) for n in np.unique(labels)
    }
    for c in found.clusters:
        assert cloud.loss[c.best] == cloud.loss[c.members].min()
        rivals = c.members[cloud.loss[c.members] == cloud.loss[c.best]]
        size = np.linalg.norm(cloud.outgoing, axis=1) * cloud.norm
        assert size[c.best] == size[rivals].max()
        np.testing.assert_array_equal(c.centre, cloud.vectors[c.best])
        away = np.linalg.norm(cloud.vectors[c.members] - c.centre, axis=1)
        assert c.spread == pytest.approx(np.sqrt((away**2).mean()))
        assert c.support == len(np.unique(cloud.student[c.members]))
        assert c.outgoing_norm == pytest.approx(np.median(size[c.members]))
        median, mean = brute_cluster(cloud.vectors, c.members)
        assert c.angle == pytest.approx(median, rel=1e-6, abs=1e-12)
        assert c.mean_angle == pytest.approx(mean, abs=3e-6)
        np.testing.assert_array_equal(tree.members(c.node), c.members)
        assert c.kept == (c.support >= 5 and c.mean_angle <= 30)


def test_the_number_kept_is_the_count_at_that_height() -> None:
    cloud, _ = recurring_cloud(3, 5, 2, "softplus")
    tree = build_tree(cloud)
    for gamma, beta in ((0.3, 20.0), (0.5, 30.0), (0.5, 60.0)):
        expected = counts(tree, gamma, beta).clusters
        for k in range(0, len(tree.heights), 7):
            height = float(tree.heights[k])
            assert len(apply_cut(tree, cloud, Cut(height, gamma, beta)).kept) == expected[k]


def test_order_and_labels() -> None:
    cloud, _ = recurring_cloud(4, 4, 3, "g")
    tree = build_tree(cloud)
    found = apply_cut(tree, cloud, automatic_cut(tree))
    keys = [(not c.kept, -c.support, c.spread) for c in found.clusters]
    assert keys == sorted(keys)
    labels = found.labels
    assert labels.shape == (len(cloud),)
    for index, c in enumerate(found.kept):
        np.testing.assert_array_equal(np.flatnonzero(labels == index), c.members)
    assert (labels == -1).sum() == len(cloud) - sum(len(c.members) for c in found.kept)


def reasons_at(height: float, beta: float = 30.0, gamma: float = 0.5) -> list[str]:
    cloud = cloud_of(
        np.array([[1.0, 0.0], [0.0, 1.0], [5.0, 5.0], [5.0, 5.0 + 1e-9]]), np.array([0, 1, 2, 3])
    )
    tree = build_tree(cloud)
    return [c.reason for c in apply_cut(tree, cloud, Cut(height, gamma, beta)).clusters]


def test_kept_clusters_have_numbers_and_others_have_none() -> None:
    cloud, _ = recurring_cloud(4, 4, 3, "g")
    tree = build_tree(cloud)
    found = apply_cut(tree, cloud, automatic_cut(tree))
    assert found.numbers == tuple(c.number for c in found.kept) == (1, 2, 3, 4)
    assert {c.number for c in found.clusters if not c.kept} == {0}
    dropped = apply_cut(tree, cloud, replace(found.cut, edits=(("drop", found.kept[0].node),)))
    assert dropped.numbers == (2, 3, 4), "the others keep theirs"
    # stored by versions that gave no numbers
    old = Clusters(found.cut, tuple(replace(c, number=0) for c in found.clusters))
    assert old.numbers == (1, 2, 3, 4)


def test_vectors_that_point_apart_are_half_a_turn_apart() -> None:
    over = []
    for v in np.random.default_rng(0).standard_normal((3000, 3)):
        units = np.stack([v, -v]) / np.linalg.norm(v)
        over.append(0.5 * np.linalg.norm(units[0] - units[1]) > 1.0)
        assert _median_angle(units) == pytest.approx(180.0)
    assert any(over), "some sines are above one by rounding"


def test_cuts_say_how_they_were_made() -> None:
    cloud, _ = recurring_cloud(4, 2, 3, "g")
    tree = build_tree(cloud)
    for rule, cut in (("plateau", automatic_cut(tree)), ("paper", paper_cut(tree))):
        assert (cut.rule, cut.gamma, cut.beta, cut.edits) == (rule, 0.5, 30.0, ())
    assert Cut(2.0) == Cut.from_plain({"height": 2}) == Cut(2.0, 0.5, 30.0, "hand", ())
    assert Cut(2.0, edits=[["keep", 3]]).edits == (("keep", 3),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("points", "low", "high"),
    [
        ([0.0, 0.5, 8.0, 8.7], 0.7, 8.1),  # two pairs: above the second, below all in one
        ([0.0, 0.0, 1e-17, 1e-17, 3.0, 3.5], 0.5, 3.25),  # two by rounding alone do not count
    ],
)
def test_the_papers_rule_cuts_in_the_middle_of_where_it_holds(
    points: list[float], low: float, high: float
) -> None:
    vectors = np.column_stack([points, np.ones(len(points))])
    tree = build_tree(cloud_of(vectors, np.arange(len(points)) % 2))
    assert tree.heights[-2:] == pytest.approx([low, high])
    cut = paper_cut(tree)
    assert cut.height == pytest.approx(np.sqrt(low * high)) and cut.rule == "paper"


def test_the_papers_rule_counts_single_vectors_of_a_single_student() -> None:
    vectors = np.column_stack([[0.0, 0.5, 8.0, 8.7], np.ones(4)])
    tree = build_tree(cloud_of(vectors, np.zeros(4, dtype=int)))
    assert paper_cut(tree).height == pytest.approx(np.sqrt(0.5 * 0.7))


def test_the_papers_rule_on_one_merge_and_on_none() -> None:
    pair = build_tree(cloud_of(np.array([[0.0, 1.0], [0.5, 1.0]]), np.arange(2)))
    assert (paper_cut(pair).height, paper_cut(pair).rule) == (0.5, "paper")
    assert paper_cut(build_tree(cloud_of(np.ones((1, 2)), np.arange(1)))).rule == "paper"


def test_every_verdict_has_its_reason() -> None:
    assert reasons_at(1e-3) == [
        "found by 2 of 4 students",
        "found by 1 of 4 students, 2 needed",
        "found by 1 of 4 students, 2 needed",
    ]
    assert reasons_at(2.0)[1] == "too wide: mean angle 90°, at most 30°"
    assert reasons_at(2.0, beta=90.0) == ["found by 2 of 4 students"] * 2
    assert reasons_at(1e-3, gamma=0.6)[0] == "found by 2 of 4 students, 3 needed"


def test_the_papers_rule_cuts_where_large_clusters_are_most() -> None:
    cloud, _ = recurring_cloud(6, 4, 2, "tanh")
    tree = build_tree(cloud)
    cut = paper_cut(tree, 0.5, 30.0)

    def large(height: float) -> int:
        sizes = np.bincount(fcluster(tree.linkage, height, criterion="distance"))
        return int((sizes >= 5).sum())

    assert cut.rule == "paper"
    assert large(cut.height) == max(large(float(h)) for h in tree.heights)
    # as low as that is: at the merge just below the cut it already holds, before it not yet
    below = tree.heights[tree.heights <= cut.height]
    assert large(float(below[-1])) == large(cut.height)
    assert large(float(below[-2])) < large(cut.height)


def test_cuts_of_degenerate_trees() -> None:
    shapes = {
        "none": np.empty((0, 3)),
        "one": np.ones((1, 3)),
        "two": np.array([[1.0, 0, 0], [0, 1, 0]]),
        "equal": np.ones((12, 3)),
        "apart": 10.0 * np.eye(3),
    }
    for name, vectors in shapes.items():
        cloud = cloud_of(vectors, np.arange(len(vectors)))
        tree = build_tree(cloud)
        for cut in (automatic_cut(tree), paper_cut(tree)):
            assert cut.height > 0, name
            found = apply_cut(tree, cloud, cut)
            assert sum(len(c.members) for c in found.clusters) == len(vectors), name
            assert len(found.labels) == len(vectors)
        assert len(apply_cut(tree, cloud, automatic_cut(tree)).kept) == (
            1 if name in ("equal", "one") else 0
        ), name


def node_of(clusters: tuple[Cluster, ...], kept: bool) -> int:
    return next(c.node for c in clusters if c.kept is kept)


def test_edits_by_hand_have_the_last_word() -> None:
    cloud, _ = recurring_cloud(8, 3, 3, "tanh")
    tree = build_tree(cloud)
    cut = automatic_cut(tree)
    plain = apply_cut(tree, cloud, cut)
    good, bad = node_of(plain.clusters, True), node_of(plain.clusters, False)
    edits: tuple[tuple[str, int], ...] = (("drop", good), ("keep", bad))
    edited = apply_cut(tree, cloud, Cut(cut.height, edits=edits))
    by_node = {c.node: c for c in edited.clusters}
    assert (by_node[good].kept, by_node[bad].kept) == (False, True)
    assert by_node[good].reason.startswith("dropped by hand (found by ")
    assert by_node[bad].reason.startswith("kept by hand (found by 1 of 10 students, 5 needed")
    assert len(edited.kept) == len(plain.kept)
    again = apply_cut(tree, cloud, Cut(cut.height, edits=(*edits, ("keep", good), ("drop", bad))))
    assert {c.node for c in again.kept} == {c.node for c in plain.kept}
    root = 2 * len(cloud) - 2
    waiting = apply_cut(tree, cloud, Cut(cut.height, edits=(("keep", root),)))
    assert {c.node for c in waiting.kept} == {c.node for c in plain.kept}


def test_the_angle_of_a_huge_cluster_is_taken_over_a_part_of_it() -> None:
    rng = np.random.default_rng(0)
    vectors = np.array([10.0, 0.0, 0.0]) + rng.standard_normal((2600, 3))
    cloud = cloud_of(vectors, np.arange(2600) % 10)
    tree = build_tree(cloud)
    (cluster,) = apply_cut(tree, cloud, Cut(1e3)).clusters
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = (units @ units.T)[np.triu_indices(2600, 1)]
    assert cluster.angle == pytest.approx(np.degrees(np.arccos(np.median(cosines))), rel=0.02)


def test_bad_settings_are_one_clear_sentence() -> None:
    for height in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="cut height"):
            Cut(height)
    with pytest.raises(InputError, match="Gamma"):
        Cut(1.0, gamma=0.0)
    with pytest.raises(InputError, match="Beta"):
        Cut(1.0, beta=200.0)


def all_nodes(cut: Cut, tree: Dendrogram, cloud: WeightCloud) -> set[tuple[int, ...]]:
    clusters = apply_cut(tree, cloud, cut).clusters
    assert sorted(int(i) for c in clusters for i in c.members) == list(range(len(cloud)))
    return {c.nodes for c in clusters}


def test_a_branch_cut_at_its_own_height() -> None:
    # heights: {0,1} 1, {2,3} 2, both 10, then 4 at about 95
    points = np.array([[0.0, 0], [1, 0], [10, 0], [12, 0], [100, 0]])
    cloud = cloud_of(points, np.arange(5))
    tree = build_tree(cloud)
    assert all_nodes(Cut(5.0), tree, cloud) == {(5,), (6,), (4,)}
    # lower: split; the neighbours stay
    assert all_nodes(Cut(5.0, edits=(("cut", 6, 1.5),)), tree, cloud) == {(5,), (2,), (3,), (4,)}
    # higher: what the cut parts is one cluster again
    assert all_nodes(Cut(0.5, edits=(("cut", 7, 20.0),)), tree, cloud) == {(7,), (4,)}
    # a split branch stays split above it, whatever contains it
    split: tuple[Edit, ...] = (("cut", 6, 1.5),)
    assert all_nodes(Cut(1e3, edits=split), tree, cloud) == {(5,), (2,), (3,), (4,)}
    # the smallest branch around a merge rules, and the last word on a node counts
    nested = (*split, ("cut", 7, 20.0))
    assert all_nodes(Cut(0.5, edits=nested), tree, cloud) == {(5,), (2,), (3,), (4,)}
    assert all_nodes(Cut(0.5, edits=(*nested, ("cut", 6, 3.0))), tree, cloud) == {(7,), (4,)}


def test_merged_branches_are_one_cluster() -> None:
    points = np.array([[0.0, 1], [0, 1], [10, 0], [10, 0], [100, 0], [50, 50]])
    cloud = cloud_of(points, np.array([0, 1, 2, 3, 0, 2]), np.arange(6) * 1.0)
    tree = build_tree(cloud)
    plain = apply_cut(tree, cloud, Cut(1.0, 0.75))
    assert [c.kept for c in plain.clusters] == [False] * 4
    merged = apply_cut(tree, cloud, Cut(1.0, 0.75, edits=(("merge", 6, 7),)))
    wide = next(c for c in merged.clusters if c.nodes == (6, 7))
    assert (wide.kept, wide.support, wide.members.tolist()) == (False, 4, [0, 1, 2, 3])
    assert wide.reason == ("too wide: mean angle 70.5°, at most 30°; 2 branches merged by hand")
    assert wide.mean_angle == pytest.approx(np.degrees(np.arccos(1 / 3)))
    assert wide.angle == pytest.approx(90.0)
    assert wide.spread == pytest.approx(np.sqrt(101 / 2))
    by_hand = apply_cut(tree, cloud, Cut(1.0, 0.75, edits=(("merge", 6, 7), ("keep", 6))))
    (kept,) = by_hand.kept
    assert kept.reason == f"kept by hand ({wide.reason})"
    (narrow,) = apply_cut(tree, cloud, Cut(1.0, 0.75, 80.0, edits=(("merge", 6, 7),))).kept
    assert narrow.reason == "found by 4 of 4 students; 2 branches merged by hand"
    # merges join up, wait for nodes that are no clusters, and can be judged by hand
    more = (("merge", 6, 7), ("merge", 7, 4, 5), ("merge", 0, 2), ("drop", 4))
    (one,) = apply_cut(tree, cloud, Cut(1.0, edits=more)).clusters
    assert (one.nodes, one.kept) == ((4, 5, 6, 7), False)
    assert one.reason.endswith("; 4 branches merged by hand")
    assert apply_cut(tree, cloud, Cut(1.0, edits=(*more, ("keep", 6)))).clusters[0].kept


@pytest.mark.parametrize(
    "edit",
    [
        (),
        ("hide", 3),
        ("keep",),
        ("keep", -1),
        ("keep", 1.5),
        ("keep", True),
        ("cut", 3),
        ("cut", 3, 0.0),
        ("cut", 3, float("nan")),
        ("cut", 3, "high"),
        ("merge", 3),
        ("merge", 3, "4"),
    ],
)
def test_edits_of_another_form_are_refused(edit: Any) -> None:
    with pytest.raises(InputError, match="is no edit of a cut; expected"):
        Cut(1.0, edits=(edit,))


def test_cuts_come_back_from_json() -> None:
    cut = Cut(1e-3, 0.6, 20.0, "hand", (("cut", 7, 0.5), ("merge", 1, 2), ("keep", 3)))
    assert Cut.from_plain(json.loads(json.dumps(asdict(cut)))) == cut
    for bad in ({}, {"height": "high"}, {"height": 1, "rule": "mine"}, {"height": 1, "edits": 3}):
        with pytest.raises(InputError, match="is no cut"):
            Cut.from_plain(bad)


def test_the_statistics_of_every_branch_are_those_of_a_slow_loop() -> None:
    cloud, _ = recurring_cloud(5, 3, 3, "tanh")
    rng = np.random.default_rng(1)
    cloud = cloud_of(
        cloud.vectors, cloud.student, rng.permutation(10)[cloud.student] * 1e-9, kind="tanh"
    )
    tree = build_tree(cloud)
    known = branch_statistics(tree, cloud)
    for node in range(2 * len(cloud) - 1):
        members = tree.members(node)
        assert known.size[node] == len(members)
        assert known.support[node] == len(np.unique(cloud.student[members]))
        best = members[np.argmin(cloud.loss[members])]
        assert known.best[node] == best
        away = np.linalg.norm(cloud.vectors[members] - cloud.vectors[best], axis=1)
        assert known.spread[node] == pytest.approx(np.sqrt((away**2).mean()), rel=1e-6, abs=1e-15)
    # exact copies have no spread at all
    same = cloud_of(np.full((7, 4), 1.0 / 3.0), np.arange(7))
    assert branch_statistics(build_tree(same), same).spread.max() == 0.0
