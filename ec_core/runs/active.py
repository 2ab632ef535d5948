"""Which job works on a run, and in which line its jobs wait; the board is the caller's."""

from __future__ import annotations

from ec_core.devices import resolve_device
from ec_core.jobs import Job, JobBoard
from ec_core.pool.on_ray import available
from ec_core.runs.run import Run
from ec_core.runs.settings import CLUSTER


def line(device: str) -> str:
    """The line that a device stands for."""
    if device == CLUSTER:
        return CLUSTER
    # a run from another machine may name a device that this one lacks
    return "cpu" if device == "cpu" else resolve_device("auto").type


def devices() -> tuple[str, ...]:
    """What this machine can train on, and a cluster where one is named."""
    own = ("auto", "cpu", "cuda") if line("auto") == "cuda" else ("auto", "cpu")
    return (*own, CLUSTER) if available() else own


def job_of(board: JobBoard, run: Run) -> Job | None:
    """The newest job of a run on this board."""
    return board.of_run(run.id)


def active(board: JobBoard, run: Run, *kinds: str) -> Job | None:
    """The run's job if it has not ended; ``kinds`` are first words of its label, none for any."""
    job = job_of(board, run)
    if job is None or job.over or (kinds and not job.label.startswith(kinds)):
        return None
    return job
