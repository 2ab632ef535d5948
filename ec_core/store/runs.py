"""All runs: one folder each under one root, named so that names sort by age."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from ec_core.errors import InputError, quoted
from ec_core.store.folder import Folder
from ec_core.store.owner import OWNER, Owner, owner_of, save_owner
from ec_core.store.run import ABOUT, SCHEMA, RunSummary, StoredRun

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Base 32 in ascending order, without letters that look like digits."""

_TIME_DIGITS, _RANDOM_DIGITS = 9, 20
"""Milliseconds since the epoch until the year 3084; 100 random bits: nobody guesses an id."""

_ONCE = 3
"""Random digits of earlier versions, whose runs still open."""

_ID = re.compile(
    rf"[{_DIGITS}]{{{_TIME_DIGITS}}}(?:[{_DIGITS}]{{{_RANDOM_DIGITS}}}|[{_DIGITS}]{{{_ONCE}}})"
)

NOT_COPIED = ("at-work.json", f"{OWNER}.json")
"""What belongs to one run alone: who works on it, and whose it is."""


TRASH = ".trash-"
"""How the folder of a run begins that was deleted and can still be brought back."""


def is_id(name: str) -> bool:
    """Does it look like the id of a run, there or not?"""
    return _ID.fullmatch(name) is not None


def home(default: Path) -> Path:
    """The root of all runs: the environment's EC_HOME, or ``default``."""
    return Path(os.environ.get("EC_HOME") or default)


def run_id(milliseconds: int) -> str:
    """A new id: letters and digits that sort by time, fit into an address and into a file's name.

    >>> len(run_id(0)), run_id(1)[:9] < run_id(2)[:9]
    (29, True)
    """
    stamp = ""
    for _ in range(_TIME_DIGITS):
        milliseconds, digit = divmod(milliseconds, len(_DIGITS))
        stamp = _DIGITS[digit] + stamp
    return stamp + "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_DIGITS))


def _is_of(run: Folder, key: str) -> bool:
    owner = owner_of(run)
    return owner is not None and owner.key == key


_NO_RUN = "What was given is no run of this version; nothing was kept."


def _of_this_version(run: StoredRun) -> dict[str, Any]:
    """What run.json says. Raises InputError where this program cannot read the run."""
    try:
        about = Folder(run.path).load_json(ABOUT)
    except InputError:
        raise InputError(_NO_RUN) from None
    schema = about.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise InputError(
            f"This run was written by a newer version: it has format {schema}, and this program "
            f"reads {SCHEMA}. Nothing was kept; take it in with that version, or a newer one."
        )
    if run.summary().damaged is not None:
        raise InputError(_NO_RUN)
    return about


