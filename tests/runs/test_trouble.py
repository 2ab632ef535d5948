"""The list of jobs locked or gone, a disk that cannot be written, a clock set back: nothing that is
finished changes, what was at work ends with the same arrays, and people read one sentence.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ec_core.jobs import JobBoard
from tests import postgres
from tests.jobs.stages import Gate

ROOT = Path(__file__).resolve().parents[2]


def troubled(
    what: str, home: Path, said: Path, before: Sequence[str] = (), **more: str
) -> dict[str, Any]:
    """What ``tests.runs.troubling`` found. before : of its command line"""
    environment = {**os.environ, "EC_HOME": str(home), "PYTHONPATH": str(ROOT)}
    environment |= {"EC_DATABASE_URL": "", "OMP_NUM_THREADS": "1", **more}
    done = subprocess.run(
        [*before, sys.executable, "-m", "tests.runs.troubling", what, str(said)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def nothing_lost(found: dict[str, Any]) -> None:
    assert found["middle"] and found["over"]
    assert found["differ"] == [] and found["changed"] == []
    assert found["row"] == "finished" and found["open"] == []
    for sentence in (found["error"], found["refused"]):
        assert not sentence or ("\n" not in sentence and "Traceback" not in sentence)


@pytest.mark.long
def test_the_list_of_jobs_is_locked(tmp_path: Path) -> None:
    found = troubled("locked", tmp_path / "runs", tmp_path / "said")
    nothing_lost(found)
    # what is at work does not need it; what would begin does
    assert found["state"] == "finished" and "locked" in found["refused"]


@pytest.mark.long
@pytest.mark.skipif(not postgres.FOUND, reason="no PostgreSQL here; .ci/run installs it")
def test_the_database_is_gone_and_comes_back(tmp_path: Path) -> None:
    with postgres.commands() as (address, stop, start):
        commands = {"EC_STOP": json.dumps(stop), "EC_START": json.dumps(start)}
        home, said = tmp_path / "runs", tmp_path / "said"
        found = troubled("gone", home, said, EC_DATABASE_URL=address, **commands)
    nothing_lost(found)
    assert found["state"] == "finished" and "cannot be" in found["refused"]


@pytest.mark.long
def test_the_folder_can_only_be_read(tmp_path: Path) -> None:
    """What came to its end meanwhile could not be kept: it goes on when it can be."""
    before: tuple[str, ...] = ()
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root writes everywhere, and there is no setpriv to forgo that")
        without = "-dac_override,-dac_read_search"
        before = ("setpriv", f"--bounding-set={without}", f"--inh-caps={without}")
    found = troubled("readonly", tmp_path / "runs", tmp_path / "said", before)
    nothing_lost(found)
    assert "Permission denied" in found["refused"] and found["state"] == "failed"
    assert "Permission denied" in found["error"] and found["again"]


@pytest.mark.long
def test_the_clock_is_set_back_a_day(tmp_path: Path) -> None:
    found = troubled("clock", tmp_path / "runs", tmp_path / "said")
    nothing_lost(found)
    assert found["state"] == "finished" and 0 < found["seconds"] < 600


def test_a_clock_that_is_set_back_stops_no_jobs_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns would never end, and everybody else would wait for a day."""
    board = JobBoard()
    monkeypatch.setattr("time.time", lambda: 0.0)
    gate = Gate()
    job = board.submit(gate, run="run", label="long")
    assert gate.begun.wait(10.0)
    began = job.turn
    assert not gate.opened.wait(0.05) and job.turn > began
    gate.opened.set()
    assert job.wait(10.0) and job.snapshot().seconds > 0 and board.close(10.0)
