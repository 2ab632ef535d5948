"""Pooling: provenance is exact, symmetric copies fall together, idle neurons stay out."""

from __future__ import annotations

import numpy as np
import pytest

from ec_core.cluster import apply_cut, automatic_cut, build_tree, paper_cut, pool
from ec_core.errors import InputError
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.activations import ACTIVATIONS, activation
from ec_core.networks.architecture import Architecture
from ec_core.networks.canonical import centred, mirrored

S, D, H, K = 4, 3, 5, 2


def ensemble_of(
    incoming: np.ndarray,
    outgoing: np.ndarray,
    kind: str = "tanh",
    losses: np.ndarray | None = None,
) -> StudentEnsemble:
    """An ensemble with incoming (S, H, D+1) and outgoing (S, K, H), output biases zero."""
    students, hidden, columns = incoming.shape
    last = np.concatenate([outgoing, np.zeros((students, outgoing.shape[1], 1))], axis=2)
    theta = np.concatenate([incoming.reshape(students, -1), last.reshape(students, -1)], axis=1)
    return StudentEnsemble(
        shape=Architecture((columns - 1, hidden, outgoing.shape[1]), kind),
        theta=theta,
        losses=np.arange(students) * 1e-9 if losses is None else losses,
        statuses=("converged",) * students,
        iterations=np.ones(students, dtype=int),
        restarts=np.zeros(students, dtype=int),
        damping=np.ones(students),
        growth=np.ones(students),
        history=np.zeros((1, students)),
        seconds=0.0,
        seed=0,
    )


@pytest.mark.parametrize("huge", [1e307, -1.7e308, np.inf, np.nan])
@pytest.mark.parametrize("kind", ["tanh", "relu", "g"])
def test_numbers_beyond_all_measure_make_no_infinite_cut(huge: float, kind: str) -> None:
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((1, H, D + 1))
    incoming = np.repeat(shared, S, axis=0) + 1e-9 * rng.standard_normal((S, H, D + 1))
    outgoing = np.ones((S, K, H))
    incoming[0, 0, 1], incoming[1, 1, -1], outgoing[2, 0, 2] = huge, huge, huge
    incoming[3, 3], incoming[3, 4, 0] = 5e-324, -0.0
    cloud = pool(ensemble_of(incoming, outgoing, kind))
    assert np.isfinite(cloud.vectors).all() and len(cloud) >= S * H - 5
    tree = build_tree(cloud)
    for cut in (automatic_cut(tree), paper_cut(tree)):
        assert 0.0 < cut.height < 1e3
        for cluster in apply_cut(tree, cloud, cut).clusters:
            assert np.isfinite([cluster.spread, cluster.angle, cluster.mean_angle]).all()


def test_all_weights_subnormal() -> None:
    cloud = pool(ensemble_of(np.full((S, H, D + 1), 5e-324), np.full((S, K, H), 5e-324)))
    tree = build_tree(cloud)
    for cut in (automatic_cut(tree), paper_cut(tree)):
        assert 0.0 < cut.height < 1e3
        apply_cut(tree, cloud, cut)


