"""Inputs in raw units: found, certified and matched as around zero, and the cost is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import ec_core as ec
from ec_core.networks.network import Network
from ec_core.verify.coordinates import own_coordinates
from ec_core.verify.match import match
from tests.often import daily

UNITS: dict[str, tuple[np.ndarray, np.ndarray]] = {
    "1e5 ± 1": (np.array([0.0, 1e5, 0.0]), np.ones(3)),
    "1e6 ± 10": (np.array([0.0, 1e6, 0.0]), np.array([1.0, 10.0, 1.0])),
    "seconds since 1970 ± 3 h": (np.array([0.0, 0.0, 1.7e9]), np.array([1.0, 1.0, 1.08e4])),
    "three of them": (np.array([5e3, 1.7e9, -3e5]), np.array([1e2, 1e4, 1e-1])),
}
CASES = [
    ("1e5 ± 1", "relu"),
    ("1e6 ± 10", "gelu"),
    ("seconds since 1970 ± 3 h", "tanh"),
    ("three of them", "sigmoid"),
]


def base(activation: str, seed: int = 41) -> Network:
    """A teacher for standardised inputs."""
    sizes = (3, 3, 1)
    return ec.make_teacher("synthetic", sizes=sizes, activation=activation, seed=seed).network


def in_units(network: Network, units: str) -> Network:
    """The same function of inputs in raw units."""
    mean, scale = UNITS[units]
    weight = network.weights[0] / scale
    biases = (network.biases[0] - weight @ mean, *network.biases[1:])
    return replace(network, weights=(weight, *network.weights[1:]), biases=biases)


def questions(units: str, count: int = 500) -> np.ndarray:
    mean, scale = UNITS[units]
    return np.asarray(np.random.default_rng(7).standard_normal((count, 3)) * scale + mean)


@pytest.mark.parametrize(
    "inside", daily(["its own weights", "a scaler before it"], "its own weights")
)
@pytest.mark.parametrize(("units", "activation"), CASES)
def test_a_teacher_in_raw_units_is_recovered_and_verified(
    units: str, activation: str, inside: str
) -> None:
    mean, scale = UNITS[units]
    teacher, x = in_units(base(activation), units), questions(units)
    y = teacher(x) if inside == "its own weights" else base(activation)((x - mean) / scale)
    result = ec.recover(ec.make_probes(x, y), activation=activation, students=3, width=6)
    report = result.report
    assert report["verified"], report["reasons"]
    assert report["sizes"] == [3, 3, 1]
    assert result.reconstruction.heldout_loss <= 10 * max(result.reconstruction.loss, 1e-25)
    said = str(report["notes"])
    assert f"is given as {'1.7e9 ± 1e4' if 'seconds' in units else ''}" in said
    found = match(teacher, result.network)
    assert found.standardised and found.layers[0].matched == 3
    assert found.function_error is not None and found.function_error < 1e-9
    assert found.max_weight_error_standardised is not None
    assert found.max_weight_error_standardised < 1e-8
    # in the units of the files the bars say how far off the weights may be
    bars, aligned = result.certificate.bars, found.aligned
    assert bars is not None and aligned is not None
    order = found.layers[0].order
    away = np.abs(teacher.weights[0] - aligned.weights[0]) / bars.weights[0][order]
    off = np.abs(teacher.biases[0] - aligned.biases[0]) / bars.biases[0][order]
    # nine weights of three neurons, whose errors go together, are too few to count shares: none
    # beyond four bars, and the bars not twenty times too wide (a bias has the error of the weight
    # that its input's mean was multiplied by)
    assert max(away.max(), off.max()) < 4.0 and away.max() > 0.05


def test_neurons_in_raw_units_are_told_apart() -> None:
    """In raw units all neurons have the same direction: only the third differs, and it is seen."""
    for units in UNITS:
        net = base("tanh")
        weight = net.weights[0].copy()
        weight[2] = np.roll(weight[2], 1)
        other = replace(net, weights=(weight, net.weights[1]))
        report = match(in_units(net, units), in_units(other, units).permuted(np.array([1, 2, 0])))
        layer = report.layers[0]
        assert (layer.matched, layer.missing, layer.extra) == (2, 1, 1)
        assert layer.order.tolist()[:2] == [2, 0]
        assert report.function_error is not None and report.function_error > 0.01


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "g"])
def test_symmetries_are_undone_in_the_units_of_the_files(activation: str) -> None:
    net = in_units(base(activation), "1e5 ± 1")
    other = net.permuted(np.array([2, 0, 1]))
    if activation == "tanh":
        other = replace(
            other,
            weights=(-other.weights[0], -other.weights[1]),
            biases=(-other.biases[0], other.biases[1]),
        )
    if activation == "relu":
        other = replace(
            other,
            weights=(4 * other.weights[0], other.weights[1] / 4),
            biases=(4 * other.biases[0], other.biases[1]),
        )
    report = match(net, other)
    assert report.max_weight_error is not None and report.max_weight_error < 1e-9
    assert report.aligned is not None
    size = np.linalg.norm(np.column_stack([net.weights[0], net.biases[0]]), axis=1)
    aligned = np.column_stack([report.aligned.weights[0], report.aligned.biases[0]])
    np.testing.assert_allclose(np.linalg.norm(aligned, axis=1), size, rtol=1e-12)
    facts = report.as_json()
    assert "lie far from zero" in facts["note"]
    assert facts["max_weight_error_standardised"] < 1e-9


def test_networks_around_zero_are_compared_as_they_are() -> None:
    rng = np.random.default_rng(0)
    for activation in ("tanh", "relu", "g"):
        for seed in range(5):
            net = base(activation, seed)
            assert own_coordinates(net, np.ones(3, dtype=bool)) is None
            assert set(match(net, net).as_json()) == set(match(net, base("tanh")).as_json())
            assert "note" not in match(net, net).as_json()
    dead = Network("tanh", (np.zeros((2, 3)), np.ones((1, 2))), (np.full(2, 9.0), np.zeros(1)))
    assert own_coordinates(dead, np.ones(3, dtype=bool)) is None
    # more inputs than neurons, and inputs that never varied
    wide = Network("tanh", (rng.standard_normal((2, 6)), np.ones((1, 2))), (np.ones(2), np.ones(1)))
    moved = replace(wide, biases=(wide.biases[0] - wide.weights[0] @ np.full(6, 1e6), np.ones(1)))
    known = np.array([True] * 5 + [False])
    found = own_coordinates(moved, known)
    assert found is not None and found.centre[5] == 0.0 and found.scale[5] == 1.0
    assert np.abs(found.rewritten(moved).biases[0]).max() < 10.0


def test_the_smallest_unit_does_not_speak_for_all_inputs() -> None:
    """A neuron whose weight on seconds is unknown is vague, though the weight is a tiny number."""
    from ec_core.verify.certificate import _undetermined
    from ec_core.verify.error_bars import Bars

    units = "seconds since 1970 ± 3 h"
    net, x = in_units(base("tanh"), units), questions(units)
    probes = ec.make_probes(x, net(x))
    bars = Bars(
        tuple(1e-9 * np.abs(w) for w in net.weights),
        tuple(1e-9 * np.abs(b) for b in net.biases),
        np.zeros(1),
    )
    assert list(_undetermined(net, bars, probes)) == []
    bars.weights[0][1, 2] = 3 * abs(net.weights[0][1, 2]) + 1e-4
    assert len(list(_undetermined(net, bars, probes))) == 1
