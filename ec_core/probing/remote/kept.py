"""Answers kept on disk before they are used: one file for each model, to which is only added.

The file begins with one line of JSON: whose answers these are (never a token), D and K. Records of
one length follow: question (D), answer (K), checksum. A record that was broken off, by a kill or a
full disk, is seen by its length or its checksum; the next writer takes it away, and only that
question is asked again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from ec_core.errors import InputError

fcntl: Any
try:
    import fcntl
except ModuleNotFoundError:  # another system: there one process at a time
    fcntl = None

FORMAT = "ec-answers/1"

MAX_HEADER = 2**20
"""Bytes of the first line, at most."""

_NUMBER, _CHECK = 8, 4
"""Bytes of a number and of a checksum."""


def file_name(identity: dict[str, Any]) -> str:
    """The file of a model: the same for the same identity.

    >>> file_name({"address": "http://localhost/v2/models/iris"})
    '589d040d13a2dc6f005f2b37.answers'
    """
    text = json.dumps(identity, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24] + ".answers"


def _key(row: np.ndarray) -> bytes:
    """What a question is found by: its bytes."""
    return hashlib.blake2b(row.tobytes(), digest_size=16).digest()


class Kept:
    """The answers of one model.

    folder : made with the first answer; identity : whose answers they are, plain data
    Raises InputError where the file cannot be read or written, or is another model's.
    """

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        self.path = Path(folder) / file_name(identity)
        self._identity = identity
        self._known: dict[bytes, np.ndarray] = {}
        self._sizes: tuple[int, int] | None = None
        self._read_to = 0
        if self.path.exists():
            with self._open("rb") as file:
                self._read(file)
        self._before = set(self._known)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def outputs(self) -> int | None:
        """K, None before the first answer."""
        return None if self._sizes is None else self._sizes[1]

    @property
    def inputs(self) -> int | None:
        """D, None before the first answer."""
        return None if self._sizes is None else self._sizes[0]

    def find(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of the questions (N, D) are known, (N,) bool, and their answers (n, K)."""
        x = np.ascontiguousarray(x, dtype="<f8")
        found = [self._known.get(_key(row)) for row in x]
        known = np.array([answer is not None for answer in found], dtype=bool)
        answers = [answer for answer in found if answer is not None]
        empty = np.empty((0, self.outputs or 0))
        return known, np.stack(answers) if answers else empty

    def missing(self, x: np.ndarray) -> np.ndarray:
        """Those of the questions (N, D) that are not known (n, D), each once."""
        rows = {_key(row): row for row in np.ascontiguousarray(x, dtype="<f8")}
        unknown = [row for key, row in rows.items() if key not in self._known]
        return np.array(unknown, dtype=np.float64).reshape(len(unknown), x.shape[1])

    def from_before(self, x: np.ndarray) -> int:
        """How many of the questions (N, D) were known when this began; each is counted once."""
        keys = set(map(_key, np.ascontiguousarray(x, dtype="<f8"))) & self._before
        self._before -= keys
        return len(keys)

    def add(self, x: np.ndarray, y: np.ndarray) -> None:
        """Keep answers y (N, K) to questions x (N, D); on disk when this returns."""
        x, y = np.ascontiguousarray(x, dtype="<f8"), np.ascontiguousarray(y, dtype="<f8")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # made by whoever is first; nobody else may read what was paid for
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
            with self._open("r+b") as file, _alone(file):
                if os.fstat(file.fileno()).st_size < self._read_to:
                    self._sizes, self._read_to = None, 0  # deleted meanwhile, and begun anew
                self._read(file)  # what another process has added meanwhile
                self._fits(x.shape[1], y.shape[1])
                if self._sizes is None:
                    self._begin(file, x.shape[1], y.shape[1])
                file.seek(self._read_to)
                file.truncate()  # a record that was broken off
                records = b"".join(map(_record, x, y))
                file.write(records)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(
                f"Answers cannot be kept in {self.path}: {error.strerror}; nothing more is asked. "
                "Make room, or set EC_HOME to another place."
            ) from None
        self._read_to += len(records)
        self._remember(x, y)

    def _remember(self, x: np.ndarray, y: np.ndarray) -> None:
        for question, answer in zip(x, y, strict=True):
            self._known[_key(question)] = answer

    def _fits(self, inputs: int, outputs: int) -> None:
        if self._sizes not in (None, (inputs, outputs)):
            assert self._sizes is not None
            raise InputError(
                f"The model takes {inputs} and answers with {outputs} numbers, and {self.path.name}"
                f" keeps answers of {self._sizes[0]} and {self._sizes[1]}: another model under the "
                f"same address; delete {self.path} to ask this one."
            )

    def _begin(self, file: IO[bytes], inputs: int, outputs: int) -> None:
        facts = {"format": FORMAT, "inputs": inputs, "outputs": outputs, "of": self._identity}
        head = (json.dumps(facts, sort_keys=True) + "\n").encode()
        if len(head) > MAX_HEADER:  # it would not be found again, and written over
            raise InputError(
                f"The model tells {len(head):,} bytes of itself in its metadata; expected at most "
                f"{MAX_HEADER:,}: its answers cannot be kept."
            )
        file.seek(0)
        file.write(head)
        self._sizes, self._read_to = (inputs, outputs), len(head)

    def _read(self, file: IO[bytes]) -> None:
        """Whole records from where reading ended; what is broken off at the end is left."""
        if self._sizes is None:
            file.seek(0)
            head = file.readline(MAX_HEADER)
            if not head.endswith(b"\n"):  # not even the first line was written to its end
                return
            self._sizes, self._read_to = self._header(head), len(head)
        inputs, outputs = self._sizes
        size = (inputs + outputs) * _NUMBER + _CHECK
        file.seek(self._read_to)
        data = file.read()
        whole = len(data) // size * size
        table = np.frombuffer(data[:whole], np.uint8).reshape(-1, size)
        for row in table:
            body = row[:-_CHECK].tobytes()
            if zlib.crc32(body) == int.from_bytes(row[-_CHECK:].tobytes(), "little"):
                numbers = np.frombuffer(body, "<f8")
                self._remember(numbers[None, :inputs], numbers[None, inputs:])
        self._read_to += whole

    def _header(self, head: bytes) -> tuple[int, int]:
        try:
            facts = json.loads(head)
            right = facts["format"] == FORMAT and facts["of"] == self._identity
            inputs, outputs = int(facts["inputs"]), int(facts["outputs"])
        except (ValueError, KeyError, TypeError, RecursionError):
            right, inputs, outputs = False, 0, 0
        if not right or inputs < 1 or outputs < 1:
            raise InputError(
                f"{self.path} does not hold the answers of this model; expected those of "
                f"{self._identity.get('address')}. Move it away."
            )
        return inputs, outputs

    def _open(self, mode: str) -> IO[Any]:
        try:
            return self.path.open(mode)
        except OSError as error:
            raise InputError(f"{self.path} cannot be read: {error.strerror}.") from None


def _record(question: np.ndarray, answer: np.ndarray) -> bytes:
    body = question.tobytes() + answer.tobytes()
    return body + zlib.crc32(body).to_bytes(_CHECK, "little")


@contextlib.contextmanager
def _alone(file: IO[bytes]) -> Iterator[None]:
    """No other process writes meanwhile."""
    if fcntl is None:
        yield
        return
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
