"""The other process: a person's function, imported and asked here and nowhere else.

Run as a file of its own, it knows nothing of ec_core and needs NumPy alone. Questions come on
standard input and answers go to standard output, each as a letter, a length and so many bytes;
whatever the function prints goes to standard error instead.

    q  a question, .npy       r  ready, {"inputs": D or null}, JSON
    y  an answer, .npy        e  an error, a sentence, UTF-8
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import queue
import sys
import threading
import traceback
from typing import IO, Any

import numpy as np

LENGTH = 8
"""Bytes of a length."""


def send(pipe: IO[bytes], kind: bytes, body: bytes) -> None:
    """One message."""
    pipe.write(kind + len(body).to_bytes(LENGTH, "little") + body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """One message; None where the other side has gone."""
    head = pipe.read(1 + LENGTH)
    if len(head) < 1 + LENGTH:
        return None
    size = int.from_bytes(head[1:], "little")
    body = pipe.read(size)
    return (head[:1], body) if len(body) == size else None


def packed(array: np.ndarray) -> bytes:
    """An array as .npy, never as a pickle."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def unpacked(data: bytes) -> np.ndarray:
    """The inverse of ``packed``. Raises ValueError."""
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))


def _words(error: BaseException) -> str:
    """One line: what was raised, and where in the person's own code."""
    try:
        text = " ".join(str(error).split()) or "(no words)"
    except Exception:  # it is their class
        text = "(words that cannot be read)"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and "importlib" not in frame.filename
    ]
    where = "".join(
        f" (line {frame.lineno} of {os.path.basename(frame.filename)})" for frame in frames[-1:]
    )
    said = f"{type(error).__name__}: {text}{where}"
    return said.encode("utf-8", "replace").decode()  # halves of signs cannot be sent


def _inputs(function: Any) -> int | None:
    """How many inputs an object of scikit-learn's kind has."""
    for owner in (function, getattr(function, "__self__", None)):
        size = getattr(owner, "n_features_in_", None)
        if size is not None:
            return int(size)
    return None


def _found(name: str) -> Any:
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{path} is no function")
    return found


def _questions(pipe: IO[bytes]) -> queue.Queue[bytes]:
    """What comes; the process ends with the one that asks, whatever the function is doing."""
    coming: queue.Queue[bytes] = queue.Queue()

    def read() -> None:
        while (message := receive(pipe)) is not None:
            coming.put(message[1])
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return coming


def _array(answer: Any) -> np.ndarray:
    """Whatever it answers with, as an array: tensors of any type and device, what is masked as NaN.

    (As ``probing.asking`` does for functions that are asked where they are.)
    """
    if hasattr(answer, "detach") and hasattr(answer, "is_floating_point"):
        answer = answer.detach().cpu()
        answer = answer.double() if answer.is_floating_point() else answer
    if isinstance(answer, np.ma.MaskedArray) and answer.dtype.kind == "f":
        answer = answer.filled(np.nan)
    array = np.asarray(answer)
    if array.dtype.kind == "O":
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            return array.astype(float)  # None among numbers is NaN
    return array


def main(name: str) -> None:
    """Answer questions until nobody asks any more."""
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.path.insert(0, os.getcwd())
    coming = _questions(asked)
    try:
        function = _found(name)
        send(told, b"r", json.dumps({"inputs": _inputs(function)}).encode())
    except BaseException as error:  # even SystemExit: it is their code
        send(told, b"e", _words(error).encode())
        return
    while True:
        question = coming.get()
        try:
            send(told, b"y", packed(_array(function(unpacked(question)))))
        except BaseException as error:
            send(told, b"e", _words(error).encode())


if __name__ == "__main__":
    main(sys.argv[1])
