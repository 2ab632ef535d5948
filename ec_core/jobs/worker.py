"""One background thread per device: takes jobs in the order they came and drains their stages."""

from __future__ import annotations

import logging
import threading
from collections import deque

from ec_core.errors import JobError
from ec_core.jobs.job import Job
from ec_core.jobs.outcome import FINISHED, STOPPED, Outcome, failure

_log = logging.getLogger(__name__)


class Worker:
    """The line before one device. Whatever a stage raises, the thread lives on.

    The thread is a daemon: a server that is told to quit does not wait for it.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._line: deque[Job] = deque()
        self._running: Job | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    def add(self, job: Job) -> None:
        """Put a job at the end of the line. Raises JobError after ``close``."""
        with self.lock:
            if self._closed:
                raise JobError(f"Cannot start “{job.label}”: the worker has been closed.")
            self._line.append(job)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name=f"ec-{self.device}", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def before(self, job: Job) -> tuple[str, ...]:
        """Labels of the jobs before this one, the running one first."""
        with self.lock:
            labels = [self._running.label] if self._running else []
            for other in self._line:
                if other is job:
                    break
                labels.append(other.label)
            return tuple(labels)

    def withdraw(self, job: Job) -> bool:
        """Take it out of the line; False if it is no longer in it."""
        with self.lock:
            if job not in self._line:
                return False
            self._line.remove(job)
            return True

    def close(self, timeout: float | None = None) -> bool:
        """Stop everything in line and the running job; True once the thread has ended."""
        with self.lock:
            self._closed = True
            jobs = [*self._line, *([self._running] if self._running else [])]
            self._changed.notify()
        for job in jobs:
            job.stop()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while True:
            with self.lock:
                while not self._line and not self._closed:
                    self._changed.wait()
                if not self._line:
                    return
                # leaves the line and begins in one step: a stop meets it in one state or the other
                job = self._running = self._line.popleft()
                control = job.begin()
            try:
                outcome = Outcome(FINISHED, job.drain(control))
                if control.stopped:
                    outcome = Outcome(STOPPED, outcome.result)
            except BaseException as error:  # even SystemExit must not end the worker
                outcome = failure(error, "The work broke off")
                _log.warning("Job %s of run %s failed", job.id, job.run, exc_info=error)
            job.end(outcome)
            with self.lock:
                self._running = None
