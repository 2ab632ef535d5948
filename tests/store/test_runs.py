"""Runs on disk: all comes back from another store object, and no half-written run is seen."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_core.cluster.cut import Cut
from ec_core.errors import InputError
from ec_core.events import Note, PruneStep, SignsFound, WidthTried
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.architecture import Architecture
from ec_core.networks.files import load_network, network_bytes
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import make_probes
from ec_core.probing.tables import load_answers
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.store import RunStore, StoredRun, home
from ec_core.store.folder import Folder
from ec_core.store.runs import run_id


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def run(store: RunStore) -> StoredRun:
    return store.create("planar", "Four lines")


def again(run: StoredRun) -> StoredRun:
    """The same run as another process would see it."""
    return RunStore(run.path.parent).open(run.id)


def ensemble() -> StudentEnsemble:
    rng, shape = np.random.default_rng(0), Architecture((2, 3, 1), "gelu", skip=True)
    students = 4
    return StudentEnsemble(
        shape=shape,
        theta=rng.standard_normal((students, shape.parameter_count)),
        losses=np.array([1e-31, 1e-9, np.nan, np.inf]),
        statuses=("converged", "stalled", "stopped", "out of budget"),
        iterations=np.arange(students),
        restarts=np.zeros(students, dtype=np.int64),
        damping=rng.random(students),
        growth=rng.random(students),
        history=rng.random((7, students)),
        seconds=0.1,
        seed=3,
    )


def test_a_new_run_is_listed_and_opens(store: RunStore, run: StoredRun) -> None:
    (summary,) = RunStore(store.root).list()
    assert (summary.id, summary.kind, summary.label) == (run.id, "planar", "Four lines")
    assert (summary.status, summary.parts, summary.damaged) == ("new", frozenset(), None)
    assert again(run).summary() == summary and summary.created > 1.7e9


def test_runs_are_listed_newest_first(store: RunStore) -> None:
    made = [store.create("xor", str(i)).id for i in range(20)]
    assert [summary.id for summary in store.list()] == made[::-1]
    assert len(set(made)) == 20


def test_a_root_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "nowhere" / "runs")
    assert store.list() == () and not store.root.exists()
    store.create("xor", "x")
    assert len(store.list()) == 1


def test_a_root_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="set EC_HOME to another place"):
        RunStore(tmp_path / "file").create("xor", "x")


def test_home_is_ec_home_or_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EC_HOME", raising=False)
    assert home(Path("runs")) == Path("runs")
    monkeypatch.setenv("EC_HOME", "elsewhere")
    assert home(Path("runs")) == Path("elsewhere")


@given(st.lists(st.integers(0, 32**9 - 1), min_size=2, max_size=8, unique=True))
def test_ids_sort_by_time(times: list[int]) -> None:
    assert [run_id(t)[:9] for t in sorted(times)] == sorted(run_id(t)[:9] for t in times)


def test_status_label_and_settings(run: StoredRun) -> None:
    assert run.settings() == {}
    run.set_status("expanding")
    run.rename("Vier Linien – ü")
    run.save_settings({"students": 10, "width": None, "gamma": 0.1})
    summary = again(run).summary()
    assert (summary.status, summary.label) == ("expanding", "Vier Linien – ü")
    assert again(run).settings() == {"students": 10, "width": None, "gamma": 0.1}
    run.update_settings(gamma=0.8, seed=1)
    assert again(run).settings() == {"students": 10, "width": None, "gamma": 0.8, "seed": 1}
    with pytest.raises(InputError, match="plain data only"):
        run.save_settings({"x": object()})
    assert again(run).settings()["students"] == 10


def test_teacher_and_its_network_file(run: StoredRun) -> None:
    card = make_teacher("synthetic", sizes=(3, 4, 2), activation="softplus", seed=5)
    run.save_teacher(card)
    back = again(run).teacher()
    assert (back.preset, back.seed, back.score, back.description) == (
        card.preset,
        card.seed,
        card.score,
        card.description,
    )
    for network in (back.network, load_network(run.path / "teacher.safetensors")):
        assert network.activation == "softplus"
        for a, b in zip(network.weights, card.network.weights, strict=True):
            assert np.array_equal(a, b)


def test_probes_come_back_split_and_scaled_the_same_way(run: StoredRun) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((40, 3))
    y = np.tanh(x @ rng.standard_normal((3, 2)))
    run.save_probes(x, y, seed=7)
    expected, back = make_probes(x, y, 7, output="logits"), again(run).probes()
    assert vars(expected).keys() == vars(back).keys()
    for name, value in vars(expected).items():
        assert np.array_equal(value, getattr(back, name)), name
    # the same file is a probe file of the contract
    file_x, file_y = load_answers(run.path / "probes.npz")
    assert np.array_equal(file_x, x) and np.array_equal(file_y, y)
    assert np.array_equal(again(run).answers()[1], y)


def test_probes_of_earlier_versions_keep_rows_and_columns_that_say_nothing_new(
    run: StoredRun,
) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((40, 2))
    x = np.hstack([x, x[:, :1]])
    x = np.vstack([x, x[:5]])
    y = np.tanh(x @ rng.standard_normal((3, 2)))
    run.save_probes(x, y, seed=7)
    now = again(run).probes()
    assert (now.inputs.shape[1], now.left_out) == (2, 5)
    stored = run.load_arrays("probes")
    # as it was stored then: nothing said of rows
    del stored["tidy"]
    run.save_arrays("probes", stored)
    then = again(run).probes()
    assert (then.inputs.shape[1], then.left_out, then.free_directions) == (3, 0, ())
    assert len(then.x) + len(then.x_heldout) == 45


def test_the_ensemble_comes_back_to_the_last_bit(run: StoredRun) -> None:
    students = ensemble()
    run.save_ensemble(students)
    back = again(run).ensemble()
    for name, value in vars(students).items():
        other = getattr(back, name)
        if isinstance(value, np.ndarray):
            assert value.dtype == other.dtype and value.tobytes() == other.tobytes(), name
        else:
            assert value == other, name


def test_cuts_by_name(run: StoredRun) -> None:
    assert run.cuts() == {}
    automatic = Cut(1e-6, 0.5, 30.0, "plateau")
    mine = Cut(0.1 + 0.2, 0.8, 20.0, "hand", (("drop", 12), ("keep", 3)))
    run.save_cut(automatic)
    run.save_cut(mine, "strict, for the lecture / 1")
    assert again(run).cuts() == {"": automatic, "strict, for the lecture / 1": mine}
    run.save_cut(mine)
    run.forget_cut("strict, for the lecture / 1")
    assert again(run).cuts() == {"": mine}


def test_events_and_report(run: StoredRun) -> None:
    assert run.events() == ()
    events = (
        Note("expand", "Students have more parameters than answers.", warning=True),
        WidthTried("expand", 8, 5, 6, 1e-30, True),
        PruneStep("reconstruct", 9, 8, 1e-29, True, "came back"),
        SignsFound("reconstruct", (0, 3), 1e-12, 0.4, True),
    )
    run.save_events(events)
    run.save_report({"verified": True, "loss": 1e-30, "reasons": []})
    back = again(run)
    assert back.events() == events
    assert back.report() == {"verified": True, "loss": 1e-30, "reasons": []}
    assert back.summary().parts == {"events", "report"}


def test_a_reconstruction_comes_back_with_its_network_file(run: StoredRun) -> None:
    network, standard = make_teacher("xor", seed=1).network, make_teacher("xor", seed=2).network
    result = Reconstruction(
        network=network,
        standard=standard,
        loss=1e-31,
        heldout_loss=float("nan"),
        steps=(PruneStep("reconstruct", 9, 8, 1e-29, True, "came back"),),
        signs=SignsFound("reconstruct", (0, 3), 1e-12, 0.4, True),
        from_clusters=4,
        started=9,
        pruned=1,
        exact=True,
        notes=("a sentence",),
        history=np.array([1e-3, 1e-31]),
    )
    run.save_reconstruction(result)
    back = again(run).reconstruction()
    assert (back.steps, back.signs, back.notes) == (result.steps, result.signs, result.notes)
    assert np.isnan(back.heldout_loss) and np.array_equal(back.history, result.history)
    for a, b in (
        (back.network, network),
        (back.standard, standard),
        (again(run).recovered(), network),
    ):
        assert network_bytes(a) == network_bytes(b)
    assert run.parts() == {"run", "reconstruction", "recovered"}


def test_parts_can_be_forgotten_and_stamped(run: StoredRun) -> None:
    assert run.stamp("ensemble") == 0 and not run.has("ensemble")
    run.save_ensemble(ensemble())
    assert run.stamp("ensemble") > 0 and run.has("ensemble")
    run.forget("ensemble", "report")
    assert run.parts() == {"run"}


@pytest.mark.parametrize(
    "load", ["teacher", "probes", "answers", "ensemble", "reconstruction", "recovered", "report"]
)
def test_a_part_that_is_not_there_is_one_sentence(run: StoredRun, load: str) -> None:
    with pytest.raises(InputError, match="still to do"):
        getattr(run, load)()


@pytest.mark.parametrize(
    ("file", "load"),
    [
        ("teacher.json", "teacher"),
        ("teacher.safetensors", "teacher"),
        ("probes.npz", "probes"),
        ("ensemble.npz", "ensemble"),
        ("cuts.json", "cuts"),
        ("events.npz", "events"),
        ("reconstruction.npz", "reconstruction"),
        ("recovered.safetensors", "recovered"),
        ("report.json", "report"),
    ],
)
@pytest.mark.parametrize("content", [b"", b"[1, 2]", b'{"a": 1}', b"\x00" * 64])
def test_a_damaged_part_is_one_sentence_and_spares_the_rest(
    run: StoredRun, file: str, load: str, content: bytes
) -> None:
    run.save_teacher(make_teacher("xor"))
    (run.path / file).write_bytes(content)
    if (file, content) == ("report.json", b'{"a": 1}'):
        return  # any object is a report
    with pytest.raises(InputError):
        getattr(again(run), load)()
    assert again(run).summary().damaged is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"schema": 2}', b'{"schema": 1}', b"\xff\xfe"]
)
def test_a_damaged_run_is_listed_as_such_and_can_be_deleted(
    store: RunStore, run: StoredRun, content: bytes
) -> None:
    good = store.create("xor", "good")
    (run.path / "run.json").write_bytes(content)
    newest, damaged = RunStore(store.root).list()
    assert newest.id == good.id and newest.damaged is None
    assert damaged.id == run.id and damaged.status == "damaged"
    assert damaged.damaged is not None and run.id in damaged.damaged
    with pytest.raises(InputError, match=run.id):
        store.open(run.id)
    store.delete(run.id)
    assert [summary.id for summary in store.list()] == [good.id]


def test_an_empty_folder_and_strangers_do_no_harm(store: RunStore, run: StoredRun) -> None:
    (store.root / run_id(5)).mkdir()
    (store.root / "notes.txt").write_text("mine")
    (store.root / "my folder").mkdir()
    (store.root / run_id(6)).write_text("a file with the name of a run")
    (store.root / run_id(7)).symlink_to(run.path)
    found = store.list()
    assert [summary.damaged is None for summary in found] == [True, False]
    assert found[0].id == run.id


@pytest.mark.parametrize(
    "bad",
    [
        "",
        ".",
        "..",
        "../x",
        "/etc",
        "a/b",
        "a\\b",
        "0" * 11,
        "0" * 13,
        "0" * 12 + "\n",
        "ABCDEFGHJKMN",
    ],
)
def test_ids_cannot_lead_anywhere_else(store: RunStore, run: StoredRun, bad: str) -> None:
    (store.root.parent / "x").mkdir()
    for act in (store.open, store.delete):
        with pytest.raises(InputError, match="is no run"):
            act(bad)
    assert not store.exists(bad)
    assert (store.root.parent / "x").is_dir() and run.path.is_dir()


@pytest.mark.parametrize("bad", ["", "../x", "a/b", ".hidden", "A", "x.json"])
def test_parts_cannot_lead_anywhere_else(run: StoredRun, bad: str) -> None:
    for act in (run.has, run.stamp, run.forget, run.load_json, run.load_network):
        with pytest.raises(InputError, match="names no part"):
            act(bad)


def test_deleting(store: RunStore, run: StoredRun) -> None:
    run.save_ensemble(ensemble())
    store.delete(run.id)
    assert store.list() == () and list(store.root.iterdir()) == []
    for act in (store.open, store.delete):
        with pytest.raises(InputError, match="no run"):
            act(run.id)
    # a job that is still running for it finds out and brings nothing back
    with pytest.raises(InputError, match="deleted meanwhile"):
        run.save_ensemble(ensemble())
    assert store.list() == () and run.summary().damaged is not None


class Crash(BaseException):
    """The power goes."""


def crash(*args: Any, **kwargs: Any) -> Any:
    raise Crash


def test_a_crash_between_write_and_rename_leaves_the_old_part(
    run: StoredRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.save_report({"verified": False})
    with monkeypatch.context() as context:
        context.setattr(os, "replace", crash)
        # nor is there anyone to clean up
        context.setattr(os, "unlink", crash)
        with pytest.raises(Crash):
            run.save_report({"verified": True})
    leftovers = [file.name for file in run.path.iterdir() if file.name.startswith(".")]
    assert len(leftovers) == 1
    assert again(run).report() == {"verified": False}
    assert again(run).summary().parts == {"report"}
    run.save_report({"verified": True})
    assert again(run).report() == {"verified": True}


def test_a_crash_while_a_run_is_made_leaves_no_run(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.create("xor", "first")
    with monkeypatch.context() as context:
        context.setattr(Path, "rename", crash)
        context.setattr("shutil.rmtree", lambda *args, **kwargs: None)
        with pytest.raises(Crash):
            store.create("xor", "second")
    assert [summary.label for summary in store.list()] == ["first"]


def test_a_crash_while_a_run_is_deleted_leaves_no_half_run(
    store: RunStore, run: StoredRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        context.setattr("shutil.rmtree", crash)
        with pytest.raises(Crash):
            store.delete(run.id)
    assert store.list() == ()


def test_readers_see_whole_parts_while_one_writes(run: StoredRun) -> None:
    done, failures = threading.Event(), []
    small, large = {"n": 0, "x": []}, {"n": 1, "x": list(range(3000))}
    run.save_report(small)

    def read() -> None:
        while not done.is_set():
            if again(run).report() not in (small, large):
                failures.append("torn")

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(60):
        run.save_report(large)
        run.save_report(small)
    done.set()
    reader.join()
    assert not failures


def test_changes_from_many_threads_all_stay(store: RunStore, run: StoredRun) -> None:
    def change(person: int) -> None:
        mine = store.open(run.id)
        for i in range(10):
            mine.save_cut(Cut(1e-6 * (i + 1)), f"{person} {i}")
            mine.set_status(f"busy {person}")
            mine.update_settings(**{f"{person} {i}": i})

    people = [threading.Thread(target=change, args=(person,)) for person in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    everything = {f"{p} {i}" for p in range(4) for i in range(10)}
    assert set(again(run).cuts()) == set(again(run).settings()) == everything
    assert json.loads((run.path / "run.json").read_text())["label"] == "Four lines"


def test_many_create_at_once(store: RunStore) -> None:
    def create(person: int) -> None:
        for i in range(10):
            store.create("xor", f"{person} {i}")

    people = [threading.Thread(target=create, args=(person,)) for person in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    labels = [summary.label for summary in store.list()]
    assert sorted(labels) == sorted(f"{p} {i}" for p in range(4) for i in range(10))
    for p in range(4):
        mine = [label for label in labels if label.startswith(f"{p} ")]
        assert mine == [f"{p} {i}" for i in reversed(range(10))]


def test_run_json_is_read_again_when_it_has_changed_and_only_then(
    run: StoredRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    load = Folder.load_json

    def counted(folder: Folder, part: str) -> dict[str, Any]:
        read.append(folder.path)
        return load(folder, part)

    monkeypatch.setattr(Folder, "load_json", counted)
    run.save_settings({"a": [1]})
    for _ in range(5):
        assert again(run).settings() == {"a": [1]}
    assert len(read) <= 2
    # what one reader does with its copy is nobody else's
    again(run).settings()["a"].append(2)
    assert again(run).settings() == {"a": [1]}
    # of the same size, in the same moment, by another program
    for value in range(2, 8):
        again(run).save_settings({"a": [value]})
        assert run.settings() == {"a": [value]}
    (run.path / "run.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        again(run)


def test_parts_are_files_with_their_names(run: StoredRun) -> None:
    run.save_json("mine", {})
    (run.path / ".probes.npz.k2").write_text("half")
    (run.path / "folder.json").mkdir()
    for name in ("Upper.json", "probes.txt", "probes.npz.old", "npz", "a_b.npz"):
        (run.path / name).write_text("")
    assert run.parts() == {"run", "mine"}
    assert run.has("mine") and not run.has("folder") and not run.has("probes")
