"""The index of runs says what their folders say, whoever changed them, and reads few of them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ec_core.store import Owner, RunStore, StoredRun
from ec_core.store.database import URL, Database, Query, RunIndex, index
from ec_core.store.entry import Entry, entry_of
from ec_core.store.notes import Notes, save_notes
from tests import postgres

_POSTGRES = pytest.param(
    "postgresql",
    marks=[
        pytest.mark.long,
        pytest.mark.skipif(not postgres.FOUND, reason="no PostgreSQL here; .ci/run installs it"),
    ],
)


@pytest.fixture(scope="module", params=["sqlite", _POSTGRES])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Empty where every store has a file of its own."""
    if request.param == "sqlite":
        yield ""
        return
    with postgres.server() as url:
        yield url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def database(store: RunStore, address: str) -> Iterator[Database]:
    database = Database(address or f"sqlite:///{store.root / 'jobs.sqlite'}")
    yield database
    database.close()


@pytest.fixture
def runs(store: RunStore, database: Database, monkeypatch: pytest.MonkeyPatch) -> RunIndex:
    """An index without its thread: what it sees it sees by itself."""
    monkeypatch.delenv(URL, raising=False)
    made = RunIndex(store, database)
    monkeypatch.setattr(RunIndex, "_look_at_all", lambda index: None)
    return made


def labels(runs: RunIndex, **asked: object) -> list[str]:
    return [entry.label for entry in runs.find(Query(**asked)).entries]  # type: ignore[arg-type]


def old(run: StoredRun) -> None:
    """As if it had not been touched for a minute."""
    for path in (run.path / "run.json", run.path):
        os.utime(path, ns=(run.path.stat().st_mtime_ns - 60 * 10**9,) * 2)


def test_it_says_what_the_folders_say(store: RunStore, runs: RunIndex) -> None:
    assert runs.find(Query()).entries == () and not store.root.exists()
    for number in range(5):
        save_notes(store.create("xor", f"run {number}"), Notes("a note", ("b", "a c")))
    folders = tuple(entry_of(store.at(id_)) for id_ in store.ids())
    assert runs.find(Query()).entries == folders
    assert runs.find(Query(first=2, most=2)).entries == folders[2:4]
    assert runs.find(Query(first=2, most=2)).total == 5
    assert isinstance(folders[0], Entry) and folders[0].tags == ("a c", "b")


def test_no_file_of_a_run_is_read_that_did_not_change(
    store: RunStore, runs: RunIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        old(store.create("xor", str(number)))
    assert len(labels(runs)) == 4

    def never(run: StoredRun) -> Entry:
        raise AssertionError(f"{run.id} was read")

    with monkeypatch.context() as patch:
        patch.setattr(index, "entry_of", never)
        assert labels(runs) == ["3", "2", "1", "0"]
    store.open(store.ids()[1]).rename("other")
    read: list[str] = []

    def noted(run: StoredRun) -> Entry:
        read.append(run.id)
        return entry_of(run)

    monkeypatch.setattr(index, "entry_of", noted)
    assert labels(runs) == ["3", "other", "1", "0"] and read == [store.ids()[1]] * 2


def test_what_comes_and_goes_by_hand(store: RunStore, runs: RunIndex) -> None:
    made = [store.create("xor", name) for name in "abc"]
    assert labels(runs) == ["c", "b", "a"]
    shutil.rmtree(made[1].path)
    assert labels(runs) == ["c", "a"]
    put_in = store.root / f"{made[0].id[:9]}{'z' * 20}"
    shutil.copytree(made[2].path, put_in)
    assert labels(runs) == ["c", "c", "a"]
    (store.root / "no-run").mkdir()
    (store.root / made[1].id).symlink_to(made[0].path)
    assert labels(runs) == ["c", "c", "a"]
    shutil.rmtree(store.root / put_in)
    assert labels(runs) == ["c", "a"]


def test_a_damaged_run_is_listed_with_its_reason_and_stays(store: RunStore, runs: RunIndex) -> None:
    good, bad = store.create("xor", "good"), store.create("xor", "bad")
    old(bad)
    assert labels(runs) == ["bad", "good"]
    (bad.path / "run.json").write_text("{")  # by an editor: the folder is as old as it was
    (entry, _) = runs.find(Query()).entries
    assert entry.damaged and "run.json" in entry.damaged and entry.standing == "damaged"
    assert [one.id for one in runs.find(Query(standing="damaged")).entries] == [bad.id]
    assert bad.path.is_dir() and labels(runs, standing="teacher chosen") == ["good"]
    about = json.loads((good.path / "run.json").read_text())
    (bad.path / "run.json").write_text(json.dumps({**about, "label": "mended"}))
    assert labels(runs) == ["mended", "good"]


@pytest.mark.parametrize(
    "about",
    [
        {"label": "\ud800\0x", "created": float("nan")},
        {"label": "x" * 10_000, "created": float("inf")},
        {"settings": {"chosen": 3, "found": {}, "source": None}},
        {"settings": []},
        {"schema": 99},
    ],
)
def test_what_somebody_wrote_by_hand_is_listed(
    store: RunStore, runs: RunIndex, about: dict[str, object]
) -> None:
    run = store.create("xor", "run")
    before = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps({**before, **about}))
    (run.path / "owner.json").write_text('{"key": "' + "k" * 500 + '", "name": 3}')
    (run.path / "builds.json").write_text('{"in_use": "x", "builds": 3}')
    (run.path / "notes.json").write_text('{"note": "\\ud800\\u0000", "tags": 7}')
    (entry,) = runs.find(Query()).entries
    assert entry.id == run.id and (entry.damaged is not None) == ("schema" in about)


