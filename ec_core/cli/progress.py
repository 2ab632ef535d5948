"""Events as lines for a person who watches a terminal."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import numpy as np

from ec_core.cli.output import progress
from ec_core.events import (
    CONVERGED,
    TRAINING,
    CandidateProgress,
    Event,
    LayerStep,
    Note,
    PruneStep,
    RefineProgress,
    SignsFound,
    TrainingProgress,
    WidthTried,
    drain,
)

EVERY = 20
"""Of the events that come once per iteration, one in so many is shown."""

Result = TypeVar("Result")


def _best(losses: np.ndarray) -> str:
    finite = losses[np.isfinite(losses)]
    return f"{finite.min():.1e}" if len(finite) else "none yet"


def line(event: Event) -> str | None:
    """One line, or None for an event that is not worth one."""
    match event:
        case Note():
            return ("Warning: " if event.warning else "") + event.message
        case TrainingProgress() if event.iteration % EVERY == 0 and event.searching:
            return (
                f"Trying width {event.width}: iteration {event.iteration}, "
                f"{event.statuses.count(CONVERGED)} of {len(event.statuses)} students got there, "
                f"best loss {_best(event.losses)}"
            )
        case TrainingProgress() if event.iteration % EVERY == 0:
            return (
                f"Training: iteration {event.iteration}, width {event.width}, "
                f"{event.statuses.count(CONVERGED)} converged, "
                f"{event.statuses.count(TRAINING)} training, best loss {_best(event.losses)}"
            )
        case WidthTried():
            verdict = "enough" if event.enough else "too narrow"
            each = "-".join(map(str, event.hidden)) or str(event.width)
            return (
                f"Width {each}: {event.converged} of {event.students} students converged, "
                f"best loss {event.best_loss:.1e}, {verdict}"
            )
        case CandidateProgress() if event.done:
            return (
                f"Candidate {event.activation}, {event.hidden_layers} hidden layers of "
                f"{event.width}: best loss {event.loss:.1e} after {event.iteration} iterations"
            )
        case LayerStep():
            return f"Layer {event.layer} of {event.layers}, {event.phase}: {event.message}"
        case PruneStep():
            verdict = "removed" if event.accepted else "kept"
            return (
                f"Pruning {event.size_before} to {event.size_after} neurons: {verdict}, "
                f"loss {event.loss:.1e} ({event.reason})"
            )
        case RefineProgress() if event.iteration % EVERY == 0:
            return f"Refining {event.size} neurons: iteration {event.iteration}, {event.loss:.1e}"
        case SignsFound():
            return (
                f"Signs: {len(event.flipped)} flipped, residual {event.residual:.1e}, "
                f"next best {event.runner_up:.1e}"
            )
    return None


def watch(stage: Generator[Event, None, Result]) -> Result:
    """Drain a stage, printing its progress on stderr; returns what the stage returns."""

    def show(event: Event) -> None:
        text = line(event)
        if text is not None:
            progress(text)

    return drain(stage, show)
