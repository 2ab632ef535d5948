"""What stages report while they work: frozen, plain data (floats, strings, NumPy copies).

Every event can be written down as it is; none holds a live tensor. Axes: S students,
H hidden, D inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

TRAINING, CONVERGED, STALLED, STOPPED, OUT_OF_BUDGET = (
    "training",
    "converged",
    "stalled",
    "stopped",
    "out of budget",
)
"""The states a student can be in."""


PHASES = ("cluster", "freeze", "retrain", "prune", "refine")
"""What is done with a hidden layer, in this order."""


@dataclass(frozen=True)
class Event:
    """Root of all events. ``stage`` is ask, expand, cluster, reconstruct or verify."""

    stage: str


@dataclass(frozen=True)
class Note(Event):
    """One sentence for the person who watches; ``warning`` marks what they should not miss."""

    message: str
    warning: bool = False


@dataclass(frozen=True)
class QuestionsAnswered(Event):
    """How far a model at an address has been asked: ``done`` of ``count`` answers are here.

    asked : really asked; kept : known from before, which cost nothing
    """

    done: int
    count: int
    asked: int
    kept: int


@dataclass(frozen=True)
class TrainingProgress(Event):
    """Where every student stands after one iteration of the batch.

    losses : (S,) mean squared error of the standardised answers
    statuses : S of the states above
    iterations : (S,) iterations each student has had since its last restart
    restarts : (S,) how often each was started anew
    incoming : (S, H, D+1) float32 copy of (w, b) in standardised inputs, or None to save memory
    throughput : student-iterations per second
    planned : how many iterations there will be in all, where that is known; 0 where it is not
    searching : these are the few students of a width that is being tried
    steps : (S,) how many of the ``iteration`` iterations so far each student took part in: less
        than all for one that joined later or has ended; a restart does not begin it anew
    """

    iteration: int
    losses: np.ndarray
    statuses: tuple[str, ...]
    iterations: np.ndarray
    restarts: np.ndarray
    width: int
    seconds: float
    throughput: float
    incoming: np.ndarray | None = None
    planned: int = 0
    searching: bool = False
    steps: np.ndarray | None = None


@dataclass(frozen=True)
class WidthTried(Event):
    """One step of the search for the students' width: ``converged`` of ``students`` arrived.

    width : the number that is doubled; hidden : neurons of each hidden layer in this step
    """

    width: int
    converged: int
    students: int
    best_loss: float
    enough: bool
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True)
class CandidateProgress(Event):
    """How an activation and a number of hidden layers stand in the race of candidates.

    width : neurons per hidden layer of its students; iteration : so many they have had
    loss : of the best of them; done : this is where a round ended, and the field is cut
    """

    activation: str
    hidden_layers: int
    width: int
    iteration: int
    loss: float
    done: bool = False


@dataclass(frozen=True)
class RaceEnded(Event):
    """Who raced: activation, hidden layers and loss of every candidate, best first.

    ahead : activation and hidden layers of those that are worth recovering, in this order
    """

    candidates: tuple[tuple[str, int, float], ...]
    ahead: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class CandidateTried(Event):
    """A candidate is recovered whole: "" as that begins, at its end how the result is judged."""

    activation: str
    hidden_layers: int
    verdict: str = ""


@dataclass(frozen=True)
class LayerStep(Event):
    """Which hidden layer of a deep network is worked on, 1 … ``layers``, and how.

    phase : one of ``PHASES``; message : one sentence for the person who watches
    """

    layer: int
    layers: int
    phase: str
    message: str


@dataclass(frozen=True)
class PruneStep(Event):
    """One removal tried: ``accepted`` if the loss came back after the refit."""

    size_before: int
    size_after: int
    loss: float
    accepted: bool
    reason: str


@dataclass(frozen=True)
class RefineProgress(Event):
    """One iteration of the final fit at the size found."""

    iteration: int
    loss: float
    size: int


@dataclass(frozen=True)
class SignsFound(Event):
    """Which neurons had to be flipped to explain the leftover linear map.

    residual, runner_up : relative size of what is left with the best and the second-best signs
    """

    flipped: tuple[int, ...]
    residual: float
    runner_up: float
    unique: bool


Result = TypeVar("Result")


def relay(
    work: Generator[Event, None, Result], change: Callable[[Event], Event]
) -> Generator[Event, None, Result]:
    """Pass a stage's events on, each through ``change``; returns what the stage returns."""
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        yield change(event)


def drain(
    work: Generator[Event, None, Result], on_event: Callable[[Event], object] | None = None
) -> Result:
    """Do the work of a stage to its end; each event goes to ``on_event``. Returns its result.

    >>> def stage():
    ...     yield Note("expand", "hello")
    ...     return 3
    >>> notes = []
    >>> drain(stage(), notes.append), len(notes)
    (3, 1)
    """
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        if on_event is not None:
            on_event(event)
