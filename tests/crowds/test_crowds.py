"""A crowd in small: what ``thirty.py`` does with thirty people for a quarter of an hour."""

from __future__ import annotations

from argparse import Namespace

import pytest

from tests.crowds import thirty


@pytest.mark.long
def test_nothing_is_lost_and_nobody_sees_anothers_run() -> None:
    assert thirty.crowd(Namespace(people=5, minutes=1.0, pause=3.0)) == []


@pytest.mark.long
def test_everybody_who_presses_the_demo_at_once_gets_it() -> None:
    assert thirty.at_once(Namespace(people=4)) == []
