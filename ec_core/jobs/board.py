"""All background work of one process: made once by the app, shared by its browser tabs."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ec_core.errors import JobError
from ec_core.jobs.buffer import Seen
from ec_core.jobs.job import Expected, Job, OnEnd, Stage
from ec_core.jobs.line import Line, Room

KEEP_ENDED = 32
"""Ended jobs remembered, the newest ones; their results live on in the store."""


@dataclass(frozen=True)
class Tally:
    """ended : how many jobs came to which end; waited, worked : seconds of all, in sum"""

    ended: Mapping[str, int] = field(default_factory=dict)
    waited: float = 0.0
    worked: float = 0.0

    def with_one(self, job: Job) -> Tally:
        """The same with one job more."""
        waited, worked = job.times()
        ended = Counter(self.ended)
        if job.over:
            ended[job.state] += 1
        return Tally(dict(ended), self.waited + waited, self.worked + worked)


class JobBoard:
    """Takes work, one line per device, and finds it again by job or by run.

    room : what the jobs of a device may have

    >>> def stage(control):
    ...     yield from ()
    ...     return 42
    >>> board = JobBoard()
    >>> job = board.submit(stage, run="demo", label="a first try")
    >>> job.wait()
    True
    >>> board.of_run("demo").snapshot().result
    42
    >>> board.close()
    True
    """

    def __init__(
        self, keep_ended: int = KEEP_ENDED, room: Callable[[str], Room] = lambda device: Room()
    ) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._lines: dict[str, Line] = {}
        self._jobs: list[Job] = []
        self._keep, self._closed = keep_ended, False
        self._why_not: str | None = None
        self._past = Tally()

    def submit(
        self,
        stage: Stage,
        *,
        run: str,
        label: str,
        device: str = "cpu",
        seconds: float | None = None,
        on_end: OnEnd | None = None,
        expected: Expected | None = None,
        who: str = "",
        before: Seen | None = None,
        lasting: bool = False,
        memory: float = 0.0,
        admit: Callable[[Sequence[Job]], None] = lambda jobs: None,
    ) -> Job:
        """Put a stage in line before its device and return at once.

        run : the run it belongs to, by which any browser tab finds it
        seconds : wall-clock budget from the moment it runs
        on_end : called once when it ends, in a worker thread, before others can see the end;
            the place to store the result
        expected : how many seconds it will take in all, as far as it can be told from what it has
            reported (None: it cannot); those who wait behind it are told
        who : whose job it is: people are served in turn, see ``turns``
        before : what it told already, in a process that is gone
        lasting : it keeps where it stands, and can be left (``leave``)
        memory : bytes it holds while it is set aside, see ``Room``
        admit : given all jobs of before it is one of them; raises where it may not be
        """
        with self._lock:
            self.open()
            admit(tuple(self._jobs))
            if device not in self._lines:
                self._lines[device] = Line(device, self._room(device))
            line = self._lines[device]
            job = Job(
                stage, run, label, line, seconds, on_end, expected, who, before, lasting, memory
            )
            line.add(job)
            self._jobs.append(job)
            self._forget()
        return job

    def take(self, why_not: str | None) -> None:
        """Take nothing in from now on, and say why; None: again."""
        self._why_not = why_not

    @property
    def taking(self) -> bool:
        """Can anything be submitted?"""
        return self._why_not is None and not self._closed

    def open(self) -> None:
        """Raises JobError where nothing more can be submitted."""
        if self._closed:
            raise JobError("Nothing can be started any more: the app is being closed.")
        if self._why_not is not None:
            raise JobError(self._why_not)

    def _forget(self) -> None:
        ended = [job for job in self._jobs if job.over]
        for job in ended[: max(0, len(ended) - self._keep)]:
            self._jobs.remove(job)
            self._past = self._past.with_one(job)

    def tally(self) -> Tally:
        """How many jobs ended in which way so far, and for how long they waited and worked."""
        with self._lock:
            jobs, past = tuple(self._jobs), self._past
        for job in jobs:
            past = past.with_one(job)
        return past

    def jobs(self) -> tuple[Job, ...]:
        """All jobs known, in the order they were submitted."""
        with self._lock:
            return tuple(self._jobs)

    def get(self, job_id: str) -> Job | None:
        return next((job for job in self.jobs() if job.id == job_id), None)

    def jobs_of(self, run: str) -> tuple[Job, ...]:
        """The jobs of a run, in the order they were submitted."""
        return tuple(job for job in self.jobs() if job.run == run)

    def of_run(self, run: str) -> Job | None:
        """The newest job of a run, or None."""
        return next(reversed(self.jobs_of(run)), None)

    def leave(self, timeout: float) -> tuple[Job, ...]:
        """Ask every lasting job to write down where it stands and to end there, ``interrupted``;
        those that have not within ``timeout`` seconds. Nothing can be submitted afterwards.
        """
        until = time.monotonic() + timeout
        with self._lock:
            self._closed = True
            lines = list(self._lines.values())
        for line in lines:
            line.leave()
        lasting = [job for job in self.jobs() if job.lasting]
        return tuple(job for job in lasting if not job.wait(max(0.0, until - time.monotonic())))

    def close(self, timeout: float | None = None) -> bool:
        """Stop everything; True once no thread is left. Nothing can be submitted afterwards."""
        with self._lock:
            self._closed = True
            lines = list(self._lines.values())
        ended = [line.close(timeout) for line in lines]
        return all(ended)
