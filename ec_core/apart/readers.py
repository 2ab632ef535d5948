"""The processes that read: a few, kept warm, each ended when a file was too much for it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ec_core.apart import child
from ec_core.errors import InputError, MissingExtraError

MANY = 2
"""Files that are read at the same time; the next one waits."""


@dataclass(frozen=True)
class Limits:
    """Of one file. memory : bytes; seconds : of a processor, and half as many again by the clock
    waiting : seconds until it is its turn
    """

    memory: int = 4 * 2**30
    seconds: int = 60
    waiting: float = 120.0


USUAL = Limits()
"""A file of 1 GiB, unpacked, is read within these."""

SECRETS = ("EC_TOKEN", "EC_DATABASE_URL")

LARGE = 2**26
"""Bytes of a file after which a process is not used again: it gives its memory back."""


class _Reader:
    """One process."""

    def __init__(self) -> None:
        # it has no need of what the server is trusted with
        kept = {name: text for name, text in os.environ.items() if name not in SECRETS}
        self.process = subprocess.Popen(
            [sys.executable, "-P", child.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def ask(
        self, head: dict[str, Any], data: bytes, seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        """One file. Raises EOFError where the process ends, TimeoutError where it does not."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self.process.kill()

        watch = threading.Timer(seconds, end)
        watch.daemon = True
        watch.start()
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            with contextlib.suppress(OSError):  # it is gone, which is heard in a moment
                child.send(self.process.stdin, head, data)
            return child.receive(self.process.stdout)
        except (EOFError, OSError, ValueError):
            if late.is_set():
                raise TimeoutError from None
            raise EOFError from None
        finally:
            watch.cancel()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class _Readers:
    """Those of this process."""

    def __init__(self) -> None:
        self._lock, self._turn = threading.Lock(), threading.BoundedSemaphore(MANY)
        self._idle: list[_Reader] = []

    @contextmanager
    def taken(self, waiting: float, name: str) -> Iterator[_Reader]:
        """One that nobody else uses; it must be given back, or closed."""
        if not self._turn.acquire(timeout=waiting):
            raise InputError(
                f"{name} has waited {waiting:g} seconds for other files to be read; try again."
            )
        try:
            with self._lock:
                reader = self._idle.pop() if self._idle else None
            if reader is not None and reader.process.poll() is not None:
                reader.close()
                reader = None
            yield reader or _Reader()
        finally:
            self._turn.release()

    def back(self, reader: _Reader) -> None:
        with self._lock:
            self._idle.append(reader)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for reader in idle:
            reader.close()

    def warm_up(self) -> None:
        with self._lock:
            if not self._idle:
                self._idle.append(_Reader())


_READERS = _Readers()


def warm_up() -> None:
    """Have a process there before the first file is."""
    _READERS.warm_up()


def close() -> None:
    """End those that wait for a file; the next one starts others."""
    _READERS.close()


def ask(what: str, data: bytes, name: str, limits: Limits, wanted: list[int] | None) -> bytes:
    """What is in a file. Raises InputError, naming the limit where one was met."""
    head: dict[str, Any] = {"what": what, "name": name, "wanted": wanted}
    head |= {"memory": limits.memory, "seconds": limits.seconds}
    with _READERS.taken(limits.waiting, name) as reader:
        good = False
        try:
            told, body = reader.ask(head, data, 1.5 * limits.seconds)
            good = told.get("kind") not in ("memory", "strange") and len(data) < LARGE
        except TimeoutError:
            raise _too_long(name, limits) from None
        except EOFError:
            raise _ended(reader, name, limits) from None
        finally:
            if good:
                _READERS.back(reader)
            else:
                reader.close()
    if told.get("ok"):
        return body
    raise _refused(told, name, limits)


def _too_long(name: str, limits: Limits) -> InputError:
    return InputError(
        f"{name} takes longer than {limits.seconds} seconds to read, which is the limit; save it "
        "in another format, such as .npz, or with fewer rows."
    )


def _too_large(name: str, limits: Limits) -> InputError:
    return InputError(
        f"{name} needs more than {limits.memory / 2**30:g} GiB to be read, which is the limit; "
        "save it in another format, such as .npz, or with fewer rows."
    )


def _ended(reader: _Reader, name: str, limits: Limits) -> InputError:
    code = reader.process.wait()
    if code == -24:  # SIGXCPU
        return _too_long(name, limits)
    if code == -9:  # by the system, for want of memory
        return _too_large(name, limits)
    return InputError(
        f"{name} is damaged, or of another kind: the program that reads such files broke off "
        f"(exit code {code}); save it again."
    )


def _refused(told: dict[str, Any], name: str, limits: Limits) -> Exception:
    kind, said = str(told.get("kind")), str(told.get("error"))
    if kind == "memory":
        return _too_large(name, limits)
    if kind == "strange":
        return InputError(f"{name} cannot be read: it is damaged, or of another kind ({said}).")
    if kind == "MissingExtraError":
        return MissingExtraError(said)
    return InputError(said)
