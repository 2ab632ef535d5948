"""How long a job will work in all, for those who wait behind it: a guess that says so."""

from __future__ import annotations

import math

from ec_core.benchmark import ProblemEnded
from ec_core.devices import resolve_device
from ec_core.errors import ECError
from ec_core.events import TRAINING, TrainingProgress
from ec_core.expand.estimate import Estimate, check_memory, estimate
from ec_core.jobs import Seen
from ec_core.jobs.job import Expected
from ec_core.networks.architecture import Architecture
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings

GUESSED_WIDTH = 16
"""Neurons per layer before their number was found: four times a small teacher's."""


def estimated(run: Run, settings: Settings) -> tuple[Estimate, tuple[int, ...]]:
    """The cost and the hidden sizes it is for. Raises InputError for more than memory can hold."""
    source = run.source()
    one = run.found or settings.first(source.activation)
    config = settings.recover_config(one.activation, one.hidden_layers).expand_config()
    hidden = config.hidden(
        GUESSED_WIDTH if settings.width is None else settings.width, settings.expansion
    )
    shape = Architecture((source.inputs, *hidden, source.outputs), one.activation)
    check_memory(shape, settings.students, resolve_device(settings.computing))
    needed = estimate(
        settings.learning, source.inputs, source.outputs, one.activation, hidden, config
    )
    return needed, hidden


def memory(run: Run) -> float:
    """Bytes that a job of a run holds while it is set aside, at most; 0 where nobody can tell."""
    try:
        return float(estimated(run, run.settings())[0].bytes)
    except ECError:
        return 0.0


def left(run: Run, training: TrainingProgress) -> float:
    """Seconds a training still takes at its pace so far.

    Those of the iterations planned, where that is known; else an upper bound, for students that
    use all the iterations they are allowed. 0 where none of them trains any more.
    """
    pace = max(training.seconds, 1e-6) / max(training.iteration, 1)
    if training.planned:
        return pace * max(training.planned - training.iteration, 0)
    going = training.iterations[[status == TRAINING for status in training.statuses]]
    if not len(going):
        return 0.0
    allowed = run.recover_config().expand_config().iterations
    return pace * max(allowed - int(going.min()), 0)


def training(run: Run) -> Expected:
    """What was estimated before the start, and the pace once all students are at work.

    A machine with more to do than this job is slower than any estimate; a time limit is kept.
    """
    settings = run.settings()
    limit = math.inf if settings.budget is None else settings.budget
    try:
        before: float | None = min(estimated(run, settings)[0].seconds, limit)
    except ECError:
        before = None

    def takes(seen: Seen) -> float | None:
        now = seen.training
        if now is None or now.searching or not now.iteration:
            return before
        return min(now.seconds + left(run, now), limit)

    return takes


def building(run: Run) -> Expected:
    """What it took last time; the first time, what the training took: seldom more."""
    seconds = run.build_seconds or run.ensemble().seconds
    return lambda seen: seconds


def whole(run: Run) -> Expected:
    """Training, and building as long again."""
    first = training(run)

    def both(seen: Seen) -> float | None:
        seconds = first(seen)
        return None if seconds is None else 2 * seconds

    return both


def solving(seen: Seen) -> float | None:
    """The problems that are left take as long as those solved so far."""
    ended = [event for event in seen.events if isinstance(event, ProblemEnded)]
    solved = [event.outcome.seconds for event in ended if not event.kept]
    if not solved:
        return None
    return sum(solved) / len(solved) * (len(solved) + ended[-1].count - ended[-1].number)
