"""What a run is being worked on with: after a restart this says what broke off.

A job is a row in the list of jobs (``store.database``) before it is put in line; a mark kept with
the run names it, so that a page of a run that nobody works on asks no database. Row and mark get
their end when the job has ended, however it ends, and after its results. A mark whose process is
gone belongs to a job that was broken off.
"""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import asdict
from typing import Any

from ec_core.errors import ECError, NotYoursError
from ec_core.runs import owners
from ec_core.runs.loading import ledger
from ec_core.runs.run import Run
from ec_core.store.database import JobRow, Worker, here

_PART = "at-work"


_SERVER = secrets.token_hex(8)
"""This process."""


def server() -> str:
    """Tells this process of the server from those before it, to whoever knows of no jobs."""
    return _SERVER


def begin(run: Run, kind: str, device: str = "cpu", **how: Any) -> JobRow:
    """A job of this kind is about to be put in line; ``how`` (plain data): what else starts it once
    more. One that was broken off, and would be started in the same way, is the same job.

    Raises InputError where it cannot be written down; then it must not start.
    """
    run.stored.changing()
    known = broken_off(run)
    if known is not None and (known.kind, dict(known.how)) == (kind, how):
        row = known.again()
        _LET_GO.discard(row.id)
    else:
        _forget(run)
        row = JobRow(run.id, kind, how, device, who=owners.person(run.stored))
    row = ledger().begin(row)
    facts = {"kind": kind, "how": how, "job": row.id, "attempt": row.attempt}
    try:
        run.stored.save_json(_PART, {**facts, "worker": asdict(row.worker)})
    except ECError:
        not_begun(run, row)
        raise
    return row


def not_begun(run: Run, row: JobRow) -> None:
    """It could not be put in line after all: a new one is none, an old one is still broken off."""
    if row.attempt > 1:
        let_go(row)
    else:
        with contextlib.suppress(ECError):
            end(run, row, "failed")


def end(run: Run, row: JobRow | None = None, state: str = "left", error: str | None = None) -> None:
    """It has ended, or a person does not want it any more. Raises NotYoursError where whoever asks
    may not say so.
    """
    try:
        run.stored.forget(_PART)
    except NotYoursError:
        raise
    except ECError:
        pass  # deleted with its run
    if row is None:
        _forget(run)
    else:
        ledger().end(row.id, state, error)


def _forget(run: Run) -> None:
    """Nobody goes on with what was broken off."""
    with contextlib.suppress(ECError):
        known = ledger()
        for row in known.broken_off(known.of_run(run.id)):
            known.end(row.id, "left")


def broken_off(run: Run) -> JobRow | None:
    """The job of a run that a restart broke off; None where there is none.

    What the mark says counts where the list of jobs cannot be read, or has lost it.
    """
    stored = run.stored
    if not stored.has(_PART):
        return None
    try:
        mark = stored.load_json(_PART)
        kind, how = str(mark["kind"]), dict(mark["how"])
        if "worker" not in mark:  # of an earlier version, which knew of no list of jobs
            return JobRow(run.id, kind, how)
        id_, worker = str(mark["job"]), Worker(**mark["worker"])
        lost = JobRow(run.id, kind, how, id=id_, worker=worker, attempt=int(mark["attempt"]))
    except (ECError, KeyError, TypeError, ValueError):
        return None  # ended in this moment, or of another version
    if lost.worker == here() and id_ not in _LET_GO:
        return None
    known = ledger()
    try:
        rows = [row for row in known.of_run(run.id) if row.id == id_]
    except ECError:
        rows = []
    row = rows[0] if rows else lost
    return row if id_ in _LET_GO or row.broken_off(known.now()) else None


_LET_GO: set[str] = set()
"""Jobs of this process that nobody works on any more, though they did not come to their end."""


def let_go(row: JobRow) -> None:
    """It is as if its process were gone: there was no room for its results."""
    _LET_GO.add(row.id)


def interrupted(run: Run) -> tuple[str, dict[str, Any]] | None:
    """Kind and ``how`` of a job that a restart broke off; None where there is none."""
    row = broken_off(run)
    return None if row is None else (row.kind, dict(row.how))
