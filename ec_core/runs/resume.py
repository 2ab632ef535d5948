"""What a restart broke off goes on when the server starts: by itself, or at a click.

By itself unless EC_RESUME=click: whoever closed the lid, or is one of thirty in a class, wants to
find the result, and nobody else would click for them; a run that nobody wants any more is stopped
as easily as it would have been left. What broke off four times, without the server being told to
stop, may be what breaks the server, by the memory it takes: that waits for a click.
"""

from __future__ import annotations

import logging
import os

from ec_core.errors import ECError
from ec_core.jobs import Job, JobBoard
from ec_core.runs import admission, at_work, outcomes, work
from ec_core.runs.loading import ledger, store
from ec_core.runs.run import Run
from ec_core.store.database import INTERRUPTED, JobRow

SETTING, AUTO, CLICK = "EC_RESUME", "auto", "click"

MOST = 4
"""Times that the process of one job ended without a word, after which a person has to want it."""

_log = logging.getLogger(__name__)


def by_itself() -> bool:
    """Does it go on by itself?"""
    chosen = os.environ.get(SETTING) or AUTO
    if chosen not in (AUTO, CLICK):
        _log.warning("%s is %r; expected %s or %s, taking %s.", SETTING, chosen, AUTO, CLICK, AUTO)
    return chosen != CLICK


def at_start(board: JobBoard) -> tuple[Job, ...]:
    """Go on with what was broken off; for a server that starts. Never raises: what cannot be read
    or begun now is shown as interrupted, and a person may try.
    """
    automatic = by_itself()
    with admission.lifted():
        solving = outcomes.go_on(board) if automatic else None
    jobs = [] if solving is None else [solving]
    try:
        rows = ledger().broken_off()
    except ECError as error:
        _log.warning("What a restart broke off cannot be seen: %s", error)
        return tuple(jobs)
    for row in rows:
        try:
            often = row.state != INTERRUPTED and row.breaks + 1 >= MOST
            if _wanted(row) and automatic and not often:
                with admission.lifted():
                    jobs.append(work.go_on(board, Run(row.run)))
        except ECError as error:
            _log.warning("Job %s of run %s cannot go on: %s", row.id, row.run, error)
    return tuple(jobs)


def _wanted(row: JobRow) -> bool:
    """Is it still the job of its run? If not, it is taken off the list."""
    if not store().exists(row.run):
        ledger().forget(row.run)
        return False
    known = at_work.broken_off(Run(row.run))
    if known is None or known.id != row.id:
        # its mark was taken away, or it never had one: it ended, or did not begin
        ledger().end(row.id, "left")
        return False
    return True
