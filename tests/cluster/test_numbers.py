"""A cluster keeps its number whatever is done to others; when it is split, its larger part does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ec_core.cluster import Cut, Dendrogram, WeightCloud, apply_cut, automatic_cut, build_tree
from ec_core.cluster.cut import Cluster
from ec_core.cluster.edits import Edit
from tests.cluster.synthetic import recurring_cloud

NEURONS = 6


@pytest.fixture(params=range(3))
def grown(request: pytest.FixtureRequest) -> tuple[WeightCloud, Dendrogram, Cut]:
    cloud, _ = recurring_cloud(40 + request.param, NEURONS, 4, "tanh")
    tree = build_tree(cloud)
    return cloud, tree, automatic_cut(tree)


def called(cloud: WeightCloud, tree: Dendrogram, cut: Cut) -> dict[int, Cluster]:
    """The kept clusters by their numbers, no two alike."""
    kept = apply_cut(tree, cloud, cut).kept
    found = {c.number: c for c in kept}
    assert len(found) == len(kept)
    assert list(found) == sorted(found)
    return found


def members(found: dict[int, Cluster]) -> dict[int, list[int]]:
    return {number: c.members.tolist() for number, c in found.items()}


def just_below(tree: Dendrogram, node: int) -> Edit:
    return ("cut", node, 0.999 * tree.node_height(node))


def with_edits(cut: Cut, *edits: Edit) -> Cut:
    return replace(cut, rule="hand", edits=(*cut.edits, *edits))


def test_the_automatic_cut_numbers_by_support_and_spread(
    grown: tuple[WeightCloud, Dendrogram, Cut],
) -> None:
    cloud, tree, cut = grown
    found = called(cloud, tree, cut)
    assert list(found) == list(range(1, NEURONS + 1))
    keys = [(-c.support, c.spread, c.node) for c in found.values()]
    assert keys == sorted(keys)


def test_one_that_is_split_and_all_others_keep_theirs(
    grown: tuple[WeightCloud, Dendrogram, Cut],
) -> None:
    cloud, tree, cut = grown
    loose = replace(cut, gamma=0.1)
    before = called(cloud, tree, loose)
    names = members(before)
    now, newest = loose, max(before)
    for number, cluster in list(before.items())[:4]:
        now = with_edits(now, just_below(tree, cluster.node))
        after = called(cloud, tree, now)
        parts = [c for c in after.values() if set(c.members) < set(cluster.members)]
        if parts:
            largest = max(parts, key=lambda c: (c.support, len(c.members)))
            same = [
                c
                for c in parts
                if (c.support, len(c.members)) == (largest.support, len(largest.members))
            ]
            assert any(c.number == number for c in same) or len(parts) == 1
        fresh = members(after)
        del names[number]
        for name, inside in names.items():
            assert fresh[name] == inside
        # what is new has a new number, and keeps it through all later splits
        assert all(n > newest for n in set(fresh) - set(names) - {number})
        newest = max(newest, *fresh)
        names = fresh
    # taken back one by one, every number is back
    assert members(called(cloud, tree, replace(now, edits=()))) == members(before)


def test_merged_clusters_carry_the_number_of_the_largest(
    grown: tuple[WeightCloud, Dendrogram, Cut],
) -> None:
    cloud, tree, cut = grown
    before = called(cloud, tree, cut)
    one, other = before[2], before[5]
    after = called(
        cloud, tree, with_edits(cut, ("merge", one.node, other.node), ("keep", one.node))
    )
    largest = max(one, other, key=lambda c: (c.support, len(c.members)))
    assert sorted(after[largest.number].members) == sorted([*one.members, *other.members])
    for number in set(before) - {2, 5}:
        assert members(after)[number] == members(before)[number]
    # a branch that was noise takes the number of what it is merged with
    noise = next(c for c in apply_cut(tree, cloud, cut).clusters if not c.kept)
    joined = called(
        cloud, tree, with_edits(cut, ("merge", one.node, noise.node), ("keep", one.node))
    )
    assert set(joined) == set(before)
    assert set(joined[2].members) == {*one.members, *noise.members}


def test_dropped_ones_leave_a_gap_and_kept_ones_come_after(
    grown: tuple[WeightCloud, Dendrogram, Cut],
) -> None:
    cloud, tree, cut = grown
    before = called(cloud, tree, cut)
    dropped = with_edits(cut, ("drop", before[3].node))
    assert set(called(cloud, tree, dropped)) == set(before) - {3}
    noise = [c for c in apply_cut(tree, cloud, cut).clusters if not c.kept][:2]
    kept = with_edits(dropped, *(("keep", c.node) for c in reversed(noise)))
    after = called(cloud, tree, kept)
    assert [after[n].node for n in (NEURONS + 1, NEURONS + 2)] == [c.node for c in reversed(noise)]
    assert set(after) == (set(before) - {3}) | {NEURONS + 1, NEURONS + 2}


def test_moving_the_cut_and_the_dials_renames_nothing(
    grown: tuple[WeightCloud, Dendrogram, Cut],
) -> None:
    cloud, tree, cut = grown
    home = called(cloud, tree, cut)
    seen = set[int]()
    for height in 10.0 ** np.arange(-14.0, 1.0, 0.5):
        for gamma, beta in ((0.5, 30.0), (0.2, 30.0), (0.8, 10.0)):
            for number, cluster in called(cloud, tree, Cut(height, gamma, beta)).items():
                if number > NEURONS:
                    continue
                seen.add(number)
                # the larger part of what it was, or more than that
                inside, was = set(cluster.members), set(home[number].members)
                assert inside <= was or inside > was
    assert seen == set(home)


def test_no_vectors_and_no_clusters() -> None:
    cloud, _ = recurring_cloud(1, 2, 2, "g", students=4)
    few = replace(
        cloud,
        **{
            name: getattr(cloud, name)[:0]
            for name in ("vectors", "student", "neuron", "sign", "norm", "outgoing", "loss")
        },
    )
    assert apply_cut(build_tree(few), few, Cut(1.0)).numbers == ()
    tree = build_tree(cloud)
    none = apply_cut(tree, cloud, Cut(1e-17, 1.0, 1e-9))
    assert none.numbers == () or set(none.numbers) <= {1, 2}
