"""Nobody waits without knowing behind what, and a paused job makes nobody wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core.benchmark import Outcome, Problem, ProblemEnded, Settings
from ec_core.control import Control
from ec_core.events import Event, Note, TrainingProgress
from ec_core.jobs import Job, JobBoard, Seen, Waiting
from ec_core.jobs.buffer import EventBuffer
from ec_core.runs import expected
from ec_core.runs.run import Run
from pages.parts import job_controls
from pages.shell import process, waiting

Opener = Callable[..., AppTest]
PATIENCE = 60


class Endless:
    """A stage that works until it is stopped."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    def __call__(self, control: Control) -> Generator[Event, None, None]:
        while not control.over:
            control.take_requests()
            yield Note("expand", "at work")
            self.begun.set()
            control.clock()


@pytest.fixture
def long_job() -> Iterator[Job]:
    """Somebody else's job on the processor, in the app's own line."""
    stage = Endless()
    job = process.board().submit(
        stage, run="other", label="Expand: other", expected=lambda seen: 600
    )
    assert stage.begun.wait(PATIENCE)
    yield job
    job.stop()
    assert job.wait(PATIENCE)


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in app.container(key="job_state").html)


def test_a_waiting_person_sees_place_and_time(
    open_page: Opener, at_stage: Callable[[str], Run], long_job: Job
) -> None:
    run = at_stage("teacher")
    app = open_page("expand", run)
    app.button(key="start_expand").click().run()
    assert not app.exception
    # the long one steps back for who has had no turn
    assert "Waiting: 1 job before yours, about a minute" in said(app)
    app.button(key="job_stop").click().run()
    job = process.job_of(run)
    assert job is not None and job.wait(PATIENCE) and job.state == "stopped"


def test_a_paused_job_lets_the_next_one_run_and_waits_for_it_when_continued(
    open_page: Opener, at_stage: Callable[[str], Run], long_job: Job
) -> None:
    long_job.pause()
    run = at_stage("teacher")
    app = open_page("expand", run)
    app.button(key="start_expand").click().run()
    job = process.job_of(run)
    # it is through although the other was never continued
    assert job is not None and job.wait(PATIENCE) and job.state == "finished"
    assert long_job.state == "paused"
    assert job_controls.state_line(long_job.snapshot()) == "Paused, and in nobody’s way"
    # and the other, once continued, waits behind whoever is at work then
    stage = Endless()
    third = process.board().submit(stage, run="third", label="third")
    assert stage.begun.wait(PATIENCE)
    long_job.resume()
    line = job_controls.state_line(long_job.snapshot())
    assert line == "Waiting to go on: 1 job before yours, about a minute"
    third.stop()
    assert third.wait(PATIENCE)


@pytest.mark.parametrize(
    ("ahead", "sentence"),
    [
        ((), "about to start"),
        ((Waiting("a", 5.0, 20.0),), "1 job before yours, about a minute"),
        (
            (Waiting("a", 700.0, 0.0), Waiting("b", 0.0, 600.0)),
            "2 jobs before yours, about 10 min without it; the one at work takes longer than "
            "foreseen, 11 min 40 s so far",
        ),
        (
            (Waiting("a", 9.0, None), Waiting("b", 0.0, 600.0), Waiting("c", 0.0, None)),
            "3 jobs before yours, at least 10 min; of 2 of them nobody can tell",
        ),
    ],
)
def test_the_sentence_says_no_more_than_is_known(ahead: tuple[Waiting, ...], sentence: str) -> None:
    assert waiting.sentence(ahead) == sentence


def test_place_and_time_of_a_longer_line() -> None:
    lines, stage = JobBoard(), Endless()
    lines.submit(stage, run="a", label="first", expected=lambda seen: None)
    assert stage.begun.wait(PATIENCE)
    lines.submit(Endless(), run="b", label="second", expected=lambda seen: 1200.0)
    third = lines.submit(Endless(), run="c", label="third")
    assert job_controls.state_line(third.snapshot()) == (
        "Waiting: 2 jobs before yours, about a minute"
    )
    assert lines.close(PATIENCE)


def seen_of(*events: Event) -> Seen:
    buffer = EventBuffer()
    for event in events:
        buffer.put(event)
    return buffer.seen()


def ended(number: int, seconds: float, kept: bool) -> ProblemEnded:
    problem = Problem(2, 2, 0, Settings())
    outcome = Outcome(
        problem=problem,
        device="cpu",
        threads=1,
        seconds=seconds,
        sizes=(2, 2, 1),
        verified=True,
        reasons=(),
        converged=1,
        loss=0.0,
        heldout_loss=0.0,
        max_weight_error=0.0,
        function_error=0.0,
    )
    return ProblemEnded("benchmark", outcome, number, 10, kept)


def test_the_problems_left_take_as_long_as_those_solved() -> None:
    assert expected.solving(seen_of()) is None
    # two lay on the disk, two took 4 s and 6 s, six are to come
    seen = seen_of(ended(1, 99, True), ended(2, 99, True), ended(3, 4, False), ended(4, 6, False))
    assert expected.solving(seen) == 5 * 8


def test_every_kind_of_job_of_a_run_is_foreseen(planar: Run) -> None:
    nothing = seen_of()
    for kind in (expected.training, expected.building, expected.whole):
        seconds = kind(planar)(nothing)
        assert seconds is not None and seconds > 0


def test_a_training_that_is_slower_than_foreseen_is_foreseen_anew(planar: Run) -> None:
    progress = TrainingProgress(
        *("expand", 2, np.ones(4), ("training",) * 4, np.full(4, 2), np.zeros(4, dtype=int), 6),
        *(20.0, 0.4),
    )
    takes, allowed = expected.training(planar), planar.settings().recover_config("tanh")
    iterations = allowed.expand_config().iterations
    assert takes(seen_of(progress)) == 10.0 * iterations
    assert takes(seen_of(replace(progress, planned=3))) == 10.0 * 3
    # the pace of the few that look for a width says nothing about all of them
    assert takes(seen_of(replace(progress, searching=True))) == takes(seen_of())


def test_those_who_wait_are_not_told_of_a_delay_while_iterations_are_left(planar: Run) -> None:
    """A job of 59 iterations was called late because 40 are typical; it may use 120."""
    progress = TrainingProgress(
        *("expand", 59, np.ones(4), ("training", "converged", "stalled", "training")),
        *(np.array([59, 20, 30, 36]), np.zeros(4, dtype=int), 6),
        *(29.5, 4.0),
    )
    assert expected.training(planar)(seen_of(progress)) == 29.5 + 0.5 * (120 - 36)
