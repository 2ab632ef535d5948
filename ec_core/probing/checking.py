"""Questions and answers that can be learnt from: tables of finite numbers, enough, that vary.

Whatever is wrong with them is one sentence. Axes: N probes, D inputs, K answers each.
"""

from __future__ import annotations

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.splitting import NOTHING_VARIES, varies

MAX_MAGNITUDE = 1e100
"""Squares of larger numbers leave the range of float64."""

MIN_MAGNITUDE = 1e-100
"""Squares of smaller numbers leave it too: such a column would look constant."""

MIN_PROBES = 5
"""Fewer cannot be split into some to learn from and some to hold out."""


def as_table(values: np.ndarray, what: str) -> np.ndarray:
    """Values (N, F) or (N,) as float64 (N, F); what : "x" or "y", for the sentence.

    Raises InputError for what is no table of finite numbers that squares can be taken of.
    """
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.dtype.kind not in "fiu":
        raise InputError(
            f"{what} has shape {values.shape} and type {values.dtype}; "
            "expected numbers of shape (probes, features)."
        )
    if values.shape[0] == 0 or values.shape[1] == 0:
        raise InputError(f"{what} is empty, shape {values.shape}; expected at least one probe.")
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        raise InputError(
            f"{what} holds NaN or infinity in {int(bad.sum())} of {len(values)} rows (first: row "
            f"{int(np.argmax(bad))}); expected finite numbers."
        )
    values = np.ascontiguousarray(values, dtype=np.float64)
    largest = float(np.abs(values).max())
    if largest > MAX_MAGNITUDE:
        raise InputError(
            f"{what} holds numbers up to {largest:.1e}; expected none above {MAX_MAGNITUDE:.0e}."
        )
    peak = np.abs(values).max(axis=0)
    tiny = np.flatnonzero((peak < MIN_MAGNITUDE) & (values != values[0]).any(axis=0))
    if tiny.size:
        raise InputError(
            f"Column {tiny[0] + 1} of {what} holds no number above {peak[tiny[0]]:.1e}; expected "
            f"some above {MIN_MAGNITUDE:.0e}: multiply it, or set it to zero."
        )
    return values


def refuse_few(x: np.ndarray, y: np.ndarray) -> None:
    """Raises InputError if x (N, D) and y (N, K) are not as many, or too few."""
    if len(x) != len(y):
        raise InputError(
            f"There are {len(x)} questions and {len(y)} answers; expected as many of each."
        )
    if len(x) < MIN_PROBES:
        raise InputError(
            f"There are {len(x)} probes; expected at least {MIN_PROBES}, better thousands."
        )


def refuse_constant(x: np.ndarray, y: np.ndarray) -> None:
    """Raises InputError if no answer in y (N, K) varies, or no input in x (N, D) does."""
    if not varies(y).any():
        raise InputError(
            "All answers are the same; expected answers that vary, or there is nothing to "
            "learn. Check the probes or the network."
        )
    if not varies(x).any():
        raise InputError(NOTHING_VARIES)


def at_ends(count: int, kept: int) -> str:
    """What was left out, in a sentence. Raises InputError where hardly anything remains."""
    if kept < MIN_PROBES:
        raise InputError(
            f"Only {kept} of {count} answers say something about the numbers before the last "
            f"activation, the others are at its ends; expected at least {MIN_PROBES}, better "
            "thousands: ask for more digits, or where the answers are less sure."
        )
    return (
        f"{count - kept:,} of {count:,} questions were left out: their answers lie so near to an "
        "end, such as 0 or 1, that their digits say too little about the network."
    )
