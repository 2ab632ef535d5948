"""What an address is asked in: the little that is known of a model, and one batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.remote.bearer import hidden

NUMBER_KINDS = "fiu"
"""Kinds of arrays that hold numbers."""


@dataclass(frozen=True)
class About:
    """What is known of a model before it is asked.

    name : for people; inputs : D, None where it is not told; identity : what tells its answers
    from those of others (plain data, kept with the answers)
    batch : questions that it takes at once, None where it does not say
    """

    name: str
    inputs: int | None
    identity: dict[str, Any]
    batch: int | None = None


class Speech(Protocol):
    """A way to ask."""

    about: About

    def rounded(self, x: np.ndarray) -> np.ndarray:
        """Questions (N, D) as the model will see them: its inputs may be shorter numbers."""
        ...

    def ask(self, x: np.ndarray) -> np.ndarray:
        """Answers (N, K), float64, to questions (N, D). Raises InputError."""
        ...


def columns(values: object, rows: int, who: str) -> np.ndarray:
    """Answers as (N, K) float64, from whatever was got. Raises InputError, one sentence.

    who : begins the sentence

    >>> columns([1, 2.5], 2, "It").tolist()
    [[1.0], [2.5]]
    """
    try:
        y = np.asarray(values)
    except (ValueError, OverflowError):
        raise InputError(
            f"{who} answers with lists of different lengths; expected as many numbers for each "
            "question."
        ) from None
    if y.dtype.kind in "SU":
        raise InputError(
            f"{who} answers with text ({hidden(str(y.flat[0] if y.size else ''), 40)!r}); expected "
            "numbers: reading a network off labels is another problem."
        )
    if y.dtype.kind == "b":
        raise InputError(
            f"{who} answers with true and false; expected numbers: reading a network off labels "
            "is another problem."
        )
    if y.dtype.kind not in NUMBER_KINDS:
        raise InputError(f"{who} answers with something else than numbers; expected numbers.")
    if rows == 1 and y.ndim == 1 and y.size != 1:
        y = y[None, :]
    if y.ndim == 0 and rows == 1:
        y = y.reshape(1, 1)
    if y.ndim == 0 or len(y) != rows or y.size == 0:
        raise InputError(
            f"{who} answers {rows} question{'s' * (rows != 1)} with an array of shape {y.shape}; "
            f"expected ({rows}, outputs)."
        )
    y = y.reshape(rows, -1)
    bad = ~np.isfinite(y.astype(np.float64)).all(axis=1)
    if bad.any():
        raise InputError(
            f"{who} answers {int(bad.sum())} of {rows} questions with NaN or infinity; expected "
            "finite numbers: ask it where it can answer (--distribution, --data)."
        )
    return np.ascontiguousarray(y, dtype=np.float64)
