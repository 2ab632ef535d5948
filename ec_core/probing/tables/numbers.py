"""Columns as numbers: whatever type they came in, and what is said where they are none."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.tables.contents import listed

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
"""A number as it is written with a decimal point. (Python's own ``float`` takes 1_000 too.)"""

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "<na>"})
"""What stands where a number is missing, in small letters."""

_DRESSED = re.compile(r"\s*[$€£+-]*\s*\d[\d.,'’_\s]*([eE][+-]?\d+)?\s*([%$€£]|[a-zA-Z]{1,3})?\s*")
"""Numbers as they are written for people: 1,234.5, 1'000, 12 %, $3, 5 kg."""

_SHOWN = 3
"""Words of a column that a sentence shows."""


def _number(value: object) -> float | None:
    """One cell as a number, NaN where it is missing, None where it is something else."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in MISSING:
            return np.nan
        return float(text) if NUMBER.fullmatch(text) else None
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return np.nan
    if isinstance(value, bool | int | float | Decimal | np.number | np.bool_):
        try:
            return float(value)
        except (OverflowError, TypeError):  # an integer beyond float64; a complex number
            return None
    return None


def as_numbers(values: np.ndarray) -> np.ndarray | None:
    """A column or an array as numbers or truth values of this machine, None where it holds others.

    >>> as_numbers(np.array([1, "2.5", None], dtype=object))
    array([1. , 2.5, nan])
    >>> as_numbers(np.array(["red", "blue"])) is None
    True
    """
    kind = values.dtype.kind
    if kind in "fiu":
        return values.astype(values.dtype.newbyteorder("="), copy=False)
    if kind == "b":
        return values
    if kind not in "OSUT":
        return None
    cells = [_number(value) for value in values.ravel()]
    if None in cells:
        return None
    if cells and all(isinstance(value, bool | np.bool_) for value in values.ravel()):
        return values.astype(bool)
    return np.array(cells, dtype=np.float64).reshape(values.shape)


def _words(values: np.ndarray) -> list[str]:
    """The different words of a column that are no numbers, in their order."""
    cells = dict.fromkeys(
        str(value) for value in values.ravel() if value is not None and _number(value) is None
    )
    return list(cells)


def refuse_text(values: np.ndarray, column: str, file: str) -> None:
    """Raises InputError for a column (N,) that holds something else than numbers."""
    if values.dtype.kind in "Mm":
        raise InputError(
            f"Column {column} of {file} holds times; expected numbers, such as seconds: convert "
            "it, or leave it out (--inputs)."
        )
    if values.dtype.kind not in "OSUT":
        raise InputError(
            f"Column {column} of {file} holds values of the type {values.dtype}; expected numbers."
        )
    words = _words(values)
    shown = listed([repr(word[:20]) for word in words[:_SHOWN]])
    if words and all(_DRESSED.fullmatch(word) for word in words):
        raise InputError(
            f"Column {column} of {file} holds {shown}; expected plain numbers: write them with a "
            "point for the decimals, without separators between thousands, and without units."
        )
    if 2 * sum(_number(value) is None for value in values.ravel()) < values.size:
        row = next(i for i, value in enumerate(values.ravel()) if _number(value) is None)
        raise InputError(
            f"Column {column} of {file} holds {shown}, first in row {row + 1}, where numbers are "
            "expected; correct it, or leave the cell empty."
        )
    raise InputError(
        f"Column {column} of {file} holds text ({len(words)} different, such as {shown}); expected "
        "numbers: write one column of 0 and 1 for each (one-hot, as pandas.get_dummies does), or "
        "leave it out (--inputs)."
    )


def mostly_text(values: np.ndarray) -> bool:
    """Is at least half of a column (N,) something else than numbers, words that is?"""
    if values.dtype.kind not in "OSUT":
        return False
    return 2 * sum(_number(value) is None for value in values.ravel()) >= values.size
