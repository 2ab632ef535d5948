"""Workers that are processes of this machine, spoken to through pipes.

Not ``multiprocessing``: what it starts runs the main script once more, which in the app is the app.
Only this program's own processes are at the two ends of a pipe, so that what goes through it may be
pickled; nothing that a person brings is.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO, Any

from ec_core.pool.work import AtWork, Ended, Lost, Message, Ready, Request, Task

_HEAD = 8
"""Bytes of a length."""

_FETCH = 0.1
"""Seconds between two words of a worker, at least: progress comes many times as often."""


def send(pipe: IO[bytes], what: Any) -> None:
    """One message. Raises OSError where the other end is gone."""
    body = pickle.dumps(what)
    pipe.write(len(body).to_bytes(_HEAD, "little") + body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """One message. Raises EOFError where the other end is gone."""
    head = pipe.read(_HEAD)
    size = int.from_bytes(head, "little")
    body = pipe.read(size) if len(head) == _HEAD else b""
    if len(head) < _HEAD or len(body) < size:
        raise EOFError
    return pickle.loads(body)


class LocalWorkers:
    """So many processes, each with so many threads; see ``Workers``.

    >>> workers = LocalWorkers(0)
    >>> workers.close()
    """

    def __init__(self, many: int, threads: int = 1) -> None:
        self._threads = threads
        self._news: queue.Queue[tuple[int, subprocess.Popen[bytes], Message]] = queue.Queue()
        self._closed = False
        self._processes = [self._started(worker) for worker in range(many)]

    def _started(self, worker: int) -> subprocess.Popen[bytes]:
        # found as this process finds them, wherever it was started
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(
            [sys.executable, "-m", "ec_core.pool.worker", str(self._threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        listening = (worker, process)
        threading.Thread(target=self._listen, args=listening, name="ec-pool", daemon=True).start()
        return process

    def _listen(self, worker: int, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        while True:
            try:
                message: Message = receive(process.stdout)
            except (EOFError, OSError, ValueError, pickle.UnpicklingError):
                self._news.put((worker, process, Lost(f"exit code {process.wait()}")))
                return
            self._news.put((worker, process, message))

    def give(self, worker: int, task: Task) -> None:
        """See ``Workers``."""
        self._send(worker, task)

    def ask(self, worker: int, request: Request) -> None:
        """See ``Workers``."""
        self._send(worker, request)

    def _send(self, worker: int, what: Any) -> None:
        pipe = self._processes[worker].stdin
        assert pipe is not None
        with contextlib.suppress(OSError):  # it is gone, which is heard soon
            send(pipe, what)

    def heard(self, seconds: float) -> Sequence[tuple[int, Message]]:
        """See ``Workers``."""
        found: list[tuple[int, Message]] = []
        with contextlib.suppress(queue.Empty):
            wait: float | None = seconds
            while True:
                worker, process, message = self._news.get(wait is not None, wait)
                wait = None
                if process is not self._processes[worker]:
                    continue  # the last word of one that was replaced
                if isinstance(message, Lost) and not self._closed:
                    _end(process)
                    self._processes[worker] = self._started(worker)
                found.append((worker, message))
        return found

    def close(self) -> None:
        """See ``Workers``."""
        self._closed = True
        for process in self._processes:
            process.kill()
        for process in self._processes:
            _end(process)

    @property
    def processes(self) -> tuple[int, ...]:
        """Their numbers."""
        return tuple(process.pid for process in self._processes)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def serve(asked: IO[bytes], told: IO[bytes]) -> None:
    """In the other process: do what is given, until whoever gave it is gone."""
    lock, at_work = threading.Lock(), None

    def say(message: Message) -> None:
        with lock, contextlib.suppress(OSError):
            send(told, message)

    def pass_on(work: AtWork) -> None:
        while True:
            messages = work.fetch(60.0)
            for message in messages:
                say(message)
            if any(isinstance(message, Ended) for message in messages):
                return
            work.control.wait(_FETCH)

    say(Ready())
    while True:
        try:
            what = receive(asked)
        except (EOFError, OSError):
            return
        if isinstance(what, str | tuple):
            if at_work is not None:
                at_work.ask(what)
        else:
            at_work = AtWork(what)
            threading.Thread(target=pass_on, args=(at_work,), daemon=True).start()
