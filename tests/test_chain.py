"""The whole chain: exact recovery for every activation, and honesty about everything else."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import ec_core as ec
from ec_core import chain
from ec_core.control import Control
from ec_core.events import Event, Note
from ec_core.expand.students import StudentEnsemble, ensemble_of
from ec_core.networks.activations import ACTIVATIONS, COMMON
from ec_core.networks.architecture import Architecture
from ec_core.probing import make_probes
from ec_core.verify.cures import Cure
from tests.often import daily, long
from tests.steps import drain


def _recover(
    answers: Any,
    inputs: int,
    activation: str,
    probes: int = 800,
    hidden_layers: int = 1,
    **settings: Any,
) -> ec.Recovery:
    return ec.recover(
        answers,
        activation=activation,
        hidden_layers=hidden_layers,
        inputs=inputs,
        probes=probes,
        students=6,
        **settings,
    )


_EVERY_DAY = ("g", "tanh", "relu", "relu6")
_MORE = (*sorted(set(ACTIVATIONS) - set(COMMON)), "elu:0.5", "silu:1.7", "softplus:2.0")


@pytest.mark.parametrize("name", daily((*COMMON, *_MORE), *_EVERY_DAY))
def test_every_activation_is_recovered_to_the_last_digits(name: str) -> None:
    teacher = ec.make_teacher("synthetic", sizes=(4, 3, 1), activation=name, seed=1).network
    result = _recover(ec.Teacher(teacher), 4, name)
    assert result.report["verified"], result.report["reasons"]
    report = ec.match(teacher, result.network)
    assert report.max_weight_error is not None and report.max_weight_error <= 1e-10
    json.dumps(result.report, allow_nan=False)


@pytest.mark.long
def test_several_outputs_and_few_inputs() -> None:
    for sizes, name in (((6, 5, 3), "gelu"), ((2, 6, 1), "tanh")):
        teacher = ec.make_teacher("synthetic", sizes=sizes, activation=name, seed=0).network
        result = _recover(ec.Teacher(teacher), sizes[0], name)
        assert result.report["verified"], result.report["reasons"]
        error = ec.match(teacher, result.network).max_weight_error
        assert error is not None and error <= 1e-8


@pytest.mark.parametrize(("name", "width"), [("tanh", None), *long(("gelu", 6))])
def test_two_hidden_layers(name: str, width: int | None) -> None:
    teacher = ec.make_teacher("synthetic", sizes=(3, 2, 2, 2), activation=name, seed=1).network
    result = _recover(ec.Teacher(teacher), 3, name, hidden_layers=2, width=width)
    assert result.report["verified"], result.report["reasons"]
    error = ec.match(teacher, result.network).max_weight_error
    assert error is not None and error <= 1e-8
    layers = result.report["layers"]
    assert isinstance(layers, list) and len(layers) == 2


def test_constant_inputs_are_listed_and_their_weights_are_zero() -> None:
    teacher = ec.make_teacher("synthetic", sizes=(4, 3, 1), activation="tanh", seed=1).network
    x = np.random.default_rng(0).standard_normal((500, 4))
    x[:, 2] = 0.0
    result = ec.recover(make_probes(x, teacher(x)), activation="tanh", hidden_layers=1, students=6)
    assert result.report["unidentified_inputs"] == [2] and result.report["verified"]
    assert not result.network.weights[0][:, 2].any()
    report = ec.match(teacher, result.network, (2,))
    assert report.max_weight_error_identified is not None
    assert report.max_weight_error is not None
    assert report.max_weight_error_identified <= 1e-10 < report.max_weight_error


def test_same_seed_same_network() -> None:
    teacher = ec.Teacher(ec.make_teacher("synthetic", sizes=(3, 2, 1), activation="g").network)
    a, b = (_recover(teacher, 3, "g", probes=300, seed=5).network for _ in range(2))
    for u, v in zip((*a.weights, *a.biases), (*b.weights, *b.biases), strict=True):
        np.testing.assert_array_equal(u, v)


_TANH = ec.make_teacher("synthetic", sizes=(3, 3, 1), activation="tanh", seed=0).network
_DEEP = ec.make_teacher("synthetic", sizes=(3, 3, 3, 1), activation="tanh", seed=0).network
_RELU = ec.make_teacher("synthetic", sizes=(3, 3, 1), activation="relu", seed=0).network


def _noisy(x: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((len(x), 1))
    return np.asarray(_TANH(x) + 1e-4 * noise)


def _with_skip(x: np.ndarray) -> np.ndarray:
    return np.asarray(_RELU(x) + x[:, :1])


@pytest.mark.parametrize(
    ("answers", "name", "probes"),
    [
        *long((_TANH, "gelu", 500)),
        *long((_TANH, "relu", 500)),
        *long((_RELU, "tanh", 500)),
        *long((_DEEP, "tanh", 500)),
        (_noisy, "tanh", 500),
        (_with_skip, "relu", 500),
        *long((lambda x: np.sin(5 * x[:, :1]) * x[:, 1:2], "tanh", 500)),
        *long((lambda x: np.abs(x[:, :1]) ** 1.5, "softplus", 500)),
        (_TANH, "tanh", 14),
    ],
)
def test_misfits_are_never_verified(answers: object, name: str, probes: int) -> None:
    result = _recover(answers, 3, name, probes=probes, iterations=40, restarts=0, budget=15.0)
    assert not result.report["verified"]
    assert result.report["reasons"]


def test_a_relu_that_never_switches_is_not_verified() -> None:
    net = ec.Network(
        "relu",
        (np.array([[1.0, 0.5], [0.3, -1.0]]), np.array([[1.0, 2.0]])),
        (np.array([0.1, 40.0]), np.zeros(1)),
    )
    result = _recover(net, 2, "relu", probes=400)
    assert not result.report["verified"]


@pytest.mark.parametrize(
    "bad",
    [
        *({"hidden_layers": n} for n in (0, 9)),
        *({"gamma": 0.0}, {"beta": 200.0}, {"activation": "cube"}, {"width": (4, 4)}),
    ],
)
def test_settings_that_cannot_be_used(bad: dict[str, object]) -> None:
    with pytest.raises(ec.InputError):
        ec.RecoverConfig(**{"activation": "tanh", **bad})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("activation", "widths", "seeds"),
    [("relu", [None, (4, 4, 4), (4, 4, 4)], [5, 6, 7]), ("tanh", [None, (8, 8, 8)], [5, 5])],
)
def test_what_is_not_verified_is_tried_wider_or_from_other_starts(
    monkeypatch: pytest.MonkeyPatch, activation: str, widths: list[Any], seeds: list[int]
) -> None:
    shape = Architecture((2, 4, 4, 4, 2), activation)
    ensemble = ensemble_of(shape, np.zeros((1, shape.parameter_count)), np.ones(1), 5)
    tried: list[chain.RecoverConfig] = []

    def attempt(
        probes: Any, config: chain.RecoverConfig, control: Any, begun: Any = None, done: Any = None
    ) -> Generator[Any, None, Any]:
        tried.append(config)
        yield Note("chain", "tried")
        rest: dict[str, Any] = dict.fromkeys(("network", "seen"))
        done = len(tried) == len(widths)
        rest["certificate"] = SimpleNamespace(
            verified=done,
            status="exact" if done else "failed",
            cures=() if done else (Cure.WIDER,),
        )
        rest["probes"] = probes
        rest["reconstruction"] = SimpleNamespace(loss=1.0 / len(tried), own_slope=True)
        return chain.Recovery(report={}, ensemble=ensemble, **rest)

    monkeypatch.setattr(chain, "attempt", attempt)
    x = np.random.default_rng(0).standard_normal((3000, 2))
    probes = make_probes(x, np.tanh(x), 0)
    config = chain.RecoverConfig(activation, hidden_layers=3, seed=5)
    events = chain.run(probes, config, Control(None))
    notes = [event.message for event in events if isinstance(event, Note)]
    assert [config.width for config in tried] == widths
    assert [config.seed for config in tried] == seeds
    words = "other starts" if activation == "relu" else "8-8-8 hidden neurons"
    assert sum(words in note for note in notes) == len(widths) - 1


@pytest.mark.parametrize(("restarts", "trainings"), [(None, 2), *long((0, 1))])
def test_students_of_a_told_width_start_elsewhere_once(
    restarts: int | None, trainings: int
) -> None:
    """One student of the teacher's own size is stuck from these starts, and not from the next."""
    teacher = ec.make_teacher("synthetic", sizes=(2, 4, 1), activation="tanh", seed=3).network
    config = chain.RecoverConfig("tanh", students=1, width=4, restarts=restarts)
    parts: list[chain.Part] = []
    probes = ec.probe(ec.Teacher(teacher), count=400)
    events, found = drain(chain.run(probes, config, Control(), done=parts.append))
    notes = [event.message for event in events if isinstance(event, Note)]
    assert sum("other starts" in note for note in notes) == trainings - 1
    assert sum(isinstance(part, StudentEnsemble) for part in parts) == trainings
    assert found.certificate.verified == (trainings == 2)


