"""Nearly equal neurons: the curve they trade places along, and the end of it that is right."""

from __future__ import annotations

import numpy as np
import pytest

import ec_core as ec
from ec_core.control import Control
from ec_core.networks.network import Network
from ec_core.reconstruct.polish import polish
from ec_core.reconstruct.twins import _divided, _facing, _pairs, _share, untwine
from tests.often import daily


def _teacher(activation: str, gap: float, shares: tuple[float, float], outputs: int = 1) -> Network:
    """3-4-K, the first two neurons ``gap`` apart, their outgoing weights in these proportions."""
    base = ec.make_teacher("synthetic", sizes=(3, 4, outputs), activation=activation, seed=3)
    weights = [w.copy() for w in base.network.weights]
    biases = [b.copy() for b in base.network.biases]
    weights[0][1], biases[0][1] = weights[0][0] + gap, biases[0][0]
    weights[1][:, 1] = weights[1][:, 0] * shares[1] / shares[0]
    return Network(activation, tuple(weights), tuple(biases))


def _moments(network: Network) -> list[np.ndarray]:
    """Sum, mean and second moment of the first two neurons, as the next layer reads them."""
    rows = np.column_stack([network.weights[0], network.biases[0]])[:2]
    out = network.weights[1][:, :2]
    return [out.sum(axis=1), out @ rows, np.einsum("kn,ni,nj->kij", out, rows, rows)]


@pytest.mark.parametrize("shares", [(1.0, 2.0), (2.0, -0.7), (-0.7, 2.0)])
@pytest.mark.parametrize("outputs", [1, 2])
def test_another_share_keeps_sum_mean_and_variance(
    shares: tuple[float, float], outputs: int
) -> None:
    network = _teacher("g", 1e-2, shares, outputs)
    pair = next(_pairs(network))
    before = _share(network, pair)
    assert before == pytest.approx(shares[0] / sum(shares))
    other = before + (0.2 if 0 < before < 1 else 0.2 * np.sign(before))
    changed = _divided(network, pair, other)
    assert _share(changed, pair) == pytest.approx(other)
    for a, b in zip(_moments(network), _moments(changed), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "erf"])
def test_a_pair_in_opposite_signs_faces_the_same_way_with_the_same_answers(
    activation: str,
) -> None:
    network = _teacher(activation, 1e-3, (1.0, 2.0))
    weights, biases = [w.copy() for w in network.weights], [b.copy() for b in network.biases]
    entry = ec.ACTIVATIONS[activation]
    weights[0][1], biases[0][1] = -weights[0][1], -biases[0][1]
    weights[1][:, 1] *= entry.parity
    turned = Network(activation, tuple(weights), tuple(biases))
    pair = next(pair for pair in _pairs(turned) if (pair.i, pair.j) == (0, 1))
    assert pair.flipped
    facing = _facing(turned, pair)
    x = np.random.default_rng(0).standard_normal((50, 3))
    np.testing.assert_allclose(facing(x), turned(x), atol=1e-13)
    assert _share(facing, pair) == pytest.approx(1 / 3)


@pytest.mark.parametrize("activation", daily(["tanh", "g", "softplus"], "tanh"))
@pytest.mark.parametrize("shares", [(1.0, 2.0), (2.0, -0.7)])
def test_the_share_comes_back_where_step_by_step_fits_stay(
    activation: str, shares: tuple[float, float]
) -> None:
    teacher = _teacher(activation, 2e-3, shares)
    x = np.random.default_rng(0).standard_normal((1500, 3))
    y = teacher(x)
    pair = next(_pairs(teacher))
    true = _share(teacher, pair)
    away = _divided(teacher, pair, 0.97 if 0 < true < 1 else 1 + 10 * (true - 1))
    stuck = polish(away, x, y, 12)
    found = untwine(stuck.network, x, y)
    assert found is not None and found.loss < 1e-28 < stuck.loss
    error = ec.match(teacher, found.network).max_weight_error
    assert error is not None and error < 1e-6


def test_noise_is_not_explained_by_another_division() -> None:
    teacher = _teacher("tanh", 1e-3, (1.0, 2.0))
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 3))
    noisy = teacher(x) + 1e-6 * rng.standard_normal((400, 1))
    assert untwine(polish(teacher, x, noisy).network, x, noisy) is None


def test_kinks_and_far_neurons_are_left_alone() -> None:
    assert not list(_pairs(_teacher("relu", 1e-3, (1.0, 2.0))))
    planar = ec.make_teacher("planar").network
    assert not list(_pairs(planar))
    x = np.random.default_rng(0).standard_normal((50, 2))
    assert untwine(planar, x, planar(x)) is None


def test_it_costs_seconds_and_ends_when_the_work_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    teacher = _teacher("tanh", 2e-3, (1.0, 2.0))
    x = np.random.default_rng(0).standard_normal((1500, 3))
    away = _divided(teacher, next(_pairs(teacher)), 0.97)
    over = Control()
    over.stop()
    assert untwine(away, x, teacher(x), over) is None
    monkeypatch.setattr("ec_core.reconstruct.twins._DEAREST", 1e3)
    assert untwine(away, x, teacher(x)) is None


@pytest.mark.long
def test_two_neurons_a_thousandth_apart_are_recovered() -> None:
    """It ended at 1e-18 with weights wrong by 1, called an error of the answers."""
    weights, biases = _copied(
        ec.make_teacher("synthetic", sizes=(4, 6, 1), activation="tanh", seed=0).network
    )
    weights[0][1], biases[0][1] = weights[0][0] + 1e-3, biases[0][0]
    teacher = Network("tanh", tuple(weights), tuple(biases))
    result = ec.recover(ec.Teacher(teacher), activation="tanh")
    assert result.report["status"] == "exact", result.report["reasons"]
    assert result.report["sizes"] == [4, 6, 1]
    error = ec.match(teacher, result.network).max_weight_error
    assert error is not None and error < 1e-7


def _copied(network: Network) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [w.copy() for w in network.weights], [b.copy() for b in network.biases]
