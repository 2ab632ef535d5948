"""One piece of background work and the states it goes through.

    queued ──> running ──> (paused ──>) queued ──> running ──> …
      │           │           │          │
      │           └──────> stopping <────┘     (asked to end; its current iteration still runs)
      │                       │
      └──> stopped         finished / stopped / failed / interrupted

``stopping`` is said, not hidden: Python threads cannot be killed, so work that was asked to stop
goes on until it next looks at its Control. Only ``finished``, ``stopped``, ``failed`` and
``interrupted`` (left where it stands, to be gone on with by another process) mean that nothing runs
any more. ``paused`` likewise means asked to pause: at the end of its current iteration
a paused job gives its device to the next in line. It keeps its state in memory (and its thread,
asleep), and continued it queues again at the end of the line. A job whose turn is over (``turns``)
queues again too, where it came. One that is stopped while it is paused or queues again does not
wait for the device to end: it has nothing left to compute but its result.
A stopped job has a result if the stage had one to give (the students as far as they came); one
stopped before it began has none.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, Protocol

from ec_core.checkpoints import LeftError
from ec_core.control import Control
from ec_core.errors import ECError, GoneError, JobError
from ec_core.events import Event, drain
from ec_core.jobs.buffer import EventBuffer, Seen
from ec_core.jobs.outcome import FINISHED, LEFT, STOPPED, Outcome, failure
from ec_core.jobs.snapshot import PAUSED, QUEUED, RUNNING, STOPPING, JobSnapshot, Waiting
from ec_core.jobs.turns import Claim

Stage = Callable[[Control], Generator[Event, None, Any]]
"""A stage with everything but its control already given to it."""

Expected = Callable[[Seen], float | None]
"""How many seconds a job will work in all, from what it has reported; None: nobody can tell."""

_log = logging.getLogger(__name__)

_BEGAN = time.time() - time.monotonic()


def now() -> float:
    """Seconds since the epoch by the clock as it was when the process began: one that is set back
    makes nobody's turn last a day.
    """
    return _BEGAN + time.monotonic()


OnEnd = Callable[[JobSnapshot], None]
"""Called once, in the thread that ends the job, before its end can be seen by others."""


class Line(Protocol):
    """What a job asks of the line before its device. ``lock`` guards the states of all."""

    device: str
    lock: threading.RLock

    def before(self, job: Job) -> tuple[tuple[Job, float | None], ...]:
        """The jobs before this one, the running one first; the most seconds that each takes."""
        ...

    def crowded(self, job: Job) -> bool:
        """Should the job that has the device step back now?"""
        ...

    def step_back(self, job: Job) -> None:
        """The job that has the device waits once more, and the next one gets it."""
        ...

    def withdraw(self, job: Job) -> bool:
        """Take it out of the line; False if it is not in it."""
        ...

    def release(self, job: Job) -> None:
        """The job needs the device no more, for now or for good."""
        ...

    def rejoin(self, job: Job) -> None:
        """Put a job that gave its device away at the end of the line."""
        ...


class Job:
    """Made by ``JobBoard.submit``; every method may be called from any thread.

    seconds : wall-clock budget, counted while the job works (not while it queues or is paused)
    lasting : where it stands is kept, so that it can be left and gone on with
    memory : bytes that it holds when it is set aside, as far as they can be told
    """

    def __init__(
        self,
        stage: Stage,
        run: str,
        label: str,
        line: Line,
        seconds: float | None = None,
        on_end: OnEnd | None = None,
        expected: Expected | None = None,
        who: str = "",
        before: Seen | None = None,
        lasting: bool = False,
        memory: float = 0.0,
    ) -> None:
        self.lasting, self.memory = lasting, memory
        self.id = secrets.token_hex(4)
        self.run, self.label, self.device, self.who = run, label, line.device, who
        self.arrival = 0
        self._stage = stage
        self.buffer = EventBuffer(before=before)
        self._line, self._budget, self._on_end = line, seconds, on_end
        self._expected = expected
        self._thread: threading.Thread | None = None
        self._at_work, self._back = False, threading.Event()
        self._over = threading.Event()
        self._outcome: Outcome | None = None
        self._control: Control | None = None
        self._submitted = now()
        self._started: float | None = None
        self._ended: float | None = None
        self._rested, self._aside_since = 0.0, 0.0
        self._turn_began = 0.0

    # what the line calls

    @property
    def turn(self) -> float:
        """Seconds for which it has had the device this time, 0 while it has not."""
        return max(0.0, now() - self._turn_began) if self._at_work else 0.0

    def claim(self, served: int) -> Claim:
        """What its turn depends on, and ``served``. Called under the line's lock."""
        since = self._submitted if self._started is None else self._aside_since
        waited = 0.0 if self._at_work else max(0.0, now() - since)
        return Claim(self.who, self.arrival, self._seconds(self._ended), waited, served)

    def take_device(self) -> bool:
        """The device is its own now; True if that began it. Called under the line's lock."""
        self._at_work, self._turn_began = True, now()
        if self._control is not None:
            self._rested += now() - self._aside_since
            self._back.set()
            return False
        self._started = now()
        self._control = control = Control(
            self._budget, self._give_way, lambda: self._line.crowded(self)
        )
        # a daemon: a server that is told to quit does not wait for it
        self._thread = threading.Thread(
            target=self._work, args=(control,), name=f"ec-{self.device}-{self.id}", daemon=True
        )
        self._thread.start()
        self._log(logging.INFO, "has begun")
        return True

    @property
    def at_work(self) -> bool:
        """Does it have the device?"""
        return self._at_work

    @property
    def thread_alive(self) -> bool:
        """Does it have a thread, at work or asleep?"""
        return self._thread is not None and self._thread.is_alive()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of its thread; False if ``timeout`` seconds pass first."""
        if self._thread is not None:
            self._thread.join(timeout)
        return not self.thread_alive

    # what happens in its thread

    def _work(self, control: Control) -> None:
        try:
            outcome = Outcome(FINISHED, self._drain(control))
            if control.stopped:
                outcome = Outcome(STOPPED, outcome.result)
        except LeftError:
            outcome = Outcome(LEFT)
        except GoneError:  # nobody is left to be told of it
            outcome = Outcome(STOPPED)
        except BaseException as error:  # even SystemExit must not hold the line up
            outcome = failure(error, "The work broke off")
            if isinstance(error, ECError):  # told in a sentence, and no fault of the program
                self._log(logging.WARNING, f"ended: {outcome.error}")
            else:
                self._log(logging.WARNING, "failed", error)
        self.end(outcome)
        self._line.release(self)

    def _drain(self, control: Control) -> Any:
        """Run the stage to its end, event by event; its result."""

        def put(event: Event) -> None:
            self.buffer.put(event)
            # most stages look at their control within an iteration too; none is held up longer
            control.rest()

        return drain(self._stage(control), put)

    def _give_way(self) -> None:
        """Paused, or others' turn: let the next in line have the device until it is this job's."""
        with self._line.lock:
            if self._control is None or self._control.stopped or self._control.leaving:
                return
            paused = self._control.paused
            if not paused and not self._line.crowded(self):
                return  # continued meanwhile, or the other one went away
            self._at_work, self._aside_since = False, now()
            self._back.clear()
            if paused:
                self._line.release(self)
            else:
                self._line.step_back(self)
        self._back.wait()

    def end(self, outcome: Outcome) -> None:
        """Tell ``on_end``, then let everyone see the end.

        In this order, so that whoever sees a finished job also finds its stored result. If storing
        fails the job has failed, and says why, but keeps its result.
        """
        with self._line.lock:
            self._ended = now()
        if self._on_end is not None:
            try:
                self._on_end(self._snapshot(outcome))
            except GoneError:
                outcome = Outcome(STOPPED)
            except BaseException as error:  # even SystemExit must not hold the line up
                outcome = failure(error, "The result could not be stored", outcome.result)
        with self._line.lock:
            self._outcome = outcome
        self._log(logging.INFO, f"is {outcome.state}")
        self._over.set()

    def _log(self, level: int, what: str, error: BaseException | None = None) -> None:
        """Write down what has become of it, with what a reader of logs may sort by."""
        about = {"run": self.run, "job": self.id, "who": self.who}
        told = {"device": self.device, "seconds": self._seconds(self._ended)}
        extra = {**about, "told": told}
        _log.log(level, "Job %s of run %s %s", self.id, self.run, what, exc_info=error, extra=extra)

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
        if self._control.stopped or self._control.leaving:
            return STOPPING
        if self._control.paused:
            return PAUSED
        return RUNNING if self._at_work else QUEUED

    def stop(self) -> None:
        """Take it out of the line, or ask it to end after its current iteration; idempotent."""
        with self._line.lock:
            withdrawn = self._line.withdraw(self)
            if self._control is not None:
                self._control.stop()
                # without the device it would wait behind others for no more than its end
                self._back.set()
        if withdrawn and self._control is None:
            self.end(Outcome(STOPPED))

    def leave(self) -> None:
        """Ask it to write down where it stands and to end there, ``interrupted``; one that is not
        lasting goes on as long as the process. Idempotent.
        """
        if not self.lasting:
            return
        with self._line.lock:
            withdrawn = self._line.withdraw(self)
            if self._control is not None:
                self._control.leave()
                # it writes at its next step, and takes that one beside whoever has the device
                self._back.set()
        if withdrawn and self._control is None:
            self.end(Outcome(LEFT))

    def pause(self) -> None:
        """Set it aside after its current iteration. Raises JobError unless it runs."""
        with self._line.lock:
            self._running("pause").pause()

    def resume(self) -> None:
        """Let a paused job go on, as soon as it is its turn. Raises JobError unless it runs."""
        with self._line.lock:
            control = self._running("continue")
            if control.paused and not self._at_work:
                self._line.rejoin(self)
            control.resume()

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

    def _waiting(self, most: float | None) -> Waiting:
        """What others that wait for it are told; ``most`` seconds until it steps back for them."""
        with self._line.lock:
            seconds = self._seconds(None)
        total = None if self._expected is None else self._expected(self.buffer.seen())
        if self._budget is not None:
            total = self._budget if total is None else min(total, self._budget)
        left = None if total is None else max(0.0, total - seconds)
        if most is not None:
            left = most if left is None else min(left, most)
        return Waiting(self.label, seconds, left)

    @property
    def place(self) -> int:
        """How many have to go before it has the device, 0 where it does not wait for it."""
        with self._line.lock:
            return len(self._line.before(self)) if self._state(self._outcome) == QUEUED else 0

    def times(self) -> tuple[float, float]:
        """Seconds for which it has waited (in line, set aside or paused) and worked so far."""
        with self._line.lock:
            worked = self._seconds(self._ended)
            until = time.time() if self._ended is None else self._ended
            return max(0.0, until - self._submitted - worked), worked

    def _seconds(self, ended: float | None) -> float:
        """How long it has worked."""
        if self._started is None:
            return 0.0
        until = now() if ended is None else ended
        aside = 0.0 if self._at_work else until - self._aside_since
        return max(0.0, until - self._started - self._rested - aside)

    def _snapshot(self, outcome: Outcome | None) -> JobSnapshot:
        with self._line.lock:
            outcome = outcome or self._outcome
            state = self._state(outcome)
            before = self._line.before(self) if state == QUEUED else ()
            ended = self._ended if outcome else None
            times = (self._submitted, self._started, ended, self._seconds(ended))
        done = outcome or Outcome(state)
        # outside the lock: what is expected of a job may take a moment to tell
        ahead = tuple(job._waiting(most) for job, most in before)
        return JobSnapshot(
            self.id,
            self.run,
            self.label,
            self.device,
            state,
            len(ahead),
            tuple(job.label for job in ahead),
            # after the state: a job seen as ended shows all of its events
            self.buffer.seen(),
            done.result,
            done.error,
            done.details,
            *times,
            ahead,
        )
