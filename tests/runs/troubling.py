"""A program of its own, like ``killing``:

    python -m tests.runs.troubling WHAT

in an empty EC_HOME: a recovery is done once without being disturbed, and once with trouble in its
middle. WHAT: ``locked``, somebody else has the list of jobs locked; ``gone``, the PostgreSQL server
of EC_DATABASE_URL is stopped (with the command in EC_STOP, begun again with that in EC_START);
``readonly``, the folders of EC_HOME cannot be written until the job has ended; ``clock``, the clock
is set back a day. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ec_core.errors import ECError
from ec_core.jobs import JobBoard
from ec_core.runs import at_work, durable, resume, work
from ec_core.runs.loading import ledger, store
from ec_core.runs.run import Run
from ec_core.store.database import connection
from tests.runs.killing import PATIENCE, differing, figures, forked, new

DAY = 86_400.0
TROUBLE = 1.5
"""Seconds of it: long beside what is written every 0.05, and beside the waiting of 0.2."""


def calm(run: Run) -> None:
    """The recovery, undisturbed."""
    job = work.start_whole(JobBoard(), run)
    assert job.wait(PATIENCE)
    durable.wait_written(1.0)


@contextmanager
def locked() -> Any:
    """Somebody else writes, and does not come to an end."""
    other = sqlite3.connect(store().root / connection.FILE, isolation_level=None)
    other.execute("begin immediate")
    try:
        yield
    finally:
        other.execute("rollback")
        other.close()


@contextmanager
def commands(before: list[str], after: list[str]) -> Any:
    """What begins the trouble, and what ends it."""
    subprocess.run(before, check=True, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        subprocess.run(after, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def only_read() -> Any:
    """No file can be made or replaced in any folder."""
    folders = [store().root, *(path for path in store().root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        (store().root / "written").touch()
        raise AssertionError("whoever runs this may write everywhere")
    except PermissionError:
        yield
    finally:
        for folder in folders:
            folder.chmod(0o755)


@contextmanager
def set_back() -> Any:
    """The clock, by a day; it stays so."""
    true = time.time
    time.time = lambda: true() - DAY
    yield


def trouble(what: str) -> Callable[[], Any]:
    """What happens in the middle."""
    if what == "gone":
        stop, start = (json.loads(os.environ[name]) for name in ("EC_STOP", "EC_START"))
        return lambda: commands(stop, start)
    return {"locked": locked, "clock": set_back, "readonly": only_read}[what]


def disturbed(run: Run, what: str, said: Path) -> None:
    """The recovery with the trouble in its middle; writes down what people were told."""
    begin = trouble(what)
    board, told = JobBoard(), []
    other = Run.create(run.source(), run.settings())
    job = work.start_whole(board, run)
    until = time.monotonic() + PATIENCE
    while job.snapshot().seen.version < 3 and not job.over and time.monotonic() < until:
        time.sleep(0.01)
    middle = not job.over
    with begin():
        try:
            work.start_expand(board, other).stop()
            told.append("")
        except ECError as error:
            told.append(str(error))
        resume.at_start(JobBoard())
        time.sleep(TROUBLE)
        if what == "readonly":
            assert job.wait(PATIENCE)
    over = job.wait(PATIENCE)
    snapshot = job.snapshot()
    durable.wait_written(20.0)
    again = at_work.interrupted(run) is not None
    if again:
        second = work.go_on(board, run)
        assert second.wait(PATIENCE) and second.snapshot().error is None, second.snapshot().details
        durable.wait_written(20.0)
    said.write_text(
        json.dumps(
            {
                "middle": middle,
                "over": over,
                "state": snapshot.state,
                "error": snapshot.error,
                "again": again,
                "refused": told[0],
                "seconds": snapshot.seconds,
            }
        )
    )
    board.close(10.0)


def quick() -> None:
    durable.EVERY, connection._WAIT = 0.05, 0.2


def main(what: str, said: Path) -> dict[str, Any]:
    """See above."""
    quick()
    whole, pieces = new("deep"), new("deep")
    assert forked(lambda: calm(whole))
    before = {path: path.read_bytes() for path in whole.stored.path.glob("*") if path.is_file()}
    assert forked(lambda: disturbed(pieces, what, said))
    row = ledger().of_run(pieces.id)[-1]
    return {
        **json.loads(said.read_text()),
        "differ": differing(figures(whole), figures(pieces)),
        "changed": [path.name for path, data in before.items() if path.read_bytes() != data],
        "row": row.state,
        "open": [one.run for one in ledger().open() if one.run == pieces.id],
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
