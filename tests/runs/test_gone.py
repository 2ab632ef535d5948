"""A job whose run was deleted ends quietly: nobody is told of a failure, and nothing is left."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from ec_core.events import Event, Note
from ec_core.jobs import JobBoard
from ec_core.probing.presets import make_teacher
from ec_core.runs import durable, onward, shelf, work
from ec_core.runs.loading import ledger, store
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source

SMALL = Settings(students=4, width=6, probes=400, seed=1, device="cpu")


def by_hand(board: JobBoard, run: Run) -> None:
    shutil.rmtree(run.stored.path)


def on_the_page(board: JobBoard, run: Run) -> None:
    shelf.discard(board, [run.id])


def for_good(board: JobBoard, run: Run) -> None:
    store().delete(run.id)


@pytest.mark.parametrize("gone", [by_hand, on_the_page, for_good])
def test_it_ends_quietly(
    gone: Callable[[JobBoard, Run], None],
    board: JobBoard,
    runs_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = Run.create(Source.from_card(make_teacher("planar", seed=1), {}), SMALL)
    begun, deleted = threading.Event(), threading.Event()
    plain = onward.onward

    def waiting(*given: object) -> Generator[Event, None, object]:
        yield Note("expand", "at work")
        begun.set()
        assert deleted.wait(60)
        return (yield from plain(*given))  # type: ignore[arg-type]

    monkeypatch.setattr(work, "onward", waiting)
    with caplog.at_level(logging.WARNING):
        job = work.start_whole(board, run)
        assert begun.wait(60)
        gone(board, run)
        deleted.set()
        assert job.wait(120)
        durable.wait_written()
    snapshot = job.snapshot()
    assert (snapshot.state, snapshot.error) == ("stopped", None)
    assert [record for record in caplog.records if record.name.startswith("ec_core")] == []
    assert ledger().open() == () and not run_is_back(runs_home, run)


def run_is_back(home: Path, run: Run) -> bool:
    """Was something written where it was?"""
    return (home / run.id).exists()
