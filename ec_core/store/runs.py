"""All runs: one folder each under one root, named so that names sort by age."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ec_core.errors import InputError
from ec_core.store.folder import Folder
from ec_core.store.run import ABOUT, SCHEMA, RunSummary, StoredRun

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Base 32 in ascending order, without letters that look like digits."""

_TIME_DIGITS, _RANDOM_DIGITS = 9, 3
"""Milliseconds since the epoch until the year 3084; a random end for programs that share a root."""

_ID = re.compile(rf"[{_DIGITS}]{{{_TIME_DIGITS + _RANDOM_DIGITS}}}")


def home(default: Path) -> Path:
    """The root of all runs: the environment's EC_HOME, or ``default``."""
    return Path(os.environ.get("EC_HOME") or default)


def run_id(milliseconds: int) -> str:
    """A new id: twelve letters and digits that sort by time and fit into an address.

    >>> len(run_id(0)), run_id(1)[:9] < run_id(2)[:9]
    (12, True)
    """
    stamp = ""
    for _ in range(_TIME_DIGITS):
        milliseconds, digit = divmod(milliseconds, len(_DIGITS))
        stamp = _DIGITS[digit] + stamp
    return stamp + "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_DIGITS))


class RunStore:
    """Makes, lists, opens and deletes runs; may be shared by threads and by processes.

    root : made when the first run is
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self._lock = threading.RLock()
        self._last = 0

    def _new_id(self) -> str:
        with self._lock:
            # two runs of one millisecond still sort by age
            self._last = max(self._last + 1, time.time_ns() // 1_000_000)
            return run_id(self._last)

    def _begun(self) -> Path:
        """A folder that nobody takes for a run yet."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix=".new-", dir=self.root))
            made.chmod(0o755)
        except OSError as error:
            raise InputError(
                f"Cannot keep runs in {self.root}: {error.strerror}; set EC_HOME to another place."
            ) from None
        return made

    def create(self, kind: str, label: str) -> StoredRun:
        """A new, empty run. Raises InputError if the root cannot be written.

        kind : what it is about (a preset's name, "upload", …); label : its title for people
        """
        about = {
            "schema": SCHEMA,
            "kind": kind,
            "label": label,
            "created": time.time(),
            "status": "new",
            "settings": {},
        }
        return self._appear(self._begun(), about)

    def adopt(self, fill: Callable[[Path], None]) -> StoredRun:
        """A run whose files, run.json among them, ``fill`` puts into its folder. Raises what that
        raises, and InputError where it is no run of this version; nothing is left then.
        """
        made = self._begun()
        try:
            fill(made)
            summary = StoredRun(made, self._lock).summary()
            if summary.damaged is not None:
                raise InputError("What was given is no run of this version; nothing was kept.")
            about = Folder(made).load_json(ABOUT)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        return self._appear(made, about)

    def _appear(self, made: Path, about: dict[str, Any]) -> StoredRun:
        """A folder becomes a run, with run.json in it: nobody sees half a run."""
        try:
            Folder(made).save_json(ABOUT, about)
            path = self.root / self._new_id()
            made.rename(path)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        return StoredRun(path, self._lock)

    def _path(self, id_: str) -> Path:
        # an id comes from an address a person can edit: only its own alphabet passes
        if not isinstance(id_, str) or not _ID.fullmatch(id_):
            raise InputError(
                f"{id_!r} is no run; expected {_TIME_DIGITS + _RANDOM_DIGITS} letters."
            )
        path = self.root / id_
        if path.is_symlink() or not path.is_dir():
            raise InputError(f"There is no run {id_} here; it may have been deleted.")
        return path

    def exists(self, id_: str) -> bool:
        try:
            self._path(id_)
        except InputError:
            return False
        return True

    def open(self, id_: str) -> StoredRun:
        """A run by its id. Raises InputError if there is none or it is damaged."""
        run = StoredRun(self._path(id_), self._lock)
        damaged = run.summary().damaged
        if damaged is not None:
            raise InputError(damaged)
        return run

    def list(self) -> tuple[RunSummary, ...]:
        """All runs, newest first, damaged ones among them."""
        try:
            names = [entry.name for entry in os.scandir(self.root)]
        except OSError:
            return ()
        ids = sorted((name for name in names if self.exists(name)), reverse=True)
        return tuple(StoredRun(self.root / id_, self._lock).summary() for id_ in ids)

    def delete(self, id_: str) -> None:
        """Remove a run, damaged or not. Raises InputError if there is none."""
        path = self._path(id_)
        gone = self.root / f".deleted-{id_}-{secrets.token_hex(2)}"
        try:
            # renamed first: nobody sees half a run
            path.rename(gone)
        except OSError as error:
            raise InputError(f"Cannot delete run {id_}: {error.strerror}.") from None
        shutil.rmtree(gone, ignore_errors=True)
