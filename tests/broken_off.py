"""A job whose process is gone, without a process that goes."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from ec_core.runs import at_work
from ec_core.runs.loading import ledger
from ec_core.runs.run import Run
from ec_core.store.database import JobRow, Worker, here

GONE = Worker("the one before", here().host, 2**30, "1")
"""No system counts its processes so far."""


def broken_off(run: Run, kind: str, **how: Any) -> JobRow:
    """Another process of this machine was at work on a run."""
    row = replace(at_work.begin(run, kind, **how), worker=GONE)
    ledger().begin(row)
    mark = run.stored.load_json("at-work")
    run.stored.save_json("at-work", {**mark, "worker": asdict(GONE)})
    return row