def test_everybody_has_their_own(store: RunStore, runs: RunIndex) -> None:
    for name in "abab":
        store.create("xor", name, Owner(name * 64))
    store.create("xor", "nobody's")
    assert labels(runs, owner="a" * 64) == ["a", "a"]
    assert runs.find(Query(owner="b" * 64, most=1)).total == 2
    assert labels(runs, owner="c" * 64) == [] and len(labels(runs)) == 5


def test_filters_and_orders(store: RunStore, runs: RunIndex) -> None:
    for name, note in (("Beta", Notes("wide 100%", ("x_y",))), ("alpha", Notes("", ("xzy", "t")))):
        save_notes(store.create("xor", name), note)
    save_notes(store.create("xor", "gone"), Notes(archived=True))
    assert labels(runs) == ["alpha", "Beta"] and labels(runs, archived=True) == ["gone"]
    assert labels(runs, order="name") == ["alpha", "Beta"]
    assert labels(runs, order="oldest") == ["Beta", "alpha"]
    assert labels(runs, text="100% BETA") == ["Beta"] and labels(runs, text="100_") == []
    assert labels(runs, tag="x_y") == ["Beta"] and labels(runs, tag="x") == []
    assert labels(runs, standing="at work") == []
    assert runs.choices(None).tags == ("t", "x_y", "xzy")


def test_many_unknown_runs_do_not_keep_a_page_waiting(
    store: RunStore, runs: RunIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "AT_ONCE", 3)
    for number in range(8):
        store.create("xor", str(number))
    found = runs.find(Query())
    assert [entry.label for entry in found.entries] == ["7", "6", "5"] and found.unread == 5
    runs.look_at_all()
    found = runs.find(Query())
    assert (found.total, found.unread) == (8, 0)


def test_the_thread_sees_what_no_list_showed(store: RunStore, runs: RunIndex) -> None:
    hidden, shown = store.create("xor", "first"), store.create("xor", "second")
    old(hidden)
    old(shown)
    runs.find(Query())
    hidden.rename("other")
    assert labels(runs, most=1) == ["second"] and labels(runs, text="other") == []
    runs.look_at_all()
    assert labels(runs, text="other") == ["other"]


def test_a_new_process_sees_what_changed_meanwhile(
    store: RunStore, runs: RunIndex, database: Database
) -> None:
    for name in "abc":
        old(store.create("xor", name))
    assert labels(runs) == ["c", "b", "a"]
    first, second, third = store.ids()
    store.delete(second)
    store.open(third).rename("A")
    after = RunIndex(RunStore(store.root), database)
    assert labels(after) == ["c", "A"] and first in store.ids()


def test_an_index_that_is_lost_is_made_anew(
    store: RunStore, runs: RunIndex, database: Database, address: str
) -> None:
    store.create("xor", "a")
    assert labels(runs) == ["a"]
    if address:
        pytest.skip("a server's tables do not go by themselves")
    database.close()
    for file in store.root.glob("jobs.sqlite*"):
        file.unlink()
    assert labels(runs) == ["a"]