def test_an_estimate_is_kept_before_a_closer_fit_that_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shape = Architecture((2, 4, 4, 2), "tanh")
    ensemble = ensemble_of(shape, np.zeros((1, shape.parameter_count)), np.ones(1), 5)
    ends = [("failed", 1.0e-8), ("estimate", 1.1e-8)]
    parts: dict[str, Any] = dict.fromkeys(("network", "seen"))

    def attempt(
        probes: Any, config: Any, control: Any, begun: Any = None, done: Any = None
    ) -> Generator[Any, None, Any]:
        yield from ()
        status, loss = ends.pop(0)
        cures = (Cure.WIDER,) if status == "failed" else ()
        return chain.Recovery(
            report={},
            ensemble=ensemble,
            certificate=SimpleNamespace(verified=False, status=status, cures=cures),  # type: ignore
            reconstruction=SimpleNamespace(loss=loss, own_slope=True),  # type: ignore
            probes=probes,
            **parts,
        )

    monkeypatch.setattr(chain, "attempt", attempt)
    x = np.random.default_rng(0).standard_normal((3000, 2))
    probes = make_probes(x, np.tanh(x), 0)
    found = drain(chain.run(probes, chain.RecoverConfig("tanh", hidden_layers=2), Control()))[1]
    assert found.certificate.status == "estimate" and not ends


