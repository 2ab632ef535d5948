"""What another visitor tries with a run that is not theirs: every way there is to change it.

Each attempt is made as the engine's functions are called by a page's callbacks, whatever button,
message or address it came by; the run's folder is compared byte by byte before and after.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import zipfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ec_core import store as kept
from ec_core.control import Control
from ec_core.errors import ECError, InputError, NotYoursError
from ec_core.events import Event, Note
from ec_core.jobs import JobBoard
from ec_core.probing.presets import make_teacher
from ec_core.runs import (
    addresses,
    asking_at_work,
    at_work,
    builds,
    copies,
    cut_history,
    outcomes,
    owners,
    steering,
    tree_cache,
    versions,
    visitors,
    work,
)
from ec_core.runs.addresses import Asking
from ec_core.runs.loading import ledger, store
from ec_core.runs.maps import Maps
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source
from ec_core.runs.visitors import PROGRAM, STRANGER, Visitor, of_browser, of_person
from ec_core.store import Owner, owner_of, save_owner
from ec_core.store.archive import export_run, import_run

ANNA, BERT = of_browser("a" * 43), of_browser("b" * 43)
SMALL = Settings(students=4, width=6, probes=400, seed=1, device="cpu")

As = Callable[[Visitor], None]


@pytest.fixture
def ask_as() -> Iterator[As]:
    """From now on what happens in this thread is asked for by somebody; jobs are the program's."""
    here, now, before = threading.current_thread(), [PROGRAM], visitors._Door.who
    visitors.told_by(lambda: now[0] if threading.current_thread() is here else PROGRAM)

    def say(visitor: Visitor) -> None:
        now[0] = visitor

    yield say
    visitors.told_by(before)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one run that went all the way, computed once."""
    home = tmp_path_factory.mktemp("done")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EC_HOME", str(home))
        board = JobBoard()
        run = Run.create(Source.from_card(make_teacher("planar", seed=1), {}), SMALL)
        job = work.start_whole(board, run)
        assert job.wait(120) and job.snapshot().error is None
        assert board.close(60)
    return home


@pytest.fixture
def annas(done: Path, runs_home: Path) -> Run:
    """Anna's run, with students, a cut, a network and an earlier version."""
    shutil.copytree(done, runs_home)
    (summary,) = store().list()
    run = Run(summary.id)
    versions.keep(run, "for this test")
    _broken_off(run)
    save_owner(run.stored, Owner(str(ANNA.key)))
    return run


def _broken_off(run: Run) -> None:
    """As if the process that worked on it had been killed."""
    row = at_work.begin(run, work.RECONSTRUCT)
    at_work.let_go(row)


