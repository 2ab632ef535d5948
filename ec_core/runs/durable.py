"""A job that outlives its process: written down, kept where it stands, and gone on with.

What belongs to it besides its row: a file in the run's folder with the checkpoints of its work, and
what it told, written every few seconds by one thread for all jobs of the process. The thread is
there only while there are jobs.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import json
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Collection, Generator
from dataclasses import dataclass
from typing import Any

from ec_core.checkpoint_file import CheckpointFile
from ec_core.checkpoints import Checkpoints
from ec_core.control import Control
from ec_core.errors import ECError, GoneError
from ec_core.events import Event, RefineProgress, TrainingProgress
from ec_core.jobs import LEFT, STOPPED, Job, JobBoard, JobSnapshot, Seen
from ec_core.jobs.job import Stage
from ec_core.runs import at_work, told
from ec_core.runs.loading import ledger, store
from ec_core.runs.run import Run
from ec_core.store.database import INTERRUPTED, JobRow, Ledger

FILE = "checkpoint.sqlite"

EVERY = 5.0
"""Seconds from one writing to the next, of where jobs stand and of what they told."""

_LEAST = 5.0
"""Seconds that a job which is gone on with has at least, or all of a smaller budget."""

_FULL = tuple(
    os.strerror(number)
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)
)
"""A job that failed since its disk was full or read-only goes on once it is not."""

_log = logging.getLogger(__name__)


@dataclass
class Durable:
    """A job with its row, before it is put in line.

    row : as it is written down; before : what it told in processes that are gone
    seen, numbered, version : how many events have been looked at, how many are written, and the
    state of what was told then; counted : seconds that are written down as computed
    ended : what is still to be written of its end
    """

    run: Run
    row: JobRow
    file: CheckpointFile
    before: Seen | None
    known: Ledger
    seen: int = 0
    numbered: int = 0
    version: int = -1
    counted: float = 0.0
    ended: tuple[str, str | None] | None = None

    def staged(self, stage: Stage) -> Stage:
        """The stage with its checkpoints. What it told before it does not tell again."""

        def kept(control: Control) -> Generator[Event, None, Any]:
            # read here: a page that starts a job does not wait for it
            control.marks = marks = Checkpoints(self.file, EVERY, lambda: control.leaving)
            left = Counter(repr(event) for event in self.before.events) if self.before else None
            work = stage(control)
            while True:
                try:
                    event = next(work)
                except StopIteration as end:
                    return end.value
                except Exception as error:
                    self.gone(error)
                    raise
                if isinstance(event, TrainingProgress | RefineProgress):
                    if marks.replaying:
                        continue
                elif left and left[repr(event)]:
                    left[repr(event)] -= 1
                    continue
                yield event

        return kept

    def gone(self, error: Exception | None = None) -> None:
        """Raises GoneError where the run was deleted, which is then what went wrong."""
        if not store().exists(self.run.id):
            raise GoneError(f"Run {self.run.id} was deleted while it was worked on.") from error

    def left_of(self, budget: float | None) -> float | None:
        """What is left of a budget of seconds."""
        if budget is None:
            return None
        return max(min(_LEAST, budget), budget - self.row.seconds)

    def end(self, snapshot: JobSnapshot, stored: bool) -> None:
        """It has ended, and its results are written, if they could be."""
        if not store().exists(self.run.id):
            self.ended = (STOPPED, None)
            with contextlib.suppress(ECError):
                at_work.end(self.run, self.row, *self.ended)
            return
        if snapshot.state == LEFT:
            self.leave(snapshot.seconds)
            return
        if not stored or any(word in (snapshot.error or "") for word in _FULL):
            # as if the process had ended here: it goes on once there is room
            at_work.let_go(self.row)
            return
        self.file.forget()
        try:
            at_work.end(self.run, self.row, snapshot.state, snapshot.error)
        except ECError:
            self.ended = (snapshot.state, snapshot.error)

    def leave(self, seconds: float) -> None:
        """Its process ends, and where it stands is written: another goes on with it.

        seconds : for which it has worked in this one
        """
        at_work.let_go(self.row)
        told = {"state": INTERRUPTED, "place": 0, "seconds": self.row.seconds + seconds}
        with contextlib.suppress(ECError):  # then it is found out that the process is gone
            self.known.change({self.row.id: told})


def begin(run: Run, kind: str, device: str, how: dict[str, Any]) -> Durable:
    """Write down a job that is about to be put in line; what was broken off is gone on with.

    Raises InputError where it cannot be written down; then it must not start.
    """
    row = at_work.begin(run, kind, device, **how)
    known, before = ledger(), None
    if row.attempt > 1:
        with contextlib.suppress(ECError):
            before = told.read(*known.told(row.id))
    # with other settings it is other work
    work = json.dumps([row.id, run.settings().as_json()], sort_keys=True)
    file = CheckpointFile(run.stored.path / FILE, work)
    if row.attempt == 1:
        file.forget()
    many = len(before.events) if before is not None else 0
    return Durable(run, row, file, before, known, many, many)


def has_checkpoint(run: Run) -> bool:
    """Is it kept where the work on a run stood?"""
    return (run.stored.path / FILE).is_file()


class _Recorder:
    """Writes down, every few seconds, how the jobs of this process stand and what they told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._watched: dict[str, tuple[Durable, Job]] = {}
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, durable: Durable, job: Job) -> None:
        with self._lock:
            self._watched[durable.row.id] = (durable, job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="ec-ledger", daemon=True)
                self._thread.start()

    def write(self) -> None:
        """Now; what the database does not take is tried again at the next writing."""
        with self._writing:
            with self._lock:
                watched = dict(self._watched)
            done = [id_ for id_, (durable, job) in watched.items() if _written(durable, job)]
            with self._lock:
                for id_ in done:
                    self._watched.pop(id_, None)

    def _work(self) -> None:
        while True:
            self._wake.wait(EVERY)
            self._wake.clear()
            self.write()
            with self._lock:
                if not self._watched:
                    self._thread = None
                    return

    def leave(self, jobs: Collection[Job]) -> None:
        """Of these it is written that they are interrupted, though they have not come to a step at
        which they could have written where they stand: what was kept some seconds ago is.
        """
        with self._lock:
            watched = [known for known in self._watched.values() if known[1] in jobs]
        for durable, job in watched:
            durable.leave(job.snapshot().seconds)

    def wake(self) -> None:
        self._wake.set()


