"""A folder of named parts, each one file: JSON, arrays, a network, or packed plain data.

Every file is written under a temporary name and renamed, so a part is there whole or not at all.
Loading raises InputError, in one sentence, where a part is missing or damaged.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.files import network_bytes, parse_network, write_atomically
from ec_core.networks.network import Network
from ec_core.store.plain import arrays_bytes, pack, parse_arrays, unpack

_PART = re.compile(r"[a-z][a-z0-9-]{0,40}")
_ENDINGS = _JSON, _ARRAYS, _NETWORK = ".json", ".npz", ".safetensors"

State = tuple[tuple[str, int, int, int], ...]
"""Names, numbers, times and sizes of files."""


class Folder:
    """Parts by name (small letters, digits, hyphens). Cheap to make; holds nothing in memory.

    guard : given the folder before every change; raises where whoever asks may make none
    """

    def __init__(self, path: Path, guard: Callable[[Folder], None] | None = None) -> None:
        self.path = path
        self._guard = guard
        self._start = f"{path}{os.sep}"

    def changing(self) -> None:
        """To be called before a change. Raises NotYoursError where whoever asks may make none."""
        if self._guard is not None:
            self._guard(self)

    def _name(self, part: str, ending: str) -> str:
        """Where a part is: text, since pages ask a hundred times whether one is there."""
        if not _PART.fullmatch(part):
            raise InputError(f"{part!r} names no part of a run; expected letters and hyphens.")
        return f"{self._start}{part}{ending}"

    def _file(self, part: str, ending: str) -> Path:
        return Path(self._name(part, ending))

    def _found(self, part: str) -> list[Path]:
        names = [self._name(part, ending) for ending in _ENDINGS]
        return [Path(name) for name in names if os.path.isfile(name)]

    def parts(self) -> frozenset[str]:
        """The parts that are there."""
        stems = set()
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    # unfinished files begin with a dot, and so have no stem
                    stem, dot, ending = entry.name.partition(".")
                    if dot + ending in _ENDINGS and _PART.fullmatch(stem) and entry.is_file():
                        stems.add(stem)
        except OSError:
            return frozenset()
        return frozenset(stems)

    def state(self) -> State:
        """The files of all parts as they are now: a key for what all of them make together. Each is
        replaced, never written into: another file has another number.
        """
        found = []
        with contextlib.suppress(OSError), os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.endswith(_ENDINGS):
                    with contextlib.suppress(OSError):  # removed in between
                        at = entry.stat()
                        found.append((entry.name, at.st_ino, at.st_mtime_ns, at.st_size))
        return tuple(sorted(found))

    def has(self, part: str) -> bool:
        return any(os.path.isfile(self._name(part, ending)) for ending in _ENDINGS)

    def stamp(self, part: str) -> int:
        """Changes whenever the part does (0 if it is not there): a key for caches."""
        newest = 0
        for ending in _ENDINGS:
            with contextlib.suppress(OSError):
                newest = max(newest, os.stat(self._name(part, ending)).st_mtime_ns)
        return newest

    def forget(self, *parts: str) -> None:
        """Remove parts, those that are there."""
        self.changing()
        for part in parts:
            for file in self._found(part):
                file.unlink(missing_ok=True)

    def save_json(self, part: str, value: Mapping[str, Any]) -> None:
        try:
            text = json.dumps(value, indent=1)
        except (TypeError, ValueError) as error:
            raise InputError(f"{part} can hold plain data only: {error}.") from None
        self._write(self._file(part, _JSON), text.encode())

    def load_json(self, part: str) -> dict[str, Any]:
        file = self._file(part, _JSON)
        try:
            value = json.loads(self._read(file))
        except (ValueError, RecursionError):  # the latter of brackets within brackets
            raise self.damaged(file.name) from None
        if not isinstance(value, dict):
            raise self.damaged(file.name)
        return value

    def save_arrays(self, part: str, arrays: Mapping[str, np.ndarray]) -> None:
        self._write(self._file(part, _ARRAYS), arrays_bytes(arrays))

    def load_arrays(self, part: str, *needed: str) -> dict[str, np.ndarray]:
        """The arrays by name; those ``needed`` must be among them."""
        file = self._file(part, _ARRAYS)
        arrays = parse_arrays(self._read(file), self._called(file.name))
        if not set(needed) <= set(arrays):
            raise self.damaged(file.name)
        return arrays

    def save_network(self, part: str, network: Network) -> None:
        self._write(self._file(part, _NETWORK), network_bytes(network))

    def load_network(self, part: str) -> Network:
        file = self._file(part, _NETWORK)
        return parse_network(self._read(file), self._called(file.name))

    def save_plain(self, part: str, value: Any) -> None:
        """Any nesting of frozen dataclasses, tuples, arrays and numbers; see ``plain``."""
        self._write(self._file(part, _ARRAYS), pack(value))

    def load_plain(self, part: str, known: Iterable[type]) -> Any:
        """The inverse of ``save_plain``; ``known`` are the dataclasses that may occur."""
        file = self._file(part, _ARRAYS)
        return unpack(self._read(file), known, self._called(file.name))

    def damaged(self, name: str) -> InputError:
        return InputError(f"{self._called(name)} is damaged; delete it or compute it anew.")

    def _called(self, name: str) -> str:
        return f"{name} of run {self.path.name}"

    def _write(self, file: Path, data: bytes) -> None:
        self.changing()
        if not self.path.is_dir():
            raise InputError(f"Run {self.path.name} was deleted meanwhile; start another one.")
        write_atomically(file, data)

    def _read(self, file: Path) -> bytes:
        try:
            return file.read_bytes()
        except FileNotFoundError:
            raise InputError(
                f"Run {self.path.name} has no {file.name}; that step is still to do."
            ) from None
        except OSError as error:
            raise InputError(
                f"{self._called(file.name)} cannot be read: {error.strerror}."
            ) from None
