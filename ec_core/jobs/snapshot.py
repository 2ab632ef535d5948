"""A job at one moment, as plain data: for pages, tests and whoever stores the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ec_core.jobs.buffer import Seen
from ec_core.jobs.outcome import ENDED

QUEUED, RUNNING, PAUSED, STOPPING = "queued", "running", "paused", "stopping"


@dataclass(frozen=True)
class Waiting:
    """A job that others wait for.

    seconds : how long it has worked; left : how long it will, as far as that was foreseen, 0 where
        it takes longer than foreseen, None where nobody can tell
    """

    label: str
    seconds: float
    left: float | None


@dataclass(frozen=True)
class JobSnapshot:
    """A job at one moment: plain data, nothing that changes later.

    position : how many jobs come before it (0 when it runs, has ended or is about to start)
    waiting_for : the labels of those, the running one first; ahead : more about them
    seen : events so far (progress, curves, notes)
    result : what the stage returned; may be there for a stopped job too
    error : one sentence for a person; details : the traceback, for the log
    submitted, started, ended : seconds since the epoch, None if not yet
    seconds : how long it has worked: without the queue and without pauses
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
    seconds: float = 0.0
    ahead: tuple[Waiting, ...] = ()

    @property
    def over(self) -> bool:
        """Has it ended, so that nothing of it runs any more?"""
        return self.state in ENDED
