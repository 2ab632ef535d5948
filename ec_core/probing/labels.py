"""Answers that say which class an input belongs to, and nothing more: another problem.

A network's answers change with its inputs; a label stays the same over whole regions, and how the
network came to it is lost. Axes: N probes, D inputs, K answers each.
"""

from __future__ import annotations

import numpy as np

from ec_core.errors import InputError

MOST_LABELS = 20
"""So few different whole numbers can be classes; more are taken for measurements."""

REPEATS = 10
"""Answers are labels only if different questions get the same one so often, on average. A
network gives so few answers where it is asked so few different questions (a truth table, asked
again and again): that is a small problem, but a real one."""

_LEAST_CLASSES, _SUM = 3, 0.02
"""Of two numbers the larger one is all of a probability; sums may be rounded by so much."""

ANOTHER_PROBLEM = (
    "reading a network off labels is another problem, which this program does not solve; "
    "expected the numbers that the decision was made from (logits)"
)


def refuse_largest_only(y: np.ndarray) -> None:
    """Raise InputError if the rows of y (N, K) hold only their largest numbers, the same count in
    each but in other columns: NaN, zero or minus infinity stand for the others.

    >>> refuse_largest_only(np.array([[0.7, 0.2, np.nan], [np.nan, 0.3, 0.6]] * 5))
    Traceback (most recent call last):
    ...
    ec_core.errors.InputError: The answers hold only 2 of 3 numbers in each row, NaN for the \
others, and which 2 changes from row to row: what is missing was decided by the answers \
themselves, so that no column is a function that could be learnt; reading a network off its \
largest answers is another problem, which this program does not solve; expected all 3.
    """
    if y.ndim != 2 or y.shape[1] < _LEAST_CLASSES or y.dtype.kind != "f" or len(y) < REPEATS:
        return
    for word, absent in (("NaN", np.isnan(y)), ("-inf", y == -np.inf), ("0", y == 0)):
        count = int(absent[0].sum())
        if not count or not (absent.sum(axis=1) == count).all() or (absent == absent[0]).all():
            continue
        # of other answers zeros may be numbers like all others: these are shares or percentages
        rest = y[~absent]
        if np.ptp(rest) == 0 or not np.isfinite(rest).all():
            continue  # one-hot labels have words of their own
        if word == "0" and not (rest.min() > 0 and _shares(y)):
            continue
        kept = y.shape[1] - count
        raise InputError(
            f"The answers hold only {kept} of {y.shape[1]} numbers in each row, {word} for the "
            f"others, and which {kept} changes from row to row: what is missing was decided by the "
            "answers themselves, so that no column is a function that could be learnt; reading a "
            "network off its largest answers is another problem, which this program does not "
            f"solve; expected all {y.shape[1]}."
        )


def _shares(y: np.ndarray) -> bool:
    """May the rows of y (N, K) be parts of one, or of a hundred?"""
    most = float(y.sum(axis=1).max())
    return most <= 1.0 + _SUM or 1.0 + _SUM < most <= 100.0 + _SUM


def _different(values: np.ndarray) -> int:
    """How many different rows (N, F) has."""
    return len(np.unique(values, axis=0))


def _few_whole_numbers(y: np.ndarray) -> bool:
    """Does each column of y (N, K) hold nothing but a few whole numbers, at least two somewhere?

    Classes are counted from 0 or 1, or are -1 and 1; whole numbers below come from rounding.
    """
    if not np.array_equal(y, np.round(y)) or y.min() < -1:
        return False
    counts = [len(np.unique(column)) for column in y.T]
    return 1 < max(counts) <= MOST_LABELS


def _kind(y: np.ndarray) -> str:
    """What labels (N, K) look like, in words."""
    if y.shape[1] > 1 and np.isin(y, (0, 1)).all():
        once = (y.sum(axis=1) == 1).all()
        return (
            f"{'one-hot labels' if once else 'yes-or-no labels'} ({y.shape[1]} columns of 0 and 1)"
        )
    values = np.unique(y)
    return f"labels ({len(values)} whole numbers, {values[0]:.0f} to {values[-1]:.0f})"


def refuse_labels(x: np.ndarray, y: np.ndarray) -> None:
    """Raise InputError if the answers y (N, K) or (N,) to questions x (N, D) are labels.

    Text and truth values always are. Whole numbers are if they are few and many different
    questions share each: a network that answers with whole numbers to few different questions is
    not refused, nor one whose answers were rounded to tenths.

    >>> refuse_labels(np.arange(90.0)[:, None], np.arange(90) % 3)
    Traceback (most recent call last):
    ...
    ec_core.errors.InputError: The answers are labels (3 whole numbers, 0 to 2): reading a network \
off labels is another problem, which this program does not solve; expected the numbers that the \
decision was made from (logits).
    """
    if y.dtype.kind in "USOT":
        raise InputError(f"The answers are text, labels: {ANOTHER_PROBLEM}.")
    if y.dtype.kind == "b":
        raise InputError(f"The answers are labels (true and false): {ANOTHER_PROBLEM}.")
    if y.dtype.kind not in "iuf" or y.ndim not in (1, 2) or not y.size or not np.isfinite(y).all():
        return
    columns = y.reshape(len(y), -1)
    if not _few_whole_numbers(columns):
        return
    if x.dtype.kind not in "iuf" or len(x) != len(y):
        return
    if _different(x.reshape(len(x), -1)) >= REPEATS * _different(columns):
        raise InputError(f"The answers are {_kind(columns)}: {ANOTHER_PROBLEM}.")
