"""What an address is asked in: the little that is known of a model, and one batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.remote.bearer import hidden
from ec_core.probing.unanswered import as_missing

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
        """Answers (N, K), float64, to questions (N, D), NaN for what is no number. Raises
        InputError.
        """
        ...


def _row(value: Any) -> list[float] | None:
    """One answer, from whatever lists it lies in: NaN for null, None where it is no answer.

    JSON has no NaN, and servers write a word instead.
    """
    if isinstance(value, list | tuple | np.ndarray):
        parts = [_row(each) for each in value]
        return None if None in parts else [number for part in parts for number in part or ()]
    if value is None:
        return [np.nan]
    if isinstance(value, bool | np.bool_ | bytes):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return [number] if not isinstance(value, str) or not np.isfinite(number) else None


def _by_rows(values: Iterable[Any]) -> np.ndarray | None:
    """Answers of which some are none, (N, K): NaN in those; None where most are."""
    rows = [_row(value) for value in values]
    widths = Counter(len(row) for row in rows if row and np.isfinite(row).any())
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    if 2 * count <= len(rows):
        return None
    nothing = [np.nan] * width
    return np.array([row if row and len(row) == width else nothing for row in rows])


def _array(values: Any, rows: int, who: str) -> np.ndarray:
    """Answers as an array of anything. Raises InputError where they are of different lengths."""
    try:
        y = np.asarray(values)
    except (ValueError, OverflowError):
        y = None
    if y is not None and y.dtype.kind not in "SUO":
        return y
    # a shape that was only told, and takes no memory, is not gone through
    told = isinstance(values, np.ndarray) and 0 in values.strides
    if isinstance(values, list | tuple | np.ndarray) and len(values) == rows and not told:
        read = _by_rows(values)
        if read is not None:
            return read
    if y is None:
        raise InputError(
            f"{who} answers with lists of different lengths; expected as many numbers for each "
            "question."
        )
    texts = y.dtype == object and any(isinstance(each, str) for each in y.flat)
    return y.astype(str) if texts else y


def columns(values: object, rows: int, who: str) -> np.ndarray:
    """Answers as (N, K) float64, from whatever was got. Raises InputError, one sentence.

    An answer that is no number, or of another length than most, is NaN: the others were paid for.
    who : begins the sentence

    >>> columns([1, 2.5], 2, "It").tolist()
    [[1.0], [2.5]]
    >>> columns([[1, 2], [None, 3], [4, "NaN"], [], [5, 6], [7, 8]], 6, "It")[:4].tolist()
    [[1.0, 2.0], [nan, 3.0], [4.0, nan], [nan, nan]]
    """
    y = _array(values, rows, who)
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
    return np.ascontiguousarray(as_missing(y.reshape(rows, -1).astype(np.float64)))
