"""Answers as machines give them, from the questions to the verdict."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import ec_core as ec
from tests.often import daily


def _single(network: ec.Network, x: np.ndarray) -> np.ndarray:
    """Answers of a torch model of tanh that computes in float32."""
    modules: list[torch.nn.Module] = []
    for w, b in zip(network.weights, network.biases, strict=True):
        linear = torch.nn.Linear(w.shape[1], w.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w))
            linear.bias.copy_(torch.from_numpy(b))
        modules += [linear, torch.nn.Tanh()]
    with torch.no_grad():
        answers = torch.nn.Sequential(*modules[:-1])(torch.from_numpy(x.astype(np.float32)))
    return np.asarray(answers.numpy())


def _questions(count: int = 900, inputs: int = 3) -> np.ndarray:
    x = np.random.default_rng(5).standard_normal((count, inputs))
    return x.astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("stored", [np.float32, np.float64])
def test_answers_computed_in_float32_are_verified_to_their_precision(stored: type) -> None:
    teacher = ec.make_teacher("synthetic", sizes=(3, 3, 2), activation="tanh", seed=4).network
    x = _questions()
    found = ec.recover(
        ec.make_probes(x, _single(teacher, x).astype(stored)), activation="tanh", hidden_layers=1
    )
    report = found.report
    assert report["sizes"] == [3, 3, 2], report["reasons"]
    assert report["status"] == "verified" and report["verified"]
    assert 1e-8 < float(str(report["precision"])) < 1e-6
    error = ec.match(teacher, found.network).max_weight_error
    assert error is not None and error < 1e-5
    assert "float32" in " ".join(map(str, report["precision_evidence"]))  # type: ignore[call-overload]


def test_full_answers_are_exact() -> None:
    teacher = ec.make_teacher("synthetic", sizes=(3, 3, 2), activation="tanh", seed=4).network
    found = ec.recover(
        ec.make_probes(_questions(), teacher(_questions())), activation="tanh", hidden_layers=1
    )
    assert found.report["status"] == "exact" and found.reconstruction.error is None


@pytest.mark.parametrize("activation", daily(["tanh", "softplus"], "tanh"))
def test_noisy_answers_give_an_estimate_with_bars_that_hold(activation: str) -> None:
    teacher = ec.make_teacher("synthetic", sizes=(3, 3, 1), activation=activation, seed=1).network
    x = _questions()
    noise = 1e-3 * teacher(x).std() * np.random.default_rng(0).standard_normal((len(x), 1))
    found = ec.recover(
        ec.make_probes(x, teacher(x) + noise), activation=activation, hidden_layers=1
    )
    report = found.report
    assert report["sizes"] == [3, 3, 1] and report["status"] == "estimate", report["reasons"]
    assert not report["verified"]
    assert float(str(report["precision"])) == pytest.approx(1e-3, rel=0.15)
    bars, aligned = found.certificate.bars, ec.match(found.network, teacher).aligned
    assert bars is not None and aligned is not None
    pairs = [
        *zip(aligned.weights, found.network.weights, bars.weights, strict=True),
        *zip(aligned.biases, found.network.biases, bars.biases, strict=True),
    ]
    ratio = np.concatenate([(np.abs(a - b) / bar).ravel() for a, b, bar in pairs])
    assert np.mean(ratio <= 3.0) > 0.85 and np.median(ratio) > 0.1


def test_what_a_person_vouches_for_is_verified_to_that() -> None:
    teacher = ec.make_teacher("synthetic", sizes=(2, 2, 1), activation="tanh", seed=1).network
    x = _questions(600, 2)
    noise = 1e-5 * teacher(x).std() * np.random.default_rng(0).standard_normal((len(x), 1))
    probes = ec.make_probes(x, teacher(x) + noise)
    assert ec.recover(probes, activation="tanh", hidden_layers=1).report["status"] == "estimate"
    told = ec.recover(probes, activation="tanh", hidden_layers=1, precision=1e-5)
    assert told.report["status"] == "verified", told.report["reasons"]


@pytest.mark.long
def test_float32_answers_of_another_function_are_not_verified() -> None:
    x = _questions(600, 2)
    y = np.sin(x @ [[1.0], [0.5]]).astype(np.float32)
    found = ec.recover(
        ec.make_probes(x, y),
        activation="tanh",
        hidden_layers=1,
        width=5,
        students=2,
        iterations=40,
        restarts=0,
    )
    assert not found.report["verified"] and found.report["status"] in ("failed", "estimate")


@pytest.mark.parametrize("precision", [0.0, -1e-3, 1.5, float("nan")])
def test_a_precision_that_is_no_share_is_refused(precision: float) -> None:
    with pytest.raises(ec.InputError, match="expected a share"):
        ec.RecoverConfig(activation="tanh", precision=precision)
