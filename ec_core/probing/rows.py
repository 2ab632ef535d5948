"""Rows as people have them: values that are missing, questions asked twice, answers that differ.

A row with a missing value is left out. A question that was answered the same whenever it was asked
is kept once: a copy says nothing new, and held out it would be a question whose answer was learnt.
Where the same question was answered differently the answers err, and by how much is seen before
anything is learnt. Axes: N rows, D inputs, K answers each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.drawing import row_hashes

MOST_MISSING = 0.5
"""If a larger share of the rows is incomplete, it is the file that was misread."""

_LOOKED_AT = 3
"""Columns that are looked at alone: of measurements any one will do, of pixels none."""


@dataclass(frozen=True)
class Rows:
    """Rows made ready to be split.

    x (N, D), y (N, K) : the rows kept, in their order
    question (N,) : the number of the question that a row asks, None where all are different; of
        questions that were answered differently all rows are kept, of others one
    copies : rows that were given and are not among them
    remarks : what was done, in sentences
    """

    x: np.ndarray
    y: np.ndarray
    question: np.ndarray | None = None
    copies: int = 0
    remarks: tuple[str, ...] = ()

    def ordered(self, order: np.ndarray) -> Rows:
        """The rows in another order (N,), their questions counted as they come."""
        question = self.question
        if question is not None:
            _, first, question = np.unique(question[order], return_index=True, return_inverse=True)
            rank = np.empty(len(first), dtype=np.int64)
            rank[np.argsort(first)] = np.arange(len(first))
            question = rank[question]
        return Rows(self.x[order], self.y[order], question, self.copies, self.remarks)

    def variance(self, short: bool) -> np.ndarray | None:
        """(K,) variance of the answers' errors as repeated questions show it, None where none do.

        Pooled: with n_g answers to question g and their mean m_g, the sum of (y - m_g)² over the
        sum of (n_g - 1). Questions that were always answered the same take no part, since their
        rows may be copies; of ``short`` numbers equal answers are to be expected, and they do.
        """
        if self.question is None:
            return None
        size = np.bincount(self.question)
        means = [np.bincount(self.question, column) / size for column in self.y.T]
        off = self.y - np.stack(means, axis=1)[self.question]
        return np.asarray((off**2).sum(axis=0) / ((size - 1).sum() + short * self.copies))


def _gaps(values: np.ndarray) -> np.ndarray | None:
    """(N,) bool: rows with NaN; None where values are no table of floats and cannot have any."""
    if values.dtype.kind != "f" or values.ndim not in (1, 2) or not values.size:
        return None
    gaps = np.isnan(values)
    return gaps if values.ndim == 1 else np.asarray(gaps.any(axis=1))


def _most_gaps(x: np.ndarray, y: np.ndarray) -> str:
    """Where most values are missing, in words."""
    places = []
    for what, values in (("x", x), ("y", y)):
        columns = values.reshape(len(values), -1)
        if columns.dtype.kind == "f" and columns.size:
            counts = np.isnan(columns).sum(axis=0)
            worst = int(counts.argmax())
            places.append((int(counts[worst]), f"column {worst + 1} of {what}"))
    count, place = max(places, key=lambda found: found[0])
    return f"{place} in {count:,}"


def complete(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """The rows of x (N, D) and y (N, K) or (N,) without NaN, and a remark if any were left out.

    The same arrays where nothing is missing, or where they are no tables of as many rows. Raises
    InputError if more than half of the rows are incomplete.

    >>> complete(np.array([1.0, np.nan, 3.0]), np.ones(3))[2]
    ('1 of 3 rows has missing values and was left out (row 2, counted from 1).',)
    """
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        return x, y, ()
    found = [gaps for gaps in (_gaps(x), _gaps(y)) if gaps is not None]
    bad = np.any(found, axis=0) if found else np.zeros(len(x), dtype=bool)
    count, total = int(bad.sum()), len(bad)
    if not count:
        return x, y, ()
    if count > MOST_MISSING * total:
        raise InputError(
            f"{count:,} of {total:,} rows have missing values (NaN; {_most_gaps(x, y)}); expected "
            "at most half: leave out columns that are mostly empty, or fill them as they were when "
            "the network answered."
        )
    first = int(np.argmax(bad)) + 1
    have, were, where = ("has", "was", "") if count == 1 else ("have", "were", "first: ")
    remark = (
        f"{count:,} of {total:,} rows {have} missing values and {were} left out "
        f"({where}row {first}, counted from 1)."
    )
    return x[~bad], y[~bad], (remark,)


def _numbered(values: np.ndarray) -> np.ndarray:
    """(N,) the number of each row of values (N, F), the same for equal rows."""
    numbers = row_hashes(values)
    _, first, number = np.unique(numbers, return_index=True, return_inverse=True)
    if np.array_equal(values, values[first][number]):
        return np.asarray(number)
    # different rows with the same hash; adding zero makes -0.0 and 0.0 the same number
    return np.asarray(np.unique(values + 0.0, axis=0, return_inverse=True)[1]).ravel()


def _all_different(x: np.ndarray) -> bool:
    """Does one column prove that no two rows of x (N, D) are equal, without comparing rows?"""
    return any(len(np.unique(column)) == len(x) for column in x.T[:_LOOKED_AT])


def settle(x: np.ndarray, y: np.ndarray) -> Rows:
    """Keep repeated questions once where they were answered the same; see what others tell.

    x (N, D), y (N, K) : finite numbers

    >>> rows = settle(np.array([[1.0], [2.0], [1.0]]), np.array([[5.0], [6.0], [5.0]]))
    >>> rows.x.ravel().tolist(), rows.remarks
    ([1.0, 2.0], ('1 row repeats a question with the same answer; the question was kept once.',))
    """
    if _all_different(x):
        return Rows(x, y)
    question = _numbered(x)
    size = np.bincount(question)
    if size.max() == 1:
        return Rows(x, y)
    # how many different answers has each question?
    pairs = np.unique(np.stack([question, _numbered(y)], axis=1), axis=0)
    contradicted = np.bincount(pairs[:, 0]) > 1
    _, first = np.unique(question, return_index=True)
    kept = contradicted[question]
    kept[first] = True
    copies = int((~kept).sum())
    remarks = []
    if copies:
        rows = "1 row repeats" if copies == 1 else f"{copies:,} rows repeat"
        whose = "the question was" if copies == 1 else "each question was"
        remarks.append(f"{rows} a question with the same answer; {whose} kept once.")
    x, y, question = x[kept], y[kept], question[kept]
    return Rows(x, y, question if contradicted.any() else None, copies, tuple(remarks))


def disagreement(rows: Rows, error: float) -> str:
    """What repeated questions tell, in a sentence; error : root mean square, over the spread."""
    assert rows.question is not None
    count = int((np.bincount(rows.question) > 1).sum())
    asked = "1 question was" if count == 1 else f"{count:,} questions were"
    return (
        f"{asked} asked more than once and answered differently: the answers err by {error:.0e} of "
        "their spread."
    )
