"""The line before one device: who has the device, and who waits for it in which order.

One job at a time has the device. Every job that has begun has a thread of its own, so that a
paused one can give the device away in the middle of a stage, keep its state, and come back; a line
in which nobody works has no thread at all.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from ec_core.errors import JobError
from ec_core.jobs.job import Job


class Line:
    """Gives a device to one job after the other, in the order they came.

    ``lock`` guards the states of all its jobs.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self.lock = threading.RLock()
        self._waiting: deque[Job] = deque()
        self._holder: Job | None = None
        self._begun: list[Job] = []
        self._closed = False

    def add(self, job: Job) -> None:
        """Put a job at the end of the line. Raises JobError after ``close``."""
        with self.lock:
            if self._closed:
                raise JobError(f"Cannot start “{job.label}”: the app is being closed.")
            self._waiting.append(job)
            self._next()

    def rejoin(self, job: Job) -> None:
        """Put a job that was set aside at the end of the line."""
        with self.lock:
            self._waiting.append(job)
            self._next()

    def release(self, job: Job) -> None:
        """The job needs the device no more, for now or for good: the next one gets it."""
        with self.lock:
            if self._holder is job:
                self._holder = None
            self._next()

    def before(self, job: Job) -> tuple[Job, ...]:
        """The jobs before this one, the one that has the device first."""
        with self.lock:
            before = [self._holder] if self._holder else []
            for other in self._waiting:
                if other is job:
                    break
                before.append(other)
            return tuple(before)

    def withdraw(self, job: Job) -> bool:
        """Take it out of the line; False if it is not in it."""
        with self.lock:
            if job not in self._waiting:
                return False
            self._waiting.remove(job)
            return True

    def close(self, timeout: float | None = None) -> bool:
        """Stop every job, paused ones too; True once no thread of theirs is left."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self.lock:
            self._closed = True
            waiting = tuple(self._waiting)
        for job in waiting:
            job.stop()
        # one that was at the head of the line may have begun meanwhile
        while True:
            with self.lock:
                begun = next((job for job in self._begun if job.thread_alive), None)
            if begun is None:
                return True
            begun.stop()
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not begun.join(left):
                return False

    def _next(self) -> None:
        if self._holder is None and self._waiting:
            # leaves the line and begins in one step: a stop meets it in one state or the other
            self._holder = job = self._waiting.popleft()
            if job.take_device():
                self._begun = [*(other for other in self._begun if other.thread_alive), job]
