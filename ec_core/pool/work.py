"""A task at work in a process of its own kind, and how workers are spoken to, wherever they are."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ec_core.control import Control
from ec_core.errors import ECError, InputError
from ec_core.events import Event, RefineProgress, TrainingProgress

STOP, PAUSE, RESUME = "stop", "pause", "resume"
"""What may be asked of work; a student's stop or restart is (what, which)."""

Request = str | tuple[str, int]


class Task(Protocol):
    """Work that can be sent to another process (it is pickled on the way)."""

    def __call__(self, control: Control) -> Generator[Event, None, Any]:
        """Do it; yields what it tells and returns what comes of it, both of them plain data."""
        ...


@dataclass(frozen=True)
class Ready:
    """The worker is there and has nothing to do."""


@dataclass(frozen=True)
class Says:
    """What the task told since the last time."""

    events: tuple[Event, ...]


@dataclass(frozen=True)
class Ended:
    """The task has ended, with this result or this error."""

    result: Any = None
    error: BaseException | None = None


@dataclass(frozen=True)
class Lost:
    """The worker is gone, and so is what it was doing; ``why``, in a few words."""

    why: str


Message = Ready | Says | Ended | Lost


class Workers(Protocol):
    """Workers of one kind, by number: processes of this machine, or of a cluster.

    One that is lost is replaced by itself, under the same number; it says when it is ready.
    """

    def give(self, worker: int, task: Task) -> None:
        """Let a worker that is ready do a task."""
        ...

    def ask(self, worker: int, request: Request) -> None:
        """Ask something of the work of a worker; one that is gone does not hear it."""
        ...

    def heard(self, seconds: float) -> Sequence[tuple[int, Message]]:
        """What workers say, waiting so long for the first word."""
        ...

    def close(self) -> None:
        """End all of them at once, whatever they are doing."""
        ...


class AtWork:
    """A task in a thread of this process; what it tells is kept until it is fetched.

    Progress that nobody has fetched yet is replaced by what comes after it; nothing else is lost.
    """

    def __init__(self, task: Task) -> None:
        self.control = Control()
        self._news = threading.Condition()
        self._events: list[Event] = []
        self._ended: Ended | None = None
        threading.Thread(target=self._work, args=(task,), name="ec-task", daemon=True).start()

    def ask(self, request: Request) -> None:
        """See ``Workers.ask``."""
        if isinstance(request, str):
            {STOP: self.control.stop, PAUSE: self.control.pause, RESUME: self.control.resume}[
                request
            ]()
        elif request[0] == STOP:
            self.control.stop_student(request[1])
        else:
            self.control.restart_student(request[1])

    def fetch(self, seconds: float) -> tuple[Message, ...]:
        """What is new, waiting so long for it; the end comes last, once."""
        with self._news:
            self._news.wait_for(lambda: self._events or self._ended, seconds)
            events, self._events = tuple(self._events), []
            ended, self._ended = self._ended, None
        said: tuple[Message, ...] = (Says(events),) if events else ()
        return said if ended is None else (*said, ended)

    def _work(self, task: Task) -> None:
        try:
            work = task(self.control)
            while True:
                try:
                    event = next(work)
                except StopIteration as end:
                    ended = Ended(end.value)
                    break
                self._tell(event)
        except BaseException as error:  # even SystemExit: somebody waits for an end
            ended = Ended(error=sendable(error))
        with self._news:
            self._ended = ended
            self._news.notify_all()

    def _tell(self, event: Event) -> None:
        with self._news:
            last = self._events[-1] if self._events else None
            stale = isinstance(event, TrainingProgress | RefineProgress)
            if stale and last is not None and _same_curve(last, event):
                self._events[-1] = event
            else:
                self._events.append(event)
            self._news.notify_all()


def _same_curve(one: Event, other: Event) -> bool:
    if isinstance(one, TrainingProgress) and isinstance(other, TrainingProgress):
        return (one.width, one.losses.shape, one.searching) == (
            other.width,
            other.losses.shape,
            other.searching,
        )
    both = isinstance(one, RefineProgress) and isinstance(other, RefineProgress)
    return both and one.size == other.size  # type: ignore[attr-defined]


def sendable(error: BaseException) -> BaseException:
    """The error, or one with the same words where it does not survive the way.

    >>> sendable(InputError("a width of 0"))
    InputError('a width of 0')
    """
    try:
        same = pickle.loads(pickle.dumps(error))
        if type(same) is type(error) and str(same) == str(error) and isinstance(error, Exception):
            return error
    except Exception:
        pass
    if isinstance(error, ECError):
        return InputError(str(error))
    return RuntimeError(f"{type(error).__name__}: {error}")