@pytest.fixture(scope="module")
def stuck() -> chain.Recovery:
    """Two students that have learnt next to nothing."""
    x = np.random.default_rng(0).standard_normal((100, 2))
    probes = ec.make_probes(x, np.sin(3 * x[:, :1]))
    config = chain.RecoverConfig("tanh", width=2, students=2, iterations=3, restarts=0)
    _, found = drain(chain.attempt(probes, config, Control()))
    assert not found.certificate.verified
    return found


def test_wider_students_that_do_no_better_are_not_trained_again(
    monkeypatch: pytest.MonkeyPatch, stuck: chain.Recovery
) -> None:
    widths = []

    def attempt(
        probes: object, config: chain.RecoverConfig, control: object, *rest: object, done: object
    ) -> Generator[Event, None, chain.Recovery]:
        widths.append(config.width)
        yield from ()
        return stuck

    monkeypatch.setattr(chain, "attempt", attempt)
    drain(chain.run(stuck.probes, chain.RecoverConfig("tanh"), Control()))
    assert widths == [None, (4,)]


@pytest.mark.parametrize("cures", [(Cure.SPREAD,), (Cure.QUESTIONS, Cure.DIGITS), (Cure.CLASS,)])
def test_what_wider_students_cannot_cure_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, stuck: chain.Recovery, cures: tuple[Cure, ...]
) -> None:
    ticket = replace(stuck.certificate, cures=cures)
    tried = []

    def attempt(
        source: object, config: chain.RecoverConfig, control: object, *rest: object, done: object
    ) -> Generator[Event, None, chain.Recovery]:
        tried.append(config)
        yield from ()
        return replace(stuck, certificate=ticket)

    monkeypatch.setattr(chain, "attempt", attempt)
    drain(chain.run(stuck.probes, chain.RecoverConfig("tanh"), Control()))
    assert len(tried) == 1


def test_where_there_is_no_time_left_the_verdict_is_given() -> None:
    over = Control()
    over.stop()
    probes = ec.probe(ec.Teacher(_RELU), count=300)
    _, found = drain(chain.run(probes, chain.RecoverConfig("relu", students=3), over))
    assert not found.certificate.verified and found.certificate.reasons
    assert found.certificate.expected > 0 and found.report["loss"] == found.reconstruction.loss
    assert found.reconstruction.loss <= np.nanmin(found.ensemble.losses)


