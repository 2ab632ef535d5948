"""How long a job will work in all, for those who wait behind it: a guess that says so."""

from __future__ import annotations

from ec_core.benchmark import ProblemEnded
from ec_core.errors import ECError
from ec_core.jobs import Seen
from ec_core.jobs.job import Expected
from pages.ui import train_settings
from pages.ui.runs import Run

_TYPICAL_ITERATIONS = 40
"""Per hidden layer, as the page's own estimate has it."""


def _by_pace(seen: Seen, layers: int) -> float | None:
    """By the pace so far: the iterations planned, or as many as are typical; None before any.

    A machine with more to do than this job is slower than any estimate.
    """
    training = seen.training
    if training is None or not training.iteration:
        return None
    iterations = training.planned or max(_TYPICAL_ITERATIONS * layers, training.iteration)
    return training.seconds / training.iteration * iterations


def training(run: Run) -> Expected:
    """What the page estimated before the start, and the pace once it is known."""
    try:
        before: float | None = train_settings.estimated(run, run.settings())[0].seconds
    except ECError:
        before = None
    layers = run.settings().hidden_layers
    return lambda seen: _by_pace(seen, layers) or before


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
