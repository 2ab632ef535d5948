"""A copy of a run of one's own, to go on with what somebody else has shown."""

from __future__ import annotations

from ec_core.errors import JobError
from ec_core.jobs import JobBoard
from ec_core.runs import owners, space
from ec_core.runs.active import active
from ec_core.runs.loading import store
from ec_core.runs.run import Run


def copy(board: JobBoard, run: Run) -> Run:
    """All that a run has now, as a new run of whoever asks.

    Raises JobError while the run is being worked on, NotYoursError where its truth is locked away
    by another.
    """
    space.check()
    owners.check_secret(run.truth_locked, run.stored)
    if active(board, run) is not None:
        raise JobError("This run is being worked on; copy it when that has ended.")
    return Run(store().copy(run.id, f"Copy of {run.title}", owners.new()).id)
