"""A person's own function, ``module:function``, asked in a process of its own.

It is never imported where it is asked from: it may be slow, print, break, or never come back. What
it prints is kept apart, what it raises is one sentence, and it ends with whoever asks.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.remote import worker
from ec_core.probing.remote.bearer import TOKEN, hidden
from ec_core.probing.remote.sizes import find
from ec_core.probing.remote.speech import columns
from ec_core.probing.unanswered import refuse_most, unanswered

_NAME = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")

IMPORT_SECONDS = 120.0
"""Seconds until the module must be there: some load a framework and a model first."""

CALL_SECONDS = 60.0
"""Seconds until a batch must be answered."""

BATCH = 1000
"""Questions asked at once."""

PRINTED = 2000
"""Bytes at the end of what it printed that an error is looked for in."""


def is_callable_name(text: str) -> bool:
    """Is this ``module:function``, and no file?

    >>> is_callable_name("my_module:model.predict"), is_callable_name("answers.npz")
    (True, False)
    """
    return _NAME.fullmatch(text) is not None and not Path(text).exists()


class Elsewhere:
    """Answers questions by asking a function in another process.

    name : ``module:function``, found from the folder this runs in
    inputs : D, where it is told; else scikit-learn's ``n_features_in_``, else found by asking
    seconds : until a batch must be answered; most : questions that may be asked in all
    Raises InputError.
    """

    def __init__(
        self,
        name: str,
        *,
        inputs: int | None = None,
        seconds: float = CALL_SECONDS,
        most: int | None = None,
        batch: int = BATCH,
    ) -> None:
        self.name, self._seconds, self._batch = name, seconds, batch
        self._asked, self._most, self._tries = 0, most, 0
        self._answered, self._unanswered = 0, 0
        # a process of its own, and a group of its own: it is ended with all it has begun
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115  # closed by ``close``
        environment = {key: value for key, value in os.environ.items() if key != TOKEN}
        self._process = subprocess.Popen(
            [sys.executable, "-P", worker.__file__, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            env=environment,
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _ended, self._process, self._printed)
        self._coming: queue.Queue[tuple[bytes, bytes] | None] = queue.Queue()
        threading.Thread(target=_listen, args=(self._process, self._coming), daemon=True).start()
        kind, body = self._heard(IMPORT_SECONDS)
        if kind == b"e":
            said = hidden(body.decode("utf-8", "replace"))
            self.close()
            raise InputError(f"{name} cannot be imported: {said}.")
        known = json.loads(body)["inputs"]
        self.inputs = int(inputs or known or self._found())
        self._tries = self._asked

    @property
    def most(self) -> int | None:
        """Questions that may still be asked: what finding its size took is part of the budget."""
        return None if self._most is None else self._most - self._tries

    def close(self) -> None:
        """End the other process, and whatever it has begun."""
        self._end()

    def facts(self) -> dict[str, Any]:
        """For the report: how many questions were asked."""
        return {"questions": self._asked}

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Answers (N, K) to questions (N, D), NaN for what is no number. Raises InputError."""
        parts = [self._ask(x[at : at + self._batch]) for at in range(0, len(x), self._batch)]
        if len({part.shape[1] for part in parts}) > 1:
            raise InputError(f"{self.name} answers with more numbers at some times than at others.")
        return np.concatenate(parts)

    def _ask(self, x: np.ndarray) -> np.ndarray:
        answer = self._answer(x)
        if isinstance(answer, str):
            raise InputError(
                f"{self.name} raises {answer}; it is asked arrays (questions, inputs)."
            )
        y = columns(answer, len(x), self.name)
        self._answered += len(y)
        self._unanswered += unanswered(y)
        refuse_most(self.name, self._unanswered, self._answered)
        return y

    def _answer(self, x: np.ndarray) -> np.ndarray | str:
        """What it answers, or what it raises."""
        assert self._process.stdin is not None
        question = worker.packed(np.ascontiguousarray(x))
        with contextlib.suppress(OSError):  # it has gone; what it said last is heard below
            worker.send(self._process.stdin, b"q", question)
        kind, body = self._heard(self._seconds)
        self._asked += len(x)
        if kind == b"e":
            return hidden(body.decode("utf-8", "replace"))
        try:
            return worker.unpacked(body)
        except ValueError:
            return "TypeError: its answer is no array of numbers"

    def _found(self) -> int:
        """The number of inputs, found by asking."""

        def ask(size: int) -> str | None:
            if self._most is not None and self._asked >= self._most:
                raise InputError(
                    f"{self._asked} of {self._most} questions have been asked, and how many "
                    f"inputs {self.name} has is not found; give --inputs, or a larger budget "
                    "(--questions)."
                )
            answer = self._answer(np.full((1, size), 0.5))
            return answer if isinstance(answer, str) else None

        try:
            return find(ask, self.name)
        except InputError:
            self.close()
            raise

    def _heard(self, seconds: float) -> tuple[bytes, bytes]:
        try:
            message = self._coming.get(timeout=seconds)
        except queue.Empty:
            self.close()
            raise InputError(
                f"{self.name} has not answered within {seconds:g} seconds and was ended; "
                "--timeout gives it longer, --batch fewer questions at once."
            ) from None
        if message is None:
            code, last = self._process.wait(), self._last_line()
            self.close()
            raise InputError(f"{self.name} ended by itself (exit code {code}){last}.")
        return message

    def _last_line(self) -> str:
        size = self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, size - PRINTED))
        lines = self._printed.read().decode("utf-8", "replace").strip().splitlines()
        return f" and said: {hidden(lines[-1])}" if lines else ""


def _listen(
    process: subprocess.Popen[bytes], coming: queue.Queue[tuple[bytes, bytes] | None]
) -> None:
    assert process.stdout is not None
    while True:
        try:
            message = worker.receive(process.stdout)
        except (OSError, ValueError):
            message = None
        coming.put(message)
        if message is None:
            return


def _ended(process: subprocess.Popen[bytes], printed: Any) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, printed):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()
