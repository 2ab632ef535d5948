"""Runs of their own place, and a board of jobs of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ec_core.jobs import JobBoard


@pytest.fixture(autouse=True)
def runs_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for runs of its own, so that nobody's runs are touched."""
    monkeypatch.setenv("EC_HOME", str(tmp_path / "runs"))
    # the pages' tests, perhaps of the same process, want nothing to go on by itself
    monkeypatch.delenv("EC_RESUME", raising=False)
    return tmp_path / "runs"


@pytest.fixture
def board() -> Iterator[JobBoard]:
    board = JobBoard()
    yield board
    assert board.close(60)
