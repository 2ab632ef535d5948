"""Killed with ``kill -9`` at random moments, a job goes on to the same arrays, bit for bit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def killed(
    home: Path, kind: str, kills: int, seed: int, database: str = "", full: bool = False
) -> dict[str, Any]:
    """What ``tests.runs.killing`` found."""
    how = ["full"] * full + [kind, str(kills), str(seed)]
    environment = {**os.environ, "EC_HOME": str(home), "PYTHONPATH": str(ROOT)}
    environment["EC_DATABASE_URL"] = database
    done = subprocess.run(
        [sys.executable, "-m", "tests.runs.killing", *how],
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


@pytest.mark.long
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


@pytest.mark.long
@pytest.mark.parametrize("kind", ["expand", "exact"])
@pytest.mark.parametrize("seed", range(2))
def test_expand_alone_and_exact_builds(tmp_path: Path, kind: str, seed: int) -> None:
    nothing_lost(killed(tmp_path / "runs", kind, 9, seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_the_problems_of_the_difficulty_page(tmp_path: Path, seed: int) -> None:
    """Begun at a click, they go on by themselves."""
    found = killed(tmp_path / "runs", "solving", 9, seed)
    assert found["same"] and found["problems"] == 4 and found["killed"] >= 1
    assert found["files"] == [] and not found["marked"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MB, in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mounted, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_with_a_disk_that_is_full_at_random_moments(small_disk: Path, seed: int) -> None:
    """The work fails, or ends for want of room for its results; with room again it goes on."""
    found = killed(small_disk, "search", 8, seed, full=True)
    nothing_lost(found)
    assert found["killed"] >= 1
