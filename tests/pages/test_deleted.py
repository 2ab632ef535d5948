"""A run whose folder is deleted while it is open: one sentence, whatever is clicked then."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ec_core.control import Control
from ec_core.events import Event, Note
from ec_core.runs.run import Run
from pages.cluster import maps, workbench
from pages.parts import courier
from pages.shell import process
from pages.shell.callbacks import safely
from pages.shell.navigation import ASIDE, STEPS

Opener = Callable[..., AppTest]
PAGES = [step.key for step in (*STEPS, *ASIDE)]
_ANOTHER_RUN = ("run_demo", "start_solving")
"""Buttons that begin work of their own, whatever became of the open run."""


@contextmanager
def gone(run: Run) -> Iterator[None]:
    """The run's folder is away for a while."""
    folder = run.stored.path
    away = folder.with_name(f".away-{run.id}")
    folder.rename(away)
    try:
        yield
    finally:
        if folder.exists():  # nobody may bring half a run back
            shutil.rmtree(folder)
            raise AssertionError("something was written into a deleted run")
        away.rename(folder)


def widgets(app: AppTest) -> list[Callable[[AppTest], Any]]:
    """What a person may touch on the page: every one as the act of touching it."""
    acts: list[Callable[[AppTest], Any]] = [lambda app: app]
    for button in app.button:
        if not button.disabled and button.key not in _ANOTHER_RUN:
            acts.append(lambda app, key=button.key: app.button(key=key).click())  # type: ignore[misc]
    for toggle in app.toggle:
        acts.append(
            lambda app, key=toggle.key: app.toggle(key=key).set_value(  # type: ignore[misc]
                not app.toggle(key=key).value
            )
        )
    for number in app.number_input:
        if str(number.key).startswith("solve_"):
            continue
        acts.append(lambda app, key=number.key: app.number_input(key=key).increment())  # type: ignore[misc]
    return acts


@pytest.mark.parametrize("page", PAGES)
def test_whatever_is_touched_there_is_a_sentence(
    open_page: Opener, at_stage: Callable[[str], Run], page: str
) -> None:
    run = at_stage("recovered" if page in ("start", "compare", "reconstruct") else "ensemble")
    # a button that stops the map is there for as long as that is drawn, and no longer
    if page == "cluster":
        assert maps.map_of(run, True).job.wait(60)
    app = open_page(page, run)
    for act in widgets(app):
        with gone(run):
            act(app).run()
            assert not app.exception
            led_away = app.query_params.get("run") not in (run.id, [run.id])
            said = [error.value for error in app.error if "may have been deleted" in error.value]
            assert len(said) == 1 or led_away
        app.query_params["run"] = run.id
        app.run()
        assert not app.exception and not app.error


def test_the_workbench_hands_in_what_cannot_be_kept_any_more(
    at_stage: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is called before the page runs draws nothing, and raises nothing."""
    run = at_stage("cut")
    told: list[str] = []
    monkeypatch.setattr("streamlit.toast", lambda sentence, **more: told.append(sentence))
    with gone(run):
        safely(workbench._changed, run.id, 0)
        safely(courier._handed_in, run.id)
    assert [("may have been deleted" in sentence) for sentence in told] == [True, True]


@pytest.mark.parametrize("stage", ["teacher", "recovered"])
def test_the_list_of_runs_forgets_it(
    open_page: Opener, at_stage: Callable[[str], Run], stage: str
) -> None:
    run = at_stage(stage)
    app = open_page("start", run)
    assert [box for box in app.get("page_link") if run.title]
    folder: Path = run.stored.path
    shutil.rmtree(folder)
    app.run()
    assert not app.exception
    assert all(run.id not in str(error.value) or "deleted" in error.value for error in app.error)


def test_its_job_is_stopped_when_that_is_seen(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    run, begun = at_stage("teacher"), threading.Event()

    def stage(control: Control) -> Generator[Event, None, None]:
        while not control.over:
            control.take_requests()
            begun.set()
            # as a real job, which takes some time for what it tells
            time.sleep(0.01)
            yield Note("expand", "at work")

    job = process.board().submit(stage, run=run.id, label="Expand: it")
    assert begun.wait(60)
    app = open_page("expand", run)
    assert job.state == "running"
    with gone(run):
        app.run()
        assert not app.exception
        assert job.wait(60) and job.state == "stopped"
