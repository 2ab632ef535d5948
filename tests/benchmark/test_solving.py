"""Problems really solved, kept as they end, and gone on with."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ec_core import chain
from ec_core.benchmark import (
    Grid,
    Outcome,
    Problem,
    ProblemEnded,
    ProblemStarted,
    Settings,
    outcome_path,
    read_folder,
    solve_all,
    solve_spread,
)
from ec_core.benchmark.outcomes import write_outcome
from ec_core.control import Control
from ec_core.errors import InputError
from ec_core.events import Event, Note
from ec_core.pool.local import LocalWorkers
from ec_core.probing.probes import ProbeSet
from ec_core.verify.match import match
from tests.pool.toys import Threads
from tests.steps import drain

QUICK = Settings("tanh", students=3)
PROBLEMS = Grid((2,), (2,), 2).problems(QUICK)


def test_problems_are_solved_kept_and_skipped_the_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[ProbeSet, chain.RecoverConfig, chain.Recovery]] = []
    real = chain.run

    def run(
        probes: ProbeSet, config: chain.RecoverConfig, control: Control
    ) -> Generator[Event, None, chain.Recovery]:
        recovery = yield from real(probes, config, control)
        asked.append((probes, config, recovery))
        return recovery

    monkeypatch.setattr(chain, "run", run)
    folder = tmp_path / "new" / "folder"
    events, outcomes = drain(solve_all(PROBLEMS, folder, "cpu", Control()))
    assert [o.problem for o in outcomes] == list(PROBLEMS)
    assert all(o.right and o.verified and o.seconds > 0 for o in outcomes)
    assert read_folder(folder).outcomes == outcomes
    numbers = [(type(e), e.number) for e in events if isinstance(e, ProblemStarted | ProblemEnded)]
    assert numbers == [(k, i) for i in (1, 2) for k in (ProblemStarted, ProblemEnded)]
    for outcome, (probes, config, recovery) in zip(outcomes, asked, strict=True):
        # recovery was given answers of this very teacher, and nothing else
        teacher = outcome.problem.teacher()
        np.testing.assert_array_equal(probes.y, teacher(probes.x))
        assert config == outcome.problem.recover_config("cpu")
        assert outcome.max_weight_error == match(teacher, recovery.network).max_weight_error

    asked.clear()
    events, again = drain(solve_all(PROBLEMS, folder, "cpu", Control()))
    assert again == outcomes and not asked
    assert all(isinstance(event, ProblemEnded) and event.kept for event in events)


def _count(monkeypatch: pytest.MonkeyPatch) -> list[Problem]:
    """Let problems "end" at once with a chosen outcome; returns the list of those solved."""
    from tests.benchmark.samples import outcome

    solved: list[Problem] = []

    def solve(
        problem: Problem, device: str, control: Control, spent: float
    ) -> Generator[Event, None, Outcome]:
        solved.append(problem)
        yield from ()
        return replace(outcome(), problem=problem)

    monkeypatch.setattr("ec_core.benchmark.solving.solve", solve)
    return solved


def test_only_equal_settings_count_as_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    solved = _count(monkeypatch)
    drain(solve_all(PROBLEMS, tmp_path, "cpu", Control()))
    solved.clear()
    drain(solve_all(PROBLEMS, tmp_path, "cpu", Control()))
    assert solved == []
    # other settings, a damaged file, another problem under the name, another device
    other = Grid((2,), (2,), 2).problems(Settings("tanh", students=4))
    drain(solve_all(other, tmp_path, "cpu", Control()))
    assert solved == list(other)
    first, second = PROBLEMS
    for spoil in ("", outcome_path(tmp_path, second).read_text()):
        solved.clear()
        outcome_path(tmp_path, first).write_text(spoil)
        drain(solve_all(PROBLEMS, tmp_path, "cpu", Control()))
        assert solved == [first]
    solved.clear()
    (known,) = (o for o in read_folder(tmp_path).outcomes if o.problem == first)
    write_outcome(tmp_path, replace(known, device="cuda"))
    drain(solve_all(PROBLEMS, tmp_path, "cpu", Control()))
    assert solved == [first]


def test_a_problem_that_was_stopped_leaves_no_outcome(tmp_path: Path) -> None:
    control = Control()
    work = solve_all(PROBLEMS, tmp_path, "cpu", control)
    for event in work:
        if isinstance(event, ProblemEnded):
            break
    for event in work:
        if not isinstance(event, ProblemStarted):
            control.stop()
    assert [o.problem for o in read_folder(tmp_path).outcomes] == [PROBLEMS[0]]
    assert len(list(tmp_path.iterdir())) == 1
    events, outcomes = drain(solve_all(PROBLEMS, tmp_path, "cpu", control))
    assert len(outcomes) == 1 and len(events) == 1


def test_what_cannot_be_done_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    huge = Problem(10_000, 1000, 0, Settings(expansion=64.0))
    for problems in (
        (PROBLEMS[0], huge),
        (PROBLEMS[0], Problem(2, 2, 0, Settings(students=10**9))),
    ):
        with pytest.raises(InputError, match="GiB"):
            next(solve_all(problems, folder, "cpu", Control()))
    assert not folder.exists()
    folder.write_text("a file")
    with pytest.raises(InputError, match="Cannot write"):
        next(solve_all(PROBLEMS, folder, "cpu", Control()))


def test_a_problem_goes_on_where_a_killed_process_left_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same outcome, but for the seconds, which are those of both."""

    class BrokenOff(BaseException):
        pass

    class Breaking(Control):
        looks = 25

        def take_requests(self) -> tuple[tuple[str, int], ...]:
            self.looks -= 1
            if self.looks == 0:
                raise BrokenOff
            return super().take_requests()

    monkeypatch.setattr("ec_core.benchmark.solving.EVERY", 0.0)
    problem = PROBLEMS[:1]
    (whole,) = drain(solve_all(problem, tmp_path / "whole", "cpu", Control()))[1]
    with pytest.raises(BrokenOff):
        drain(solve_all(problem, tmp_path / "pieces", "cpu", Breaking()))
    (kept,) = (tmp_path / "pieces").iterdir()
    assert kept.suffix == ".checkpoint"
    control = Control()
    (pieces,) = drain(solve_all(problem, tmp_path / "pieces", "cpu", control))[1]
    assert replace(pieces, seconds=0.0) == replace(whole, seconds=0.0)
    assert [path.suffix for path in (tmp_path / "pieces").iterdir()] == [".json"]


