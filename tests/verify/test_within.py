"""Redundant inputs: what is compared, certified and claimed ends where the questions end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import ec_core as ec
from ec_core.networks.jacobian import jacobian_blocks
from ec_core.networks.network import Network
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.verify.error_bars import directions, error_bars
from ec_core.verify.evidence import verdict
from ec_core.verify.match import match
from tests.often import long

ROWS = 600


def inputs(seed: int) -> np.ndarray:
    """Two measured columns, a group of three dummies, the first column again, and a constant."""
    rng = np.random.default_rng(seed)
    measured, group = rng.standard_normal((ROWS, 2)), np.eye(3)[rng.integers(3, size=ROWS)]
    return np.hstack([measured, group, 2 * measured[:, :1] + 1, np.full((ROWS, 1), 5.0)])


def teacher(activation: str, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    return Network(
        activation,
        (rng.standard_normal((3, 7)) * [1, 1, 1, 1, 1, 0.5, 0.2], rng.standard_normal((2, 3))),
        (rng.standard_normal(3), rng.standard_normal(2)),
    )


def asked(activation: str, seed: int) -> tuple[Network, ProbeSet]:
    net, x = teacher(activation, seed), inputs(seed)
    return net, make_probes(x, net(x), seed)


FREE = (
    "Column 7 never changes.",
    "Columns 3 to 5 always sum to 1.",
    "Column 6 is always 2 times column 1 plus 1.",
)


@pytest.mark.parametrize("activation", ["tanh", *long("relu", "gelu", "sigmoid")])
def test_a_network_is_verified_up_to_named_directions_and_not_beyond(activation: str) -> None:
    net, probes = asked(activation, 1)
    found = ec.recover(probes, activation=activation, hidden_layers=1, students=4, width=6, seed=1)
    report = found.report
    assert report["verified"] and report["status"] == "exact", report["reasons"]
    assert report["free_directions"] == list(FREE) and report["unidentified_inputs"] == [6]
    assert found.network.sizes == (7, 3, 2) and report["rank"] == report["expected_rank"]
    compared = match(net, found.network, within=probes)
    assert compared.max_weight_error_identified is not None
    assert compared.max_weight_error_identified < 1e-10
    assert compared.function_error_identified is not None
    assert compared.function_error_identified < 1e-9
    # the teacher has weights that no question tells: nothing is claimed of its other answers
    assert compared.max_weight_error is not None and compared.max_weight_error > 0.01
    assert compared.function_error is not None and compared.function_error > 0.01
    facts = compared.as_json()
    assert facts["function_error_identified"] == compared.function_error_identified


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
@pytest.mark.parametrize("seed", range(3))
def test_networks_that_answer_alike_match_and_others_do_not(activation: str, seed: int) -> None:
    net, probes = asked(activation, seed)
    least = probes.within(net)
    order = np.random.default_rng(seed).permutation(3)
    compared = match(net, least.permuted(order), within=probes)
    assert [(layer.matched, layer.missing) for layer in compared.layers] == [(3, 0)]
    assert compared.max_weight_error_identified == pytest.approx(0.0, abs=1e-13)
    assert compared.teacher_within is not None and compared.teacher_within is not net
    moved = least.weights[0].copy()
    moved[1, 0] += 1e-3
    other = replace(least, weights=(moved, least.weights[1]))
    error = match(net, other, within=probes).max_weight_error_identified
    # the change is shared between column 1 and the column that follows from it
    assert error is not None and 1e-4 < error < 1e-3
    if activation == "relu":
        scaled = replace(
            least,
            weights=(3.0 * least.weights[0], least.weights[1] / 3.0),
            biases=(3.0 * least.biases[0], least.biases[1]),
        )
        assert match(net, scaled, within=probes).max_weight_error_identified == pytest.approx(
            0.0, abs=1e-13
        )


def test_without_redundancy_nothing_changes() -> None:
    net = teacher("tanh", 0)
    x = np.random.default_rng(0).standard_normal((ROWS, 7))
    probes, other = make_probes(x, net(x)), net.permuted(np.array([2, 0, 1]))
    plain, within = match(net, other), match(net, other, within=probes)
    assert within.as_json() == plain.as_json() and within.teacher_within is None
    assert "function_error_identified" not in plain.as_json()


def test_error_bars_are_those_of_the_network_of_least_norm() -> None:
    net, x = teacher("tanh", 2), inputs(2)
    noise = 1e-3 * np.random.default_rng(3).standard_normal((ROWS, 2))
    probes = make_probes(x, net(x) + noise, 2).told(1e-3)
    standard = probes.to_standard(net)
    (known, *_) = directions(standard, probes.inputs, len(probes.inputs))
    bars = error_bars(standard, probes.to_original(standard), probes, known, len(known.values))
    # slowly: all varying inputs, a pseudo-inverse that gives the least norm, errors by question
    whole = make_probes(x, net(x) + noise, 2, tidy=False)
    assert np.array_equal(whole.y, probes.y)
    wide = whole.to_standard(net)
    J = np.concatenate(list(jacobian_blocks(wide, whole.inputs)))
    residual = wide(whole.inputs) - whole.answers
    inverse = np.linalg.pinv(J, rcond=1e-10)
    N, K = residual.shape
    scores = np.einsum("nkp,nk->np", J.reshape(N, K, -1), residual)
    spread = inverse @ inverse.T @ scores.T
    step = inverse @ residual.ravel()
    left = max(1.0, probes.precision / float(np.mean(residual**2)))
    lift = left / (1.0 - standard.parameter_count / residual.size)
    variance = lift * np.sum(spread**2, axis=1) + step**2
    first = np.sqrt(variance[: 3 * 7].reshape(3, 7)[:, :6]) / whole.x_scale[:6]
    np.testing.assert_allclose(bars.weights[0][:, :6], first, rtol=1e-6)
    assert np.isinf(bars.weights[0][:, 6]).all()


def test_the_verdict_says_up_to_what() -> None:
    assert verdict("exact", 0.0) == "Verified: exact, to rounding."
    assert verdict("exact", 0.0, free=1) == (
        "Verified: exact, to rounding, up to what no question tells."
    )
    assert verdict("verified", 1e-7, free=2) == (
        "Verified to 1e-07 of the answers' spread, which is their own precision, up to the 2 "
        "things that no question tells."
    )
    assert verdict("failed", 1.0, free=2) == "Not verified."