def contents(run: Run) -> dict[str, str]:
    """Every file of a run, by its name."""
    files = sorted(path for path in run.stored.path.rglob("*") if path.is_file())
    return {
        str(path.relative_to(run.stored.path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def _message(run: Run) -> dict[str, Any]:
    """What a workbench would send that moves the cut."""
    name, tree = tree_cache.name_of(run), tree_cache.of(run)[1]
    state = cut_history.load(run, tree, name)
    cut = replace(state.cut, height=0.123, rule="hand")
    step = cut_history.plain(cut)
    return {"tree": name, "serial": "bert-1", "base": 0, "steps": [step], "at": 0, "names": {}}


def _take(run: Run, board: JobBoard) -> None:
    cut_history.take(run, tree_cache.of(run)[1], tree_cache.name_of(run), _message(run))


def _put(run: Run, board: JobBoard) -> None:
    cut = replace(run.cut(), height=0.5)
    cut_history.put(run, tree_cache.of(run)[1], tree_cache.name_of(run), cut, {"mine": cut})


def _map(run: Run, board: JobBoard) -> None:
    Maps(board).stop(run, False)


_BUILD = builds.AUTOMATIC
ATTEMPTS: dict[str, Callable[[Run, JobBoard], object]] = {
    "other settings": lambda run, board: run.save_settings(replace(SMALL, students=9)),
    "lock the truth away": lambda run, board: run.lock_truth(True),
    "move the cut": lambda run, board: run.save_cut(replace(run.cut(), height=0.5)),
    "move a layer's cut": lambda run, board: run.save_layer_cut(run.cut(), 1),
    "keep a setting": lambda run, board: run.save_named_cuts({"mine": run.cut()}),
    "rewrite the steps": lambda run, board: run.save_bench({}),
    "a message of the workbench": _take,
    "a choice on the workbench": _put,
    "cluster fewer students": lambda run, board: run.cluster_best(2),
    "throw the students away": lambda run, board: run.forget("ensemble"),
    "rename": lambda run, board: run.stored.rename("Bert was here"),
    "another standing": lambda run, board: run.stored.set_status("done"),
    "delete": lambda run, board: store().delete(run.id),
    "train": lambda run, board: work.start_expand(board, run),
    "train on": lambda run, board: work.start_expand(board, run, run.ensemble()),
    "do it all": lambda run, board: work.start_whole(board, run),
    "another candidate": lambda run, board: work.start_whole(board, run, run.candidate),
    "build": lambda run, board: work.start_reconstruct(board, run),
    "build exactly": lambda run, board: work.start_exact(board, run),
    "use another network": lambda run, board: builds.use(run, _BUILD),
    "keep a version": lambda run, board: versions.keep(run, "by Bert"),
    "bring a version back": lambda run, board: versions.bring_back(run, 1),
    "bring it back by hand": lambda run, board: kept.bring_back(run.stored, 1),
    "allow it to others": lambda run, board: owners.allow(run.stored, owners.WORK),
    "become the owner": lambda run, board: save_owner(run.stored, Owner(str(BERT.key))),
    "other answers": lambda run, board: run.ask(),
    "another teacher": lambda run, board: run.stored.save_teacher(make_teacher("xor", seed=0)),
    "other students": lambda run, board: run.save_ensemble(run.ensemble()),
    "another network": lambda run, board: run.save_reconstruction(
        run.reconstruction(), run.cut(), 1.0
    ),
    "another report": lambda run, board: run.stored.save_report({}),
    "other events": lambda run, board: run.stored.save_events(()),
    "an arbitrary part": lambda run, board: run.stored.save_json("mine", {}),
    "say that it is worked on": lambda run, board: at_work.begin(run, work.EXPAND),
    "say that it is not": lambda run, board: at_work.end(run),
    "say so by hand": lambda run, board: run.stored.forget("at-work"),
    "go on with it": lambda run, board: work.go_on(board, run),
    "mark it": lambda run, board: run.mark_steered(),
    "another output": lambda run, board: run.keep_output("softmax"),
    "end its map": _map,
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_another_visitor_changes_nothing(
    attempt: str, annas: Run, ask_as: As, board: JobBoard
) -> None:
    before = contents(annas)
    rows = [row.id for row in ledger().of_run(annas.id) if row.ended is None]
    ask_as(BERT)
    with pytest.raises(NotYoursError):
        ATTEMPTS[attempt](annas, board)
    assert contents(annas) == before
    assert board.jobs() == ()
    assert [summary.id for summary in store().list()] == [annas.id]
    assert rows == [row.id for row in ledger().of_run(annas.id) if row.ended is None]


@pytest.mark.parametrize("visitor", [STRANGER, of_person("https://id.example", "bert")])
def test_nor_does_one_without_a_cookie_or_one_who_signed_in(
    visitor: Visitor, annas: Run, ask_as: As, board: JobBoard
) -> None:
    before = contents(annas)
    ask_as(visitor)
    for attempt in ATTEMPTS.values():
        with pytest.raises(NotYoursError):
            attempt(annas, board)
    assert contents(annas) == before


def test_what_is_refused_to_others_the_owner_and_the_program_may(
    annas: Run, ask_as: As, board: JobBoard
) -> None:
    for visitor, title in ((ANNA, "Anna’s"), (PROGRAM, "the program’s")):
        ask_as(visitor)
        annas.stored.rename(title)
        assert annas.title == title and annas.workable and annas.mine
    ask_as(ANNA)
    job = work.start_reconstruct(board, annas)
    assert job.wait(120) and job.snapshot().error is None


def test_a_visitor_lists_their_own_runs_only(annas: Run, ask_as: As) -> None:
    ask_as(BERT)
    own = annas.another(annas.settings())
    for visitor, runs in ((ANNA, [annas.id]), (BERT, [own.id])):
        assert [summary.id for summary in store().list(visitor.key)] == runs
    assert len(store().list()) == 2


def test_whoever_has_the_address_may_look(annas: Run, ask_as: As, board: JobBoard) -> None:
    cut = annas.cut()
    annas.stored.forget("workbench")
    ask_as(BERT)
    assert not annas.workable and not annas.mine
    assert annas.ensemble().students == 4 and annas.reconstruction().loss < 1e-20
    # what a look at the workbench would store of itself is not stored
    (_, tree), name = tree_cache.of(annas), tree_cache.name_of(annas)
    before = contents(annas)
    assert cut_history.load(annas, tree, name).cut == cut
    assert contents(annas) == before


def test_a_run_that_was_never_cut_can_be_looked_at(annas: Run, ask_as: As) -> None:
    annas.forget("cuts")
    ask_as(BERT)
    before = contents(annas)
    state = cut_history.load(annas, tree_cache.of(annas)[1], tree_cache.name_of(annas))
    assert len(state.steps) == 1 and contents(annas) == before


def test_the_owner_lets_others_work_on_it_and_takes_that_back(annas: Run, ask_as: As) -> None:
    ask_as(ANNA)
    owners.allow(annas.stored, owners.WORK)
    ask_as(BERT)
    assert annas.workable and not annas.mine
    annas.stored.rename("Bert helped")
    with pytest.raises(NotYoursError, match="Only the owner"):
        owners.allow(annas.stored, owners.LOOK)
    with pytest.raises(NotYoursError, match="Only the owner"):
        annas.lock_truth(True)
    ask_as(ANNA)
    owners.allow(annas.stored, owners.LOOK)
    ask_as(BERT)
    with pytest.raises(NotYoursError):
        annas.stored.rename("Bert again")
    assert annas.title == "Bert helped"


def test_a_truth_that_is_locked_away_is_not_had_by_a_run_of_ones_own(
    annas: Run, ask_as: As, board: JobBoard
) -> None:
    ask_as(ANNA)
    annas.lock_truth(True)
    owners.allow(annas.stored, owners.WORK)
    ask_as(BERT)
    with pytest.raises(NotYoursError, match="locked away"):
        copies.copy(board, annas)
    with pytest.raises(NotYoursError, match="locked away"):
        annas.another(SMALL)
    assert len(store().list()) == 1 and annas.source().network is None


def test_a_copy_is_whole_and_ones_own(annas: Run, ask_as: As, board: JobBoard) -> None:
    ask_as(BERT)
    before = contents(annas)
    copy = copies.copy(board, annas)
    assert copy.mine and copy.workable and copy.title == f"Copy of {annas.title}"
    assert owner_of(copy.stored) == Owner(str(BERT.key))
    assert contents(annas) == before
    own = contents(copy)
    changed = {name for name in before if own.get(name) != before[name]}
    # what is going on with the one is not going on with the other
    assert changed == {"run.json", "owner.json", "at-work.json"}
    assert own.keys() == before.keys() - {"at-work.json"}
    copy.stored.rename("Bert’s")
    assert copy.reconstruction().loss == annas.reconstruction().loss


def _endless(control: Control) -> Generator[Event, None, None]:
    while not control.wait(0.01):
        yield Note("expand", "on")


def test_a_job_is_steered_by_whoever_may_work_on_its_run(
    annas: Run, ask_as: As, board: JobBoard
) -> None:
    job = work.submit(board, annas, work.EXPAND, _endless)
    ask_as(BERT)
    assert not steering.may_steer(job)
    for act in (steering.stop, steering.pause, steering.resume):
        with pytest.raises(NotYoursError, match="somebody else’s"):
            act(job)
    for one in (steering.stop_student, steering.restart_student):
        with pytest.raises(NotYoursError, match="somebody else’s"):
            one(job, 0)
    assert not job.over
    ask_as(ANNA)
    steering.stop(job)
    assert job.wait(10)


def test_a_job_whose_run_is_gone_may_be_ended_by_all(
    annas: Run, ask_as: As, board: JobBoard
) -> None:
    job = work.submit(board, annas, work.EXPAND, _endless)
    store().delete(annas.id)
    ask_as(BERT)
    steering.stop(job)
    assert job.wait(10)


def test_a_job_of_no_run_is_seen_and_ended_by_whoever_began_it(ask_as: As, board: JobBoard) -> None:
    ask_as(ANNA)
    # nobody listens there: it ends by itself, and is listed all the same
    asking = Asking("http://127.0.0.1:9/v2/models/m", inputs=2)
    job = addresses.start(board, asking, 20)
    endless = board.submit(_endless, run=visitors.signed("difficulty"), label="Difficulty")
    assert [known[2] for known in addresses.all_of(board)] == [job]
    for visitor in (BERT, STRANGER):
        ask_as(visitor)
        assert addresses.all_of(board) == [] and addresses.of(board, asking, look=False) is None
        assert outcomes.job(board) is endless
        for one in (job, endless):
            with pytest.raises(NotYoursError, match="Somebody else began"):
                steering.stop(one)
    ask_as(ANNA)
    for one in (job, endless):
        steering.stop(one)
        assert one.wait(60)


def test_what_broke_off_is_told_to_whoever_wanted_it(
    ask_as: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking_at_work.begin({"url": "http://127.0.0.1:9/"}, 20, ANNA.key)
    monkeypatch.setattr(at_work, "_SERVER", "another")
    for visitor, seen in ((BERT, 0), (STRANGER, 0), (PROGRAM, 0), (ANNA, 1)):
        ask_as(visitor)
        assert len(addresses.interrupted()) == seen
    ask_as(BERT)
    addresses.leave(Asking("http://127.0.0.1:9/"))
    ask_as(ANNA)
    assert len(addresses.interrupted()) == 1
    addresses.leave(Asking("http://127.0.0.1:9/"))
    assert addresses.interrupted() == []


def test_a_run_that_goes_to_another_computer_leaves_its_owner_here(
    annas: Run, tmp_path: Path
) -> None:
    path = tmp_path / "run.ecrun"
    export_run(annas.stored, path)
    with zipfile.ZipFile(path, "a") as archive:
        assert "owner.json" not in archive.namelist() and "run.json" in archive.namelist()
        archive.writestr("owner.json", '{"key": "x", "name": "", "others": "work"}')
    taken = import_run(store(), path)
    assert owner_of(taken) is None and taken.has("ensemble")


def test_a_stranger_begins_nothing(ask_as: As, board: JobBoard) -> None:
    ask_as(STRANGER)
    source = Source.from_card(make_teacher("planar", seed=1), {})
    with pytest.raises(NotYoursError, match="no cookie"):
        Run.create(source, SMALL)
    with pytest.raises(NotYoursError, match="no cookie"):
        addresses.start(board, Asking("http://127.0.0.1:9/v2/models/m", inputs=2), 20)
    assert store().list() == () and board.jobs() == ()


@pytest.mark.parametrize(
    "written",
    [b"", b"{}", b"[]", b'{"key": 3}', b'{"key": "", "name": "", "others": "all"}', b"\xff"],
)
def test_a_run_whose_owner_cannot_be_read_is_nobodys(
    written: bytes, annas: Run, ask_as: As
) -> None:
    (annas.stored.path / "owner.json").write_bytes(written)
    for visitor in (ANNA, BERT, STRANGER):
        ask_as(visitor)
        with pytest.raises(NotYoursError):
            annas.stored.rename("mine now")
    assert store().list(ANNA.key) == ()
    ask_as(PROGRAM)
    annas.stored.rename("the program still may")


def test_a_run_of_before_there_were_visitors_can_be_looked_at(annas: Run, ask_as: As) -> None:
    (annas.stored.path / "owner.json").unlink()
    ask_as(ANNA)
    assert store().list(ANNA.key) == () and annas.ensemble().students == 4
    with pytest.raises(NotYoursError):
        annas.stored.rename("mine now")


def test_an_owner_keeps_the_run_through_its_versions(annas: Run, ask_as: As) -> None:
    ask_as(ANNA)
    versions.bring_back(annas, 1)
    assert annas.mine
    versions.keep(annas, "once more")
    assert not list(annas.stored.path.glob("versions/*/owner.json"))


def test_only_a_hash_of_the_secret_is_kept(ask_as: As) -> None:
    secret = "Zx9" * 14 + "Q"
    ask_as(of_browser(secret))
    run = Run.create(Source.from_card(make_teacher("planar", seed=1), {}), SMALL)
    for path in run.stored.path.rglob("*"):
        assert secret.encode() not in path.read_bytes()
    owner = owner_of(run.stored)
    assert owner is not None and len(owner.key) == 64
    # who has read the hash from the disk is not its owner
    ask_as(of_browser(owner.key))
    with pytest.raises(NotYoursError):
        run.stored.rename("stolen")


def test_a_person_is_the_same_on_every_computer_and_no_other() -> None:
    one = of_person("https://id.example", "7", "Anna")
    assert one.key == of_person("https://id.example", "7").key and one.name == "Anna"
    others = [
        of_person("https://id.example", "71"),
        of_person("https://id.example7", ""),
        of_browser("https://id.example\x007"),
    ]
    assert one.key not in {other.key for other in others}


def test_nothing_else_can_be_allowed(annas: Run, ask_as: As) -> None:
    ask_as(ANNA)
    with pytest.raises(InputError, match="'all' can be allowed to nobody"):
        owners.allow(annas.stored, "all")
    assert isinstance(NotYoursError("x"), ECError)


def test_ids_have_a_hundred_random_bits_and_old_ones_open(annas: Run) -> None:
    assert len(annas.id) == 29
    ends = {store().create("xor", "x").id[9:] for _ in range(50)}
    assert len(ends) == 50 and all(len(end) == 20 for end in ends)
    old = annas.id[:12]
    annas.stored.path.rename(store().root / old)
    assert store().open(old).id == old and Run(old).has("ensemble")
