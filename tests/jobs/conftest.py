"""A board that leaves no thread behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ec_core.jobs import JobBoard
from tests.jobs.stages import PATIENCE


@pytest.fixture
def board() -> Iterator[JobBoard]:
    """A board; when the test is over, all of its threads must be."""
    board = JobBoard()
    yield board
    assert board.close(PATIENCE)
