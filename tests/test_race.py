"""Nothing told: the race of candidates, and what it leads to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import ec_core as ec
from ec_core import candidates, heats, race
from ec_core.candidates import BEHIND, SAME, Candidate, Field
from ec_core.control import Control
from ec_core.events import CandidateProgress
from ec_core.expand.students import ensemble_of
from ec_core.networks.activations import COMMON
from ec_core.networks.architecture import Architecture
from ec_core.networks.equal_writings import equal_writings
from tests.often import daily
from tests.steps import drain

EVERY_DAY = ("sigmoid",)


def _teacher(sizes: tuple[int, ...], activation: str, seed: int = 0) -> ec.Network:
    return ec.make_teacher("synthetic", sizes=sizes, activation=activation, seed=seed).network


def _candidates(result: ec.Recovery) -> list[dict[str, Any]]:
    found = result.report["candidates"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    "name",
    daily(COMMON, *EVERY_DAY),
)
def test_an_activation_is_read_off(name: str) -> None:
    teacher = _teacher((4, 3, 1), name)
    result = ec.recover(ec.Teacher(teacher), probes=1200, students=6)
    report = result.report
    assert report["verified"], report["reasons"]
    assert report["hidden_layers"] == 1
    writing = str(report["activation"])
    if writing == name:
        error = ec.match(teacher, result.network).max_weight_error
        assert error is not None and error <= 1e-8
    else:
        # the same function in another writing, and as small
        assert name in equal_writings(writing)
        assert result.network.sizes == teacher.sizes
    verdicts = {one["activation"]: one["verdict"] for one in _candidates(result)}
    assert set(verdicts) == set(COMMON)
    apart = set(COMMON) - {writing, *equal_writings(writing)}
    assert {verdicts[other] for other in apart} == {BEHIND}
    assert verdicts[writing] == "exact"


@pytest.mark.long
@pytest.mark.parametrize("name", ["gelu_tanh", "hardtanh", "elu:0.5", "leaky_relu:0.3"])
def test_what_few_networks_have_is_read_off_with_its_number(name: str) -> None:
    teacher = _teacher((4, 3, 1), name)
    result = ec.recover(ec.Teacher(teacher), hidden_layers=1, probes=1200, students=6)
    assert result.report["verified"], result.report["reasons"]
    assert result.network.activation == name
    error = ec.match(teacher, result.network).max_weight_error
    assert error is not None and error <= 1e-8


def test_a_depth_is_read_off() -> None:
    teacher = _teacher((3, 2, 2, 2), "tanh", 1)
    result = ec.recover(
        ec.Teacher(teacher), activation="tanh", hidden_layers="auto", probes=1500, students=6
    )
    assert result.report["verified"], result.report["reasons"]
    assert result.report["hidden_layers"] == 2
    error = ec.match(teacher, result.network).max_weight_error
    assert error is not None and error <= 1e-8
    assert {(one["hidden_layers"], one["verdict"]) for one in _candidates(result)} == {
        (1, BEHIND),
        (2, "exact"),
    }


@pytest.mark.long
@pytest.mark.parametrize("name", ["tanh", "relu", "gelu"])
def test_activation_and_depth_are_read_off(name: str) -> None:
    teacher = _teacher((5, 4, 3, 2), name)
    result = ec.recover(ec.Teacher(teacher), probes=3000)
    assert result.report["verified"], result.report["reasons"]
    assert (result.report["activation"], result.report["hidden_layers"]) == (name, 2)
    error = ec.match(teacher, result.network).max_weight_error
    assert error is not None and error <= 1e-8


@pytest.mark.long
def test_what_was_found_out_is_recovered_as_if_it_had_been_told() -> None:
    probes = ec.probe(ec.Teacher(_teacher((3, 3, 1), "softsign")), count=1000)
    alone = ec.recover(probes, students=5)
    told = ec.recover(probes, activation="softsign", students=5)
    pairs = zip(
        (*alone.network.weights, *alone.network.biases),
        (*told.network.weights, *told.network.biases),
        strict=True,
    )
    assert all(np.array_equal(one, other) for one, other in pairs)
    assert [one["verdict"] for one in _candidates(told)] == ["exact"]
    assert told.report["hidden_layers"] == 1


@pytest.mark.long
@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_of_two_writings_the_smaller_network_is_the_answer(name: str) -> None:
    # either can be written with the other and two neurons more, which is as exact but no answer;
    # leaky_relu, whose slope is read off, turns out to be relu where it is zero
    teacher = _teacher((4, 3, 1), name)
    probes = ec.probe(ec.Teacher(teacher), count=1200)
    (other,) = equal_writings(name)
    longer = ec.recover(probes, activation=other, hidden_layers=1, students=6).report
    assert float(str(longer["loss"])) < 1e-25
    assert (longer["verified"], longer["activation"]) == (name == "relu", "relu")
    assert ("equal up to symmetry" in str(longer["reasons"])) == (name == "leaky_relu")
    result = ec.recover(probes, students=6)
    assert (result.report["activation"], result.network.sizes) == (name, teacher.sizes)


@pytest.mark.long
def test_a_depth_that_is_not_seen_is_tried_as_if_it_had_been_told() -> None:
    # none of so few students of so few neurons dives; two layers of them come closer
    teacher = _teacher((2, 24, 1), "tanh")
    probes = ec.probe(ec.Teacher(teacher), count=400)
    field = Field.of("tanh", "auto")
    _, runners = drain(race.race(probes, field, field.settings(), Control()))
    shallow = next(runner for runner in runners if runner.candidate.hidden_layers == 1)
    ahead = replace(shallow, candidate=Candidate("tanh", 2), ensemble=shallow.ensemble)
    far = replace(ahead.ensemble, losses=1e-9 * np.ones(4))
    stalled = replace(shallow.ensemble, losses=1e-5 * np.ones(4))
    order = [replace(ahead, ensemble=far), replace(shallow, ensemble=stalled)]
    assert candidates.promising(order, field) == [Candidate("tanh", 1), Candidate("tanh", 2)]
    # where the activation is open too, what is far behind says nothing
    assert candidates.promising(order, Field()) == [Candidate("tanh", 2)]
    dived = replace(ahead.ensemble, losses=1e-20 * np.ones(4))
    assert candidates.promising([replace(ahead, ensemble=dived), order[1]], field) == [
        Candidate("tanh", 2)
    ]


@pytest.mark.long
def test_an_equal_writing_is_named_where_it_was_as_good() -> None:
    result = ec.recover(ec.Teacher(_teacher((4, 3, 1), "tanh")), probes=1200, students=6)
    verdicts = {one["activation"]: one["verdict"] for one in _candidates(result)}
    pair = {verdicts["tanh"], verdicts["sigmoid"]}
    assert pair in ({"exact", SAME}, {"exact", BEHIND})
    assert len(result.report["equal_writings"]) == 1  # type: ignore[arg-type]


@pytest.mark.long
def test_what_is_no_network_of_any_candidate_is_not_verified() -> None:
    def wave(x: np.ndarray) -> np.ndarray:
        return np.asarray(np.sin(3 * x[:, :1]) + x[:, 1:] ** 2)

    probes = ec.probe(wave, count=500, inputs=2)
    field = Field(("tanh", "gelu"), (1,))
    config = field.settings(students=2, restarts=0, width=6, iterations=30)
    _, result = drain(race.run(probes, field, config, Control()))
    assert not result.report["verified"]
    assert {one["verdict"] for one in _candidates(result)} <= {"failed", "estimate", BEHIND}
    assert any(one["verdict"] != BEHIND for one in _candidates(result))


def test_the_better_half_goes_on_and_a_dive_ends_the_heat() -> None:
    probes = ec.probe(ec.Teacher(_teacher((3, 3, 1), "gelu")), count=800)
    field = Field(("tanh", "gelu", "relu", "elu", "softsign", "erf"), (1,))
    config = field.settings()
    events, runners = drain(heats.heat(probes, field.at(1), 8, config, Control()))
    seen: dict[str, list[CandidateProgress]] = {}
    for event in events:
        assert isinstance(event, CandidateProgress)
        if event.done:
            seen.setdefault(event.activation, []).append(event)
    # so many rounds were entered by each: the better half, and then half of that
    rounds = max(map(len, seen.values()))
    entered = [sum(len(ends) > number for ends in seen.values()) for number in range(rounds)]
    assert entered == [6, 3, 2, 2][:rounds] and rounds > 1
    assert runners[0].candidate == Candidate("gelu", 1)
    assert heats.dived(runners[0], probes) and not heats.dived(runners[1], probes)
    # whoever fell behind is there all the same
    assert {runner.candidate for runner in runners} == set(field.at(1))


def _running(candidate: Candidate, loss: float, seed: int = 0) -> candidates.Runner:
    shape = Architecture((3, *(2,) * candidate.hidden_layers, 1), candidate.activation)
    theta = np.zeros((1, shape.parameter_count))
    return candidates.Runner(candidate, ensemble_of(shape, theta, np.array([loss]), seed))


def test_deeper_students_that_did_much_better_come_before_wider_ones() -> None:
    left = [(1, 32), (2, 16)]
    shallow, deep = Candidate("tanh", 1), Candidate("gelu", 2)
    best = {shallow: _running(shallow, 1e-3), deep: _running(deep, 5e-4)}
    assert candidates.following(left, best) == (1, 32)
    better = Candidate("g", 2)
    best[better] = _running(better, 1e-4)
    assert candidates.following(left, best) == (2, 16)
    # few neurons of one layer take no time, and elu's alpha is found by them
    assert candidates.following([(1, 8), (1, 16), (2, 8), (2, 16)], best) == (1, 8)
    # what has not raced says nothing
    assert candidates.following([(1, 16), (2, 8)], {shallow: best[shallow]}) == (1, 16)


def test_where_relu_dived_leaky_relu_is_recovered_as_well() -> None:
    # of 5-4-3-2 leaky_relu (seed 1) only relu's students dived, and became a network of 5-5 neurons
    for depth in (1, 2):
        relu, leaky = Candidate("relu", depth), Candidate("leaky_relu", depth)
        gelu = _running(Candidate("gelu", depth), 1e-7)
        runners = [_running(relu, 1e-30), gelu, _running(leaky, 1e-5)]
        assert candidates.promising(runners, Field()) == [relu, leaky]
        # nobody twice, and nobody who did not race
        both = [_running(leaky, 1e-31), _running(relu, 1e-30)]
        # of relu's answers (5-4-3-2, seed 0) leaky_relu's students dived first, and led nowhere
        assert candidates.promising(both, Field()) == [relu, leaky]
        assert candidates.promising(runners[:2], Field()) == [relu]


@pytest.mark.long
def test_a_deep_candidate_that_starts_slowly_is_not_cut() -> None:
    # of thirteen activations g is tenth after six iterations, and dives at 32
    teacher = _teacher((5, 4, 3, 2), "g", 1)
    probes = ec.probe(ec.Teacher(teacher), count=3000, seed=1)
    field = Field(COMMON, (2,))
    _, runners = drain(heats.heat(probes, field.at(2), 16, field.settings(), Control()))
    assert runners[0].candidate == Candidate("g", 2) and heats.dived(runners[0], probes)


def test_where_one_is_at_the_floor_the_others_stop_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heats, "ROUNDS", (40,))
    probes = ec.probe(ec.Teacher(_teacher((3, 3, 1), "gelu")), count=800)
    field = Field(("tanh", "gelu"), (1,))
    events, _ = drain(heats.heat(probes, field.at(1), 8, field.settings(), Control()))
    losses = {"tanh": [], "gelu": []}  # type: dict[str, list[float]]
    for event in events:
        assert isinstance(event, CandidateProgress)
        if not event.done:
            losses[event.activation].append(event.loss)
    there = next(at for at, loss in enumerate(losses["gelu"]) if loss <= probes.floor)
    assert 0 < len(losses["tanh"]) - there <= heats.GRACE + 2 < 40 - there


def test_a_heat_goes_on_while_its_best_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heats, "ROUNDS", (4,))
    probes = ec.probe(ec.Teacher(_teacher((3, 3, 1), "gelu")), count=800)
    field = Field(("tanh", "gelu"), (1,))
    _, runners = drain(heats.heat(probes, field.at(1), 8, field.settings(), Control()))
    assert heats.dived(runners[0], probes)
    # and ends where nothing falls: no network of these activations
    noise = np.random.default_rng(0).standard_normal((800, 1))
    lost = ec.make_probes(np.random.default_rng(1).standard_normal((800, 3)), noise)
    events, runners = drain(heats.heat(lost, field.at(1), 8, field.settings(), Control()))
    assert max(event.iteration for event in events) <= 8  # type: ignore[attr-defined]
    assert not heats.dived(runners[0], lost)


def test_a_student_whose_loss_is_no_number_does_not_lead() -> None:
    probes = ec.probe(ec.Teacher(_teacher((3, 2, 1), "tanh")), count=300)
    field = Field(("tanh",), (1,))
    _, (runner,) = drain(heats.heat(probes, field.at(1), 8, field.settings(), Control()))
    for losses, best in (([np.nan, 2.0], 2.0), ([np.nan, np.nan], np.inf)):
        spoilt = replace(runner, ensemble=replace(runner.ensemble, losses=np.array(losses)))
        assert spoilt.loss == best


def test_parts_are_handed_on_as_they_are_done() -> None:
    probes = ec.probe(ec.Teacher(_teacher((3, 2, 1), "gelu")), count=600)
    field = Field(("gelu", "tanh"), (1,))
    parts: list[object] = []
    work = race.run(probes, field, field.settings(students=4), Control(), done=parts.append)
    _, result = drain(work)
    names = ["ProbeSet", "StudentEnsemble", "LayerView", "Built"]
    assert [type(part).__name__ for part in parts] == names
    assert parts[1] is result.ensemble


def test_a_wider_heat_follows_where_none_dived() -> None:
    probes = ec.probe(ec.Teacher(_teacher((3, 9, 1), "tanh")), count=1500)
    field = Field(("tanh",), (1, 2))
    events, runners = drain(race.race(probes, field, field.settings(), Control()))
    widths = [event.width for event in events if isinstance(event, CandidateProgress)]
    # nine neurons do not fit into eight
    assert widths[0] == 8 and widths[-1] > 8
    assert runners[0].candidate == Candidate("tanh", 1)


def test_a_race_that_must_stop_at_once_has_a_runner_all_the_same() -> None:
    probes = ec.probe(ec.Teacher(_teacher((3, 2, 1), "tanh")), count=300)
    control = Control()
    control.stop()
    _, runners = drain(race.race(probes, Field(), Field().settings(), control))
    assert len(runners) == 1


@pytest.mark.parametrize(
    ("activation", "hidden_layers", "candidates"),
    [
        ("tanh", 1, 1),
        ("tanh", 2, 1),
        ("tanh", "auto", 2),
        ("auto", "auto", 26),
        ("auto", 1, 13),
        ("auto", 3, 13),
    ],
)
def test_what_is_left_open(activation: str, hidden_layers: Any, candidates: int) -> None:
    field = Field.of(activation, hidden_layers)
    assert sum(len(field.at(depth)) for depth in field.depths) == candidates
    assert (field.only is not None) == (candidates == 1)


def test_words_that_are_neither_a_number_nor_auto_are_refused() -> None:
    with pytest.raises(ec.InputError, match="expected a number or 'auto'"):
        ec.recover(lambda x: x, inputs=2, hidden_layers="two")
    with pytest.raises(ec.InputError, match="is not known"):
        ec.recover(lambda x: x, inputs=2, activation="nonsense")


def test_the_race_is_told_iteration_by_iteration_side_by_side() -> None:
    probes = ec.probe(ec.Teacher(_teacher((3, 3, 1), "gelu")), count=800)
    field = Field(("tanh", "gelu", "relu"), (1,))
    events, runners = drain(heats.heat(probes, field.at(1), 8, field.settings(), Control()))
    told = [(event.iteration, event.activation, event.done) for event in events]  # type: ignore[attr-defined]
    assert [name for at, name, _ in told if at == 1] == ["tanh", "gelu", "relu"]
    steps = [at for at, name, done in told if name == "gelu" and not done]
    assert steps == list(range(1, len(steps) + 1))
    # side by side: nobody is more than one iteration ahead of another in the same round
    first = [at for at, _, done in told if not done][: 3 * heats.ROUNDS[0]]
    assert first == sorted(first)
    last = [event for event in events if event.done][-1]  # type: ignore[attr-defined]
    assert last.loss in [runner.loss for runner in runners]  # type: ignore[attr-defined]


def test_time_that_runs_out_in_a_round_ends_it_for_all() -> None:
    probes = ec.probe(ec.Teacher(_teacher((3, 3, 1), "gelu")), count=300)
    field, control = Field(("tanh", "elu", "relu"), (1,)), Control()
    work = heats.heat(probes, field.at(1), 8, field.settings(), control)
    events = [next(work) for _ in range(4)]
    control.stop()
    more, runners = drain(work)
    assert len(runners) == 3 and len(events) + len(more) < 3 * heats.ROUNDS[0]