def random_ensemble(kind: str, seed: int = 0) -> StudentEnsemble:
    rng = np.random.default_rng(seed)
    return ensemble_of(rng.standard_normal((S, H, D + 1)), rng.standard_normal((S, K, H)), kind)


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_provenance_undoes_the_normal_form(kind: str) -> None:
    ensemble = random_ensemble(kind)
    cloud = pool(ensemble)
    assert len(cloud) == S * H
    incoming = ensemble.incoming[cloud.student, cloud.neuron]
    entry = activation(kind)
    turned = np.where(cloud.sign[:, None] < 0, mirrored(incoming, entry), incoming)
    expected = turned / cloud.norm[:, None] if entry.homogeneous else turned
    if entry.period:
        shift = (expected - cloud.vectors)[:, -1] / entry.period
        np.testing.assert_allclose(shift, np.round(shift), atol=1e-14)
        expected[:, -1] = cloud.vectors[:, -1]
    np.testing.assert_array_equal(cloud.vectors, expected)
    if not entry.period:
        np.testing.assert_array_equal(cloud.norm, np.linalg.norm(incoming, axis=1))
        back = cloud.original(np.arange(len(cloud)))
        np.testing.assert_allclose(back, incoming, rtol=1e-14, atol=1e-15)
    for at, (s, h) in enumerate(zip(cloud.student, cloud.neuron, strict=True)):
        np.testing.assert_array_equal(cloud.outgoing[at], ensemble.outgoing(0)[s, :, h])
    np.testing.assert_array_equal(cloud.loss, ensemble.losses[cloud.student])
    assert cloud.activation == kind
    if activation(kind).parity:
        assert (centred(cloud.vectors, entry) @ cloud.reference >= 0).all()
    else:
        assert (cloud.sign == 1).all()


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_copies_up_to_symmetry_become_one_point(kind: str) -> None:
    rng = np.random.default_rng(3)
    entry = activation(kind)
    base = rng.standard_normal((1, H, D + 1))
    base[..., 0] = 1e-13  # a first coordinate near zero must not decide the sign
    mirror = rng.random((S, H, 1)) < 0.5 if entry.parity else np.zeros((S, H, 1), bool)
    scales = rng.lognormal(0, 1, (S, H, 1)) if entry.homogeneous else 1.0
    jitter = 1e-12 * rng.standard_normal((S, H, D + 1))
    copies = np.where(mirror, mirrored(base + jitter, entry), base + jitter) * scales
    copies[..., -1] += entry.period * rng.integers(-2, 3, (S, H))
    cloud = pool(ensemble_of(copies, np.ones((S, K, H)), kind))
    for h in range(H):
        copies = cloud.vectors[cloud.neuron == h]
        assert len(copies) == S
        assert np.ptp(copies, axis=0).max() < 1e-10


def test_dead_and_constant_neurons_are_left_out() -> None:
    rng = np.random.default_rng(1)
    incoming, outgoing = rng.standard_normal((S, H, D + 1)), rng.standard_normal((S, K, H))
    outgoing[0, :, 1] = 1e-14  # dead
    outgoing[2] *= 1e-12  # a whole student of small weights: small is relative
    incoming[1, 3, :-1] = 1e-15  # constant: its bias is all it has
    incoming[3, 0, 2] = np.nan
    cloud = pool(ensemble_of(incoming, outgoing))
    pooled = set(zip(cloud.student.tolist(), cloud.neuron.tolist(), strict=True))
    everyone = {(s, h) for s in range(S) for h in range(H)}
    assert everyone - pooled == {(0, 1), (1, 3), (3, 0)}


def test_for_relu_the_product_of_the_weights_decides() -> None:
    rng = np.random.default_rng(2)
    incoming, outgoing = rng.standard_normal((1, H, D + 1)), np.ones((1, K, H))
    incoming[0, 0] *= 1e-13
    outgoing[0, :, 0] = 1e13  # the same neuron as any other
    incoming[0, 1] *= 1e-6
    outgoing[0, :, 1] = 1e-6  # neither is small, the product is
    cloud = pool(ensemble_of(incoming, outgoing, "relu"))
    assert cloud.neuron.tolist() == [0, 2, 3, 4]
    np.testing.assert_allclose(cloud.strength[0], np.sqrt(K) * cloud.norm[0] * 1e13)


def test_best_keeps_the_students_of_smallest_loss() -> None:
    rng = np.random.default_rng(4)
    losses = np.array([1e-3, np.nan, 1e-30, 1e-9])
    incoming, outgoing = rng.standard_normal((S, H, D + 1)), rng.standard_normal((S, K, H))
    ensemble = ensemble_of(incoming, outgoing, losses=losses)
    assert np.unique(pool(ensemble, best=2).student).tolist() == [2, 3]
    assert pool(ensemble, best=3).students == 3
    assert len(pool(ensemble, best=99)) == len(pool(ensemble))


def test_no_best_students_is_one_clear_sentence() -> None:
    with pytest.raises(InputError, match="at least one"):
        pool(random_ensemble("tanh"), best=0)


@pytest.mark.parametrize("fill", [0.0, np.nan])
def test_students_that_learnt_nothing_make_an_empty_cloud_and_no_clusters(fill: float) -> None:
    cloud = pool(ensemble_of(np.ones((S, H, D + 1)), np.full((S, K, H), fill)))
    assert cloud.vectors.shape == (0, D + 1)
    assert cloud.outgoing.shape == (0, K)
    assert cloud.students == 0
    tree = build_tree(cloud)
    assert apply_cut(tree, cloud, automatic_cut(tree)).clusters == ()
