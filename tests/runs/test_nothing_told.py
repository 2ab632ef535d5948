"""Runs of which nobody told activation or depth: raced, kept, repeated, gone on with."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Generator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ec_core as ec
from ec_core import candidates, chain, race
from ec_core.candidates import AUTO, Candidate
from ec_core.control import Control
from ec_core.events import CandidateProgress, CandidateTried, Event, RaceEnded
from ec_core.jobs import Job, JobBoard
from ec_core.runs import loading, race_words, races, results, script, versions, work
from ec_core.runs.keeping import next_candidate
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings, default_settings
from ec_core.runs.source import Source
from tests.broken_off import broken_off

PATIENCE = 240


def _answers(activation: str = AUTO) -> Source:
    teacher = ec.make_teacher("synthetic", sizes=(3, 3, 1), activation="gelu", seed=0).network
    x = np.random.default_rng(3).standard_normal((600, 3))
    return Source.from_answers(x, teacher(x), "answers.npz", activation)


def _new(source: Source | None = None) -> Run:
    source = source or _answers()
    settings = default_settings(source)
    return Run.create(source, Settings(**{**settings.as_json(), "students": 4, "device": "cpu"}))


def _wait(job: Job) -> None:
    assert job.wait(PATIENCE) and job.snapshot().error is None


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A race of three, so that it takes a second."""
    usual = candidates.Field.of

    def of(activation: str, *others: Any) -> candidates.Field:
        field = usual(activation, *others)
        told = ("tanh", "gelu", "relu")
        return replace(field, activations=told, later=()) if activation == AUTO else field

    monkeypatch.setattr(candidates.Field, "of", of)


