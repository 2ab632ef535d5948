"""A paused job holds nobody up: it gives its device away, keeps its state and queues again."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator

import numpy as np
import pytest

from ec_core.control import Control
from ec_core.errors import JobError
from ec_core.events import Event, Note
from ec_core.expand.config import ExpandConfig
from ec_core.expand.trainer import expand
from ec_core.jobs import FINISHED, PAUSED, QUEUED, RUNNING, STOPPED, Job, JobBoard
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import make_probes
from tests.jobs.stages import PATIENCE, Gate
from tests.steps import drain


def begun(board: JobBoard, gate: Gate, label: str) -> Job:
    job = board.submit(gate, run=label, label=label)
    assert gate.begun.wait(PATIENCE)
    return job


def paused(board: JobBoard, gate: Gate, label: str) -> Job:
    job = begun(board, gate, label)
    job.pause()
    return job


def let_end(job: Job, gate: Gate) -> str:
    gate.opened.set()
    assert job.wait(PATIENCE)
    return job.state


def test_the_next_in_line_runs_while_a_job_is_paused(board: JobBoard) -> None:
    first, second, third = Gate("first"), Gate("second"), Gate("third")
    held = paused(board, first, "first")
    short = begun(board, second, "second")
    assert (held.state, short.state) == (PAUSED, RUNNING)
    assert let_end(short, second) == FINISHED
    assert let_end(begun(board, third, "third"), third) == FINISHED
    assert held.state == PAUSED
    held.resume()
    assert let_end(held, first) == FINISHED and held.snapshot().result == "first"


def test_continued_it_queues_again_at_the_end_and_keeps_its_state(board: JobBoard) -> None:
    first, second, third = Gate(), Gate(), Gate()
    held = paused(board, first, "first")
    running = begun(board, second, "second")
    waiting = board.submit(third, run="third", label="third")
    done = first.iterations
    held.resume()
    again = held.snapshot()
    assert (again.state, again.waiting_for) == (QUEUED, ("second", "third"))
    assert again.started is not None
    with pytest.raises(JobError, match="it is queued, not running"):
        held.pause()
    assert let_end(running, second) == FINISHED
    assert third.begun.wait(PATIENCE)
    assert held.state == QUEUED and first.iterations == done
    assert let_end(waiting, third) == FINISHED
    assert let_end(held, first) == FINISHED
    # the same stage went on: it was not begun anew
    seen = held.snapshot().seen
    assert seen.training is not None and seen.training.iteration == first.iterations >= done


def test_it_gives_way_within_a_stage_that_reports_nothing(board: JobBoard) -> None:
    """Long stretches without an event look at their control, too."""
    inside, goal = threading.Event(), threading.Event()

    def stage(control: Control) -> Generator[Event, None, str]:
        while not goal.is_set():
            control.take_requests()
            inside.set()
        yield Note("expand", "the first word")
        return "done"

    held = board.submit(stage, run="long", label="long")
    assert inside.wait(PATIENCE)
    held.pause()
    other = Gate()
    assert let_end(begun(board, other, "short"), other) == FINISHED
    goal.set()
    assert held.state == PAUSED
    held.resume()
    assert held.wait(PATIENCE) and held.state == FINISHED


def test_it_gives_way_between_events_of_a_stage_that_never_asks(board: JobBoard) -> None:
    go = threading.Event()

    def stage(control: Control) -> Generator[Event, None, str]:
        while not go.wait(0.001):
            yield Note("expand", "deaf")
        return "done"

    held = board.submit(stage, run="deaf", label="deaf")
    held.pause()
    other = Gate()
    assert let_end(begun(board, other, "short"), other) == FINISHED
    held.resume()
    go.set()
    assert held.wait(PATIENCE) and held.state == FINISHED


@pytest.mark.parametrize("again", [False, True], ids=["paused", "queued again"])
def test_stopped_it_ends_at_once_with_what_it_has(board: JobBoard, again: bool) -> None:
    first, second, third = Gate("as far as it came"), Gate(), Gate()
    held = paused(board, first, "first")
    running = begun(board, second, "second")
    waiting = board.submit(third, run="third", label="third")
    if again:
        held.resume()
    held.stop()
    assert held.wait(PATIENCE)
    after = held.snapshot()
    assert (after.state, after.result) == (STOPPED, "as far as it came")
    # whoever has the device keeps it, and the line behind it stands as it did
    assert running.state == RUNNING and waiting.snapshot().waiting_for == ("second",)
    assert let_end(running, second) == let_end(waiting, third) == FINISHED


def test_closing_ends_paused_jobs_and_those_that_queue_again() -> None:
    board = JobBoard()
    before = threading.active_count()
    one, two = (paused(board, Gate(), label) for label in ("one", "two"))
    running = begun(board, Gate(), "three")
    two.resume()
    assert board.close(PATIENCE)
    assert [job.state for job in (one, two, running)] == [STOPPED] * 3
    assert threading.active_count() == before


def test_a_job_that_has_ended_leaves_no_thread(board: JobBoard) -> None:
    gate = Gate()
    job = begun(board, gate, "only")
    assert job.thread_alive
    let_end(job, gate)
    assert job.join(PATIENCE) and not job.thread_alive


def test_a_pause_counts_neither_as_work_nor_against_the_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [5.0]
    monkeypatch.setattr("ec_core.control.time.monotonic", lambda: now[0])
    # a pause of an hour
    control = Control(60.0, hold=lambda: now.__setitem__(0, now[0] + 3600.0))
    before = control.clock()
    control.pause()
    control.take_requests()
    assert (control.remaining(), control.clock()) == (60.0, before)


def test_a_paused_job_has_worked_no_longer_than_until_its_pause(board: JobBoard) -> None:
    held = paused(board, Gate(), "held")
    other = Gate()
    begun(board, other, "other")  # so that it has given way
    before = held.snapshot().seconds
    threading.Event().wait(0.02)
    assert held.snapshot().seconds == pytest.approx(before, abs=1e-3)


def training(seed: int) -> Callable[[Control], Generator[Event, None, object]]:
    teacher = make_teacher("planar", seed=1).network
    x = np.random.default_rng(seed).standard_normal((300, 2))
    config = ExpandConfig(students=3, width=5, iterations=12, seed=seed, device="cpu")

    def stage(control: Control) -> Generator[Event, None, object]:
        return expand(make_probes(x, teacher(x), seed), "tanh", config, control)

    return stage


def test_a_training_that_was_paused_ends_in_the_same_numbers(board: JobBoard) -> None:
    expected = {seed: drain(training(seed)(Control()))[1] for seed in (0, 1)}
    third = threading.Event()

    def interrupted(control: Control) -> Generator[Event, None, object]:
        steps, told = training(0)(control), 0
        while True:
            try:
                event = next(steps)
            except StopIteration as end:
                return end.value
            yield event
            told += 1
            if told == 3:
                control.pause()
                third.set()

    held = board.submit(interrupted, run="held", label="held")
    assert third.wait(PATIENCE)
    between = board.submit(training(1), run="between", label="between")
    assert between.wait(PATIENCE)
    held.resume()
    assert held.wait(PATIENCE)
    for seed, job in enumerate((held, between)):
        found, wanted = job.snapshot().result, expected[seed]
        assert np.array_equal(found.theta, wanted.theta)  # type: ignore[attr-defined]


def test_who_waits_is_told_how_long_the_others_take(
    board: JobBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Foreseen, foreseen too short, capped by a budget, and unknown; all have had their turn."""
    monkeypatch.setattr("ec_core.jobs.turns.TURN", 0.0)

    def submit(label: str, total: float | None, seconds: float | None = None) -> Job:
        return board.submit(
            Gate(), run=label, label=label, seconds=seconds, expected=lambda seen: total
        )

    gate = Gate()
    board.submit(gate, run="r", label="now", expected=lambda seen: 1e4)
    assert gate.begun.wait(PATIENCE)
    submit("known", 240.0), submit("late", -1.0), submit("capped", 900.0, 60.0)
    submit("unknown", None), submit("bounded", None, 30.0)
    ahead = submit("mine", 1.0).snapshot().ahead
    assert [one.label for one in ahead] == ["now", "known", "late", "capped", "unknown", "bounded"]
    assert [one.left for one in ahead[1:]] == [240.0, 0.0, 60.0, None, 30.0]
    assert ahead[0].left is not None and 9e3 < ahead[0].left < 1e4 and ahead[0].seconds > 0
    assert [one.seconds for one in ahead[1:]] == [0.0] * 5


def test_many_pause_continue_and_stop_at_once(board: JobBoard) -> None:
    """Whatever comes together, one job has the device at a time and every job ends once."""
    ends: list[str] = []
    inside, most = [0], [0]
    lock = threading.Lock()

    def stage(control: Control) -> Generator[Event, None, str]:
        for _ in range(20):
            control.take_requests()
            if control.over:
                break
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            threading.Event().wait(1e-4)
            with lock:
                inside[0] -= 1
            yield Note("expand", "step")
        return "done"

    jobs = [
        board.submit(stage, run=str(i), label=str(i), on_end=lambda end: ends.append(end.id))
        for i in range(12)
    ]

    def person(at: int) -> None:
        for round_ in range(40):
            job = jobs[(at + round_) % len(jobs)]
            for act in (job.pause, job.resume):
                with contextlib.suppress(JobError):
                    act()
            job.snapshot()

    people = [threading.Thread(target=person, args=(at,)) for at in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    for job in jobs:
        if job.state == PAUSED:
            job.resume()
    for job in jobs:
        assert job.wait(PATIENCE) and job.state == FINISHED
    assert sorted(ends) == sorted(job.id for job in jobs)
    assert most[0] == 1
