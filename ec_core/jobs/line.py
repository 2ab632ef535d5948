"""The line before one device: who has the device, and who waits for it.

One job at a time has the device, and ``turns`` says which. Every job that has begun has a thread of
its own, so that one that is paused, or whose turn is over, can give the device away in the middle
of a stage, keep its state, and come back; a line in which nobody works has no thread at all.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from ec_core.errors import JobError
from ec_core.jobs.job import Job
from ec_core.jobs.turns import TURN, Claim, gives_way, in_turn


@dataclass(frozen=True)
class Room:
    """What the jobs of a line may have. at_once : jobs that have the device at the same time
    aside : bytes of memory that may be held by jobs which are set aside; where another would hold
        more, whoever has the device keeps it to the end
    """

    at_once: int = 1
    aside: float = float("inf")


class Line:
    """Gives a device to one job after the other, as ``turns`` has it.

    ``lock`` guards the states of all its jobs.
    """

    def __init__(self, device: str, room: Room | None = None) -> None:
        self.device, self._room = device, room or Room()
        self.lock = threading.RLock()
        self._waiting: list[Job] = []
        self._arrivals = self._turns = 0
        self._served: dict[str, int] = {}
        self._holders: list[Job] = []
        self._begun: list[Job] = []
        self._closed = False

    def add(self, job: Job) -> None:
        """Put a job at the end of the line. Raises JobError after ``close``."""
        with self.lock:
            if self._closed:
                raise JobError(f"Cannot start “{job.label}”: the app is being closed.")
            self._arrive(job)

    def rejoin(self, job: Job) -> None:
        """Put a job that was set aside at the end of the line."""
        with self.lock:
            self._arrive(job)

    def _arrive(self, job: Job) -> None:
        self._arrivals += 1
        job.arrival = self._arrivals
        self._waiting.append(job)
        self._next()

    def release(self, job: Job) -> None:
        """The job needs the device no more, for now or for good: the next one gets it."""
        with self.lock:
            if job in self._holders:
                self._holders.remove(job)
            self._next()

    def step_back(self, job: Job) -> None:
        """The job that has the device waits once more, where it came, and the next one gets it."""
        with self.lock:
            self._waiting.append(job)
            self.release(job)

    def crowded(self, job: Job) -> bool:
        """Should the job that has the device step back now?"""
        if not self._waiting:  # as a rule; asked between any two steps
            return False
        with self.lock:
            if job not in self._holders or self._full(job):
                return False
            claims = [self._claim(other) for other in self._waiting]
            return gives_way(self._claim(job), job.turn, claims)

    def _full(self, job: Job) -> bool:
        """Would the jobs that are set aside hold too much memory, if this one was too?"""
        aside = [other for other in self._begun if other.thread_alive and not other.at_work]
        return sum(other.memory for other in aside) + job.memory > self._room.aside

    def before(self, job: Job) -> tuple[tuple[Job, float | None], ...]:
        """The jobs before this one, the one that has the device first; and the most seconds that
        each of them takes before it has to step back for this one, None where it has not to.
        """
        with self.lock:
            mine = self._claim(job)
            order = self._in_order()
            ahead = [*self._holders, *(order[: order.index(job)] if job in order else ())]
            return tuple(
                (other, None if mine.long or self._full(other) else max(0.0, TURN - other.turn))
                for other in ahead
            )

    def _in_order(self) -> list[Job]:
        return [self._waiting[at] for at in in_turn([self._claim(job) for job in self._waiting])]

    def _claim(self, job: Job) -> Claim:
        return job.claim(self._served.get(job.who, 0))

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
        for job in self._shut():
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

    def leave(self) -> None:
        """Ask every job to write down where it stands and to end there; nothing begins any more."""
        for job in self._shut():
            job.leave()
        with self.lock:
            begun = [job for job in self._begun if job.thread_alive]
        for job in begun:
            job.leave()

    def _shut(self) -> tuple[Job, ...]:
        """Nothing can be added any more; those who wait."""
        with self.lock:
            self._closed = True
            return tuple(self._waiting)

    def _next(self) -> None:
        while len(self._holders) < self._room.at_once and self._waiting and not self._closed:
            # leaves the line and begins in one step: a stop meets it in one state or the other
            job = self._in_order()[0]
            self._holders.append(job)
            self._waiting.remove(job)
            self._turns += 1
            self._served[job.who] = self._turns
            if job.take_device():
                self._begun = [*(other for other in self._begun if other.thread_alive), job]
