"""When a student has arrived, and when it is going nowhere; in iterations, never seconds."""

from __future__ import annotations

import numpy as np

WINDOW = 40
"""Iterations over which progress is judged."""

MINIMAL_DROP = 0.15
"""log10 of the loss that a student must lose over a window, or it is stalled."""

ROCK_BOTTOM = 1e-30
"""Below this loss nothing can be gained in float64."""


_HALVES = 0.5
"""Below the floor a student that does not halve its loss in an iteration has nothing to gain."""


def arrived(loss: np.ndarray, before: np.ndarray, floor: float) -> np.ndarray:
    """(S,) bool: at the floor, and hardly going lower; ``before`` is the loss an iteration ago.

    A student below the floor goes on while it falls fast: the last digits cost few iterations.
    """
    return np.asarray((loss <= floor) & ((loss <= ROCK_BOTTOM) | (loss > _HALVES * before)))


def stalled(history: list[np.ndarray], iterations: np.ndarray) -> np.ndarray:
    """(S,) bool: less than ``MINIMAL_DROP`` decades in the last ``WINDOW`` iterations.

    history : loss (S,) after every iteration so far; iterations (S,) since each one's start.
    """
    if len(history) <= WINDOW:
        return np.zeros(len(iterations), dtype=bool)
    with np.errstate(invalid="ignore", divide="ignore"):
        drop = np.log10(history[-1 - WINDOW]) - np.log10(history[-1])
    return np.asarray((iterations > WINDOW) & ~(drop >= MINIMAL_DROP))
