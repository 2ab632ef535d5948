"""A real server that is told to stop writes down what it computes, and the next goes on with it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from ec_core.runs import work
from ec_core.runs.loading import ledger
from ec_core.runs.run import Run
from ec_core.store.database import INTERRUPTED, JobRow
from tests.broken_off import broken_off
from tests.runs import killing
from tests.server.starting import server

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals are sent"),
    pytest.mark.long,
]

SOON = 10.0
"""Seconds within which a server that was told to stop is gone."""


def until(true: Callable[[], Any], seconds: float = 240.0) -> None:
    """Wait for something that must come."""
    for _ in range(int(seconds / 0.1)):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come")


def row_of(run: Run) -> JobRow:
    return ledger().of_run(run.id)[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_goes_on_at_the_next_start_to_the_same_arrays(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody opens a page; the second time somebody's browser does not let go of the server."""
    home = tmp_path / "kept" / "runs"
    home.mkdir(parents=True)
    monkeypatch.setenv("EC_HOME", str(home))
    whole, pieces = killing.new("deep"), killing.new("deep")
    broken_off(whole, work.WHOLE, there=False)
    with server(home):
        until(lambda: row_of(whole).ended is not None)
    broken_off(pieces, work.WHOLE, there=False)
    for at in range(2):
        with server(home) as (process, port):
            until(lambda: row_of(pieces).worker.process == process.pid)
            with connect(
                f"ws://127.0.0.1:{port}/_stcore/stream",
                subprotocols=[Subprotocol("streamlit")],
                open_timeout=60,
            ) as socket:
                if at == 0:
                    socket.close()
                time.sleep(1.0)
                process.send_signal(number)
                assert process.wait(SOON) in (0, -number, 128 + number)
        log = (home.parent / "server.log").read_text("utf-8", "replace")
        assert "Traceback" not in log, log
        row = row_of(pieces)
        assert (row.state, row.ended, row.breaks) == (INTERRUPTED, None, 1), log
        assert (pieces.stored.path / "checkpoint.sqlite").is_file()
    with server(home):
        until(lambda: row_of(pieces).ended is not None)
    row = row_of(pieces)
    assert (row.state, row.attempt, row.breaks) == ("finished", 4, 1)
    assert killing.differing(killing.figures(whole), killing.figures(pieces)) == []
