"""What must hold for whatever is drawn, in expand and reconstruct."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.cluster.cloud import pool
from ec_core.cluster.cut import Cut, apply_cut
from ec_core.cluster.dendrogram import build_tree
from ec_core.control import Control
from ec_core.expand.students import ensemble_of, initial_theta
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward_pass
from ec_core.networks.parameters import unpack
from ec_core.reconstruct.collapse import collapse
from ec_core.reconstruct.prune import prune
from tests.steps import drain

seeds = st.integers(0, 10_000)
names = st.sampled_from(["tanh", "relu", "softplus", "g"])


@settings(max_examples=15)
@given(seeds, names, st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(1, 6))
def test_a_student_begins_the_same_however_many_are_drawn(
    seed: int, name: str, layers: list[int], count: int
) -> None:
    shape = Architecture((2, *layers, 1), name)
    alone = initial_theta(shape, seed, count)
    np.testing.assert_array_equal(alone, initial_theta(shape, seed, count + 3)[:count])
    np.testing.assert_array_equal(alone, initial_theta(shape, seed, count))
    if count > 1:
        assert not torch.equal(alone[0], alone[1])


@settings(max_examples=15)
@given(seeds, names, st.floats(1e-9, 10.0))
def test_collapsing_takes_every_clusters_best_member_as_its_student_has_it(
    seed: int, name: str, height: float
) -> None:
    shape = Architecture((2, 4, 1), name)
    losses = np.random.default_rng(seed).random(4)
    ensemble = ensemble_of(shape, initial_theta(shape, seed, 4).numpy(), losses, seed)
    cloud = pool(ensemble)
    clusters = apply_cut(build_tree(cloud), cloud, Cut(height, 0.25, 180.0))
    rows = collapse(ensemble, cloud, clusters).numpy()
    assert len(rows) == len(clusters.kept)
    blocks = unpack(shape, torch.from_numpy(ensemble.theta)).blocks[0].numpy()
    for row, cluster in zip(rows, clusters.kept, strict=True):
        student = cloud.student[cluster.best]
        assert losses[student] == losses[cloud.student[cluster.members]].min()
        assert (blocks[student] == row).all(axis=1).any()


@settings(max_examples=6)
@given(seeds, st.integers(1, 3))
def test_pruning_stays_at_the_floor_and_never_adds_neurons(seed: int, spare: int) -> None:
    """A network with ``spare`` copies, whose outgoing weights are shared."""
    shape = Architecture((2, 2, 1), "tanh")
    theta = initial_theta(shape, seed, 1)
    first, last = unpack(shape, theta).blocks
    x = torch.randn(120, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    y = forward_pass(shape, unpack(shape, theta), x).answers[0]
    wide = shape.with_hidden(2 + spare)
    share = last[:, :, :1] / (spare + 1)
    crowd = torch.cat(
        [
            torch.cat([first, first[:, :1].expand(1, spare, 3)], dim=1).flatten(1),
            torch.cat([share, last[:, :, 1:2], share.expand(1, 1, spare), last[:, :, 2:]], 2)[0],
        ],
        dim=1,
    )
    problem = Problem(wide, x, y)
    floor = 1e-25
    _, found = drain(prune(problem, crowd, floor, Control()))
    assert found.exact and found.loss <= floor and found.size <= 2
    answers = forward_pass(found.problem.shape, unpack(found.problem.shape, found.theta), x).answers
    assert float((answers[0] - y).square().mean()) <= floor