class RunStore:
    """Makes, lists, opens and deletes runs; may be shared by threads and by processes.

    root : made when the first run is
    guard : given a run before every change of it; raises where whoever asks may make none
    """

    def __init__(self, root: Path, guard: Callable[[Folder], None] | None = None) -> None:
        self.root = Path(root)
        self._guard = guard
        self._lock = threading.RLock()
        self._last = 0
        # handles hold nothing; a page asks for its run a hundred times
        self._handle = lru_cache(maxsize=1024)(lambda id_: self._run(self.root / id_))

    def _new_id(self) -> str:
        with self._lock:
            # two runs of one millisecond still sort by age
            self._last = max(self._last + 1, time.time_ns() // 1_000_000)
            return run_id(self._last)

    def _run(self, path: Path) -> StoredRun:
        return StoredRun(path, self._lock, self._guard)

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

    def create(self, kind: str, label: str, owner: Owner | None = None) -> StoredRun:
        """A new, empty run. Raises InputError if the root cannot be written.

        kind : what it is about (a preset's name, "upload", …); label : its title for people
        owner : whose it is, None where nobody asks that
        """
        about = {
            "schema": SCHEMA,
            "kind": kind,
            "label": label,
            "created": time.time(),
            "status": "new",
            "settings": {},
        }
        return self._appear(self._begun(), about, owner)

    def adopt(self, fill: Callable[[Path], None], owner: Owner | None = None) -> StoredRun:
        """A run whose files, run.json among them, ``fill`` puts into its folder. Raises what that
        raises, and InputError where it is no run of this version; nothing is left then.

        owner : whose it becomes
        """
        made = self._begun()
        try:
            fill(made)
            about = _of_this_version(StoredRun(made, self._lock))
            for name in NOT_COPIED:
                (made / name).unlink(missing_ok=True)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        return self._appear(made, about, owner)

    def copy(self, id_: str, label: str, owner: Owner | None = None) -> StoredRun:
        """A run of one's own with all that another has now. Raises InputError if there is none.

        label : its title; owner : whose the copy is
        """
        source, made = self.open(id_), self._begun()
        ignored = shutil.ignore_patterns(".*", "*.sqlite*", *NOT_COPIED)
        try:
            shutil.copytree(source.path, made, ignore=ignored, dirs_exist_ok=True)
            about = {**Folder(made).load_json(ABOUT), "label": label, "created": time.time()}
        except (OSError, shutil.Error):
            shutil.rmtree(made, ignore_errors=True)
            raise InputError(f"Run {id_} cannot be copied now; try once more.") from None
        return self._appear(made, about, owner)

    def _appear(self, made: Path, about: dict[str, Any], owner: Owner | None) -> StoredRun:
        """A folder becomes a run, with run.json in it: nobody sees half a run."""
        try:
            Folder(made).save_json(ABOUT, about)
            if owner is not None:
                save_owner(Folder(made), owner)
            path = self.root / self._new_id()
            made.rename(path)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        return self._run(path)

    def _path(self, id_: str) -> Path:
        # an id comes from an address a person can edit: only its own alphabet passes
        if not isinstance(id_, str) or not is_id(id_):
            raise InputError(
                f"{quoted(str(id_))} is no run; expected what a run's own address has."
            )
        path: Path = self._handle(id_).path
        try:
            # of the link itself where it is one: that is no run of ours
            there = stat.S_ISDIR(os.lstat(path).st_mode)
        except OSError:
            there = False
        if not there:
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
        self._path(id_)
        run: StoredRun = self._handle(id_)
        run.check()
        return run

    def ids(self) -> tuple[str, ...]:
        """The ids of all runs, newest first; reads nothing but their names."""
        try:
            with os.scandir(self.root) as entries:
                found = [
                    entry.name
                    for entry in entries
                    if is_id(entry.name) and entry.is_dir(follow_symlinks=False)
                ]
        except OSError:
            return ()
        return tuple(sorted(found, reverse=True))

    def at(self, id_: str) -> StoredRun:
        """A run by its id, damaged or not. Raises InputError if there is none."""
        return self._run(self._path(id_))

    def list(self, owner: str | None = None) -> tuple[RunSummary, ...]:
        """All runs, newest first, damaged ones among them; of one ``owner`` alone (a key). Reads
        files of every run: for pages there is an index (``database.index``).
        """
        runs = (self._run(self.root / id_) for id_ in self.ids())
        return tuple(run.summary() for run in runs if owner is None or _is_of(run, owner))

    def discard(self, id_: str) -> None:
        """Put a run, damaged or not, into the trash, from where it comes back whole. Raises
        InputError if there is none.
        """
        path = self._path(id_)
        self._run(path).changing()
        try:
            # its age there is what the trash is emptied by
            os.utime(path)
            path.rename(self.root / f"{TRASH}{id_}")
        except OSError as error:
            raise InputError(f"Cannot delete run {id_}: {error.strerror}.") from None

    def discarded(self) -> tuple[tuple[StoredRun, float], ...]:
        """What is in the trash, last first, with the second in which it was put there."""
        found = []
        for path in self.root.glob(f"{TRASH}*"):
            try:
                at = path.stat().st_mtime
            except FileNotFoundError:
                continue
            if is_id(path.name.removeprefix(TRASH)) and path.is_dir() and not path.is_symlink():
                found.append((self._run(path), at))
        return tuple(sorted(found, key=lambda one: -one[1]))

    def _in_trash(self, id_: str) -> Path:
        if not is_id(id_) or not (path := self.root / f"{TRASH}{id_}").is_dir():
            raise InputError(f"Run {id_} is in the trash no more; it was brought back or removed.")
        return path

    def bring_back(self, id_: str) -> StoredRun:
        """A run out of the trash. Raises InputError if it is not there."""
        path = self._in_trash(id_)
        self._run(path).changing()
        try:
            path.rename(self.root / id_)
        except OSError as error:
            raise InputError(f"Run {id_} cannot be brought back: {error.strerror}.") from None
        return self._run(self.root / id_)

    def empty(self, id_: str) -> None:
        """Remove a run that is in the trash, for good. Raises InputError if it is not there."""
        path = self._in_trash(id_)
        self._run(path).changing()
        self._remove(path, id_)

    def delete(self, id_: str) -> None:
        """Remove a run, damaged or not, for good. Raises InputError if there is none."""
        path = self._path(id_)
        self._run(path).changing()
        self._remove(path, id_)

    def _remove(self, path: Path, id_: str) -> None:
        gone = self.root / f".deleted-{id_}-{secrets.token_hex(2)}"
        try:
            # renamed first: nobody sees half a run
            path.rename(gone)
        except OSError as error:
            raise InputError(f"Cannot delete run {id_}: {error.strerror}.") from None
        shutil.rmtree(gone, ignore_errors=True)
