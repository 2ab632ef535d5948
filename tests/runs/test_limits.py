"""What one person may use of a server: said by one file, refused where work is put in line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np
import pytest

import ec_core as ec
from ec_core import devices
from ec_core.control import Control
from ec_core.errors import InputError, LimitError
from ec_core.events import Event
from ec_core.jobs import JobBoard, Room
from ec_core.runs import admission, copies, durable, limits, resume, space, visitors, work
from ec_core.runs.limits import ALONE, GB, MANY
from ec_core.runs.loading import ledger
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings, default_settings
from ec_core.runs.source import Source
from ec_core.runs.visitors import PROGRAM, Visitor, of_browser
from tests.broken_off import broken_off
from tests.jobs.stages import Gate

PATIENCE = 120
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def who() -> Iterator[list[Visitor]]:
    """The first of them asks."""
    asking = [of_browser("ada")]
    visitors.told_by(lambda: asking[0])
    yield asking
    visitors.told_by(lambda: PROGRAM)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of limits, not there yet, that this server is told."""
    file = tmp_path / "limits.toml"
    file.write_text("")
    monkeypatch.setenv(limits.SETTING, str(file))
    limits._read.cache_clear()
    return file


def _new(**chosen: object) -> Run:
    teacher = ec.make_teacher("synthetic", sizes=(2, 2, 1), activation="tanh", seed=0).network
    x = np.random.default_rng(3).standard_normal((300, 2))
    source = Source.from_answers(x, teacher(x), "answers.npz", "tanh")
    usual = {**default_settings(source).as_json(), "students": 3, "width": 4, "device": "cpu"}
    return Run.create(source, Settings(**{**usual, "hidden_layers": 1, **chosen}))


