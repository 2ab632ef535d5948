"""Workers on a Ray cluster: actors, each with its share of processors and cards.

What a worker tells is fetched by asking it again and again, with one question under way to each: a
question to a worker that is gone fails, and that is how its loss is known. It needs no more of Ray
than actors, so that it also works through Ray's client (``ray://host:10001``).
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Sequence
from typing import Any

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.pool.work import AtWork, Ended, Lost, Message, Ready, Request, Task
from ec_core.pool.worker import set_threads

ADDRESS = "EC_RAY"
"""Names the cluster that single jobs of the app may be sent to."""

_FETCH = 1.0
"""Seconds that a question waits at the worker for something to tell."""

_connecting = threading.Lock()
_connected: list[str] = []


class _Actor:
    """A worker, on whatever machine Ray puts it."""

    def __init__(self, threads: int) -> None:
        set_threads(threads)
        self._at_work: AtWork | None = None

    def ready(self) -> tuple[Message, ...]:
        return (Ready(),)

    def give(self, task: Task) -> None:
        self._at_work = AtWork(task)

    def ask(self, request: Request) -> None:
        if self._at_work is not None:
            self._at_work.ask(request)

    def fetch(self) -> tuple[Message, ...]:
        return () if self._at_work is None else self._at_work.fetch(_FETCH)


def available() -> bool:
    """Is there a cluster named for the app, and the package that speaks to it?

    >>> import unittest.mock
    >>> with unittest.mock.patch.dict(os.environ, {ADDRESS: ""}):
    ...     available()
    False
    """
    import importlib.util

    return bool(os.environ.get(ADDRESS)) and importlib.util.find_spec("ray") is not None


def _silence() -> None:
    """Ray prints what it has to say of lost machines on stdout, whatever it was told; there this
    program's own answer stands alone. (Nothing public turns it off in Ray 2.60.)
    """
    with contextlib.suppress(ImportError):
        from ray._private import worker

        worker._worker_logs_enabled = False


def connected(address: str) -> Any:
    """Ray, connected to a cluster, once per process.

    Raises MissingExtraError where it is not installed, InputError where the cluster is not there.
    """
    ray = need("ray", "cluster", "Workers on a cluster")
    with _connecting:
        if _connected and _connected[0] == address and ray.is_initialized():
            return ray
        if ray.is_initialized():
            ray.shutdown()
        _connected.clear()
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except Exception as error:  # of many kinds, some of them grpc's
            said = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
            raise InputError(
                f"There is no Ray cluster at {address} ({said[:200]}); start one with 'ray start "
                "--head', and name it as HOST:6379 on one of its machines, else ray://HOST:10001."
            ) from None
        _silence()
        _connected.append(address)
    return ray


class RayWorkers:
    """See ``Workers``.

    many : workers, 0: as many as there is room for on the cluster now
    threads : processors of each; cards : the share of a GPU that each has, 0 for none
    Raises InputError where the cluster has no room for a single one.
    """

    def __init__(self, address: str, many: int = 0, threads: int = 1, cards: float = 0.0) -> None:
        self._ray = ray = connected(address)
        there = ray.cluster_resources()
        room = int(there.get("CPU", 0.0) // threads)
        if cards:
            room = min(room, int(there.get("GPU", 0.0) / cards + 1e-9))
        if room < 1:
            has = f"{there.get('CPU', 0):g} processors and {there.get('GPU', 0):g} cards"
            raise InputError(
                f"The cluster at {address} has {has}; a worker needs {threads} and {cards:g} on "
                "one machine. Ask for less (--threads, --gpus)."
            )
        # a question that waits must not keep a request from being heard; and a worker that Ray
        # begins anew by itself would have forgotten what it was doing
        self._kind = ray.remote(_Actor).options(
            num_cpus=threads, num_gpus=cards, max_concurrency=4, max_restarts=0
        )
        self._threads = threads
        self._actors: list[Any] = []
        self._questions: dict[Any, int] = {}
        for worker in range(min(many, room) if many else room):
            self._actors.append(None)
            self._start(worker)

    def _start(self, worker: int) -> None:
        self._actors[worker] = actor = self._kind.remote(self._threads)
        self._questions[actor.ready.remote()] = worker

    def give(self, worker: int, task: Task) -> None:
        """See ``Workers``."""
        actor = self._actors[worker]
        actor.give.remote(task)
        self._questions[actor.fetch.remote()] = worker

    def ask(self, worker: int, request: Request) -> None:
        """See ``Workers``."""
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._actors[worker].ask.remote(request)

    def heard(self, seconds: float) -> Sequence[tuple[int, Message]]:
        """See ``Workers``."""
        questions = list(self._questions)
        first, _ = self._ray.wait(questions, num_returns=1, timeout=seconds)
        if not first:
            return ()
        answered, _ = self._ray.wait(questions, num_returns=len(questions), timeout=0)
        found: list[tuple[int, Message]] = []
        for question in answered or first:
            found += [(w, m) for w, m in self._answer(question, self._questions.pop(question))]
        return found

    def _answer(self, question: Any, worker: int) -> list[tuple[int, Message]]:
        try:
            messages = self._ray.get(question)
        except self._ray.exceptions.RayTaskError as error:
            raise error.as_instanceof_cause() from None
        except self._ray.exceptions.RayError as error:
            self._end(worker)
            self._start(worker)
            return [(worker, Lost(type(error).__name__))]
        if not any(isinstance(message, Ready | Ended) for message in messages):
            self._questions[self._actors[worker].fetch.remote()] = worker
        return [(worker, message) for message in messages]

    def _end(self, worker: int) -> None:
        with contextlib.suppress(Exception):  # of Ray's many: it may be gone already
            self._ray.kill(self._actors[worker])

    def close(self) -> None:
        """See ``Workers``."""
        self._questions.clear()
        for worker in range(len(self._actors)):
            self._end(worker)
