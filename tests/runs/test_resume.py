"""When a server starts, what was broken off goes on: with its curves, by itself or at a click."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

import ec_core as ec
from ec_core.control import Control
from ec_core.errors import InputError
from ec_core.events import Event, Note, TrainingProgress
from ec_core.jobs import FAILED, Job, JobBoard
from ec_core.runs import at_work, durable, resume, work
from ec_core.runs.loading import ledger, store
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings, default_settings
from ec_core.runs.source import Source
from ec_core.store.database import Worker, here, opened, place
from ec_core.store.database.migrate import newest
from ec_core.store.database.tables import METADATA
from tests.broken_off import GONE, broken_off

PATIENCE = 120


def _new() -> Run:
    teacher = ec.make_teacher("synthetic", sizes=(2, 2, 1), activation="tanh", seed=0).network
    x = np.random.default_rng(3).standard_normal((300, 2))
    source = Source.from_answers(x, teacher(x), "answers.npz", "tanh")
    chosen = {**default_settings(source).as_json(), "students": 3, "width": 4, "device": "cpu"}
    return Run.create(source, Settings(**{**chosen, "hidden_layers": 1}))


def test_it_goes_on_by_itself(board: JobBoard) -> None:
    run = _new()
    row = broken_off(run, work.EXPAND, more=False)
    (job,) = resume.at_start(board)
    assert job.wait(PATIENCE) and job.snapshot().error is None and run.has("ensemble")
    durable.wait_written()
    (after,) = ledger().of_run(run.id)
    assert (after.id, after.attempt, after.state) == (row.id, 2, "finished")
    assert after.ended is not None and after.worker == here()
    assert resume.at_start(board) == ()


def test_at_a_click_where_that_is_wanted(board: JobBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _new()
    broken_off(run, work.EXPAND, more=False)
    monkeypatch.setenv(resume.SETTING, resume.CLICK)
    assert resume.at_start(board) == () and at_work.interrupted(run) is not None
    assert work.go_on(board, run).wait(PATIENCE) and run.has("ensemble")


def test_what_broke_off_again_and_again_waits_for_a_click(board: JobBoard) -> None:
    run = _new()
    row = broken_off(run, work.EXPAND, more=False)
    ledger().begin(replace(row, breaks=resume.MOST - 1))
    assert resume.at_start(board) == () and at_work.interrupted(run) is not None


def test_a_server_that_is_told_to_stop_has_its_jobs_written_down(board: JobBoard) -> None:
    """One that is at work and one that waits; however often that was, both go on by themselves."""
    there, go, runs = threading.Event(), threading.Event(), [_new() for _ in range(2)]

    def steps(control: Control) -> Generator[Event, None, None]:
        mark = control.marks.open("steps")
        at = 0 if mark.values is None else int(mark.values["at"])
        for step in range(at, 20):
            if step == 10:
                there.set()
                assert go.wait(PATIENCE)
            control.rest()
            yield Note("expand", f"step {step}")
            done = {"at": np.array(step + 1)}
            mark.tick(lambda done=done: done)  # type: ignore[misc]

    jobs = [work.submit(board, run, work.EXPAND, steps, more=False) for run in runs]
    assert there.wait(PATIENCE)
    usual = board.leave

    def leave(timeout: float) -> tuple[Job, ...]:
        assert usual(0.0) == (jobs[0],)
        go.set()
        return usual(timeout)

    board.leave = leave  # type: ignore[method-assign]
    durable.leave(board, PATIENCE)
    rows = [ledger().of_run(run.id)[-1] for run in runs]
    assert [(row.state, row.ended, row.attempt) for row in rows] == [("interrupted", None, 1)] * 2
    assert len(ledger().told(rows[0].id)[0]) == 11
    assert [job.state for job in jobs] == ["interrupted"] * 2
    after = JobBoard()
    again = work.submit(after, runs[0], work.EXPAND, steps, more=False)
    assert again.wait(PATIENCE)
    told = [note.message for note in again.snapshot().seen.notes]
    assert told == [f"step {step}" for step in range(20)]
    durable.wait_written()
    (row,) = ledger().of_run(runs[0].id)
    assert (row.state, row.attempt, row.breaks) == ("finished", 2, 0)
    ledger().change({rows[1].id: {"breaks": 99, "attempt": 100}})
    assert [job.run for job in resume.at_start(after)] == [runs[1].id]
    assert after.close(PATIENCE)


def test_one_that_comes_to_no_step_goes_on_from_what_was_kept_before(board: JobBoard) -> None:
    run, there, go = _new(), threading.Event(), threading.Event()

    def deaf(control: Control) -> Generator[Event, None, None]:
        there.set()
        assert go.wait(PATIENCE)
        yield Note("expand", "heard nothing")

    job = work.submit(board, run, work.EXPAND, deaf, more=False)
    assert there.wait(PATIENCE)
    durable.leave(board, 0.0)
    (row,) = ledger().of_run(run.id)
    assert (row.state, row.ended) == ("interrupted", None)
    # its process, still there for a moment, may bring it to its end after all
    go.set()
    assert job.wait(PATIENCE)
    durable.wait_written()
    assert [row.state for row in ledger().of_run(run.id)] == ["finished"]


def test_a_run_that_was_deleted_or_left_is_no_job_any_more(board: JobBoard) -> None:
    deleted, left = _new(), _new()
    broken_off(deleted, work.EXPAND, more=False)
    broken_off(left, work.EXPAND, more=False)
    store().delete(deleted.id)
    left.stored.forget("at-work")
    assert resume.at_start(board) == () and ledger().open() == ()
    assert ledger().of_run(deleted.id) == ()
    assert [row.state for row in ledger().of_run(left.id)] == ["left"]


def test_its_curves_are_there_again(board: JobBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Students as they were seen before, and as they go on; nothing is told twice."""
    run, go = _new(), threading.Event()

    def progress(iteration: int) -> TrainingProgress:
        losses, counts = np.full(3, 1.0 / iteration), np.full(3, iteration)
        return TrainingProgress(
            "expand", iteration, losses, ("training",) * 3, counts, counts, 4, 1.0, 1.0
        )

    def stage(first: int, last: int) -> Generator[Event, None, None]:
        yield Note("expand", "begun")
        for iteration in range(first, last):
            yield progress(iteration)
        assert go.wait(PATIENCE)

    job = work.submit(board, run, work.EXPAND, lambda control: stage(1, 11), more=False)
    monkeypatch.setattr(durable, "EVERY", 0.01)
    durable.RECORDER.wake()
    (row,) = ledger().of_run(run.id)
    while len(ledger().told(row.id)[1]) < 1:
        time.sleep(0.01)
    # as a process that comes after a kill finds it
    ledger().begin(replace(row, worker=GONE))
    mark = run.stored.load_json("at-work")
    run.stored.save_json("at-work", {**mark, "worker": vars(GONE)})
    after = JobBoard()
    second = work.submit(after, run, work.EXPAND, lambda control: stage(8, 15), more=False)
    while not second.snapshot().seen.training or second.snapshot().seen.training.iteration < 14:  # type: ignore[union-attr]
        time.sleep(0.01)
    seen = second.snapshot().seen
    assert seen.curve.iterations.tolist() == list(range(1, 15))
    np.testing.assert_array_equal(seen.curve.losses[:, 0], 1 / np.arange(1, 15))
    assert [note.message for note in seen.notes] == ["begun"]
    go.set()
    assert job.wait(PATIENCE) and second.wait(PATIENCE) and after.close(PATIENCE)
    durable.wait_written()


