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

ANOTHER_PROBLEM = (
    "reading a network off labels is another problem, which this program does not solve; "
    "expected the numbers that the decision was made from (logits)"
)


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
