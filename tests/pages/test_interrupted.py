"""What a restart of the server broke off says so, on every page, and goes on with one click."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core import chain
from ec_core.control import Control
from ec_core.errors import InputError
from ec_core.events import Event, Note
from ec_core.expand import trainer
from ec_core.runs import at_work, work
from ec_core.runs.run import Run
from pages.shell import interrupted, process
from pages.shell.navigation import STEPS
from pages.shell.process import board
from pages.start import demo_story
from tests.broken_off import broken_off as broken

Opener = Callable[..., AppTest]
PATIENCE = 120


@pytest.fixture
def broken_off(at_stage: Callable[[str], Run]) -> Callable[..., Run]:
    """A run at a stage, on which another process of the server was at work."""

    def get(stage: str, kind: str, **how: Any) -> Run:
        run = at_stage(stage)
        broken(run, kind, **how)
        return run

    return get


def text(app: AppTest) -> str:
    return "\n".join([*(e.value for e in app.html), *(e.value for e in app.markdown)])


def finished(run: Run) -> None:
    job = process.job_of(run)
    assert job is not None and job.wait(PATIENCE)
    assert job.snapshot().error is None and job.state == "finished"
    assert not interrupted.is_so(run) and not run.has("at-work")


@pytest.mark.parametrize("page", [step.key for step in STEPS])
def test_every_page_says_it_and_offers_to_go_on(
    open_page: Opener, broken_off: Callable[..., Run], page: str
) -> None:
    run = broken_off("teacher", work.EXPAND, more=False)
    app = open_page(page, run)
    assert "**Interrupted.**" in text(app) and "starts again, from the same seed" in text(app)
    assert app.button(key="go_on")
    # nothing looks as if it were at work
    assert 'class="ec-state' not in text(app) and '<li class="now">' not in text(app)
    app.button(key="leave_it").click().run()
    assert not app.exception and "Interrupted" not in text(app)


def test_the_list_of_runs_says_it(open_page: Opener, broken_off: Callable[..., Run]) -> None:
    broken_off("ensemble", work.RECONSTRUCT)
    app = open_page("start")
    assert '<span class="ec-note">interrupted</span>' in text(app)


def test_a_training_starts_again_and_ends_in_the_same_students(
    open_page: Opener, broken_off: Callable[..., Run], planar: Run
) -> None:
    run = broken_off("teacher", work.EXPAND, more=False)
    app = open_page("expand", run)
    app.button(key="go_on").click().run()
    assert not app.exception and "Interrupted" not in text(app)
    finished(run)
    assert np.array_equal(run.ensemble().theta, planar.ensemble().theta)


def test_a_building_starts_again_from_its_clusters(
    open_page: Opener, broken_off: Callable[..., Run]
) -> None:
    run = broken_off("cut", work.RECONSTRUCT)
    open_page("reconstruct", run).button(key="go_on").click().run()
    finished(run)
    assert run.has("recovered")


def test_the_demo_goes_on_with_the_students_it_had(
    broken_off: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*given: object) -> None:
        raise AssertionError("it trained them again")

    monkeypatch.setattr(chain, "expand", never)
    run = broken_off("ensemble", work.DEMO)
    before = run.stamp("ensemble")
    work.go_on(board(), run)
    finished(run)
    assert run.has("recovered") and run.stamp("ensemble") == before


def test_continued_students_go_on_from_those_that_are_stored(
    broken_off: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, given = broken_off("ensemble", work.EXPAND, more=True), []
    stored, real = run.ensemble(), trainer.expand

    def watched(*arguments: Any) -> Any:
        given.append(arguments[4])
        return real(*arguments)

    monkeypatch.setattr(chain, "expand", watched)
    work.go_on(board(), run)
    job = process.job_of(run)
    assert job is not None and job.wait(PATIENCE)
    assert len(given) == 1 and np.array_equal(given[0].theta, stored.theta)


def test_the_demo_shows_no_stage_at_work_where_nobody_is(broken_off: Callable[..., Run]) -> None:
    for stage in ("teacher", "ensemble", "cut"):
        states = [state for state, _ in demo_story._stages(broken_off(stage, work.DEMO), None)]
        assert "now" not in states


def test_a_mark_goes_however_the_job_ends(at_stage: Callable[[str], Run]) -> None:
    def fails(control: Control) -> Generator[Event, None, None]:
        yield Note("expand", "begun")
        raise InputError("No.")

    run = at_stage("teacher")
    job = work.submit(board(), run, work.EXPAND, fails)
    assert job.wait(PATIENCE) and job.state == "failed" and not run.has("at-work")

    go = threading.Event()

    def waits(control: Control) -> Generator[Event, None, None]:
        yield Note("expand", "begun")
        assert go.wait(PATIENCE)

    other = at_stage("teacher")
    first = work.submit(board(), other, work.EXPAND, waits)
    queued = work.submit(board(), run, work.EXPAND, waits)
    # of this very process: at work, not interrupted
    assert run.has("at-work") and not interrupted.is_so(run)
    assert at_work.interrupted(run) is None
    queued.stop()
    assert queued.wait(PATIENCE) and not run.has("at-work")
    go.set()
    assert first.wait(PATIENCE) and not other.has("at-work")


def test_a_mark_of_another_version_is_left_alone(at_stage: Callable[[str], Run]) -> None:
    run = at_stage("teacher")
    run.stored.save_json("at-work", {"who": "knows"})
    assert not interrupted.is_so(run)
