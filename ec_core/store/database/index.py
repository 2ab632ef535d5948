"""An index of the runs, so that a list of thousands reads no file for each.

The folders are the truth. A row is made from a folder and has its stamp (``entry.stamp_of``); it is
made anew where the stamps differ. That is looked at where it costs little: names when the root has
changed, since every run that comes or goes changes it; the stamps of the runs that are shown,
always; all others every few seconds, in a thread. So a list shows no run that is gone and none as
it is no more, and what it leaves out or counts by an older state is right some seconds later.
"""

from __future__ import annotations

import hashlib
import logging
import math
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ec_core.errors import InputError
from ec_core.store.database.connection import Database
from ec_core.store.database.tables import JOBS, RUNS
from ec_core.store.entry import Entry, entry_of, stamp_of
from ec_core.store.runs import RunStore

AT_ONCE = 64
"""So many unknown runs are read while a page waits (20 ms); more are read in the thread."""

EVERY = 5.0
"""Seconds from one look at the stamps of all runs to the next, while lists are asked for."""

_SHARE = 0.003
"""Of one core at most, what these looks take: where there are very many runs they come less often
(5,000 take 0.15 s, and have one a minute)."""

AT_WORK = "at work"
"""A standing that is no run's own: somebody's job works on it, or waits to."""

_CHOSEN = 30.0
"""Seconds for which it is remembered what lists can be filtered by, unless this process changes
something; another may."""

_SETTLED = 10**8
"""Nanoseconds after which a folder's time tells: what changes within one tick has one time. Where
ticks are longer the thread sees to it."""

_MANY = 500
"""Rows of one statement."""

_BATCH = 50
"""New runs that the thread reads before it lets others have the processor for as long again."""

_LARGEST = 2**31 - 1

_log = logging.getLogger(__name__)

ORDERS = {
    "newest": (RUNS.c.id.desc(),),
    "oldest": (RUNS.c.id.asc(),),
    "name": (sa.func.lower(RUNS.c.label), RUNS.c.id.desc()),
    "loss": (RUNS.c.loss.is_(None), RUNS.c.loss, RUNS.c.id.desc()),
    "size": (RUNS.c.size.is_(None), RUNS.c.size.desc(), RUNS.c.id.desc()),
}
"""How lists can be sorted."""


@dataclass(frozen=True)
class Query:
    """Which runs, in which order; None or "" of a field: whatever it is.

    owner : a key, None of everybody's; text : words that label, note, tags or id must all have
    standing : one of ``STANDINGS``, or ``AT_WORK``; sizes : of the recovered network
    """

    owner: str | None = None
    text: str = ""
    tag: str = ""
    standing: str = ""
    activation: str = ""
    sizes: tuple[int, ...] = ()
    archived: bool = False
    order: str = "newest"
    first: int = 0
    most: int = 20


@dataclass(frozen=True)
class Found:
    """entries : those of the page; total : how many there are in all
    unread : runs that are there and were not looked at yet; they come by themselves
    """

    entries: tuple[Entry, ...]
    total: int
    unread: int = 0


@dataclass(frozen=True)
class Choices:
    """What occurs among the runs of an owner, to be filtered by, in order."""

    tags: tuple[str, ...] = ()
    activations: tuple[str, ...] = ()
    sizes: tuple[tuple[int, ...], ...] = ()