def test_a_callable_is_asked_as_many_questions_as_the_students_need() -> None:
    teacher = ec.make_teacher("synthetic", sizes=(5, 4, 1), activation="tanh", seed=1).network
    asker = ec.Asker(ec.Teacher(teacher), first=50)
    result = ec.recover(asker, activation="tanh", hidden_layers=1, students=4)
    assert result.report["verified"], result.report["reasons"]
    assert result.report["questions"] == len(asker.x) > 500
    again = ec.recover(
        ec.Asker(ec.Teacher(teacher), first=50), activation="tanh", hidden_layers=1, students=4
    )
    np.testing.assert_array_equal(result.network.weights[0], again.network.weights[0])


def _faked(
    monkeypatch: pytest.MonkeyPatch, ends: list[tuple[str, float]]
) -> list[tuple[chain.RecoverConfig, Any]]:
    """Attempts that end with these statuses and losses, each handing on parts named after it."""
    shape = Architecture((2, 4, 4, 4, 2), "relu")
    ensemble = ensemble_of(shape, np.zeros((1, shape.parameter_count)), np.ones(1), 5)
    tried: list[tuple[chain.RecoverConfig, Any]] = []

    def attempt(
        probes: Any, config: Any, control: Any, begun: Any = None, done: Any = None
    ) -> Generator[Any, None, Any]:
        tried.append((config, begun))
        status, loss = ends[len(tried) - 1]
        yield from ()
        for part in ("probes", "students", "look", "network"):
            done(f"{part} {len(tried)}")
        cures = () if status == "exact" else (Cure.WIDER,)
        return chain.Recovery(
            *(None, {}, ensemble, None),  # type: ignore[arg-type]
            SimpleNamespace(loss=loss, own_slope=True),  # type: ignore[arg-type]
            SimpleNamespace(status=status, cures=cures),  # type: ignore[arg-type]
            probes,
        )

    monkeypatch.setattr(chain, "attempt", attempt)
    return tried


@pytest.mark.parametrize(
    ("ends", "kept"),
    [
        ([("exact", 1e-30)], [1]),
        ([("failed", 1e-6), ("exact", 1e-30)], [1, 2]),
        # nothing of an attempt that is no better is kept, and what was kept last belongs together
        ([("estimate", 1e-6), ("failed", 1e-9), ("exact", 1e-30)], [1, 3]),
        ([("failed", 1e-6), ("failed", 1e-5), ("failed", 1e-4), ("failed", 1e-5)], [1]),
    ],
)
def test_the_parts_of_an_attempt_are_handed_on_whole_and_only_if_it_is_better(
    monkeypatch: pytest.MonkeyPatch, ends: list[tuple[str, float]], kept: list[int]
) -> None:
    tried = _faked(monkeypatch, ends)
    x = np.random.default_rng(0).standard_normal((3000, 2))
    parts: list[Any] = []
    config = chain.RecoverConfig("relu", hidden_layers=3, seed=5)
    drain(chain.run(make_probes(x, np.tanh(x), 0), config, Control(), done=parts.append))
    assert len(tried) == len(ends)
    names = ("probes", "students", "look", "network")
    assert parts == [f"{name} {number}" for number in kept for name in names]


def test_a_cut_that_a_person_chose_is_not_given_up_for_other_students(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = _faked(monkeypatch, [("failed", 1e-6), ("exact", 1e-30)])
    x = np.random.default_rng(0).standard_normal((3000, 2))
    probes = make_probes(x, np.tanh(x), 0)
    begun = chain.Begun(probes, None, None, chosen=True)  # type: ignore[arg-type]
    events, found = drain(chain.run(probes, chain.RecoverConfig("tanh"), Control(), begun))
    assert len(tried) == 1 and tried[0][1] is begun and found.certificate.status == "failed"
    assert [event.message for event in events if isinstance(event, Note)] == [chain.KEPT]


def test_stage_by_stage_is_the_same_as_whole() -> None:
    """As a page does it: students, then a look, then the network, each from what was kept."""
    probes = ec.probe(ec.Teacher(_TANH), count=400)
    config = chain.RecoverConfig("tanh", students=4)
    whole = drain(chain.run(probes, config, Control()))[1]
    _, (_, ensemble) = drain(chain.train(probes, config, Control()))
    seen = chain.look(ensemble, config)
    begun = chain.Begun(probes, ensemble, seen)
    staged = drain(chain.run(probes, config, Control(), begun))[1]
    for a, b in zip(whole.network.weights, staged.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    when = {"seconds": 0, "made": {}}
    assert {**staged.report, **when} == {**whole.report, **when}