def _written(durable: Durable, job: Job) -> bool:
    """Write down how a job stands; True once nothing is left to be written."""
    over, id_ = job.over, durable.row.id
    snapshot = job.snapshot()
    seen = snapshot.seen
    try:
        if seen.version != durable.version:
            events = told.events_written(seen.events[durable.seen :])
            durable.known.tell(id_, durable.numbered, events, told.curves_written(seen))
            durable.numbered += len(events)
            durable.seen, durable.version = len(seen.events), seen.version
        if snapshot.seconds > durable.counted:
            more = snapshot.seconds - durable.counted
            durable.known.use(durable.row.who, datetime.date.today().isoformat(), more)
            durable.counted = snapshot.seconds
        if not over:
            stands = {"state": snapshot.state, "place": snapshot.position}
            worked = durable.row.seconds + snapshot.seconds
            times = {"started": snapshot.started, "seconds": worked}
            durable.known.change({id_: {**stands, **times}})
        elif durable.ended is not None:
            durable.known.end(id_, *durable.ended)
    except ECError as error:
        _log.warning("Job %s of run %s could not be written down: %s", id_, job.run, error)
        return False
    except Exception as error:
        _log.warning("Job %s of run %s could not be written down", id_, job.run, exc_info=error)
        return over
    return over


RECORDER = _Recorder()


def leave(board: JobBoard, timeout: float) -> None:
    """The server ends: jobs write down where they stand and are gone on with at its next start."""
    late = board.leave(timeout)
    RECORDER.write()
    RECORDER.leave(late)


def wait_written(timeout: float = 60.0) -> None:
    """Until all that has ended is written down; for tests, and for whoever closes a server."""
    until = time.monotonic() + timeout
    while RECORDER._watched and time.monotonic() < until:
        RECORDER.write()
        time.sleep(0.05)
