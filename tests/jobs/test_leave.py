"""A server ends: jobs write down where they stand, and end there without having come to an end."""

from __future__ import annotations

import threading
from collections.abc import Generator

import numpy as np
import pytest

from ec_core.checkpoints import Checkpoints, LeftError, Memory
from ec_core.control import Control
from ec_core.errors import JobError
from ec_core.events import Event
from ec_core.jobs import FINISHED, LEFT, JobBoard, JobSnapshot
from ec_core.store.database import INTERRUPTED
from tests.jobs.stages import PATIENCE, Gate, progress

LONG = 3600.0
"""Seconds from one writing to the next: none is due in a test."""


class Sum:
    """Adds up the numbers below ``most``, and waits for ``go`` behind the first ten of them."""

    def __init__(self, memory: Memory, most: int = 30) -> None:
        self.memory, self.most = memory, most
        self.there, self.go = threading.Event(), threading.Event()
        self.steps = 0

    def __call__(self, control: Control) -> Generator[Event, None, int]:
        control.marks = Checkpoints(self.memory, LONG, lambda: control.leaving)
        mark = control.marks.open("sum")
        at, total = (0, 0) if mark.values is None else map(int, mark.values["state"])
        while at < self.most:
            control.take_requests()
            at, total, self.steps = at + 1, total + at, self.steps + 1
            if self.steps == 10:
                self.there.set()
                assert self.go.wait(PATIENCE)
            yield progress(at, [1.0])
            state = np.array([at, total])
            mark.tick(lambda state=state: {"state": state})  # type: ignore[misc]
        return total


def test_a_job_leaves_and_another_goes_on(board: JobBoard) -> None:
    memory, ended = Memory(), list[JobSnapshot]()
    first = Sum(memory)
    job = board.submit(first, run="r", label="r", lasting=True, on_end=ended.append)
    assert first.there.wait(PATIENCE)
    assert board.leave(0.0) == (job,) and job.state == "stopping"
    first.go.set()
    assert job.wait(PATIENCE) and job.state == LEFT == INTERRUPTED and first.steps == 10
    assert [snapshot.state for snapshot in ended] == [LEFT] and job.snapshot().result is None
    after, second = JobBoard(), Sum(memory)
    second.go.set()
    again = after.submit(second, run="r", label="r", lasting=True)
    assert again.wait(PATIENCE) and again.state == FINISHED
    assert again.snapshot().result == sum(range(30)) and second.steps == 20
    assert after.close(PATIENCE)


def test_those_who_wait_leave_too_and_nothing_begins(board: JobBoard) -> None:
    """In line, set aside by a person, and one that keeps nothing, which only ends."""
    memory, waiting, brief = Memory(), Sum(Memory()), Gate()
    first = Sum(memory)
    aside = board.submit(first, run="a", label="a", lasting=True)
    assert first.there.wait(PATIENCE)
    aside.pause()
    first.go.set()
    holder = board.submit(brief, run="b", label="b")
    assert brief.begun.wait(PATIENCE)
    queued = board.submit(waiting, run="c", label="c", lasting=True)
    assert board.leave(PATIENCE) == ()
    assert (aside.state, queued.state) == (LEFT, LEFT) and waiting.steps == 0
    assert first.steps == 10 and memory.records["0"].values["state"].tolist() == [10, 45]
    assert holder.state == "running"
    with pytest.raises(JobError, match="the app is being closed"):
        board.submit(brief, run="d", label="d")
    with pytest.raises(JobError, match="the app is being closed"):
        board.submit(brief, run="d", label="d", device="another")
    brief.opened.set()
    assert holder.wait(PATIENCE) and holder.state == FINISHED


def test_between_two_loops_nothing_is_lost() -> None:
    """Asked to leave when a loop has ended, its result is kept, and the next is not begun."""
    memory, leave = Memory(), threading.Event()
    marks = Checkpoints(memory, LONG, leave.is_set)
    mark = marks.open("first")
    mark.end({"x": np.array(1.0)})
    leave.set()
    with pytest.raises(LeftError):
        marks.open("second")
    (record,) = memory.records.values()
    assert (record.name, record.done) == ("first", True)


def test_work_whose_place_is_not_kept_is_not_left() -> None:
    control = Control()
    control.leave()
    mark = control.marks.open("a loop")
    mark.tick(dict)
    assert not control.over


def test_a_disk_that_is_full_keeps_nobody() -> None:
    class Full(Memory):
        def save(self, records: object, gone: object) -> None:
            raise OSError("No space left on device")

    mark = Checkpoints(Full(), LONG, lambda: True)
    with pytest.raises(LeftError):
        mark.open("a loop")
    assert mark.trouble == "No space left on device"
