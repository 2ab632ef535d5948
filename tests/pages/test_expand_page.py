"""Settings and their cost, a job from the page, what a finished training offers."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core import chain
from ec_core.control import Control
from ec_core.events import CONVERGED, TRAINING, Event, Note, TrainingProgress, WidthTried
from ec_core.probing.presets import make_teacher
from ec_core.runs import limits, work
from ec_core.runs.run import Run
from ec_core.runs.source import Source
from pages.shell import process, words
from pages.shell.process import board

Opener = Callable[..., AppTest]


def _estimate(app: AppTest) -> str:
    return str(app.container(key="estimate").html[0].value)


def test_the_estimate_follows_the_settings(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    app = open_page("expand", at_stage("teacher"))
    assert "4 × 6 neurons" in _estimate(app)
    app.number_input(key="student_count").set_value(9).run()
    app.number_input(key="student_width").set_value(12).run()
    assert "9 × 12 neurons" in _estimate(app)


def test_neurons_per_student_says_what_is_trained(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    app = open_page("expand", at_stage("teacher"))
    assert app.number_input(key="student_width").label == "Neurons per student"
    app.number_input(key="expansion").set_value(2.5).run()
    assert app.number_input(key="student_width").label == "Neurons, before the factor"
    said = [element.value for element in app.html]
    assert any("Students of 15 neurons are trained: 2.5 times as many" in text for text in said)
    assert "4 × 15 neurons" in _estimate(app)
    app.toggle(key="width_auto").set_value(True).run()
    said = [element.value for element in app.html]
    assert any("What is found is multiplied by 2.5" in text for text in said)
    assert any("40 are a guess for the estimate" in text for text in said)


def test_the_page_does_not_say_that_students_are_too_large(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    app = open_page("expand", at_stage("teacher"))
    said = " ".join(str(element.value) for element in [*app.html, *app.markdown])
    assert "larger than needed" not in said
    assert "oo-large" not in said


def test_too_few_answers_are_warned_of_with_the_numbers(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    app = open_page("expand", at_stage("teacher"))
    app.number_input(key="student_width").set_value(400).run()
    assert any("1,601 parameters" in warning.value for warning in app.warning)


@pytest.mark.parametrize("distribution", ["data", "data+noise", "gaussian"])
def test_a_teacher_on_data_can_be_asked_about_its_data(
    open_page: Opener, distribution: str
) -> None:
    card = make_teacher("wine", hidden=3, seed=0)
    run = Run.create(Source.from_card(card, {"hidden": 3, "activation": "tanh"}))
    app = open_page("expand", run)
    app.selectbox(key="probe_distribution").set_value(distribution).run()
    assert not app.exception
    assert not app.error
    assert "answers to learn from" in _estimate(app)


def _deep(sizes: tuple[int, ...] = (6, 4, 4, 2)) -> Run:
    card = make_teacher("synthetic", sizes=sizes, activation="tanh", seed=0)
    return Run.create(Source.from_card(card, {"sizes": list(sizes), "activation": "tanh"}))


def test_a_deep_teacher_tells_its_depth_and_students_have_a_width_per_layer(
    open_page: Opener,
) -> None:
    run = _deep()
    assert run.settings().hidden_layers == 2
    app = open_page("expand", run)
    assert "10 × 16–16 neurons" in _estimate(app)
    app.toggle(key="width_auto").set_value(False).run()
    app.number_input(key="student_width_1").set_value(9).run()
    assert "10 × 16–9 neurons" in _estimate(app)
    app.button(key="start_expand").click().run()
    assert not app.exception
    job = process.job_of(run)
    assert job is not None
    job.stop()
    assert job.wait(60)
    # read again from the disk, where a tuple is a list
    assert run.settings().width == (16, 9)


def test_another_depth_than_the_teacher_s_is_remarked_on(open_page: Opener) -> None:
    app = open_page("expand", _deep())
    app.segmented_control(key="hidden_layers").set_value(1).run()
    assert not app.exception
    assert "10 × 16 neurons" in _estimate(app)
    assert any("teacher has 2 hidden layers" in element.value for element in app.html)


def test_a_run_with_another_count_of_questions_keeps_it(open_page: Opener) -> None:
    run = _deep()
    run.save_settings(replace(run.settings(), probes=3600))
    app = open_page("expand", run)
    assert app.select_slider(key="probe_count").value == 3600
    assert "5,760" in _estimate(app), "four fifths of 3,600 questions with two answers each"


def test_start_trains_in_the_background_and_shows_the_students(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    run = at_stage("teacher")
    app = open_page("expand", run)
    app.button(key="start_expand").click().run()
    assert not app.exception
    job = process.job_of(run)
    assert job is not None
    assert job.wait(120)
    app.run()
    assert not app.error
    assert run.ensemble().students == 4
    assert app.button(key="go_cluster")


def test_another_run_leaves_this_one_as_it_is(open_page: Opener, planar: Run) -> None:
    app = open_page("expand", planar)
    app.button(key="train_anew").click().run()
    other = Run(str(app.query_params["run"]))
    assert other != planar
    assert other.settings() == planar.settings()
    assert not other.has("ensemble")
    assert planar.has("recovered")


def test_a_job_that_fails_shows_its_reason_and_leaves_the_page_usable(
    open_page: Opener, at_stage: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ec_core.errors import InputError

    def broken(*given: object) -> object:
        raise InputError("The probes ran away; catch them.")

    monkeypatch.setattr(chain, "expand", broken)
    run = at_stage("teacher")
    app = open_page("expand", run)
    app.button(key="start_expand").click().run()
    job = process.job_of(run)
    assert job is not None
    assert job.wait(60)
    app.run()
    assert [error.value for error in app.error] == ["The probes ran away; catch them."]
    assert app.button(key="start_expand")


def test_more_students_than_memory_are_refused_before_they_start(
    open_page: Opener, at_stage: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ec_core.expand import estimate

    monkeypatch.setattr(estimate, "memory_bound", lambda device: 2**16)
    app = open_page("expand", at_stage("teacher"))
    app.number_input(key="student_count").set_value(200).run()
    assert "200 students" in app.error[0].value
    assert app.button(key="start_expand").disabled


def test_numbers_are_words() -> None:
    assert words.power(9.99e-13) == "1.0 × 10⁻¹²"
    assert words.power(float("nan")) == "–"
    assert words.duration(3599.6) == "1 h 0 min"


def test_the_width_search_shows_how_it_goes_and_counts_agree(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    run, go, told, joined = at_stage("teacher"), Flag(), Flag(), Flag()
    run.ask()

    def at(iteration: int, losses: list[float], steps: list[int], searching: bool) -> Event:
        states = tuple(CONVERGED if loss < 1e-6 else TRAINING for loss in losses)
        none = np.zeros(len(losses), dtype=int)
        counts, taken = np.array(losses), np.array(steps)
        return TrainingProgress(
            *("expand", iteration, counts, states, taken, none, 8, 1.0, 1.0),
            searching=searching,
            steps=taken,
        )

    def stage(control: Control) -> Generator[Event, None, None]:
        yield WidthTried("expand", 4, 1, 6, 1e-3, False, (4,))
        yield at(9, [1e-8, 0.1, 0.2], [9, 9, 9], True)
        yield Note("expand", "Searching.")
        told.set()
        go.wait(60)
        yield at(10, [1e-8, 0.1, 0.2, 0.9], [9, 10, 10, 1], False)
        yield Note("expand", "Training.")
        go.clear()
        joined.set()
        go.wait(60)

    job = work.submit(board(), run, work.EXPAND, stage)
    try:
        assert told.wait(60)
        app = open_page("expand", run)
        assert not app.error
        said = app.container(key="search_facts").html[0].value
        assert "8 neurons each" in said and "1 of 3" in said and "<dd>9</dd>" in said
        assert any("With 4 neurons 1 of 6 students got there" in e.value for e in app.html)
        go.set()
        assert joined.wait(60)
        app.run()
        assert "<dt>iteration</dt><dd>10</dd>" in app.container(key="training_facts").html[0].value
        rows = app.container(key="student_table").html[0].value.split("<tr>")[2:]
        for taken, row in zip((9, 10, 10, 1), rows, strict=True):
            assert f"<td class='num'>{taken}</td>" in row
    finally:
        job.stop()
        go.set()
        assert job.wait(60)


def test_a_limit_is_said_before_the_button_and_behind_it(
    open_page: Opener,
    at_stage: Callable[[str], Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is too large cannot be started; too many jobs are one sentence at the click."""
    run, file = at_stage("teacher"), tmp_path / "limits.toml"
    file.write_text("[person]\nstudents = 5\njobs = 0\n")
    monkeypatch.setenv(limits.SETTING, str(file))
    app = open_page("expand", run)
    assert not app.error and not app.button(key="start_expand").disabled
    app.number_input(key="student_count").set_value(9).run()
    (said,) = app.error
    assert "trains 5 students at a time for one person, and this run has 9" in said.value
    assert app.button(key="start_expand").disabled
    app.number_input(key="student_count").set_value(5).run()
    app.button(key="start_expand").click().run()
    (said,) = app.error
    assert "takes 0 jobs of one person at a time, and you have 0" in said.value
    assert not app.exception and process.job_of(run) is None
