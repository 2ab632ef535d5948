"""The runs that one keeps: what is said of them, the trash, and files that are taken in."""

from __future__ import annotations

import io
import json
import os
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ec_core.cli import main
from ec_core.errors import ECError, InputError, NotYoursError
from ec_core.jobs import JobBoard
from ec_core.probing.presets import make_teacher
from ec_core.runs import said, shelf, visitors
from ec_core.runs.loading import index, store
from ec_core.runs.run import Run
from ec_core.runs.said import OvertakenError, Said
from ec_core.runs.shelf import Query
from ec_core.runs.source import Source
from ec_core.runs.visitors import PROGRAM, STRANGER, Visitor, of_browser
from ec_core.store.notes import notes_of
from ec_core.store.run import SCHEMA

ANNA, BERT = of_browser("a" * 43), of_browser("b" * 43)
Asks = Callable[[Visitor], None]


@pytest.fixture
def asks(monkeypatch: pytest.MonkeyPatch) -> Asks:
    """From now on this visitor asks."""

    def say(visitor: Visitor) -> None:
        monkeypatch.setattr(visitors._Door, "who", staticmethod(lambda: visitor))

    return say


def made() -> Run:
    return Run.create(Source.from_card(make_teacher("planar", seed=1), {}))


def titles(**asked: object) -> list[str]:
    return [entry.label for entry in shelf.find(Query(**asked)).entries]  # type: ignore[arg-type]


def test_what_is_said_goes_with_the_run(tmp_path: Path) -> None:
    run = made()
    new = Said("Lines  again", "stuck at 1e-7\n", ("Toy", "toy", " odd one "))
    kept = said.say(run, new, said.said(run))
    assert kept == said.said(run) == Said("Lines again", "stuck at 1e-7", ("odd one", "toy"))
    assert titles(text="stuck LINES") == titles(tag="odd one") == ["Lines again"]
    back = shelf.taken_in(shelf.exported(run), "lines.ecrun")
    assert back.id != run.id and said.said(back) == kept


@pytest.mark.parametrize(
    "new",
    [
        Said("  "),
        Said("x" * 121),
        Said("x", "n" * 4001),
        Said("x", "", ("t" * 41,)),
        Said("x", "", tuple(map(str, range(21)))),
    ],
)
def test_what_cannot_be_kept_says_its_limit_and_keeps_nothing(new: Said) -> None:
    run = made()
    before = said.said(run)
    with pytest.raises(InputError, match=r"\d+|at most"):
        said.say(run, new, before)
    assert said.said(run) == before


def test_two_who_say_something_at_once_lose_nothing_unseen() -> None:
    run = made()
    base = said.said(run)
    first = said.say(run, Said(base.title, "of the first"), base)
    with pytest.raises(OvertakenError, match="note of this run changed meanwhile") as told:
        said.say(run, Said("renamed", "of the second"), base)
    assert told.value.theirs == first == said.said(run)
    # another field, or the same words: nothing is lost, so nobody is asked
    assert said.say(run, Said(base.title, "", ("t",)), base).note == "of the first"
    assert said.say(run, Said(base.title, "of the first"), base).tags == ("t",)
    # they have seen it, and want theirs
    assert said.say(run, Said(base.title, "of the second"), first).note == "of the second"


def test_of_many_at_once_one_is_kept_and_all_others_are_told() -> None:
    run = made()
    base, told, kept = said.said(run), [], []
    gate = threading.Barrier(8)

    def one(number: int) -> None:
        gate.wait()
        try:
            kept.append(said.say(run, Said(base.title, f"note {number}"), base).note)
        except OvertakenError as error:
            told.append(error.theirs.note)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept == [said.said(run).note] and told == kept * 7


def test_tags_that_many_give_at_once_are_all_kept() -> None:
    run = made()
    gate = threading.Barrier(6)

    def one(number: int) -> None:
        gate.wait()
        shelf.tag([run.id], [f"tag {number}"])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.said(run).tags == tuple(f"tag {number}" for number in range(6))


def test_the_title_of_a_locked_run_stays_when_it_is_unlocked() -> None:
    run = made()
    run.lock_truth(True)
    said.say(run, Said("Exam 3"), said.said(run))
    run.lock_truth(False)
    assert run.title == "Exam 3"


def test_put_away_and_shown_again() -> None:
    runs = [made(), made()]
    shelf.archive([runs[0].id])
    assert [entry.id for entry in shelf.find().entries] == [runs[1].id]
    assert [entry.id for entry in shelf.find(Query(archived=True)).entries] == [runs[0].id]
    # whoever takes a run in wants to see it
    back = shelf.taken_in(shelf.exported(runs[0]), "x.ecrun")
    assert back.id in [entry.id for entry in shelf.find().entries]
    shelf.archive([runs[0].id], archived=False)
    assert len(shelf.find().entries) == 3


