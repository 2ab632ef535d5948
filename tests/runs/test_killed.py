"""Killed with ``kill -9`` at random moments, a job goes on to the same arrays, bit for bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def killed(home: Path, kind: str, kills: int, seed: int, database: str = "") -> dict[str, Any]:
    """What ``tests.runs.killing`` found."""
    environment = {**os.environ, "EC_HOME": str(home), "PYTHONPATH": str(ROOT)}
    environment["EC_DATABASE_URL"] = database
    done = subprocess.run(
        [sys.executable, "-m", "tests.runs.killing", kind, str(kills), str(seed)],
        cwd=ROOT,
        env={**environment, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def nothing_lost(found: dict[str, Any]) -> None:
    assert found["differ"] == [] and found["changed"] == []
    # one job, however often it was gone on with, and nothing of it is left over; killed before it
    # had written its mark it is another
    *left, state = found["states"]
    assert state == "finished" and set(left) <= {"left"}
    assert sum(found["attempts"]) <= found["killed"] + 1
    assert found["open"] == [] and found["files"] == [] and found["runs"] == 2


def test_a_recovery_that_is_killed_ends_with_the_same_arrays(tmp_path: Path) -> None:
    found = killed(tmp_path / "runs", "search", 3, 1)
    nothing_lost(found)
    assert found["killed"] >= 1 and found["events"] > 3


@pytest.mark.long
@pytest.mark.parametrize("kind", ["search", "deep", "race"])
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_a_hundred_random_moments(tmp_path: Path, kind: str, seed: int) -> None:
    """Twelve jobs, nine times each at most; the last time it may have come to its end before."""
    nothing_lost(killed(tmp_path / "runs", kind, 9, seed))