def _clean(text: str) -> str:
    """Text as every database takes it, whatever a file that somebody made by hand had in it."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _columns(entry: Entry, stamp: str) -> dict[str, Any]:
    words = " ".join((entry.label, entry.note, *entry.tags, entry.id)).lower()
    loss = entry.loss if entry.loss is not None and math.isfinite(entry.loss) else None
    hidden = sum(entry.sizes[1:-1])
    return {
        "id": entry.id,
        "stamp": stamp,
        "owner": None if entry.owner is None else _clean(entry.owner)[:64],
        "kind": _clean(entry.kind),
        "label": _clean(entry.label),
        "created": entry.created if math.isfinite(entry.created) else 0.0,
        "status": _clean(entry.status),
        "parts": " ".join(sorted(entry.parts)),
        "damaged": None if entry.damaged is None else _clean(entry.damaged),
        "note": _clean(entry.note),
        "tags": "".join(f"\n{_clean(tag)}\n" for tag in entry.tags),
        "archived": entry.archived,
        "standing": entry.standing,
        "activation": _clean(entry.activation),
        "sizes": "-".join(map(str, entry.sizes)),
        "size": min(hidden, _LARGEST) if entry.sizes else None,
        "loss": loss,
        "words": _clean(words),
    }


def _entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        kind=row.kind,
        label=row.label,
        created=row.created,
        status=row.status,
        parts=frozenset(row.parts.split()),
        damaged=row.damaged,
        owner=row.owner,
        note=row.note,
        tags=tuple(tag for tag in row.tags.split("\n") if tag),
        archived=bool(row.archived),
        standing=row.standing,
        activation=row.activation,
        sizes=_sizes(row.sizes),
        loss=row.loss,
    )


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split("-")) if text else ()


class RunIndex:
    """The index of one store in a database, where several stores may have theirs.

    May be shared by threads. Methods that ask raise InputError where the database cannot be used;
    the folders still can.
    """

    def __init__(self, store: RunStore, database: Database) -> None:
        self._store, self._database = store, database
        self._home = hashlib.sha256(str(store.root.absolute()).encode()).hexdigest()[:32]
        self._here = RUNS.c.home == self._home
        self._lock = threading.Lock()
        self._root_seen: int | None = None
        self._right: dict[str, str] = {}  # stamps at which the rows are known to be right
        self._unread = 0
        self._next, self._looking = 0.0, False  # when all are looked at, and whether they are now
        self._changes = 0
        self._choices: dict[str | None, tuple[int, float, Choices]] = {}

    # asking

    def find(self, query: Query) -> Found:
        """A page of a list."""
        if not self._database.exists and not self._store.ids():
            return Found((), 0)
        self._names()
        rows, total = self._select(query)
        if self._renewed([row.id for row in rows if self._stale(row)]):
            rows, total = self._select(query)
        self._look_at_all()
        return Found(tuple(map(_entry, rows)), total, self._unread)

    def choices(self, owner: str | None) -> Choices:
        """What the runs of an owner can be filtered by, None: of everybody's."""
        if not self._database.exists:
            return Choices()
        known = self._choices.get(owner)
        if known is not None and known[0] == self._changes and time.monotonic() < known[1]:
            return known[2]
        changes, found = self._changes, self._chosen(owner)
        if len(self._choices) > _MANY:
            self._choices.clear()
        self._choices[owner] = (changes, time.monotonic() + _CHOSEN, found)
        return found

    def _chosen(self, owner: str | None) -> Choices:
        whose = self._of(owner)
        columns = (RUNS.c.tags, RUNS.c.activation, RUNS.c.sizes)
        with self._database.reading() as connection:
            rows = list(connection.execute(sa.select(*columns).where(whose).distinct()))
        tags = {tag for row in rows for tag in row.tags.split("\n") if tag}
        activations = {row.activation for row in rows} - {""}
        sizes = sorted({_sizes(row.sizes) for row in rows} - {()}, key=lambda one: (len(one), one))
        return Choices(tuple(sorted(tags)), tuple(sorted(activations)), tuple(sizes))

    def renew(self, *ids: str) -> None:
        """These runs were changed by whoever calls: what is asked for next is to know."""
        self._renewed(ids)

    def _of(self, owner: str | None) -> Any:
        return self._here if owner is None else sa.and_(self._here, RUNS.c.owner == owner)

    def _select(self, query: Query) -> tuple[list[Any], int]:
        which = [self._of(query.owner), RUNS.c.archived.is_(query.archived)]
        for word in query.text.lower().split():
            which.append(RUNS.c.words.contains(_clean(word), autoescape=True))
        if query.tag:
            which.append(RUNS.c.tags.contains(f"\n{_clean(query.tag)}\n", autoescape=True))
        if query.standing == AT_WORK:
            which.append(RUNS.c.id.in_(sa.select(JOBS.c.run).where(JOBS.c.ended.is_(None))))
        elif query.standing:
            which.append(RUNS.c.standing == query.standing)
        if query.activation:
            which.append(RUNS.c.activation == query.activation)
        if query.sizes:
            which.append(RUNS.c.sizes == "-".join(map(str, query.sizes)))
        page = sa.select(RUNS).where(*which).order_by(*ORDERS[query.order])
        number = sa.select(sa.func.count()).select_from(RUNS).where(*which)
        with self._database.reading() as connection:
            total = int(connection.execute(number).scalar_one())
            page = page.offset(query.first).limit(query.most)
            return list(connection.execute(page)), total

    # keeping it true

    def _path(self, id_: str) -> Path:
        return self._store.root / id_

    def _stale(self, row: Any) -> bool:
        known = self._right.get(row.id, row.stamp)
        stamp = stamp_of(self._path(row.id))
        return known != stamp or not _settled(stamp)

    def _names(self) -> None:
        """Runs that came or went since the root was last looked at."""
        try:
            changed = self._store.root.stat().st_mtime_ns
        except OSError:
            changed = 0
        with self._lock:
            if changed == self._root_seen:
                return
            there = self._store.ids()
            with self._database.reading() as connection:
                query = sa.select(RUNS.c.id).where(self._here)
                known = {row[0] for row in connection.execute(query)}
            new = [id_ for id_ in there if id_ not in known]
            self._write(new[:AT_ONCE], known - set(there))
            self._unread = len(new[AT_ONCE:])
            if self._unread:
                self._next = 0.0
            elif time.time_ns() - changed > _SETTLED:
                self._root_seen = changed

    def _renewed(self, ids: Iterable[str]) -> bool:
        """Read these runs again; True where a row is another now."""
        ids = tuple(ids)
        if not ids:
            return False
        with self._database.reading() as connection:
            query = sa.select(RUNS).where(self._here, RUNS.c.id.in_(ids))
            before = {row.id: _entry(row) for row in connection.execute(query)}
        changed, gone = [], set()
        for id_ in ids:
            stamp = stamp_of(self._path(id_))
            now = self._read(id_)
            if now is None:
                gone.add(id_)
            elif _entry_as_kept(now) != before.get(id_):
                changed.append(id_)
            else:
                # a checkpoint or the like: the row says the same, and is not written
                self._right[id_] = stamp
        if changed or gone & set(before):
            self._write(changed, gone)
            return True
        return False

    def _read(self, id_: str) -> Entry | None:
        """None of a run that is not there, or has gone while it was read."""
        if not self._store.exists(id_):
            return None
        entry = entry_of(self._store.at(id_))
        return entry if self._store.exists(id_) else None

    def _write(self, ids: Iterable[str], gone: Iterable[str] = ()) -> None:
        """Rows of these runs, new or in the place of what they were."""
        rows = []
        for id_ in ids:
            # first: what changes while it is read shows the next time
            stamp = stamp_of(self._path(id_))
            entry = self._read(id_)
            if entry is not None:
                rows.append({"home": self._home, **_columns(entry, stamp)})
        gone = list(gone)
        if not rows and not gone:
            return
        with self._database.writing() as connection:
            for first in range(0, len(gone), _MANY):
                some = RUNS.c.id.in_(gone[first : first + _MANY])
                connection.execute(sa.delete(RUNS).where(self._here, some))
            if rows:
                insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
                new = insert(RUNS)
                others = {
                    name: new.excluded[name] for name in rows[0] if name not in ("home", "id")
                }
                connection.execute(
                    new.on_conflict_do_update(index_elements=["home", "id"], set_=others), rows
                )
        self._changes += 1
        for row in rows:
            self._right[row["id"]] = row["stamp"]
        for id_ in gone:
            self._right.pop(id_, None)

    # all of them, aside

    def _look_at_all(self) -> None:
        with self._lock:
            if self._looking or time.monotonic() < self._next:
                return
            self._looking = True
        threading.Thread(target=self._all, name="ec-index", daemon=True).start()

    def _all(self) -> None:
        began = time.thread_time()
        try:
            self.look_at_all(gently=True)
        except InputError as error:
            _log.warning("The index of runs could not be renewed: %s", error)
        except Exception as error:
            _log.warning("The index of runs could not be renewed", exc_info=error)
        finally:
            rest = max(EVERY, (time.thread_time() - began) / _SHARE)
            with self._lock:
                self._next, self._looking = time.monotonic() + rest, False

    def look_at_all(self, gently: bool = False) -> None:
        """Bring the rows of all runs up to date; as a rule a thread does, ``gently``."""
        with self._database.reading() as connection:
            query = sa.select(RUNS.c.id, RUNS.c.stamp).where(self._here)
            known = {str(row.id): str(row.stamp) for row in connection.execute(query)}
        there, root = self._store.ids(), str(self._store.root)
        stamps = {id_: stamp_of(f"{root}/{id_}") for id_ in there}
        wrong = [id_ for id_ in there if id_ in known and not self._is_right(id_, known, stamps)]
        wrong += known.keys() - stamps.keys()
        for first in range(0, len(wrong), _MANY):
            self._renewed(wrong[first : first + _MANY])
        new = [id_ for id_ in there if id_ not in known]
        for first in range(0, len(new), _BATCH):
            began = time.thread_time()
            self._write(new[first : first + _BATCH])
            self._unread = len(new[first + _BATCH :])
            if gently:
                time.sleep(time.thread_time() - began)

    def _is_right(self, id_: str, known: dict[str, str], stamps: dict[str, str]) -> bool:
        return self._right.get(id_, known[id_]) == stamps[id_]


def _settled(stamp: str) -> bool:
    """Is it older than a tick of the clock, so that a later change would have another?"""
    newest = max((int(part) for part in stamp.split()[:2]), default=0)
    return time.time_ns() - newest > _SETTLED


def _entry_as_kept(entry: Entry) -> Entry:
    """As it comes back from the database."""

    class Row:
        def __init__(self, columns: dict[str, Any]) -> None:
            self.__dict__ = columns

    return _entry(Row(_columns(entry, "")))
