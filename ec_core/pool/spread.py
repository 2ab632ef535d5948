"""Tasks spread over workers: each is done once, whatever becomes of the workers."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from ec_core.control import Control
from ec_core.errors import JobError
from ec_core.events import Event
from ec_core.pool.work import PAUSE, RESUME, STOP, Ended, Lost, Message, Ready, Says, Task, Workers

WAIT = 0.2
"""Seconds to wait for a word of the workers before the control is looked at again."""

MOST_LOSSES = 4
"""Workers that a task may lose: one that takes the fourth with it would take all others too."""

MOST_FAILED_STARTS = 8
"""Workers in a row that are lost before they have done anything: there will be none."""


@dataclass(frozen=True)
class Given:
    """A worker begins task ``number`` (its place among the tasks); told once for each."""

    number: int
    worker: int


@dataclass(frozen=True)
class Told:
    """What a task told while it was done."""

    number: int
    event: Event


@dataclass(frozen=True)
class Again:
    """A worker was lost, and task ``number`` will be done again; ``why`` it was lost."""

    number: int
    why: str


@dataclass(frozen=True)
class Done:
    """A task has ended, with this result; told once for each."""

    number: int
    result: Any


News = Given | Told | Again | Done


class _Spreading:
    """Who does what, and what is left."""

    def __init__(self, tasks: Sequence[Task], workers: Workers) -> None:
        self.tasks, self.workers = tasks, workers
        self.left = deque(range(len(tasks)))
        self.at: dict[int, int] = {}
        self.free: list[int] = []
        self.begun: set[int] = set()
        self.done: set[int] = set()
        self.losses: Counter[int] = Counter()
        self.failed_starts = 0

    def give(self) -> Generator[News, None, None]:
        """Every free worker the next task."""
        while self.free and self.left:
            worker, number = self.free.pop(0), self.left.popleft()
            self.at[worker] = number
            if number not in self.begun:
                self.begun.add(number)
                yield Given(number, worker)
            self.workers.give(worker, self.tasks[number])

    def take(self, worker: int, message: Message) -> Generator[News, None, None]:
        """What a worker says."""
        if isinstance(message, Ready):
            self.free.append(worker)
        elif isinstance(message, Lost):
            yield from self.lose(worker, message.why)
        elif worker in self.at:
            number = self.at[worker]
            if isinstance(message, Says):
                for event in message.events:
                    yield Told(number, event)
            else:
                yield self.end(worker, message)

    def end(self, worker: int, ended: Ended) -> Done:
        """Raises what the task raised."""
        number = self.at.pop(worker)
        self.free.append(worker)
        self.failed_starts = 0
        if ended.error is not None:
            raise ended.error
        self.done.add(number)
        return Done(number, ended.result)

    def lose(self, worker: int, why: str) -> Generator[News, None, None]:
        """What it was doing is the next to be done."""
        if worker in self.free:
            self.free.remove(worker)
        number = self.at.pop(worker, None)
        if number is None:
            self.failed_starts += 1
            if self.failed_starts >= MOST_FAILED_STARTS:
                raise JobError(
                    f"{self.failed_starts} workers in a row ended before they did anything, the "
                    f"last one with: {why}. See to it that a worker can start."
                )
            return
        self.losses[number] += 1
        if self.losses[number] >= MOST_LOSSES:
            raise JobError(
                f"Task {number + 1} has lost {MOST_LOSSES} workers, the last one with: {why}. "
                "It may need more memory than a worker has; try it alone, or use fewer workers."
            )
        self.left.appendleft(number)
        yield Again(number, why)

    def ask_all(self, request: str) -> None:
        for worker in self.at:
            self.workers.ask(worker, request)


def spread(
    tasks: Sequence[Task], workers: Workers, control: Control
) -> Generator[News, None, None]:
    """Do all tasks; yields what happens, in the order in which it does. Ends the workers.

    A control that is told to stop lets the tasks at work end in their own way and begins no other.
    Raises what a task raised, and JobError where workers are lost again and again.
    """
    state, stopping, paused = _Spreading(tasks, workers), False, False
    try:
        while len(state.done) < len(tasks):
            if control.over and not stopping:
                stopping = True
                state.ask_all(STOP)
            if stopping and not state.at:
                return
            if control.paused and not stopping:
                state.ask_all(PAUSE)
                paused = True
            for request in control.take_requests():  # waits here while paused
                for worker in tuple(state.at):
                    workers.ask(worker, request)
            if paused:
                paused = False
                state.ask_all(RESUME)
                continue  # it may have been told to stop meanwhile
            if not stopping:
                yield from state.give()
            for worker, message in workers.heard(WAIT):
                if stopping and isinstance(message, Lost):
                    state.at.pop(worker, None)
                    continue
                yield from state.take(worker, message)
    finally:
        workers.close()
