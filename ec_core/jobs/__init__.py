"""Background work: one worker per device, a queue, states, and what a job has reported so far."""

from ec_core.jobs.board import JobBoard
from ec_core.jobs.buffer import Curve, Seen
from ec_core.jobs.job import PAUSED, QUEUED, RUNNING, STOPPING, Job, JobSnapshot
from ec_core.jobs.outcome import ENDED, FAILED, FINISHED, STOPPED

__all__ = [
    "ENDED",
    "FAILED",
    "FINISHED",
    "PAUSED",
    "QUEUED",
    "RUNNING",
    "STOPPED",
    "STOPPING",
    "Curve",
    "Job",
    "JobBoard",
    "JobSnapshot",
    "Seen",
]
