"""Room on the disk: how much of it the runs of one person take, and what they may."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from ec_core.errors import ECError, LimitError
from ec_core.runs import limits, visitors
from ec_core.runs.limits import GB
from ec_core.runs.loading import index, store


def used(who: str) -> int:
    """Bytes of a person's runs; "": of all."""
    if who:
        from ec_core.store.database import Query  # sqlalchemy, which the engine alone has not

        found = index().find(Query(owner=who, most=10**9)).entries
        hidden = index().find(Query(owner=who, archived=True, most=10**9)).entries
        ids: Sequence[str] = [entry.id for entry in (*found, *hidden)]
    else:
        ids = store().ids()
    return sum(folder_bytes(store().root / id_) for id_ in ids)


def folder_bytes(folder: Path) -> int:
    """Bytes of all files in a folder and those within it; what goes away meanwhile has none."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(place, name).stat(follow_symlinks=False).st_size
    return total


def check(who: str | None = None) -> None:
    """Before something is kept for a person, by default for whoever asks. Raises LimitError where
    their runs fill what they may have.
    """
    who = (visitors.asking().key or "") if who is None else who
    may = limits.told().of(who).space
    if may is None:
        return
    try:
        taken = used(who)
    except ECError:
        return  # of a list of runs that cannot be read nothing is counted
    if taken >= may * GB:
        raise LimitError(
            f"This server keeps {may:g} GB of runs of one person, and yours have "
            f"{taken / GB:.2g} GB; delete some of them, or export and then delete them."
        )