def test_without_a_file_a_visitor_has_limits_and_the_one_person_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(limits.SETTING, raising=False)
    assert limits.told().of("") == ALONE == limits.Person() and limits.told().of("a") == MANY
    assert all(value is not None for value in vars(MANY).values())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[person\n", r"limits.toml is no TOML: .*line 1"),
        ("\n[persons]\njobs = 1\n", r"limits.toml, line 2: 'persons' is no part of the limits"),
        ("jobs = 1\n", r"limits.toml, line 1: 'jobs' is no part"),
        (
            "[person]\n\njob = 1\n",
            r"limits.toml, line 3: \[person\] job is no limit; expected wait",
        ),
        ("[host]\njobs = 1\n[person]\njobs = 2\n", r"line 2: \[host\] jobs is no limit; .*at_once"),
        (
            "[host]\nat_once = 1\n[person]\njobs = 1.5\n",
            r"line 4: \[person\] jobs is 1.5; expected a whole number of 0 or more, or \"none\"",
        ),
        ("[person]\nminutes = -1\n", r"line 2: .* is -1; expected a number of 0 or more"),
        ("[person]\nspace = true\n", r"line 2: \[person\] space is True"),
        ("[person]\nspace = inf\n", r"line 2: \[person\] space is inf"),
        ('[host]\nat_once = "none"\n', r"line 2: .* is 'none'; expected a whole number of 1 or"),
        ('[host]\naside = "much"\n', r"line 2: .* is 'much'; expected a number"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_with_its_place(
    text: str, sentence: str, told: Path
) -> None:
    told.write_text(text)
    with pytest.raises(InputError, match=sentence) as error:
        limits.told()
    assert str(error.value).count("\n") == 0
    with pytest.raises(InputError, match="cannot be read: No such file"):
        limits.read(told.with_name("none.toml"))


@pytest.mark.long
def test_a_server_does_not_start_with_a_file_that_cannot_be_meant(told: Path) -> None:
    told.write_text("[person]\njobs = -1\n")
    for command in (["ec_core", "serve"], ["streamlit", "run", "app.py", "--server.port", "0"]):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode != 0
        said = (done.stdout + done.stderr).strip().splitlines()
        assert len([line for line in said if "line 2: [person] jobs is -1" in line]) == 1
        assert "Traceback" not in done.stderr


def _endless(control: Control) -> Generator[Event, None, None]:
    yield from ()
    while not control.wait(0.01):
        control.rest()


def test_jobs_of_one_person(board: JobBoard, who: list[Visitor], told: Path) -> None:
    told.write_text('[person]\njobs = 3\nwaiting = "none"\n')
    jobs = [work.submit(board, _new(), work.EXPAND, _endless) for _ in range(3)]
    with pytest.raises(LimitError, match="takes 3 jobs of one person at a time, and you have 3;"):
        work.submit(board, _new(), work.EXPAND, _endless)
    assert len(ledger().open()) == 3
    who[0] = of_browser("bob")
    jobs.append(work.submit(board, _new(), work.EXPAND, _endless))
    jobs[0].stop()
    assert jobs[0].wait(PATIENCE)
    who[0] = of_browser("ada")
    jobs.append(work.submit(board, _new(), work.EXPAND, _endless))
    with pytest.raises(LimitError, match="3 jobs"):
        # the board's own look, behind the row
        admission.put(board, _endless, who=who[0].key or "", run="r", label="r")
    for job in jobs:
        job.stop()
        assert job.wait(PATIENCE)


def test_jobs_that_wait(board: JobBoard, who: list[Visitor], told: Path) -> None:
    told.write_text('[person]\njobs = "none"\nwaiting = 1\n')
    jobs = [work.submit(board, _new(), work.EXPAND, _endless) for _ in range(2)]
    with pytest.raises(
        LimitError, match="lets 1 job of one person wait, and yours that wait are 1;"
    ):
        work.submit(board, _new(), work.EXPAND, _endless)
    for job in jobs:
        job.stop()


@pytest.mark.parametrize(
    ("limit", "chosen", "sentence"),
    [
        ("students = 2", {}, "trains 2 students at a time for one person, and this run has 3;"),
        ("probes = 200", {}, "takes 200 questions of one run, and this one has 300; choose fewer"),
        (
            "weights = 16",
            {},
            "students of 16 weights for one person, and those of this run have 17",
        ),
        (
            "minutes = 0",
            {},
            "computes 0 minutes a day for one person, and yours are used up; go on",
        ),
        ("space = 0.000001", {}, "keeps 1e-06 GB of runs of one person, and yours have"),
    ],
)
def test_what_is_too_large(
    limit: str,
    chosen: dict[str, object],
    sentence: str,
    board: JobBoard,
    who: list[Visitor],
    told: Path,
) -> None:
    """Refused before anything is written down, and by every way on which a run trains."""
    run = _new(**chosen)
    told.write_text(f"[person]\n{limit}\n")
    limits._read.cache_clear()
    for start in (work.start_expand, work.start_whole):
        with pytest.raises(LimitError, match=sentence):
            start(board, run)
    assert ledger().open() == () and not run.has("at-work")
    # who has the server for themselves is asked nothing, unless the file says so: it does
    who[0] = PROGRAM
    alone = _new(**chosen) if not limit.startswith("space") else None
    if alone is not None:
        with pytest.raises(LimitError, match=sentence):
            work.start_expand(board, alone)


def test_a_full_disk_is_said_before_a_run_is_made(
    board: JobBoard, who: list[Visitor], told: Path
) -> None:
    told.write_text("[person]\n")
    run = _new()
    key = who[0].key or ""
    assert 0 < space.used(key) == space.folder_bytes(run.stored.path) < GB
    assert space.used(of_browser("bob").key or "") == 0
    told.write_text(f"[person]\nspace = {space.used(key) / GB:.12f}\n")
    limits._read.cache_clear()
    makers: tuple[Callable[[], Run], ...] = (_new, lambda: copies.copy(board, run))
    for make in makers:
        with pytest.raises(LimitError, match="delete some of them"):
            make()
    who[0] = of_browser("bob")
    assert copies.copy(board, run).mine


def test_minutes_are_counted_by_the_day_and_outlive_runs(
    board: JobBoard, who: list[Visitor], told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.write_text("[person]\nminutes = 10\n")
    run, key = _new(), who[0].key or ""
    job = work.start_expand(board, run)
    assert job.wait(PATIENCE)
    durable.wait_written()
    used = ledger().used(key, admission.today())
    assert used == pytest.approx(job.snapshot().seconds) and used > 0
    assert admission.budget(run, None) == pytest.approx(600 - used)
    assert admission.budget(run, 3.0) == 3.0
    (note,) = (note for note in job.snapshot().seen.notes if note.warning)
    assert note.message.startswith("This server computes 10 more minutes for you today; this ends")
    ledger().forget(run.id)
    ledger().use(key, admission.today(), 600.0)
    with pytest.raises(LimitError, match="computes 10 minutes a day"):
        work.start_expand(board, run)
    monkeypatch.setattr(admission, "today", lambda: "2099-01-01")
    assert work.start_expand(board, run).wait(PATIENCE)
    durable.wait_written()


def test_what_was_let_in_goes_on_at_a_start(
    board: JobBoard, who: list[Visitor], told: Path
) -> None:
    run = _new()
    broken_off(run, work.EXPAND, more=False)
    told.write_text("[person]\njobs = 0\nminutes = 0\nstudents = 1\n")
    limits._read.cache_clear()
    with pytest.raises(LimitError):
        work.go_on(board, run)
    who[0] = PROGRAM
    (job,) = resume.at_start(board)
    job.stop()
    assert job.wait(PATIENCE)


def test_more_memory_than_is_free_is_refused_before_it_is_needed(
    board: JobBoard, who: list[Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _new()
    monkeypatch.setattr(devices, "free_memory", lambda device: 10**6)
    with pytest.raises(
        LimitError, match=r"needs about 0\.0 GB of memory, and 0\.0 GB are free; train fewer"
    ):
        work.start_expand(board, run)
    monkeypatch.setattr(devices, "free_memory", lambda device: None)
    work.start_expand(board, run).stop()


def test_memory_that_is_free_to_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "meminfo"
    info.write_text("MemTotal:  8000 kB\nMemFree: 10 kB\nMemAvailable:  6000 kB\n")
    monkeypatch.setattr(devices, "_INFO", info)
    monkeypatch.setattr(devices, "_CGROUP", tmp_path)
    assert devices._main_memory() == (6000 * 1024, 8000 * 1024)
    (tmp_path / "memory.max").write_text("2000000\n")
    (tmp_path / "memory.current").write_text("1500000\n")
    assert devices._main_memory() == (500000, 2000000)
    (tmp_path / "memory.max").write_text("max\n")
    assert devices._main_memory() == (6000 * 1024, 8000 * 1024)
    info.write_text("nothing\n")
    assert devices._main_memory() is None and devices.memory_of("cpu") == float("inf")


def test_what_the_host_allows_its_devices(told: Path) -> None:
    told.write_text("[host]\nat_once = 2\naside = 0.5\n")
    assert admission.room("cpu") == Room(2, GB / 2)
    assert admission.room("models.example:80") == Room()
    gate = Gate()
    board = JobBoard(room=admission.room)
    first, second = (board.submit(gate, run=f"{i}", label="it") for i in range(2))
    third = board.submit(gate, run="3", label="it")
    assert (first.at_work, second.at_work, third.at_work) == (True, True, False)
    gate.opened.set()
    assert third.wait(PATIENCE) and board.close(PATIENCE)
