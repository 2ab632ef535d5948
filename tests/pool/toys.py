"""Tasks and workers for the tests of the pool; workers here are threads and cost nothing."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ec_core.control import Control
from ec_core.errors import InputError
from ec_core.events import Event, Note
from ec_core.pool.work import AtWork, Ended, Lost, Message, Ready, Request, Task


@dataclass(frozen=True)
class Square:
    """Tells a number and returns its square. fails : raises; once : kills its process, once."""

    number: int
    fails: bool = False
    once: Path | None = None

    def __call__(self, control: Control) -> Generator[Event, None, int]:
        yield Note("toy", f"{self.number}")
        if self.fails:
            raise InputError(f"{self.number} has no square.")
        if self.once is not None and not self.once.exists():
            self.once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.number**2


@dataclass(frozen=True)
class Patient:
    """Works until it is stopped, and then returns what was asked of it."""

    def __call__(self, control: Control) -> Generator[Event, None, tuple[Any, ...]]:
        asked: tuple[Any, ...] = ()
        yield Note("toy", "waiting")
        while not control.wait(0.01):
            asked += control.take_requests()
        return asked


@dataclass
class Threads:
    """Workers that are threads; ``losses`` names the (worker, how many-eth task) that are lost."""

    many: int
    losses: frozenset[tuple[int, int]] = frozenset()
    still_born: bool = False
    given: list[tuple[int, Task]] = field(default_factory=list)
    asked: list[tuple[int, Request]] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        self._news: queue.Queue[tuple[int, Message]] = queue.Queue()
        self._work: dict[int, AtWork] = {}
        self._counts = dict.fromkeys(range(self.many), 0)
        for worker in range(self.many):
            self._news.put((worker, Lost("no room") if self.still_born else Ready()))

    def give(self, worker: int, task: Task) -> None:
        self.given.append((worker, task))
        self._counts[worker] += 1
        if (worker, self._counts[worker]) in self.losses:
            self._news.put((worker, Lost("unplugged")))
            self._news.put((worker, Ready()))
        else:
            self._work[worker] = AtWork(task)

    def ask(self, worker: int, request: Request) -> None:
        self.asked.append((worker, request))
        self._work[worker].ask(request)

    def heard(self, seconds: float) -> Sequence[tuple[int, Message]]:
        found: list[tuple[int, Message]] = []
        while not self._news.empty():
            found.append(self._news.get())
        if self.still_born and not found:
            found = [(0, Lost("no room"))]
        for worker in list(self._work):
            said = self._work[worker].fetch(0.01)
            found += [(worker, message) for message in said]
            if any(isinstance(message, Ended) for message in said):
                del self._work[worker]
        return found

    def close(self) -> None:
        self.closed = True
