"""A run as one file: the same state on another computer, and nothing taken on trust."""

from __future__ import annotations

import json
import os
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.cluster.cut import Cut
from ec_core.errors import InputError
from ec_core.events import Note
from ec_core.probing.presets import make_teacher
from ec_core.store import RunStore, StoredRun, keep_version
from ec_core.store.archive import export_run, import_run
from ec_core.store.leftovers import left_over, remove


@pytest.fixture
def here(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> RunStore:
    """Of another computer."""
    return RunStore(tmp_path / "there")


@pytest.fixture
def run(here: RunStore) -> StoredRun:
    made = here.create("planar", "Four lines")
    made.save_teacher(make_teacher("planar", seed=1))
    made.save_probes(np.arange(20.0).reshape(10, 2), np.arange(10.0)[:, None], seed=3)
    made.save_cut(Cut(0.25, 0.5, 10.0), "mine")
    made.save_events((Note("expand", "The width is 8."),))
    made.save_json("at-work", {"kind": "expand", "server": "of here", "how": {}})
    return made


def contents(run: StoredRun) -> dict[str, bytes]:
    files = (path for path in run.path.rglob("*") if path.is_file())
    return {path.relative_to(run.path).as_posix(): path.read_bytes() for path in files}


def test_a_run_is_the_same_on_another_computer(
    run: StoredRun, there: RunStore, tmp_path: Path
) -> None:
    run.save_json("report", {"verified": False})
    keep_version(run, "before something", {}, {})
    run.save_cut(Cut(0.5, 0.5, 10.0))
    (run.path / ".run.json.abc").write_text("half")
    export_run(run, tmp_path / "a.ecrun")
    export_run(run, tmp_path / "b.ecrun")
    assert (tmp_path / "a.ecrun").read_bytes() == (tmp_path / "b.ecrun").read_bytes()
    opened = import_run(there, tmp_path / "a.ecrun")
    before, after = contents(run), contents(opened)
    # an unfinished file stays here, and so does what this computer is doing with the run
    assert {*before} - {*after} == {".run.json.abc", "at-work.json"}
    assert any(name.startswith("versions/") for name in after)
    about = {name: json.loads(each.pop("run.json")) for name, each in (("b", before), ("a", after))}
    assert about["a"] == about["b"]
    assert after == {name: before[name] for name in after}
    assert opened.id != run.id and there.open(opened.id).cuts().keys() == {"mine", ""}


def test_where_nothing_can_be_written_nothing_is_left(run: StoredRun, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot write"):
        export_run(run, tmp_path / "no" / "a.ecrun")
    (run.path / "probes.npz").unlink()
    (run.path / "probes.npz").mkdir()
    with pytest.raises(InputError):
        export_run(run, tmp_path / "a.ecrun")
    assert not list(tmp_path.glob("*.ecrun")) and not list(tmp_path.glob(".a*"))


def packed(path: Path, files: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


ABOUT = b'{"schema": 1, "kind": "a", "label": "b", "created": 0, "status": "new", "settings": {}}'


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"run.json": ABOUT, "../evil.json": b"{}"}, "no part of a run"),
        ({"run.json": ABOUT, "/etc/evil.json": b"{}"}, "no part of a run"),
        ({"run.json": ABOUT, "versions/../../evil.json": b"{}"}, "no part of a run"),
        ({"run.json": ABOUT, "evil.py": b"import os"}, "no part of a run"),
        ({"run.json": ABOUT, "versions/1/": b""}, "no part of a run"),
        ({"run.json": ABOUT, "C:evil.json": b""}, "no part of a run"),
        ({"probes.npz": b""}, "has no run.json"),
        ({"run.json": b"{}"}, "no run of this version"),
        ({"run.json": b"[" * 10**6}, "no run of this version"),
        ({"run.json": ABOUT.replace(b"1", b"9", 1)}, "written by a newer version: it has format 9"),
    ],
)
def test_what_is_no_run_leaves_nothing(
    files: dict[str, bytes], sentence: str, there: RunStore, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=sentence):
        import_run(there, packed(tmp_path / "x.ecrun", files))
    assert not there.list() and not list(tmp_path.rglob("*evil*"))
    assert not there.root.exists() or not list(there.root.iterdir())


def test_bombs_are_refused_by_what_they_say_and_by_what_they_are(
    there: RunStore, tmp_path: Path
) -> None:
    bomb = packed(
        tmp_path / "a.ecrun", {"run.json": ABOUT, "b.npz": bytes(10**7)}, zipfile.ZIP_DEFLATED
    )
    with pytest.raises(InputError, match="compressed"):
        import_run(there, bomb)
    large = tmp_path / "b.ecrun"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ec_core.store.archive.MOST_BYTES", 1000)
        with pytest.raises(InputError, match="holds more than"):
            import_run(there, packed(large, {"run.json": ABOUT, "b.npz": bytes(2000)}))
        patch.setattr("ec_core.store.archive._checked", lambda archive, _: archive.infolist())
        with pytest.raises(InputError, match="more than it says"):
            import_run(there, large)
        patch.undo()
        patch.setattr("ec_core.store.archive.MOST_FILES", 1)
        with pytest.raises(InputError, match="holds 2 files"):
            import_run(there, large)
    assert not there.list()


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    whole = packed(folder / "x.ecrun", {"run.json": ABOUT, "b.npz": bytes(200)}).read_bytes()
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (folder / "x.ecrun").write_bytes(changed[: data.draw(st.integers(0, len(whole)))])
    store = RunStore(folder / "runs")
    try:
        run = import_run(store, folder / "x.ecrun")
    except InputError:
        assert not store.list()
    else:
        assert store.open(run.id)


def test_a_file_that_is_not_there(there: RunStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        import_run(there, tmp_path / "a.ecrun")
    with pytest.raises(InputError, match=r"Cannot read|no run"):
        import_run(there, tmp_path)


def test_left_overs_of_an_hour_ago_go_and_nothing_else(here: RunStore, run: StoredRun) -> None:
    assert left_over(here) == {} and left_over(RunStore(here.root / "none")) == {}
    old = [here.root / ".new-abc", here.root / ".deleted-xyz", run.path / ".probes.npz.k2_x"]
    for folder in old[:2]:
        folder.mkdir()
        (folder / "run.json").write_text("12345")
    old[2].write_text("123")
    fresh = here.root / ".new-fresh"
    fresh.mkdir()
    long_ago = time.time() - 7200
    for path in (*old, *(folder / "run.json" for folder in old[:2])):
        os.utime(path, (long_ago, long_ago))
    # somebody is still writing in this one
    (old[1] / "probes.npz").write_text("1")
    before = contents(run)
    found = left_over(here)
    assert found == {old[0]: 5, old[2]: 3}
    remove(found)
    assert not old[0].exists() and old[1].exists() and fresh.exists()
    assert contents(run) == {name: data for name, data in before.items() if "k2_x" not in name}
