"""Background work: people take turns at a device, states, what a job has reported so far."""

from ec_core.jobs.board import JobBoard
from ec_core.jobs.buffer import Curve, Seen
from ec_core.jobs.job import Job
from ec_core.jobs.line import Room
from ec_core.jobs.outcome import ENDED, FAILED, FINISHED, LEFT, STOPPED
from ec_core.jobs.snapshot import PAUSED, QUEUED, RUNNING, STOPPING, JobSnapshot, Waiting

__all__ = [
    "ENDED",
    "FAILED",
    "FINISHED",
    "LEFT",
    "PAUSED",
    "QUEUED",
    "RUNNING",
    "STOPPED",
    "STOPPING",
    "Curve",
    "Job",
    "JobBoard",
    "JobSnapshot",
    "Room",
    "Seen",
    "Waiting",
]
