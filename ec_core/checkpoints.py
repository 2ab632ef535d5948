"""Where long work stands, so that work which is broken off goes on from there to the same end.

All of a recovery follows from its questions, its settings and its seed: begun again, it takes the
same way. What takes long on that way is a loop (a training, a fit, a run of small steps), and every
such loop opens a ``Mark``. Marks are numbered in the order in which they are opened, which is
therefore the same in every life of the work. A loop that has ended leaves its result, one that goes
on leaves its state every few seconds; work that is begun again is handed both back at the same
numbers, and has only that to compute which was not kept. Nothing else has to know where it was:
which width was being tried, which student pruned, which attempt this was, all of that is found
again by going the same way.

What was kept on another way (of another version of the program, say) is recognised by its name, and
given up from there on. Loops that learn in turn would open their marks in an order that depends on
who ended sooner; each gets numbers of its own (``apart``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

EVERY = 5.0
"""Seconds from one writing to the next: with an iteration as long, no more than ten are lost."""

_LAST = 2**62
"""Behind every number."""


class LeftError(BaseException):
    """Work that was asked to leave has written down where it stands, and goes no further here.

    No ``Exception``: whoever handles what can go wrong in a loop has nothing to do with it.
    """


Plain = Mapping[str, np.ndarray]
"""Arrays by name; numbers and texts as arrays without axes."""


@dataclass(frozen=True)
class Record:
    """What is kept of a mark. done : its loop has ended; after : the number of the next mark."""

    name: str
    done: bool
    after: int
    values: dict[str, np.ndarray]


class Keeper(Protocol):
    """Where records are kept."""

    def load(self) -> dict[str, Record]:
        """All of them, by key."""
        ...

    def save(self, records: Mapping[str, Record], gone: Collection[str]) -> None:
        """Keep these and give up those, both or neither. Raises OSError where that fails."""
        ...


class _Book:
    """What all numbers of one work share; of the thread that works, and of no other."""

    def __init__(self, keeper: Keeper | None, every: float, leave: Callable[[], bool]) -> None:
        self.keeper, self.every, self._leave = keeper, every, leave
        self.known: dict[str, Record] = {} if keeper is None else keeper.load()
        self.kept = set(self.known)
        self.new: dict[str, Record] = {}
        self.gone: set[str] = set()
        self.written = time.monotonic()
        self.trouble: str | None = None

    @property
    def due(self) -> bool:
        return self.keeper is not None and time.monotonic() - self.written >= self.every

    @property
    def leaving(self) -> bool:
        """Has the work been asked to write down where it stands, and to go no further?"""
        return self.keeper is not None and self._leave()

    def put(self, key: str, record: Record) -> None:
        self.gone.discard(key)
        self.new[key] = record

    def drop(self, keys: Collection[str]) -> None:
        for key in keys:
            self.known.pop(key, None)
            self.new.pop(key, None)
        self.gone |= self.kept & set(keys)

    def all_keys(self) -> set[str]:
        return self.kept | set(self.new) | set(self.known)

    def write(self) -> None:
        """Work is worth more than where it stands: what cannot be written now is tried later."""
        if self.keeper is None:
            return
        try:
            self.keeper.save(self.new, self.gone)
        except OSError as error:
            self.trouble = str(error)
        else:
            self.kept = (self.kept | set(self.new)) - self.gone
            self.new, self.gone, self.trouble = {}, set(), None
        # after the writing: on a slow disk no more than half of the time goes into it
        self.written = time.monotonic()


class Mark:
    """One loop on the way.

    values : what an earlier life left of it, None at first; done : and that it had ended there
    """

    def __init__(self, marks: Checkpoints, number: int, name: str) -> None:
        self._marks, self._number, self.name = marks, number, name
        record = marks._found(number, name)
        self.values: Plain | None = None if record is None else record.values
        self.done = record is not None and record.done

    def tick(self, state: Callable[[], Plain]) -> None:
        """For the loop to call between two iterations: ``state`` is asked for and kept if it is
        time for that. A loop that gets it back must go on as it would have.

        Raises LeftError, the state written, where the work was asked to leave.
        """
        book = self._marks._book
        leaving = book.leaving
        if book.due or leaving:
            self._put(False, state())
            book.write()
        if leaving:
            raise LeftError

    def end(self, result: Plain | Callable[[], Plain]) -> None:
        """The loop has ended with this; the marks opened within it are needed no more.

        result : or what gives it, asked only where it is kept: fetching it may have to wait for a
        card
        """
        book = self._marks._book
        if book.keeper is None or self.done:
            return
        self._put(True, result() if callable(result) else result)
        book.drop(self._marks._between(self._number + 1, self._marks._next))
        if book.due:
            book.write()

    def _put(self, done: bool, values: Plain) -> None:
        record = Record(self.name, done, self._marks._next, dict(values))
        self._marks._book.put(self._marks._key(self._number), record)


class Checkpoints:
    """The marks of a work, in the order in which they are opened.

    keeper : where they are kept; by default nothing is. every : seconds from one writing to the
    next; 0 writes at every iteration. leave : asked between two steps of loops whether to write and
    go no further (``LeftError``)

    >>> def summed(marks, most):
    ...     mark = marks.open("sum")
    ...     at, total = (0, 0) if mark.values is None else map(int, mark.values["state"])
    ...     while at < 5:
    ...         at, total, most = at + 1, total + at, most - 1
    ...         mark.tick(lambda: {"state": np.array([at, total])})
    ...         if most == 0:
    ...             raise RuntimeError
    ...     return total
    >>> memory = Memory()
    >>> summed(Checkpoints(memory, every=0.0), 3)
    Traceback (most recent call last):
        ...
    RuntimeError
    >>> summed(Checkpoints(memory), 3), summed(Checkpoints(), 9)
    (10, 10)
    """

    def __init__(
        self,
        keeper: Keeper | None = None,
        every: float = EVERY,
        leave: Callable[[], bool] = lambda: False,
    ) -> None:
        self._book = _Book(keeper, every, leave)
        self._prefix, self._next = "", 0

    def open(self, name: str) -> Mark:
        """The next mark. name : of the kind of loop, by which another way is recognised

        Raises LeftError where the work was asked to leave.
        """
        if self._book.leaving:
            self._book.write()
            raise LeftError
        number = self._next
        # where nothing is kept one may serve many works at once, and counts nothing
        if self._book.keeper is not None:
            self._next += 1
        return Mark(self, number, name)

    def apart(self) -> Checkpoints:
        """Numbers of their own, for work that goes on in turn with other work."""
        if self._book.keeper is None:
            return self
        other = Checkpoints.__new__(Checkpoints)
        other._book, other._prefix, other._next = self._book, f"{self._key(self._next)}/", 0
        self._next += 1
        return other

    def once(self, name: str, work: Callable[[], Plain]) -> Plain:
        """What ``work`` gives, or gave in an earlier life. It is written at once: for what has
        effects outside, or would not be found again as it is. It is done twice only if the process
        ends between doing and writing.
        """
        mark = self.open(name)
        if mark.done:
            assert mark.values is not None
            return mark.values
        values = work()
        mark.end(values)
        self._book.write()
        return values

    def another_way(self) -> None:
        """What is kept of an earlier life from here on belongs to another way."""
        self._book.drop(self._between(self._next, _LAST))

    @property
    def replaying(self) -> bool:
        """Is something left of an earlier life that was not come to yet?"""
        return bool(self._book.known)

    def write(self) -> None:
        """Write what is new, due or not."""
        self._book.write()

    @property
    def trouble(self) -> str | None:
        """Why the last writing failed; None if it did not."""
        return self._book.trouble

    def _key(self, number: int) -> str:
        return f"{self._prefix}{number}"

    def _between(self, first: int, after: int) -> set[str]:
        """The keys of these numbers, and of what was apart at one of them."""

        def within(key: str) -> bool:
            if not key.startswith(self._prefix):
                return False
            return first <= int(key[len(self._prefix) :].partition("/")[0]) < after

        return {key for key in self._book.all_keys() if within(key)}

    def _found(self, number: int, name: str) -> Record | None:
        record = self._book.known.pop(self._key(number), None)
        if record is None:
            return None
        if record.name != name:
            self._book.drop(self._between(number, _LAST))
            return None
        self._next = record.after
        # what loops within it had left is behind it
        for key in self._between(number + 1, record.after):
            self._book.known.pop(key, None)
        return record


class Memory:
    """A keeper that forgets when the process ends; for tests and examples."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}

    def load(self) -> dict[str, Record]:
        return dict(self.records)

    def save(self, records: Mapping[str, Record], gone: Collection[str]) -> None:
        self.records = {k: r for k, r in self.records.items() if k not in gone} | dict(records)


NOTHING_KEPT = Checkpoints()
"""For work that is never gone on with."""
