"""A connection to the database, brought to the newest schema when it is first opened.

By default it is a file beside the runs, jobs.sqlite under EC_HOME, in WAL mode: whoever reads never
waits for whoever writes. EC_DATABASE_URL names another, a PostgreSQL server that several machines
share. A SQLite file that is none, or is damaged, is put aside under another name, never deleted:
the runs are there without it.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from ec_core.errors import InputError
from ec_core.store.database.migrate import transaction, upgrade

URL = "EC_DATABASE_URL"
FILE = "jobs.sqlite"

_WAIT = 5.0
"""Seconds to wait for another that writes."""

_BROKEN = re.compile("not a database|malformed|disk image|unsupported file format")


def place(root: Path) -> str:
    """The address of the database of runs under ``root``.

    >>> import unittest.mock
    >>> with unittest.mock.patch.dict(os.environ, {URL: "postgresql://host/jobs"}):
    ...     place(Path("runs"))
    'postgresql+psycopg://host/jobs'
    """
    url = os.environ.get(URL)
    if url:
        # the driver of the extra [postgres]; others may be named in full
        return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    return f"sqlite:///{root.absolute() / FILE}"


@lru_cache(maxsize=32)
def opened(url: str) -> Database:
    """The database at an address, the same for all who ask; nothing is opened yet."""
    return Database(url)


class Database:
    """Makes connections to one address; may be shared by threads.

    Every method raises InputError, in one sentence, where the database cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        self._lock = threading.Lock()
        self._engine: sa.Engine | None = None
        self._schema = False

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction: all that is done in it, or nothing."""
        engine = self._ready()
        with self._told("written"), transaction(engine) as connection:
            yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to look at what is there; waits for nobody."""
        engine = self._ready()
        with self._told("read"), engine.connect() as connection:
            yield connection

    @property
    def exists(self) -> bool:
        """Can there be anything in it? A file is made when something is written."""
        return self._file is None or self._file.is_file()

    def close(self) -> None:
        """Let go of all connections; the next use makes new ones."""
        with self._lock:
            engine, self._engine, self._schema = self._engine, None, False
        if engine is not None:
            engine.dispose()

    @property
    def _file(self) -> Path | None:
        sqlite = self._url.get_backend_name() == "sqlite"
        return Path(str(self._url.database)) if sqlite else None

    def _ready(self) -> sa.Engine:
        with self._lock, self._told("opened"):
            if self._engine is None:
                self._engine = self._made()
            # a file that was deleted under a running server is made anew
            if self._schema and not self.exists:
                self._engine.dispose()
                self._schema = False
            if not self._schema:
                self._upgraded(self._engine)
                self._schema = True
            return self._engine

    def _made(self) -> sa.Engine:
        if self._file is None:
            return sa.create_engine(self._url, pool_pre_ping=True)
        # a few stay open: the last that closes tidies the file up, which takes 20 ms
        engine = sa.create_engine(self._url, connect_args={"timeout": _WAIT})
        sa.event.listen(engine, "connect", _as_we_use_it)
        return engine

    def _upgraded(self, engine: sa.Engine) -> None:
        file = self._file
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        try:
            upgrade(engine)
        except DatabaseError as error:
            if file is None or not _BROKEN.search(str(error.orig)):
                raise
            _put_aside(file)
            upgrade(engine)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Errors of the database, in one sentence."""
        name = self._url.render_as_string(hide_password=True)
        try:
            yield
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise InputError(
                f"The list of jobs ({name}) cannot be {what}: {reason.rstrip('.')}; "
                "try again, or see to it that it can be."
            ) from error
        except OSError as error:
            raise InputError(
                f"The list of jobs ({name}) cannot be {what}: {error.strerror}; set EC_HOME to "
                "another place."
            ) from error


def _as_we_use_it(connection: object, record: object) -> None:
    """A new connection to SQLite."""
    # transactions are begun by ``transaction`` and by nobody else
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _put_aside(file: Path) -> None:
    """Give a damaged file and what belongs to it another name."""
    number = 1
    while (aside := file.with_name(f"{file.name}.damaged-{number}")).exists():
        number += 1
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{file}{ending}").rename(f"{aside}{ending}")
