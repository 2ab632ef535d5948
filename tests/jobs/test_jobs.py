"""The states of a job, the order of the line, and a line that survives everything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

import pytest

from ec_core.control import Control
from ec_core.errors import InputError, JobError
from ec_core.events import Event, Note
from ec_core.jobs import (
    FAILED,
    FINISHED,
    PAUSED,
    QUEUED,
    RUNNING,
    STOPPED,
    STOPPING,
    Job,
    JobBoard,
    JobSnapshot,
)
from tests.jobs.stages import PATIENCE, Gate


def raising(error: BaseException) -> Callable[[Control], Generator[Event, None, None]]:
    def stage(control: Control) -> Generator[Event, None, None]:
        yield Note("expand", "so far so good")
        raise error

    return stage


def ended(job: Job) -> JobSnapshot:
    assert job.wait(PATIENCE)
    return job.snapshot()


def test_a_job_runs_and_shows_its_result_and_all_its_notes(board: JobBoard) -> None:
    gate = Gate(result=[1, 2])
    job = board.submit(gate, run="r1", label="expand")
    gate.begun.wait(PATIENCE)
    during = job.snapshot()
    assert (during.state, during.position, during.waiting_for, during.over) == (
        RUNNING,
        0,
        (),
        False,
    )
    assert during.seen.training is not None and during.result is None and during.ended is None
    gate.opened.set()
    after = ended(job)
    assert (after.state, after.result, after.error, after.over) == (FINISHED, [1, 2], None, True)
    assert after.started is not None and after.ended is not None
    assert after.submitted <= after.started <= after.ended
    assert after.seconds == after.ended - after.started


def test_jobs_run_one_at_a_time_in_the_order_they_came(board: JobBoard) -> None:
    order: list[str] = []
    line = [Gate(result=name, order=order) for name in "abcd"]
    jobs = [board.submit(gate, run=gate.result, label=gate.result) for gate in line]
    line[0].begun.wait(PATIENCE)
    third = jobs[2].snapshot()
    assert (third.state, third.position, third.waiting_for) == (QUEUED, 2, ("a", "b"))
    assert third.seconds == 0.0 and third.started is None
    for i, gate in enumerate(line):
        gate.begun.wait(PATIENCE)
        assert order == list("abcd")[: i + 1]
        gate.opened.set()
        ended(jobs[i])
    assert board.jobs() == tuple(jobs)
    assert board.of_run("c") is jobs[2] and board.get(jobs[1].id) is jobs[1]
    assert board.of_run("nobody") is None and board.get("nobody") is None


def test_devices_have_lines_of_their_own(board: JobBoard) -> None:
    one, two = Gate(), Gate()
    board.submit(one, run="r1", label="one", device="cpu")
    board.submit(two, run="r2", label="two", device="cuda:0")
    assert one.begun.wait(PATIENCE) and two.begun.wait(PATIENCE)


def test_stopped_in_the_queue_it_never_runs(board: JobBoard) -> None:
    ends: list[JobSnapshot] = []
    first, second, third = Gate(), Gate(), Gate()
    running = board.submit(first, run="r1", label="first")
    waiting = board.submit(second, run="r2", label="second", on_end=ends.append)
    last = board.submit(third, run="r3", label="third")
    first.begun.wait(PATIENCE)
    assert last.snapshot().position == 2
    waiting.stop()
    assert last.snapshot().waiting_for == ("first",)
    after = ended(waiting)
    assert (after.state, after.result, after.started) == (STOPPED, None, None)
    first.opened.set()
    assert ended(running).state == FINISHED
    third.begun.wait(PATIENCE)
    assert not second.begun.is_set()
    waiting.stop()
    assert [snapshot.state for snapshot in ends] == [STOPPED]


def test_stopped_while_running_it_keeps_what_it_has(board: JobBoard) -> None:
    gate = Gate(result="as far as it came")
    job = board.submit(gate, run="r1", label="expand")
    gate.begun.wait(PATIENCE)
    job.stop()
    job.stop()
    after = ended(job)
    assert (after.state, after.result) == (STOPPED, "as far as it came")
    job.stop()
    assert job.state == STOPPED


def test_stopping_is_said_while_the_iteration_still_runs(board: JobBoard) -> None:
    inside, release = threading.Event(), threading.Event()

    def stage(control: Control) -> Generator[Event, None, str]:
        inside.set()
        release.wait()
        yield Note("expand", "the iteration at hand ends")
        return "late"

    job = board.submit(stage, run="r1", label="expand")
    inside.wait(PATIENCE)
    job.stop()
    assert job.state == STOPPING and not job.over
    for act in (job.pause, job.resume, lambda: job.stop_student(0)):
        with pytest.raises(JobError, match="it is stopping, not running"):
            act()
    release.set()
    assert ended(job).result == "late"


def test_pause_and_continue(board: JobBoard) -> None:
    gate = Gate()
    job = board.submit(gate, run="r1", label="expand")
    gate.begun.wait(PATIENCE)
    job.pause()
    assert job.state == PAUSED
    job.resume()
    assert job.state == RUNNING
    gate.opened.set()
    assert ended(job).state == FINISHED
    for act in (job.pause, job.resume):
        with pytest.raises(JobError, match="it is finished, not running"):
            act()


def test_a_paused_job_can_be_stopped(board: JobBoard) -> None:
    gate = Gate()
    job = board.submit(gate, run="r1", label="expand")
    gate.begun.wait(PATIENCE)
    job.pause()
    job.stop()
    assert ended(job).state == STOPPED


def test_student_requests_reach_the_stage(board: JobBoard) -> None:
    got: list[tuple[str, int]] = []
    ready, sent = threading.Event(), threading.Event()

    def stage(control: Control) -> Generator[Event, None, None]:
        yield Note("expand", "begin")
        ready.set()
        sent.wait()
        got.extend(control.take_requests())

    job = board.submit(stage, run="r1", label="expand")
    ready.wait(PATIENCE)
    job.stop_student(3)
    job.restart_student(1)
    sent.set()
    ended(job)
    assert got == [("stop", 3), ("restart", 1)]


def test_the_budget_counts_from_the_start_not_from_the_queue(board: JobBoard) -> None:
    first = Gate()
    remaining: list[float] = []

    def stage(control: Control) -> Generator[Event, None, None]:
        remaining.append(control.remaining())
        yield Note("expand", "begin")

    board.submit(first, run="r1", label="first")
    job = board.submit(stage, run="r2", label="second", seconds=1e6)
    first.begun.wait(PATIENCE)
    assert job.control is None
    first.opened.set()
    ended(job)
    assert job.control is not None
    assert job.control.remaining() <= remaining[0] <= 1e6


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InputError("There are 3 probes; expected 5."), "There are 3 probes; expected 5."),
        (
            ZeroDivisionError("division by zero"),
            "The work broke off because of an unexpected ZeroDivisionError: division by zero.",
        ),
        (SystemExit(), "The work broke off because of an unexpected SystemExit."),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 8 bytes"),
            "The work broke off for want of memory; "
            "try fewer students, a smaller width or fewer probes.",
        ),
    ],
)
def test_a_failed_job_says_why_and_the_worker_goes_on(
    board: JobBoard, error: BaseException, sentence: str
) -> None:
    job = board.submit(raising(error), run="r1", label="bad")
    after = ended(job)
    assert (after.state, after.error, after.result) == (FAILED, sentence, None)
    assert after.details is not None and "Traceback" in after.details
    assert after.seen.notes[0].message == "so far so good"
    gate = Gate()
    gate.opened.set()
    assert ended(board.submit(gate, run="r2", label="good")).state == FINISHED


@pytest.mark.parametrize("error", [InputError("There are 3 probes."), ZeroDivisionError("oh")])
def test_what_a_sentence_tells_is_one_line_of_the_log_and_all_else_a_traceback(
    board: JobBoard, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    with caplog.at_level("WARNING", "ec_core.jobs"):
        ended(board.submit(raising(error), run="r1", label="bad"))
    (record,) = caplog.records
    if isinstance(error, InputError):
        assert record.exc_info is None and record.getMessage().endswith("There are 3 probes.")
        assert "\n" not in caplog.text.strip()
    else:
        assert record.exc_info is not None and "Traceback" in caplog.text


def test_a_stage_that_is_no_generator_function_fails_like_any_other(board: JobBoard) -> None:
    def stage(control: Control) -> Any:
        raise InputError("No such preset.")

    assert ended(board.submit(stage, run="r1", label="bad")).error == "No such preset."


def test_on_end_comes_before_the_end_can_be_seen(board: JobBoard) -> None:
    seen: list[tuple[str, str, bool]] = []

    def on_end(snapshot: JobSnapshot) -> None:
        seen.append((snapshot.state, snapshot.result, jobs[0].over))

    gate = Gate()
    jobs: list[Job] = []
    jobs.append(board.submit(gate, run="r1", label="expand", on_end=on_end))
    gate.opened.set()
    ended(jobs[0])
    assert seen == [(FINISHED, "done", False)]


def test_a_result_that_cannot_be_stored_is_reported_and_kept(board: JobBoard) -> None:
    def on_end(snapshot: JobSnapshot) -> None:
        raise OSError("disk full")

    gate = Gate()
    gate.opened.set()
    after = ended(board.submit(gate, run="r1", label="expand", on_end=on_end))
    assert after.state == FAILED and after.result == "done"
    assert after.error == (
        "The result could not be stored because of an unexpected OSError: disk full."
    )


def test_on_end_may_submit_the_next_stage(board: JobBoard) -> None:
    gate, then = Gate(), Gate(result="second")
    gate.opened.set()
    then.opened.set()

    def on_end(snapshot: JobSnapshot) -> None:
        board.submit(then, run="r1", label="reconstruct")

    ended(board.submit(gate, run="r1", label="expand", on_end=on_end))
    newest = board.of_run("r1")
    assert newest is not None and ended(newest).result == "second"
    assert [job.label for job in board.jobs_of("r1")] == ["expand", "reconstruct"]


def test_only_the_newest_ended_jobs_are_remembered() -> None:
    board = JobBoard(keep_ended=2)
    jobs = []
    for i in range(5):
        gate = Gate(result=i)
        gate.opened.set()
        jobs.append(board.submit(gate, run=str(i), label=str(i)))
        ended(jobs[-1])
    # the fifth was still running when the others were counted
    assert board.jobs() == tuple(jobs[2:])
    assert board.close(PATIENCE)


def test_a_closed_board_has_stopped_everything_and_takes_no_more() -> None:
    board, first, second = JobBoard(), Gate(), Gate()
    jobs = [board.submit(gate, run="r1", label="x") for gate in (first, second)]
    first.begun.wait(PATIENCE)
    assert board.close(PATIENCE)
    assert [job.state for job in jobs] == [STOPPED, STOPPED]
    with pytest.raises(JobError, match="closed"):
        board.submit(Gate(), run="r1", label="x")
    assert len(board.jobs()) == 2


def test_many_submit_stop_and_read_at_once(board: JobBoard) -> None:
    """Every job ends once, in one of the two ways it can, whoever gets there first."""
    ends: list[str] = []
    jobs: list[Job] = []

    def one(person: int) -> None:
        for i in range(15):
            gate = Gate()
            gate.opened.set()
            job = board.submit(
                gate, run=str(person), label=str(i), on_end=lambda end: ends.append(end.id)
            )
            jobs.append(job)
            job.snapshot()
            if i % 2:
                job.stop()

    people = [threading.Thread(target=one, args=(person,)) for person in range(6)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    states = {ended(job).state for job in jobs}
    assert states <= {FINISHED, STOPPED}
    assert sorted(ends) == sorted(job.id for job in jobs) and len(jobs) == 90
