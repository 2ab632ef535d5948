"""How a run in a list stands, and when it was made, in a few words."""

from __future__ import annotations

import time

from ec_core.runs.run import Run, next_step
from ec_core.store.entry import Entry
from pages.parts.job_controls import state_line
from pages.shell import interrupted
from pages.shell.process import active


def when(seconds: float) -> str:
    """A moment, the finer the younger."""
    age = time.time() - seconds
    if age < 90:
        return "just now"
    if age < 5400:
        return f"{round(age / 60)} min ago"
    return time.strftime("%d %b %Y, %H:%M", time.localtime(seconds))


def standing(entry: Entry) -> str:
    """Where it stands: at work, broken off, or how far it has come."""
    run = Run(entry.id)
    job = active(run)
    if job is not None:
        return state_line(job.snapshot())
    return interrupted.STANDING if interrupted.is_so(run) else entry.standing


def leads_to(entry: Entry) -> str:
    """The step at which it opens."""
    return "start" if entry.label.startswith("Demo") else next_step(entry.parts)
