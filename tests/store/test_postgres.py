"""The list of jobs on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ec_core.errors import InputError
from ec_core.store.database import URL, JobRow, Ledger, opened, place
from ec_core.store.database.tables import METADATA
from tests import postgres
from tests.runs.test_killed import killed, nothing_lost

pytestmark = pytest.mark.skipif(
    not postgres.FOUND, reason="no PostgreSQL here; .ci/run installs it"
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a server of our own."""
    with postgres.server() as address:
        yield address


def test_a_job_and_what_it_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, address)
    database = opened(place(Path("anywhere")))
    known = Ledger(database)
    row = known.begin(JobRow("run", "Expand", {"more": False, "candidate": ["tanh", 1]}))
    (found,) = known.open()
    assert (found.id, found.how, found.worker) == (row.id, row.how, row.worker)
    assert known.broken_off() == ()
    known.tell(row.id, 0, [b"a", b"\0b"], {"training": b"x"})
    known.tell(row.id, 1, [b"c"], {"training": b"y"})
    assert known.told(row.id) == ((b"a", b"c"), {"training": b"y"})
    known.begin(found.again())
    known.end(row.id, "finished")
    assert known.open() == () and [one.attempt for one in known.of_run("run")] == [2]
    known.forget("run")
    assert known.of_run("run") == () and known.told(row.id) == ((), {})
    with database.reading() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {*METADATA.tables, "ec_schema"}
    database.close()


def test_one_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, "postgresql://ec:secret@/jobs?host=/nowhere")
    known = Ledger(opened(place(Path("anywhere"))))
    with pytest.raises(InputError, match=r"The list of jobs .* cannot be opened") as told:
        known.open()
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("kills", [pytest.param(9, marks=pytest.mark.long)])
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_moments(address: str, tmp_path: Path, kills: int, seed: int) -> None:
    """As on SQLite."""
    nothing_lost(killed(tmp_path / "runs", "search", kills, 10 + seed, address))


def test_what_was_computed_for_somebody_on_a_day(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, address)
    known = Ledger(opened(place(Path("anywhere"))))
    for seconds in (2.5, 4.0):
        known.use("ada", "2026-11-27", seconds)
    known.use("ada", "2026-11-28", 1.0)
    assert [known.used("ada", f"2026-11-{day}") for day in (26, 27, 28)] == [0.0, 6.5, 1.0]
    assert known.used("bob", "2026-11-27") == 0.0
    known.database.close()
