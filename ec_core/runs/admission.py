"""The one place where work is put in line: what a limit of the server forbids is refused here.

So it does not matter by which button, message or address it was asked for. A refusal is one
sentence: the limit, what was asked, what to do. What was broken off and goes on was let in before.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Generator, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

from ec_core import devices
from ec_core.control import Control
from ec_core.errors import InputError, LimitError
from ec_core.events import Event, Note
from ec_core.jobs import QUEUED, Job, JobBoard, Room
from ec_core.jobs.job import Stage
from ec_core.runs import expected, limits, owners, space
from ec_core.runs.limits import GB
from ec_core.runs.loading import ledger
from ec_core.runs.run import Run
from ec_core.runs.settings import CLUSTER, Settings

_LIFTED: ContextVar[bool] = ContextVar("limits lifted", default=False)

_SHORTEST = 5.0
"""Seconds that a job which is let in may compute at least."""


_SOON = 1200.0
"""Seconds left of a day's computing below which a job says so when it begins."""


@contextlib.contextmanager
def lifted() -> Iterator[None]:
    """Within it nothing is refused: for what was let in before, and was broken off."""
    before = _LIFTED.set(True)
    try:
        yield
    finally:
        _LIFTED.reset(before)


def room(device: str) -> Room:
    """What the jobs of a device's line may have of it, for ``JobBoard``."""
    told = limits.told().machine
    if device not in devices.DEVICES:
        return Room()  # a model elsewhere, the maps: one after the other
    half = devices.memory_of(device) / 2
    return Room(told.at_once, half if told.aside is None else told.aside * GB)


def put(board: JobBoard, stage: Stage, *, who: str = "", **job: Any) -> Job:
    """``JobBoard.submit``, for a person. Raises LimitError where they may have no more jobs."""
    return board.submit(stage, who=who, admit=lambda jobs: _count(jobs, who), **job)


def _count(jobs: Sequence[Job], who: str) -> None:
    if _LIFTED.get():
        return
    may, mine = limits.told().of(who), [job for job in jobs if job.who == who and not job.over]
    waiting = sum(job.state == QUEUED for job in mine)
    if may.jobs is not None and len(mine) >= may.jobs:
        raise LimitError(
            f"This server takes {_many(may.jobs, 'job')} of one person at a time, and you have "
            f"{len(mine)}; "
            + ("wait for one of them to end, or stop it." if mine else "ask whoever runs it.")
        )
    if may.waiting is not None and mine and waiting >= may.waiting:
        raise LimitError(
            f"This server lets {_many(may.waiting, 'job')} of one person wait, and yours that wait "
            f"are {waiting}; wait until one has begun or ended, or stop it."
        )


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def check(board: JobBoard, run: Run, training: bool) -> None:
    """Before a job of a run is written down. Raises LimitError for what may not begin.

    training : does it train students, or only build from those that are there?
    """
    board.open()
    if _LIFTED.get():
        return
    who = owners.person(run.stored)
    _count(board.jobs(), who)
    check_minutes(who)
    space.check(who)
    if training:
        check_size(run, run.settings())


def check_minutes(who: str) -> None:
    """Raises LimitError where all that a person may have computed today was computed."""
    may = limits.told().of(who)
    if may.minutes is not None and seconds_left(who) <= 0.0 and not _LIFTED.get():
        raise LimitError(
            f"This server computes {may.minutes:g} minutes a day for one person, and yours are "
            "used up; go on tomorrow, or ask whoever runs it for more."
        )


def check_size(run: Run, settings: Settings) -> None:
    """Raises LimitError for a training that is larger than its owner may have, or than the memory
    that is free.
    """
    may = limits.told().of(owners.person(run.stored))
    if may.students is not None and settings.students > may.students:
        raise LimitError(
            f"This server trains {_many(may.students, 'student')} at a time for one person, and "
            f"this run has {settings.students:,}; choose fewer."
        )
    if may.probes is not None and settings.probes > may.probes:
        raise LimitError(
            f"This server takes {_many(may.probes, 'question')} of one run, and this one has "
            f"{settings.probes:,}; choose fewer."
        )
    if settings.field(run.source().activation).curve:
        return  # how large its students are is found out on the way
    try:
        needed, _ = expected.estimated(run, settings)
    except InputError as error:
        raise LimitError(str(error)) from None
    if may.weights is not None and needed.parameters > may.weights:
        raise LimitError(
            f"This server trains students of {_many(may.weights, 'weight')} for one person, and "
            f"those of this run have {needed.parameters:,}; choose narrower ones."
        )
    # what a cluster has free, it says itself
    scarce = None if settings.device == CLUSTER else scarce_memory(needed.bytes, settings.device)
    if scarce is not None:
        raise LimitError(scarce)


def scarce_memory(needed: int, device: str) -> str | None:
    """A sentence where a training needs more memory than is free; None where it does not."""
    free = devices.free_memory(devices.resolve_device(device))
    if free is None or needed <= free:
        return None
    return (
        f"This training needs about {needed / GB:.1f} GB of memory, and {free / GB:.1f} GB are "
        "free; train fewer or narrower students, or wait until other work has ended."
    )


# minutes


def today() -> str:
    """The day by which computing is counted, of the server's clock."""
    return datetime.date.today().isoformat()


def seconds_left(who: str) -> float:
    """What a person may still have computed today, infinite without a limit."""
    may = limits.told().of(who)
    if may.minutes is None:
        return float("inf")
    return 60.0 * may.minutes - ledger().used(who, today())


def forewarned(stage: Stage, seconds: float | None, chosen: float | None) -> Stage:
    """The stage, which says first that the day's minutes end it, where they soon do."""
    if seconds is None or seconds > _SOON or (chosen is not None and chosen <= seconds):
        return stage
    words = (
        f"This server computes {max(1, round(seconds / 60))} more minutes for you today; this ends "
        "when they are used up, with what it has found by then."
    )

    def told(control: Control) -> Generator[Event, None, Any]:
        yield Note("limits", words, warning=True)
        return (yield from stage(control))

    return told


def budget(run: Run, chosen: float | None) -> float | None:
    """Seconds that a job may take: those that were chosen, or what is left of the day's."""
    left = max(_SHORTEST, seconds_left(owners.person(run.stored)))
    if left == float("inf"):
        return chosen
    return left if chosen is None else min(left, chosen)
