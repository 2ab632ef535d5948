"""Records of where work stands, in one SQLite file of their own: all that belongs to a moment is
there or nothing of it, and what is not needed any more takes no room.

A file is good for one work. ``work`` says which; of another it is emptied. It can always be done
without: one that cannot be read is thrown away, since the work can begin anew.
"""

from __future__ import annotations

import contextlib
import errno
import io
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np

from ec_core.checkpoints import Record

FORMAT = 1
"""Raised when what is kept of a loop means something else."""

_TABLES = """
create table if not exists about (format integer, work text, spent real);
create table if not exists records (
    key text primary key, name text, done integer, after integer, data blob
) without rowid;
"""

_WAIT = 2.0
"""Seconds to wait for whoever else has the file open: somebody who looks at it."""


class CheckpointFile:
    """A keeper of records (``checkpoints.Keeper``) at ``path``; made when something is kept.

    spent : seconds that the work took in earlier lives, as far as they were kept; after ``load``
    """

    def __init__(self, path: Path, work: str) -> None:
        self.path, self.work = path, work
        self.spent, self._began = 0.0, time.monotonic()

    def load(self) -> dict[str, Record]:
        """What is there of this work; {} where nothing is or it cannot be read."""
        if not self.path.is_file():
            return {}
        try:
            with self._opened() as file:
                about = file.execute("select format, work, spent from about").fetchall()
                rows = file.execute("select * from records").fetchall()
            if [known[:2] for known in about] == [(FORMAT, self.work)]:
                self.spent, self._began = float(about[0][2]), time.monotonic()
                return {row[0]: _record(*row[1:]) for row in rows}
        except MemoryError:
            raise
        except Exception:  # numpy and zipfile raise many types for damaged ones
            pass
        self.forget()
        return {}

    def save(self, records: Mapping[str, Record], gone: Collection[str]) -> None:
        """Keep these and give up those. Raises OSError where that fails."""
        if not self.path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "the folder is gone", str(self.path.parent))
        rows = [
            (key, record.name, record.done, record.after, _bytes(record.values))
            for key, record in records.items()
        ]
        with self._opened() as file:
            file.executescript(_TABLES)
            file.execute("begin immediate")
            file.execute("delete from about")
            spent = self.spent + time.monotonic() - self._began
            file.execute("insert into about values (?, ?, ?)", (FORMAT, self.work, spent))
            file.executemany("delete from records where key = ?", [(key,) for key in gone])
            file.executemany("insert or replace into records values (?, ?, ?, ?, ?)", rows)
            file.execute("commit")

    def forget(self) -> None:
        """Throw it away."""
        for ending in ("", "-journal"):
            with contextlib.suppress(OSError):
                Path(f"{self.path}{ending}").unlink(missing_ok=True)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            # closing takes back what was not committed
            with contextlib.closing(
                sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)
            ) as file:
                # the commit is on the disk when it returns
                file.execute("pragma synchronous = full")
                yield file
        except sqlite3.Error as error:
            raise OSError(errno.EIO, f"{error}", str(self.path)) from None


def _bytes(values: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **values)
    return buffer.getvalue()


def _record(name: str, done: int, after: int, data: bytes) -> Record:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return Record(name, bool(done), after, {key: file[key] for key in file.files})
