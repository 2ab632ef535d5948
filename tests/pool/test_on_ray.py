"""A real Ray cluster of two nodes: the very table of one process, also with a node less."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from ec_core.errors import InputError, MissingExtraError
from ec_core.pool.on_ray import available, connected
from ec_core.runs.active import devices, line
from ec_core.runs.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
THERE = importlib.util.find_spec("ray") is not None


def on_ray(what: str, folder: Path) -> dict[str, Any]:
    """What ``tests.pool.on_ray`` found."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "RAY_USAGE_STATS_ENABLED": "0"}
    environment.pop("EC_DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.pool.on_ray", what, str(folder)],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


ON_RAY = [
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not THERE, reason="no Ray here; python tests/check.py --long installs it"),
]


def marked(what: str) -> Any:
    return pytest.param(what, marks=ON_RAY)


@pytest.mark.parametrize("what", [marked("table"), marked("kill")])
def test_sixty_problems_give_the_very_table_of_one_process(what: str, tmp_path: Path) -> None:
    found = on_ray(what, tmp_path)
    assert found["same"] and found["files"] and found["problems"] == 60
    # each counted once
    assert found["ended"] == list(range(1, 61))
    assert bool(found["lost"]) == (what == "kill")


@pytest.mark.parametrize("what", [marked("app")])
def test_a_runs_job_on_the_cluster(what: str, tmp_path: Path) -> None:
    found = on_ray(what, tmp_path)
    assert found["differ"] == [] and found["offered"]
    assert found["curve"] > 3 and found["points"] > 3 and found["told"] > 3 and found["live"]
    assert found["state"] == ["finished", "stopped"] and found["kept"]
    assert found["device"] == "ray" and set(found["folders"]) == set(found["runs"])


def test_the_app_names_no_cluster_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EC_RAY", raising=False)
    assert not available()


def test_without_ray_one_sentence_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises((MissingExtraError, InputError), match=r"\[cluster\]|ray"):
        connected("nowhere:6379")


def test_the_app_offers_a_cluster_where_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    there = types.ModuleType("ray")
    there.__spec__ = importlib.machinery.ModuleSpec("ray", None)
    monkeypatch.setitem(sys.modules, "ray", there)
    monkeypatch.setenv("EC_RAY", "ray://head:10001")
    assert devices()[-1] == "ray" and line("ray") == "ray"
    # whichever machine computes, it does so on what it has
    chosen = Settings(device="ray")
    assert chosen.computing == "auto" and chosen.recover_config("tanh").device == "auto"
    monkeypatch.delenv("EC_RAY")
    assert "ray" not in devices()
