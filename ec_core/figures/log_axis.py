"""The logarithmic axes: losses from 1 to 1e-32, merge heights from far apart to identical."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ec_core.figures.theme import Theme, axis
from ec_core.figures.words import power

LOSS_FLOOR = 1e-32
"""Squared rounding error of float64: no mean squared error means anything below it."""

HEIGHT_FLOOR = 1e-17
"""Vectors of size one that differ by less are the same to float64."""


LABEL_ROOM = 2.2
"""Decades below the floor that the dendrogram leaves for the clusters' numbers."""

HEIGHT_MARGIN = {"l": 24, "r": 110, "t": 24, "b": 64}
"""Of dendrogram and upright counts: equal ones put equal heights level, side by side."""


def clamp(values: np.ndarray, floor: float) -> np.ndarray:
    """``values`` with everything below ``floor`` (zeros too) lifted onto it; NaN stays NaN."""
    values = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(values), np.nan, np.maximum(values, floor))


def top_exponent(values: np.ndarray, least: int = 0, most: int = 12) -> int:
    """The first whole exponent above all finite values, at least ``least``, at most ``most``."""
    values = np.asarray(values, dtype=np.float64)
    positive = values[np.isfinite(values) & (values > 0)]
    if positive.size == 0:
        return least
    return int(min(max(math.ceil(math.log10(positive.max()) - 1e-9), least), most))


def log_axis(
    theme: Theme, title: str, low: float, high: float, every: int, **more: Any
) -> dict[str, Any]:
    """A log axis from 10^low to 10^high, labelled each ``every`` decades counted from 1."""
    first = math.ceil(low / every) * every
    exponents = list(range(first, math.floor(high) + 1, every))
    settings: dict[str, Any] = {
        "type": "log",
        "range": [low, high],
        "tickmode": "array",
        "tickvals": [10.0**e for e in exponents],
        "ticktext": [power(e) for e in exponents],
        **more,
    }
    return axis(theme, title, **settings)


def height_axis(
    theme: Theme, heights: np.ndarray, title: str, room: float = LABEL_ROOM
) -> dict[str, Any]:
    """The merge-height axis that dendrogram and counts share; ``room`` decades below the floor."""
    floor = math.log10(HEIGHT_FLOOR)
    high = top_exponent(heights)
    exponents = [floor, *range(-12, high + 1, 4)]
    return log_axis(
        theme,
        title,
        floor - room,
        high + 0.3,
        4,
        tickvals=[10.0**e for e in exponents],
        ticktext=["≤ " + power(floor), *(power(e) for e in exponents[1:])],
    )