def _repeated(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ec.Network:
    with zipfile.ZipFile(BytesIO(script.archive(run))) as archive:
        archive.extractall(folder)
    monkeypatch.chdir(folder)
    exec(compile(script.repeat(run), "repeat.py", "exec"), {"__name__": "__main__"})
    return ec.load_network("recovered.safetensors")


def _same(one: ec.Network, other: ec.Network) -> bool:
    pairs = zip((*one.weights, *one.biases), (*other.weights, *other.biases), strict=True)
    return one.activation == other.activation and all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.usefixtures("few")
def test_all_at_once_as_the_script_and_the_command_line_do_it(
    board: JobBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _new()
    assert run.open and run.settings().hidden_layers == AUTO
    _wait(work.start_whole(board, run))
    assert not run.open and run.raced and run.candidate == Candidate("gelu", 1)
    report = results.report(run)
    assert report["verified"] and report["activation"] == "gelu"
    told = ec.recover(run.probes(), students=4, device="cpu")
    assert report["candidates"] == told.report["candidates"]
    assert _same(run.reconstruction().network, told.network)
    text = script.repeat(run)
    assert "activation='auto'," in text and "hidden_layers='auto'," in text
    assert _same(_repeated(run, tmp_path, monkeypatch), told.network)
    chosen = json.loads((tmp_path / "settings.json").read_text())
    assert chosen["chosen"]["hidden_layers"] == AUTO and chosen["found"] == ["gelu", 1]


@pytest.mark.long
@pytest.mark.usefixtures("few")
def test_step_by_step_the_winner_is_trained_as_if_it_had_been_told(
    board: JobBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _new()
    _wait(work.start_expand(board, run))
    assert run.found == Candidate("gelu", 1) and not run.raced
    told = ec.recover(run.probes(), activation="gelu", hidden_layers=1, students=4, device="cpu")
    assert np.array_equal(run.ensemble().theta, told.ensemble.theta)
    assert not any(isinstance(event, CandidateProgress) for event in run.events())
    run.save_cut(chain.look(run.ensemble(), run.recover_config()).cut)
    _wait(work.start_reconstruct(board, run))
    report = results.report(run)
    verdicts = {(one["activation"], one["verdict"]) for one in report["candidates"]}
    assert verdicts == {("gelu", "exact"), ("tanh", candidates.BEHIND), ("relu", candidates.BEHIND)}
    text = script.repeat(run)
    assert "activation='gelu'," in text and "a race of candidates found it out" in text
    assert _same(_repeated(run, tmp_path, monkeypatch), run.reconstruction().network)


@pytest.mark.long
@pytest.mark.usefixtures("few")
def test_a_teacher_at_hand_is_asked_as_if_nothing_had_raced(board: JobBoard) -> None:
    card = ec.make_teacher("synthetic", sizes=(3, 3, 1), activation="gelu", seed=0)
    source = Source.from_card(card, {"sizes": [3, 3, 1], "activation": "gelu"})
    how = {"students": 4, "device": "cpu", "probes": 300, "as_needed": True}
    open_one = Run.create(source, Settings(**how, activation=AUTO))  # type: ignore[arg-type]
    told = Run.create(source, Settings(**how))  # type: ignore[arg-type]
    assert open_one.open and not told.open and told.activation == "gelu"
    for run in (open_one, told):
        _wait(work.start_expand(board, run))
    assert np.array_equal(open_one.ensemble().theta, told.ensemble().theta)


@pytest.mark.usefixtures("few")
def test_the_race_is_there_after_a_restart(board: JobBoard) -> None:
    run = _new()
    job = work.start_expand(board, run)
    _wait(job)
    loading.race.cache_clear()
    kept = Run(run.id).race()
    assert kept is not None and kept.over and kept.taken == Candidate("gelu", 1)
    seen = races.seen(job.snapshot().seen.events)
    assert kept == seen
    (heat,) = kept.heats
    assert (heat.hidden_layers, heat.width) == (1, 8)
    gelu = next(curve for curve in heat.curves if curve.activation == "gelu")
    assert gelu.at == tuple(range(1, len(gelu.at) + 1)) and len(gelu.at) == len(gelu.losses)
    standing = kept.of(Candidate("gelu", 1))
    assert standing is not None and standing.loss is not None and standing.loss <= candidates.DIVED


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("start", [work.start_expand, work.start_whole])
def test_a_race_that_is_stopped_trains_nobody(
    board: JobBoard, start: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, heat = _new(), race.heat

    def stopped(*how: object) -> Generator[Event, None, object]:
        control = how[4]
        assert isinstance(control, Control)
        control.stop()
        return (yield from heat(*how))  # type: ignore[arg-type]

    monkeypatch.setattr(race, "heat", stopped)
    job = start(board, run)  # type: ignore[operator]
    _wait(job)
    assert job.snapshot().state == "stopped" and not run.has("ensemble")
    kept = run.race()
    assert kept is not None and kept.taken is None and run.open
    # who stood there can be chosen all the same
    monkeypatch.setattr(race, "heat", heat)
    run.save_settings(Settings(**{**run.settings().as_json(), "width": 6, "budget": 3.0}))
    _wait(work.start_expand(board, run, candidate=Candidate("tanh", 1)))
    assert run.candidate == Candidate("tanh", 1) and run.ensemble().shape.activation == "tanh"


@pytest.mark.long
@pytest.mark.usefixtures("few")
def test_another_candidate_takes_the_place_of_one_that_was_not_verified(board: JobBoard) -> None:
    run = _new()
    told = run.settings()
    run.save_settings(Settings(**{**told.as_json(), "width": 6, "budget": 3.0}))
    _wait(work.start_expand(board, run, candidate=Candidate("relu", 1)))
    run.save_race(
        races.seen(
            [
                RaceEnded(
                    "race", (("relu", 1, 1e-7), ("gelu", 1, 2e-7)), (("relu", 1), ("gelu", 1))
                ),
                CandidateTried("race", "relu", 1),
            ]
        )
    )
    assert next_candidate(run) is None  # nothing was judged yet
    run.save_cut(chain.look(run.ensemble(), run.recover_config()).cut)
    _wait(work.start_reconstruct(board, run))
    assert not results.of(run).certificate.verified
    assert next_candidate(run) == Candidate("gelu", 1)
    run.save_settings(told)
    _wait(work.start_whole(board, run, Candidate("gelu", 1)))
    assert run.candidate == Candidate("gelu", 1) and results.of(run).certificate.verified
    assert next_candidate(run) is None
    assert any(not version.facts.get("verified", True) for version in versions.all_of(run))


def test_a_restart_goes_on_with_the_candidate_that_was_chosen(
    board: JobBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, begun = _new(), []
    broken_off(run, work.WHOLE, candidate=["elu", 1])
    monkeypatch.setattr(work, "start_whole", lambda *how: begun.append(how[2]))
    work.go_on(board, run)
    assert begun == [Candidate("elu", 1)]


def test_runs_of_earlier_versions_open_as_they_were() -> None:
    run = _new(_answers("tanh"))
    facts = run.stored.settings()
    del facts["chosen"]["activation"]
    run.stored.save_settings(facts)
    assert run.settings().activation is None and run.race() is None
    assert run.candidate == Candidate("tanh", 1) and not run.open and run.found is None


def test_those_that_race_later_run_in_heats_of_their_own() -> None:
    told = [
        CandidateProgress("race", "tanh", 1, 8, 1, 0.5),
        CandidateProgress("race", "tanh", 1, 16, 1, 0.4),
        RaceEnded("race", (("tanh", 1, 0.4),), (("tanh", 1),)),
        CandidateTried("race", "tanh", 1),
        CandidateTried("race", "tanh", 1, "failed"),
        CandidateProgress("race", "sin", 1, 8, 1, 1e-20),
        RaceEnded("race", (("sin", 1, 1e-20),), (("sin", 1),)),
        CandidateTried("race", "sin", 1),
    ]
    kept = races.seen(told)
    assert [[curve.activation for curve in heat.curves] for heat in kept.heats] == [
        ["tanh"],
        ["tanh"],
        ["sin"],
    ]
    assert [(one.activation, one.verdict) for one in kept.candidates] == [
        ("sin", ""),
        ("tanh", "failed"),
    ]
    assert kept.ahead == (Candidate("tanh", 1), Candidate("sin", 1))
    assert kept.taken == Candidate("sin", 1)
    # while they race nothing is over
    assert not races.seen(told[:1]).over and races.seen(told[:3]).over
    assert not races.seen(told[:6]).over


def test_one_with_a_number_of_its_own_need_not_have_raced() -> None:
    kept = races.seen([RaceEnded("race", (("leaky_relu", 1, 1e-9),), (("leaky_relu", 1),))])
    (sentence,) = race_words.outcome(kept, Candidate("leaky_relu(0.3)", 1))
    assert sentence.startswith("leaky_relu(0.3) with one hidden layer was found")


def test_what_was_written_comes_back_and_what_is_no_number_is_none() -> None:
    told = [
        CandidateProgress("race", "tanh", 1, 8, 1, math.inf),
        CandidateProgress("race", "tanh", 1, 8, 2, 0.5),
        CandidateProgress("race", "tanh", 1, 8, 2, 0.25, done=True),
        CandidateProgress("race", "tanh", 2, 8, 1, 0.1),
        RaceEnded("race", (("tanh", 2, 0.1), ("tanh", 1, 0.25)), (("tanh", 2),)),
        CandidateTried("race", "tanh", 2),
        CandidateTried("race", "tanh", 2, "failed"),
    ]
    kept = races.seen(told)
    assert kept.heats[0].curves[0].losses == (None, 0.25)
    assert [(heat.hidden_layers, heat.width) for heat in kept.heats] == [(1, 8), (2, 8)]
    assert kept.candidates[0].verdict == "failed"
    assert races.from_json(json.loads(json.dumps(kept.as_json()))) == kept
