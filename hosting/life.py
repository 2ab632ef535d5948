"""A server's beginning and end: what was broken off goes on, and what is computed is written down.

Jobs go on as soon as the server is started, without waiting for somebody to open a page. Told to
stop (SIGTERM, Ctrl+C), the server has its jobs write down where they stand at once, while its
connections are being closed, and is gone after a few seconds in any case: somebody's browser that
does not answer must not keep it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from hosting import logs

WRITING = 4.0
"""Seconds that jobs have to come to a step at which they can write down where they stand; of one
that does not, what was written some seconds before counts."""

LONGEST = 8.0
"""Seconds after which a server that was told to stop is gone; container engines wait for ten."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger(__name__)


class Program(Protocol):
    """The background work of this process."""

    def board(self) -> object:
        """Begins it, and what was broken off goes on."""
        ...

    def leave(self, timeout: float) -> None:
        """Have it written down within so many seconds; it is over then."""
        ...


class Life:
    """The program beside a server. load : imports it (a ``Program``), which takes seconds"""

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load
        self._program: Program | None = None
        self._board: Any = None
        self._ended: asyncio.Future[None] | None = None
        self.told: int | None = None

    def begin(self) -> None:
        """Load the program and begin, in a thread of its own."""
        threading.Thread(target=self._begin, name="ec-start", daemon=True).start()

    def _begin(self) -> None:
        try:
            self._program = program = self._load()
            self._board = program.board()
        except Exception:
            # pages say what is wrong to whoever opens one
            _log.exception("The program could not be started beside the server")

    def board(self) -> Any:
        """The background work; None while it is being loaded."""
        return self._board

    def _leave(self) -> None:
        # not loaded yet: then nothing has begun either
        if self._program is not None:
            self._program.leave(WRITING)

    def end(self) -> asyncio.Future[None]:
        """Have everything written down; the same end for all who ask. In the server's loop."""
        if self._ended is None:
            loop = asyncio.get_running_loop()
            self._ended = asyncio.ensure_future(loop.run_in_executor(None, self._leave))
        return self._ended

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """For ``st.App``."""
        # the server's own loggers have got their form by now
        logs.set_up()
        with _heard(self):
            self.begin()
            yield
            await self.end()
            if self.told == signal.SIGINT:
                _interrupt()

    def told_to_stop(self, number: int) -> None:
        """A signal has come. In the server's loop."""
        self.end()
        if self.told is not None:
            return
        self.told = number
        last = threading.Timer(LONGEST, _die, (number,))
        last.daemon = True
        last.start()


def _die(number: int) -> None:
    """End this process at once, with the code by which shells know the signal."""
    logging.shutdown()
    os._exit(128 + number)


def _interrupt() -> None:
    """End as programs do on Ctrl+C. Python would raise KeyboardInterrupt behind the server's end,
    which Streamlit takes for a failure, and wait for threads that compute.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def _heard(life: Life) -> Iterator[None]:
    """The server's own answer to signals, and ours beside it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # nobody else hears signals
        return
    loop = asyncio.get_running_loop()
    before = {int(number): signal.getsignal(number) for number in _SIGNALS}

    def hear(number: int, frame: Any) -> None:
        usual = before[number]
        # whatever is interrupted here may hold any lock: the loop does it in a moment
        loop.call_soon_threadsafe(life.told_to_stop, number)
        if callable(usual):
            usual(number, frame)

    for number in _SIGNALS:
        signal.signal(number, hear)
    try:
        yield
    finally:
        for number in _SIGNALS:
            signal.signal(number, before[number])