def test_by_several_workers_the_outcomes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their own order, each written once, also where a worker is lost."""
    _count(monkeypatch)
    alone = drain(solve_all(PROBLEMS, tmp_path / "alone", "cpu", Control()))[1]
    for losses in (frozenset[tuple[int, int]](), frozenset({(0, 1)})):
        folder = tmp_path / f"spread{len(losses)}"
        workers = Threads(2, losses)
        events, outcomes = drain(solve_spread(PROBLEMS, folder, "cpu", Control(), workers))
        assert [replace(o, seconds=0.0) for o in outcomes] == [
            replace(o, seconds=0.0) for o in alone
        ]
        assert len(read_folder(folder).outcomes) == 2 and workers.closed
        for kind in (ProblemStarted, ProblemEnded):
            assert sorted(e.number for e in events if isinstance(e, kind)) == [1, 2]
        warned = [e for e in events if isinstance(e, Note) and e.stage == "benchmark"]
        assert len(warned) == len(losses)
        assert {path.suffix for path in folder.iterdir()} == {".json"}
        # the second time nothing is left to do
        again = Threads(2)
        kept = drain(solve_spread(PROBLEMS, folder, "cpu", Control(), again))[1]
        assert [o.problem for o in kept] == list(PROBLEMS)
        assert not again.given and again.closed


def test_a_place_that_cannot_be_written_ends_the_workers(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    workers = Threads(1)
    with pytest.raises(InputError, match="Cannot write"):
        next(solve_spread(PROBLEMS, tmp_path / "file", "cpu", Control(), workers))
    assert workers.closed


@pytest.mark.long
def test_six_problems_by_two_processes_are_those_of_one(tmp_path: Path) -> None:
    """One of them is killed in the middle; its problem goes on from its checkpoint."""
    six = Grid((2,), (2, 3), 3).problems(QUICK)
    alone = drain(solve_all(six, tmp_path / "alone", "cpu", Control()))[1]
    workers = LocalWorkers(2)
    killed: list[int] = []
    for event in (work := solve_spread(six, tmp_path / "spread", "cpu", Control(), workers)):
        if isinstance(event, ProblemEnded) and not killed:
            killed.append(workers.processes[0])
            os.kill(killed[0], signal.SIGKILL)
    assert next(work, None) is None and killed
    outcomes = read_folder(tmp_path / "spread").outcomes
    assert [replace(o, seconds=0.0) for o in outcomes] == [replace(o, seconds=0.0) for o in alone]
    assert {path.suffix for path in (tmp_path / "spread").iterdir()} == {".json"}