def test_deleted_and_brought_back(board: JobBoard) -> None:
    run = made()
    said.say(run, Said("kept"), said.said(run))
    before = {path.name: path.read_bytes() for path in run.stored.path.iterdir()}
    assert shelf.discard(board, [run.id, "not there"]) == (run.id,)
    assert not store().exists(run.id) and titles() == []
    (gone,) = shelf.discarded()
    assert (gone.id, gone.label) == (run.id, "kept") and time.time() - gone.at < 60
    shelf.bring_back([run.id])
    assert titles() == ["kept"] and shelf.discarded() == ()
    assert {path.name: path.read_bytes() for path in run.stored.path.iterdir()} == before


def test_gc_empties_the_trash_after_a_week(
    board: JobBoard, runs_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = made(), made()
    shelf.discard(board, [old.id, new.id])
    folder = store().root / f".trash-{old.id}"
    os.utime(folder, (time.time() - 8 * 86400,) * 2)
    for dry in (["--dry-run"], []):
        assert main(["runs", "gc", "--home", str(runs_home), "--json", *dry]) == 0
        facts = json.loads(capsys.readouterr().out)
        assert facts["removed"] == [str(folder)] and facts["bytes"] > 0
        assert folder.exists() == bool(dry)
    assert [one.id for one in shelf.discarded()] == [new.id]
    shelf.empty([new.id])
    assert shelf.discarded() == ()
    with pytest.raises(InputError, match="in the trash no more"):
        shelf.bring_back([new.id])


def test_nobody_else_finds_keeps_or_takes_them(asks: Asks, board: JobBoard) -> None:
    asks(ANNA)
    run, other = made(), made()
    shelf.discard(board, [other.id])
    base = said.said(run)
    for visitor in (BERT, STRANGER):
        asks(visitor)
        assert not (shelf.mine([run.id]) or shelf.there([run.id]) or shelf.discarded())
        acts: tuple[Callable[[], object], ...] = (
            lambda: said.say(run, Said("mine now"), base),
            lambda: shelf.archive([run.id]),
            lambda: shelf.tag([run.id], ["x"]),
            lambda: shelf.discard(board, [run.id]),
            lambda: shelf.bring_back([other.id]),
            lambda: shelf.empty([other.id]),
        )
        for act in acts:
            with pytest.raises(NotYoursError):
                act()
    assert shelf_of(STRANGER, asks) is None and shelf_of(BERT, asks) == []
    asks(ANNA)
    assert [entry.id for entry in shelf.find().entries] == [run.id]
    assert said.said(run) == base and notes_of(run.stored).tags == ()
    assert [one.id for one in shelf.discarded()] == [other.id]
    asks(PROGRAM)
    assert len(shelf.find().entries) == 1


def shelf_of(visitor: Visitor, asks: Asks) -> list[str] | None:
    """What a visitor finds; None of one who is refused."""
    asks(visitor)
    try:
        # whatever is asked for, it is of one's own
        return [entry.id for entry in shelf.find(Query(owner=str(ANNA.key))).entries]
    except NotYoursError:
        return None


def test_what_is_taken_in_is_ones_own(asks: Asks) -> None:
    asks(ANNA)
    data = shelf.exported(made())
    asks(BERT)
    taken = shelf.taken_in(data, "from-anna.ecrun")
    assert taken.mine and [entry.id for entry in shelf.find().entries] == [taken.id]
    asks(ANNA)
    assert not taken.mine


def test_a_locked_truth_goes_out_with_its_owner_alone(asks: Asks) -> None:
    asks(ANNA)
    run = made()
    run.lock_truth(True)
    assert shelf.exported(run)
    asks(BERT)
    with pytest.raises(NotYoursError):
        shelf.exported(run)


def changed(data: bytes, **about: object) -> bytes:
    """The same file with other things in its run.json."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "run.json":
                part = json.dumps({**json.loads(part), **about}).encode()
            new.writestr(name, part)
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (
            lambda data: changed(data, schema=SCHEMA + 1),
            "written by a newer version: it has format 2",
        ),
        (lambda data: changed(data, schema="1"), "no run of this version"),
        (lambda data: data[:-40], "x.ecrun is no run, or damaged"),
        (lambda data: b"", "x.ecrun is no run, or damaged"),
        (lambda data: b"PK\x05\x06" + 18 * b"\0", "x.ecrun has no run.json"),
    ],
)
def test_what_is_no_run_of_this_version_leaves_nothing(
    spoil: Callable[[bytes], bytes], says: str
) -> None:
    data = shelf.exported(made())
    before = sorted(path.name for path in store().root.iterdir())
    with pytest.raises(InputError, match=says):
        shelf.taken_in(spoil(data), "x.ecrun")
    assert sorted(path.name for path in store().root.iterdir()) == before


def test_without_the_index_the_folders_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        made()

    def broken(*given: object) -> None:
        raise InputError("The list of jobs cannot be opened.")

    monkeypatch.setattr(type(index()), "find", broken)
    monkeypatch.setattr(type(index()), "choices", broken)
    found = shelf.find(Query(most=2))
    assert [entry.id for entry in found.entries] == list(store().ids()[:2]) and found.total == 3
    assert shelf.choices().tags == ()


def test_refusals_are_one_sentence_each() -> None:
    with pytest.raises(ECError, match=r"no run|There is no run"):
        shelf.archive(["../../etc"])