def test_no_room_for_the_results_is_as_if_the_process_had_ended(
    board: JobBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _new()

    def full(*given: object) -> None:
        raise InputError(
            "Cannot write ensemble.npz: No space left on device; choose another place."
        )

    with monkeypatch.context() as disk:
        disk.setattr(Run, "save_ensemble", full)
        job = work.start_expand(board, run)
        assert (
            job.wait(PATIENCE)
            and job.state == FAILED
            and "No space left" in str(job.snapshot().error)
        )
    assert at_work.interrupted(run) == (work.EXPAND, {"more": False})
    again = work.go_on(board, run)
    assert again.wait(PATIENCE) and again.snapshot().error is None and run.has("ensemble")
    durable.wait_written()
    assert [row.attempt for row in ledger().of_run(run.id)] == [2]


def test_a_job_that_cannot_be_written_down_does_not_start(board: JobBoard) -> None:
    """The database locked, and a folder that cannot be written: one sentence each."""
    run, url = _new(), place(store().root)
    ledger().open()
    opened(url).close()
    engine = sa.create_engine(url)
    ledger().begin(broken_off(_new(), work.EXPAND))
    with engine.connect() as other, pytest.MonkeyPatch.context() as patch:
        other.connection.driver_connection.isolation_level = None  # type: ignore[union-attr]
        other.exec_driver_sql("begin immediate")
        patch.setattr("ec_core.store.database.connection._WAIT", 0.05)
        opened(url).close()
        with pytest.raises(InputError, match=r"cannot be (written|opened): database is locked"):
            work.start_expand(board, run)
        assert not run.has("at-work") and board.jobs() == ()
        # whoever only looks does not wait
        assert ledger().of_run(run.id) == () and len(ledger().open()) == 1
        other.exec_driver_sql("rollback")
    engine.dispose()
    opened(url).close()
    job = work.start_expand(board, run)
    assert job.wait(PATIENCE) and job.snapshot().error is None


def test_an_end_that_cannot_be_written_now_is_written_later(
    board: JobBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database gone for a while: the work goes on, and the row gets its end."""
    run, gone = _new(), threading.Event()
    usual = type(ledger()).change

    def change(self: object, rows: object) -> None:
        if gone.is_set():
            raise InputError(
                "The list of jobs cannot be written: the server closed the connection."
            )
        usual(self, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(type(ledger()), "change", change)

    def stage(control: Control) -> Generator[Event, None, None]:
        gone.set()
        yield Note("expand", "begun")

    job = work.submit(board, run, work.EXPAND, stage)
    assert job.wait(PATIENCE) and job.snapshot().error is None
    durable.RECORDER.write()
    assert [row.ended for row in ledger().of_run(run.id)] == [None]
    gone.clear()
    durable.wait_written()
    assert [row.state for row in ledger().of_run(run.id)] == ["finished"]


@pytest.mark.parametrize("days", [-1.0, 1.0])
def test_a_clock_that_was_set_keeps_nobody_alive(days: float) -> None:
    """On this machine the process counts; elsewhere a heartbeat that is far off either way."""
    now = 1e9
    then = now + days * 86400
    assert not GONE.alive(then, now) and not GONE.alive(now, now)
    assert here().alive(then, now)
    elsewhere = Worker("t", "another machine", 1, "1")
    assert elsewhere.alive(now, now) and not elsewhere.alive(then, now)


def test_a_damaged_list_is_put_aside(board: JobBoard) -> None:
    run = _new()
    broken_off(run, work.EXPAND, more=False)
    file = Path(store().root, "jobs.sqlite")
    opened(place(store().root)).close()
    for ending in ("-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)
    file.write_bytes(b"no database at all" * 500)
    # the run itself still says what it was being worked on with
    assert at_work.interrupted(run) == (work.EXPAND, {"more": False})
    assert list(file.parent.glob("jobs.sqlite.damaged-1"))
    assert work.go_on(board, run).wait(PATIENCE) and run.has("ensemble")


def test_the_tables_are_what_the_migrations_make(tmp_path: Path) -> None:
    """Names, types and what may be missing; and one of a newer program is refused."""
    database = opened(place(tmp_path))
    with database.reading() as connection:
        made = sa.inspect(connection)
        assert set(made.get_table_names()) == {*METADATA.tables, "ec_schema"}
        for name, table in METADATA.tables.items():
            columns = {column["name"]: column for column in made.get_columns(name)}
            assert set(columns) == set(table.columns.keys())
            for column in table.columns:
                found = columns[column.name]
                assert (
                    str(found["type"]) == str(column.type) and found["nullable"] == column.nullable
                )
    with database.writing() as connection:
        connection.exec_driver_sql("update ec_schema set version_num = '9999'")
    database.close()
    with (
        pytest.raises(InputError, match=f"has schema 9999; this program knows {newest()}"),
        database.reading(),
    ):
        pass
    database.close()


@pytest.mark.parametrize(
    ("budget", "worked", "left"),
    [
        (None, 9.0, None),
        (0.05, 0.0, 0.05),
        (0.05, 9.0, 0.05),
        (60.0, 20.0, 40.0),
        (60.0, 58.0, 5.0),
    ],
)
def test_what_is_left_of_a_budget(budget: float | None, worked: float, left: float | None) -> None:
    """A few seconds at least for one that goes on, and never more than was given."""
    run = _new()
    begun = durable.begin(run, work.EXPAND, "cpu", {})
    begun.row = replace(begun.row, seconds=worked)
    assert begun.left_of(budget) == left
