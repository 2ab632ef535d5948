"""The list of jobs: a row is there before a job starts, and its end is written after its results.

So a row without an end whose process is gone is a job that was broken off. What it told is kept
beside it: events in their order, and curves as they are drawn.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from ec_core.store.database.connection import Database
from ec_core.store.database.tables import CURVES, EVENTS, JOBS, USED
from ec_core.store.database.worker import Worker, here

INTERRUPTED = "interrupted"
"""The state of a job whose process wrote down where it stands before it ended."""


@dataclass(frozen=True)
class JobRow:
    """A job as it is written down.

    kind, how : what starts it once more (plain data); device : whose line it stands in
    state : a word of ``jobs``; place : how many come before it; seconds : how long it has worked
    attempt : 1, and one more for every time it was gone on with; breaks : how often its process
    had ended before that without a word; who : whose turn at a device it takes
    """

    run: str
    kind: str
    how: Mapping[str, Any]
    device: str = "cpu"
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    state: str = "queued"
    place: int = 0
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    ended: float | None = None
    seconds: float = 0.0
    attempt: int = 1
    breaks: int = 0
    who: str = ""
    error: str | None = None
    worker: Worker = field(default_factory=here)
    heartbeat: float = 0.0

    def broken_off(self, now: float) -> bool:
        """Has it not ended, though its process is gone?"""
        if self.ended is not None:
            return False
        # what its process says itself need not be found out
        return self.state == INTERRUPTED or not self.worker.alive(self.heartbeat, now)

    def again(self) -> JobRow:
        """The same job, gone on with by this process."""
        return replace(
            self,
            attempt=self.attempt + 1,
            breaks=self.breaks + (self.state != INTERRUPTED),
            state="queued",
            worker=here(),
            error=None,
            started=None,
        )


def _columns(row: JobRow) -> dict[str, Any]:
    plain = asdict(row)
    worker = plain.pop("worker")
    worker["worker"] = worker.pop("token")
    return {**plain, **worker, "how": json.dumps(dict(row.how)), "heartbeat": time.time()}


def _row(found: Any) -> JobRow:
    plain = dict(found._mapping)
    worker = Worker(*(plain.pop(name) for name in ("worker", "host", "process", "began")))
    return JobRow(**{**plain, "how": json.loads(plain["how"]), "worker": worker})


class Ledger:
    """The rows of a database. Every method raises InputError where it cannot be used."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def begin(self, row: JobRow) -> JobRow:
        """Write down a job that is about to be put in line, new or once more; as it is written."""
        columns = _columns(row)
        with self.database.writing() as connection:
            change = sa.update(JOBS).where(JOBS.c.id == row.id).values(columns)
            if not connection.execute(change).rowcount:
                connection.execute(sa.insert(JOBS).values(columns))
        return row

    def change(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Columns of jobs by id, with a heartbeat; all at once. One that has ended stays so."""
        if not rows:
            return
        with self.database.writing() as connection:
            for id_, columns in rows.items():
                open_ = sa.and_(JOBS.c.id == id_, JOBS.c.ended.is_(None))
                values = {**columns, "heartbeat": time.time()}
                connection.execute(sa.update(JOBS).where(open_).values(values))

    def end(self, id_: str, state: str, error: str | None = None) -> None:
        """It has ended; what it told is told by its results."""
        self.change({id_: {"state": state, "error": error, "ended": time.time()}})

    def use(self, who: str, day: str, seconds: float) -> None:
        """So many more seconds were computed for somebody on a day; what has become of the job, or
        its run, does not matter.
        """
        mine = sa.and_(USED.c.who == who, USED.c.day == day)
        with self.database.writing() as connection:
            more = sa.update(USED).where(mine).values(seconds=USED.c.seconds + seconds)
            if not connection.execute(more).rowcount:
                connection.execute(sa.insert(USED).values(who=who, day=day, seconds=seconds))

    def used(self, who: str, day: str) -> float:
        """Seconds that were computed for somebody on a day."""
        if not self.database.exists:
            return 0.0
        query = sa.select(USED.c.seconds).where(USED.c.who == who, USED.c.day == day)
        with self.database.reading() as connection:
            return float(connection.execute(query).scalar() or 0.0)

    def open(self) -> tuple[JobRow, ...]:
        """All that have not ended, in the order in which they were submitted."""
        return self._select(JOBS.c.ended.is_(None))

    def of_run(self, run: str) -> tuple[JobRow, ...]:
        """The jobs of a run, oldest first."""
        return self._select(JOBS.c.run == run)

    def _select(self, which: Any) -> tuple[JobRow, ...]:
        if not self.database.exists:
            return ()
        query = sa.select(JOBS).where(which).order_by(JOBS.c.submitted, JOBS.c.id)
        with self.database.reading() as connection:
            return tuple(_row(found) for found in connection.execute(query))

    def forget(self, run: str) -> None:
        """All of a run that was deleted."""
        if not self.database.exists:
            return
        with self.database.writing() as connection:
            connection.execute(sa.delete(JOBS).where(JOBS.c.run == run))

    # what jobs told

    def tell(
        self, id_: str, first: int, events: Sequence[bytes], curves: Mapping[str, bytes]
    ) -> None:
        """Events number ``first`` and on, and curves in the place of what they were before."""
        with self.database.writing() as connection:
            if connection.execute(sa.select(JOBS.c.id).where(JOBS.c.id == id_)).first() is None:
                return  # its run was deleted
            new = [
                {"job": id_, "number": number, "data": data}
                for number, data in enumerate(events, start=first)
            ]
            if new:
                later = sa.and_(EVENTS.c.job == id_, EVENTS.c.number >= first)
                connection.execute(sa.delete(EVENTS).where(later))
                connection.execute(sa.insert(EVENTS), new)
            for name, data in curves.items():
                same = sa.and_(CURVES.c.job == id_, CURVES.c.name == name)
                connection.execute(sa.delete(CURVES).where(same))
                connection.execute(sa.insert(CURVES).values(job=id_, name=name, data=data))

    def told(self, id_: str) -> tuple[tuple[bytes, ...], dict[str, bytes]]:
        """The events of a job in their order, and its curves by name."""
        if not self.database.exists:
            return (), {}
        events = sa.select(EVENTS.c.data).where(EVENTS.c.job == id_).order_by(EVENTS.c.number)
        curves = sa.select(CURVES.c.name, CURVES.c.data).where(CURVES.c.job == id_)
        with self.database.reading() as connection:
            told = tuple(bytes(row[0]) for row in connection.execute(events))
            return told, {row[0]: bytes(row[1]) for row in connection.execute(curves)}

    def now(self) -> float:
        """The time by which heartbeats are judged."""
        return time.time()

    def broken_off(self, rows: Iterable[JobRow] | None = None) -> tuple[JobRow, ...]:
        """Those of the rows (by default of all) that were broken off."""
        now = self.now()
        return tuple(row for row in (self.open() if rows is None else rows) if row.broken_off(now))
