"""The jobs of a run take its owner's turn at a device."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ec_core.jobs import Job, JobBoard
from ec_core.probing.presets import make_teacher
from ec_core.runs import visitors, work
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source
from ec_core.runs.visitors import Visitor, of_browser
from tests.jobs.stages import PATIENCE, Gate


@pytest.fixture
def ask_as(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Visitor]]:
    monkeypatch.setenv("EC_HOME", str(tmp_path))
    now, before = [visitors.PROGRAM], visitors._Door.who
    visitors.told_by(lambda: now[-1])
    yield now
    visitors.told_by(before)


def test_the_first_run_of_everybody_before_the_second_of_anybody(ask_as: list[Visitor]) -> None:
    board, gate = JobBoard(), Gate()
    order: list[object] = []
    jobs: list[Job] = []
    source = Source.from_card(make_teacher("planar", seed=1), {})
    for name in ("anna", "anna", "anna", "bert"):
        ask_as.append(of_browser(name * 12))
        run = Run.create(source, Settings(device="cpu"))
        stage = Gate(name, order)
        if jobs:
            stage.opened.set()
        else:
            gate = stage
        jobs.append(work.submit(board, run, work.EXPAND, stage))
        assert gate.begun.wait(PATIENCE)
    ask_as.append(visitors.PROGRAM)
    gate.opened.set()
    assert all(job.wait(PATIENCE) for job in jobs)
    assert order == ["anna", "bert", "anna", "anna"]
    assert board.close(PATIENCE)
