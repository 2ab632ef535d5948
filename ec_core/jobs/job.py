"""One piece of background work and the states it goes through.

    queued ──> running <──> paused
      │           │            │
      │           └──> stopping <┘        (asked to end; its current iteration still runs)
      │                   │
      └──> stopped     finished / stopped / failed

``stopping`` is said, not hidden: Python threads cannot be killed, so work that was asked to stop
goes on until it next looks at its Control. Only ``finished``, ``stopped`` and ``failed`` mean that
nothing runs any more. ``paused`` likewise means asked to pause; a paused job keeps its device.
A stopped job has a result if the stage had one to give (the students as far as they came); one
stopped in the queue has none.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

from ec_core.control import Control
from ec_core.errors import JobError
from ec_core.events import Event
from ec_core.jobs.buffer import EventBuffer, Seen
from ec_core.jobs.outcome import ENDED, STOPPED, Outcome, failure

QUEUED, RUNNING, PAUSED, STOPPING = "queued", "running", "paused", "stopping"

Stage = Callable[[Control], Generator[Event, None, Any]]
"""A stage with everything but its control already given to it."""


@dataclass(frozen=True)
class JobSnapshot:
    """A job at one moment: plain data, nothing that changes later.

    position : how many jobs come before it (0 when it runs, has ended or is about to start)
    waiting_for : the labels of those, the running one first
    seen : events so far (progress, curves, notes)
    result : what the stage returned; may be there for a stopped job too
    error : one sentence for a person; details : the traceback, for the log
    submitted, started, ended : seconds since the epoch, None if not yet
    """

    id: str
    run: str
    label: str
    device: str
    state: str
    position: int
    waiting_for: tuple[str, ...]
    seen: Seen
    result: Any
    error: str | None
    details: str | None
    submitted: float
    started: float | None
    ended: float | None

    @property
    def over(self) -> bool:
        """Has it ended, so that nothing of it runs any more?"""
        return self.state in ENDED

    @property
    def seconds(self) -> float:
        """How long it has been running (0 in the queue)."""
        if self.started is None:
            return 0.0
        return max(0.0, (time.time() if self.ended is None else self.ended) - self.started)


OnEnd = Callable[[JobSnapshot], None]
"""Called once, in the thread that ends the job, before its end can be seen by others."""


class Line(Protocol):
    """The queue a job stands in: what its worker offers it. ``lock`` guards the states of all."""

    device: str
    lock: threading.RLock

    def before(self, job: Job) -> tuple[str, ...]:
        """Labels of the jobs before this one, the running one first."""
        ...

    def withdraw(self, job: Job) -> bool:
        """Take it out of the line; False if it is no longer in it."""
        ...


class Job:
    """Made by ``JobBoard.submit``; every method may be called from any thread.

    seconds : wall-clock budget, counted from the moment the job runs (not from when it queues)
    """

    def __init__(
        self,
        stage: Stage,
        run: str,
        label: str,
        line: Line,
        seconds: float | None = None,
        on_end: OnEnd | None = None,
    ) -> None:
        self.id = secrets.token_hex(4)
        self.run, self.label, self.device = run, label, line.device
        self._stage = stage
        self.buffer = EventBuffer()
        self._line, self._budget, self._on_end = line, seconds, on_end
        self._over = threading.Event()
        self._outcome: Outcome | None = None
        self._control: Control | None = None
        self._submitted = time.time()
        self._started: float | None = None
        self._ended: float | None = None

    # what the worker calls

    def begin(self) -> Control:
        with self._line.lock:
            self._started = time.time()
            self._control = Control(self._budget)
            return self._control

    def drain(self, control: Control) -> Any:
        """Run the stage to its end, event by event; its result."""
        stage = self._stage(control)
        while True:
            try:
                self.buffer.put(next(stage))
            except StopIteration as stop:
                return stop.value

    def end(self, outcome: Outcome) -> None:
        """Tell ``on_end``, then let everyone see the end.

        In this order, so that whoever sees a finished job also finds its stored result. If storing
        fails the job has failed, and says why, but keeps its result.
        """
        with self._line.lock:
            self._ended = time.time()
        if self._on_end is not None:
            try:
                self._on_end(self._snapshot(outcome))
            except BaseException as error:  # even SystemExit must not end the worker
                outcome = failure(error, "The result could not be stored", outcome.result)
        with self._line.lock:
            self._outcome = outcome
        self._over.set()

    # what people call

    @property
    def over(self) -> bool:
        """Has it ended, so that nothing of it runs any more?"""
        return self._over.is_set()

    @property
    def control(self) -> Control | None:
        """The handle of the running stage; None while it waits in line."""
        return self._control

    @property
    def state(self) -> str:
        with self._line.lock:
            return self._state(self._outcome)

    def _state(self, outcome: Outcome | None) -> str:
        if outcome is not None:
            return outcome.state
        if self._control is None:
            return QUEUED
        if self._control.stopped:
            return STOPPING
        return PAUSED if self._control.paused else RUNNING

    def stop(self) -> None:
        """Take it out of the line, or ask it to end after its current iteration; idempotent."""
        with self._line.lock:
            withdrawn = self._line.withdraw(self)
            if not withdrawn and self._control is not None:
                self._control.stop()
        if withdrawn:
            self.end(Outcome(STOPPED))

    def pause(self) -> None:
        """Hold it after its current iteration. Raises JobError unless it runs."""
        self._running("pause").pause()

    def resume(self) -> None:
        """Let a paused job go on. Raises JobError unless it runs."""
        self._running("continue").resume()

    def stop_student(self, student: int) -> None:
        """Freeze one student where it is. Raises JobError unless the job runs."""
        self._running("stop a student of").stop_student(student)

    def restart_student(self, student: int) -> None:
        """Start one student anew. Raises JobError unless the job runs."""
        self._running("restart a student of").restart_student(student)

    def _running(self, what: str) -> Control:
        with self._line.lock:
            state = self._state(self._outcome)
            if self._control is None or state not in (RUNNING, PAUSED):
                raise JobError(f"Cannot {what} “{self.label}”: it is {state}, not running.")
            return self._control

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it has ended; False if ``timeout`` seconds pass first."""
        return self._over.wait(timeout)

    def snapshot(self) -> JobSnapshot:
        """Everything about it at this moment, without disturbing it."""
        return self._snapshot(None)

    def _snapshot(self, outcome: Outcome | None) -> JobSnapshot:
        with self._line.lock:
            outcome = outcome or self._outcome
            state = self._state(outcome)
            before = self._line.before(self) if state == QUEUED else ()
            times = (self._submitted, self._started, self._ended if outcome else None)
        done = outcome or Outcome(state)
        return JobSnapshot(
            self.id,
            self.run,
            self.label,
            self.device,
            state,
            len(before),
            before,
            # after the state: a job seen as ended shows all of its events
            self.buffer.seen(),
            done.result,
            done.error,
            done.details,
            *times,
        )
