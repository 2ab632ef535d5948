"""Questions that were answered with no number: NaN, infinity, nothing, or one that is too large.

One of them says nothing against the others, which may have been paid for: it becomes NaN, stays
where it is, and is left out with all rows that have missing values (``rows.complete``). Only where
most answers are like that something else is wrong. Axes: N questions, K numbers of an answer.
"""

from __future__ import annotations

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.checking import MAX_MAGNITUDE
from ec_core.probing.rows import MOST_MISSING

_ENOUGH, _FEWEST = 20, 3
"""So many answers tell what most are like; of so few, if all of them are no numbers."""


def as_missing(y: np.ndarray) -> np.ndarray:
    """The same answers (N, K) or (N,) with NaN for what squares cannot be taken of.

    The logarithm of a probability of zero stays: it is one of the answers of a log-softmax. Other
    arrays than of floats are handed on as they are.

    >>> as_missing(np.array([[1.0, np.inf], [2.0, -1e200]])).tolist()
    [[1.0, nan], [2.0, nan]]
    """
    if y.dtype.kind != "f":
        return y
    with np.errstate(invalid="ignore"):
        bad = ~(np.abs(y.astype(np.float64)) <= MAX_MAGNITUDE)
    if not bad.any():
        return y
    numbers = y[~bad]
    if y.ndim == 2 and y.shape[1] > 1 and numbers.size and (numbers <= 0).all():
        bad &= y != -np.inf
    return np.where(bad, np.asarray(np.nan, y.dtype), y)


def unanswered(y: np.ndarray) -> int:
    """How many of the answers (N, K) or (N,) hold something that is no number.

    >>> unanswered(np.array([[1.0, np.nan], [2.0, 3.0]]))
    1
    """
    return int(np.isnan(y).reshape(len(y), -1).any(axis=1).sum()) if y.dtype.kind == "f" else 0


def left_out(y: np.ndarray) -> str | None:
    """What happens to the answers (N, K) that are no numbers, in a sentence; None: all are.

    >>> left_out(np.array([[1.0], [np.nan]]))
    '1 of 2 questions was answered with no number (NaN, infinity or nothing) and is left out.'
    """
    count = unanswered(y)
    if not count:
        return None
    was, is_ = ("was", "is") if count == 1 else ("were", "are")
    return (
        f"{count:,} of {len(y):,} questions {was} answered with no number (NaN, infinity or "
        f"nothing) and {is_} left out."
    )


def refuse_most(who: str, count: int, total: int) -> None:
    """Raises InputError if most answers are no numbers, so that to ask on would be a waste.

    who : begins the sentence; count : answers that are no numbers; total : all so far
    """
    if count == total >= _FEWEST or (total >= _ENOUGH and count > MOST_MISSING * total):
        raise InputError(
            f"{who} answers {count:,} of {total:,} questions with NaN or infinity, or with "
            "nothing; expected numbers: ask it where it can answer (--distribution, --data)."
        )
