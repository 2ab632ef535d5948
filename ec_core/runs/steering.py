"""What a person tells a job that is at work, refused where it is not theirs to tell.

That of a run is steered by whoever may work on the run; one that belongs to no run (a model that is
asked, the benchmark) by whoever began it. A page tells a job nothing by any other way.
"""

from __future__ import annotations

from ec_core.errors import NotYoursError
from ec_core.jobs import Job
from ec_core.runs import owners, visitors
from ec_core.runs.loading import store
from ec_core.store import is_id

NOT_YOUR_WORK = "Somebody else began this work; only they can end it."


def may_steer(job: Job) -> bool:
    """May whoever asks pause it, stop it, or stop and restart its students?"""
    visitor = visitors.asking()
    if visitor.everything:
        return True
    name, key = visitors.unsigned(job.run)
    if not is_id(name):
        return visitor.key is not None and key == visitor.key
    # of a run that is gone nothing can be kept any more, and others wait for the device
    return not store().exists(name) or owners.may_work(store().open(name))


def _allowed(job: Job) -> Job:
    if may_steer(job):
        return job
    own = not is_id(visitors.unsigned(job.run)[0])
    raise NotYoursError(NOT_YOUR_WORK if own else owners.REFUSED)


def stop(job: Job) -> None:
    """Take it out of the line, or ask it to end after its current iteration."""
    _allowed(job).stop()


def pause(job: Job) -> None:
    """Set it aside. Raises JobError unless it runs."""
    _allowed(job).pause()


def resume(job: Job) -> None:
    """Let a paused job go on. Raises JobError unless it runs."""
    _allowed(job).resume()


def stop_student(job: Job, student: int) -> None:
    """Freeze one student where it is. Raises JobError unless the job runs."""
    _allowed(job).stop_student(student)


def restart_student(job: Job, student: int) -> None:
    """Start one student anew. Raises JobError unless the job runs."""
    _allowed(job).restart_student(student)
