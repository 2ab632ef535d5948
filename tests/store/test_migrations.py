"""A list of jobs that an earlier version wrote is brought to the newest schema, row by row."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from ec_core.store.database import Ledger, opened
from ec_core.store.database.migrate import upgrade

_COLUMNS = (
    "id, run, kind, how, device, state, place, submitted, seconds, attempt, worker, host, process, "
    "began, heartbeat"
)


def test_jobs_of_before_have_been_broken_off_as_often_as_they_were_gone_on_with(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    engine = sa.create_engine(url)
    upgrade(engine, "0001")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"insert into jobs ({_COLUMNS}) values "
            "('a', 'r', 'Expand', '{}', 'cpu', 'running', 0, 1, 2, 3, 'w', 'h', 1, '1', 1)"
        )
    engine.dispose()
    known = Ledger(opened(url))
    (row,) = known.open()
    assert (row.id, row.attempt, row.breaks, row.who) == ("a", 3, 2, "")
    assert row.broken_off(known.now())
    known.use("", "2026-11-27", 1.5)
    assert known.used("", "2026-11-27") == 1.5
    known.database.close()
