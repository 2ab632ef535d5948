"""From answers to a network with a learnt curve, whole; and what must not be verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import ec_core as ec
from ec_core import race
from ec_core.candidates import Field
from ec_core.chain import Built
from ec_core.config import RecoverConfig
from ec_core.control import Control
from ec_core.curves.recovery import certificate_of
from ec_core.curves.refine import Level
from ec_core.curves.search import search
from ec_core.curves.verdict import Found, judge
from ec_core.events import drain
from ec_core.networks.spline import fitted
from ec_core.probing.asking import Asker

Function = Callable[[np.ndarray], np.ndarray]


def _teacher(curve: Function, *sizes: int, seed: int = 0) -> Function:
    drawn = ec.make_teacher("synthetic", sizes=sizes, activation="tanh", seed=seed).network

    def answer(x: np.ndarray) -> np.ndarray:
        h = x
        for w, b in zip(drawn.weights[:-1], drawn.biases[:-1], strict=True):
            h = curve(h @ w.T + b)
        return np.asarray(h @ drawn.weights[-1].T + drawn.biases[-1])

    return answer


def bump(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-z * z))


def test_a_bump_is_recovered_with_its_curve() -> None:
    result = ec.recover(
        _teacher(bump, 3, 3, 2), activation="free", hidden_layers=1, inputs=3, width=5
    )
    report = result.report
    assert report["verified"], report["reasons"]
    assert (report["status"], report["activation"]) == ("verified", "curve")
    assert result.network.sizes == (3, 3, 2)
    curve = result.network.curves[0]
    z = np.linspace(*curve.range, 500)
    # the gauge is undone by the height of the bump and its width: s'' / s at the top
    design = [bump(a * z + b) for a, b in _bump_scale(curve, z)]
    best = min(_left(curve(z), values) for values in design)
    error = report["curve_error"]
    assert isinstance(error, float)
    assert best < 1e-6
    assert best < 2 * error < 2e-6
    known = report["curves"]
    assert isinstance(known, list)
    assert known[0]["nearest"]["within"] is False


def _left(s: np.ndarray, values: np.ndarray) -> float:
    design = np.stack([values, np.ones_like(values)], axis=1)
    return float(np.abs(design @ np.linalg.lstsq(design, s, rcond=None)[0] - s).max())


def _bump_scale(curve: Function, z: np.ndarray) -> list[tuple[float, float]]:
    from scipy.optimize import least_squares

    def rest(pair: np.ndarray) -> np.ndarray:
        design = np.stack([bump(pair[0] * z + pair[1]), np.ones_like(z)], axis=1)
        s = curve(z)
        return np.asarray(design @ np.linalg.lstsq(design, s, rcond=None)[0] - s)

    starts = ([1.0, 0.0], [2.0, 0.0], [2.0, 1.0], [2.0, -1.0])
    found = [least_squares(rest, x, xtol=1e-15, ftol=1e-15, gtol=1e-15).x for x in starts]
    return [(float(a), float(b)) for a, b in found]


@pytest.mark.long
def test_a_learnt_tanh_is_told_by_its_name() -> None:
    result = ec.recover(
        _teacher(np.tanh, 3, 3, 2), activation="free", hidden_layers=1, inputs=3, width=5
    )
    assert result.report["status"] == "exact", result.report["reasons"]
    assert (result.network.activation, result.network.sizes) == ("tanh", (3, 3, 2))


def test_a_misfit_in_depth_is_not_verified() -> None:
    result = ec.recover(
        _teacher(np.tanh, 3, 3, 3, 1), activation="free", hidden_layers=1, inputs=3, width=6
    )
    assert not result.report["verified"]
    assert result.report["reasons"]


def test_a_search_heeds_a_stop() -> None:
    control = Control()
    control.stop()
    probes = ec.probe(_teacher(bump, 3, 3, 2), count=300, inputs=3)
    assert drain(search(probes, (1,), None, None, 0, control)) is None


def _found(noise: float = 0.0, neurons: int = 3) -> tuple[Found, ec.ProbeSet]:
    """A network that is right, with its curve, and its answers."""
    rng = np.random.default_rng(0)
    z = np.linspace(-6, 6, 6000)
    curve = fitted(np.linspace(-6, 6, 420), z, bump(z))
    weights = (rng.standard_normal((neurons, 3)) * 0.7, rng.standard_normal((2, neurons)))
    teacher = ec.Network(
        "curve", weights, (rng.standard_normal(neurons) * 0.3, np.zeros(2)), curves=(curve,)
    )
    x = rng.standard_normal((4000, 3))
    x = x[(np.abs(teacher.hidden(x)) < 2.2).all(axis=1)]
    y = teacher(x)
    probes = ec.make_probes(x, y + noise * rng.standard_normal(y.shape))
    inner = np.linspace(-2.2, 2.2, 160)
    close = np.linspace(-2.2, 2.2, 5000)
    teacher = replace(teacher, curves=(fitted(inner, close, bump(close)),))
    levels = (Level((28,), 1e-7), Level((160,), 1e-16))
    standard = probes.to_standard(teacher)
    loss = float(np.mean((standard(probes.inputs) - probes.answers) ** 2))
    return Found(standard, np.arange(len(probes.x)), loss, levels, 0.1), probes


def test_what_is_right_is_verified() -> None:
    judged = judge(*_found())
    assert judged.certificate.verified, judged.certificate.reasons
    assert judged.certificate.status == "verified"
    assert judged.inside == 1.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: replace(found, less=found.loss), "one neuron less"),
        (
            lambda found: replace(found, levels=(Level((28,), 1e-13), Level((160,), 1e-14))),
            "More knots lower the loss",
        ),
        (lambda found: replace(found, network=_dead(found.network)), "has no effect"),
        (lambda found: replace(found, network=_doubled(found.network)), "directions of weights"),
        (lambda found: replace(found, network=_bent(found.network)), "is known to"),
    ],
)
def test_each_doubt_is_said(change: Callable[[Found], Found], said: str) -> None:
    found, probes = _found()
    judged = judge(change(found), probes)
    assert not judged.certificate.verified
    assert said in " ".join(judged.certificate.reasons)


def _dead(network: ec.Network) -> ec.Network:
    weights = list(network.weights)
    weights[1] = weights[1] * [1, 1, 0]
    return replace(network, weights=tuple(weights))


def _doubled(network: ec.Network) -> ec.Network:
    """One neuron as two equal ones."""
    (w, a), (b, c) = network.weights, network.biases
    half = np.concatenate([a[:, :1] / 2, a[:, :1] / 2, a[:, 1:]], axis=1)
    return replace(network, weights=(np.concatenate([w[:1], w]), half), biases=(np.r_[b[:1], b], c))


def _bent(network: ec.Network) -> ec.Network:
    weights = list(network.weights)
    weights[1] = weights[1] * (1 + 1e-4)
    return replace(network, weights=tuple(weights))


def test_noisy_answers_are_not_enough_for_a_curve() -> None:
    found, probes = _found(noise=1e-4)
    judged = judge(found, probes.told(1e-4))
    assert "cannot be told from an approximation" in " ".join(judged.certificate.reasons)


def test_one_neuron_with_a_curve_of_its_own_is_any_function_of_one_number() -> None:
    judged = judge(*_found(neurons=1))
    assert "one neuron" in " ".join(judged.certificate.reasons)


@pytest.mark.long
def test_nothing_told_ends_with_a_learnt_curve() -> None:
    asker = Asker(_teacher(bump, 3, 3, 2), inputs=3)
    field = Field(("tanh", "gelu"), (1,), later=("sin",))
    config = RecoverConfig("tanh", students=3, width=4, restarts=0, iterations=30)
    parts: list[object] = []
    found = drain(race.run(asker, field, config, Control(), parts.append))
    assert (found.report["status"], found.network.activation) == ("verified", "curve")
    candidates = found.report["candidates"]
    assert isinstance(candidates, list)
    assert candidates[-1]["activation"] == "free"
    assert candidates[-1]["verdict"] == "verified"
    # what is kept can be judged again, from the questions that were handed on last
    last, built = parts[-2], parts[-1]
    assert isinstance(last, ec.ProbeSet)
    assert isinstance(built, Built)
    assert certificate_of(built.reconstruction, last).verified
