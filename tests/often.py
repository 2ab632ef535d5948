"""Which of many like cases every check runs, and which only ``tests/check.py --long``.

A test that takes seconds for each of its cases runs a few of them every day; the others show the
same of other activations, sizes or themes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

LONG = pytest.mark.long


def long(*cases: Any) -> list[Any]:
    """Parameters for the long run only; a tuple is one case of several parameters."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=LONG) for case in cases
    ]


def daily(cases: Iterable[Any], *every_day: Any) -> list[Any]:
    """All cases, of which only those named run every day.

    >>> [getattr(case, "values", case) for case in daily(["relu", "tanh"], "tanh")]
    [('relu',), 'tanh']
    """
    cases = list(cases)
    unknown = [case for case in every_day if case not in cases]
    assert not unknown, f"{unknown} are none of {cases}"
    return [case if case in every_day else long(case)[0] for case in cases]
