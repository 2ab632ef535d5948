"""Tasks spread over workers: each done once, lost ones again, stops and errors passed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ec_core.control import Control
from ec_core.errors import InputError, JobError
from ec_core.pool import Again, Done, Given, Told, spread
from ec_core.pool.local import LocalWorkers
from ec_core.pool.work import STOP, AtWork, Ended, sendable
from tests.pool.toys import Patient, Square, Threads

SIX = [Square(number) for number in range(6)]


def test_every_task_is_done_once_and_told_in_its_own_order() -> None:
    workers = Threads(2)
    news = list(spread(SIX, workers, Control()))
    results = {one.number: one.result for one in news if isinstance(one, Done)}
    assert results == {number: number**2 for number in range(6)}
    for kind in (Given, Told, Done):
        assert sorted(one.number for one in news if isinstance(one, kind)) == list(range(6))
    for number in range(6):
        kinds = [type(one) for one in news if one.number == number]
        assert kinds == [Given, Told, Done]
    assert {worker for worker, _ in workers.given} == {0, 1} and workers.closed


def test_a_lost_workers_task_is_done_again_and_counted_once() -> None:
    workers = Threads(2, losses=frozenset({(0, 1), (1, 2)}))
    news = list(spread(SIX, workers, Control()))
    assert sorted(one.number for one in news if isinstance(one, Done)) == list(range(6))
    again = [one for one in news if isinstance(one, Again)]
    assert len(again) == 2 and {one.why for one in again} == {"unplugged"}
    assert len(workers.given) == 8
    # begun is told once, however often it is begun
    assert sorted(one.number for one in news if isinstance(one, Given)) == list(range(6))


def test_a_task_that_takes_every_worker_with_it_is_said() -> None:
    workers = Threads(1, losses=frozenset((0, count) for count in range(1, 9)))
    with pytest.raises(JobError, match=r"Task 1 has lost 4 workers.*unplugged"):
        list(spread(SIX, workers, Control()))
    assert workers.closed


def test_workers_that_never_begin_are_said() -> None:
    workers = Threads(2, still_born=True)
    with pytest.raises(JobError, match="no room"):
        list(spread(SIX, workers, Control()))
    assert workers.closed and not workers.given


def test_what_a_task_raises_is_raised() -> None:
    workers = Threads(2)
    with pytest.raises(InputError, match="3 has no square"):
        list(spread([*SIX[:3], Square(3, fails=True), *SIX[4:]], workers, Control()))
    assert workers.closed


def test_a_stop_lets_those_at_work_end_and_begins_no_other() -> None:
    workers, control, news = Threads(2), Control(), []
    for one in spread([Patient(), Patient(), *SIX], workers, control):
        news.append(one)
        if sum(isinstance(one, Told) for one in news) == 2 and not control.stopped:
            control.stop_student(7)
            control.stop()
    assert sorted(one.number for one in news if isinstance(one, Done)) == [0, 1]
    assert {request for _, request in workers.asked} == {STOP, (STOP, 7)}
    assert len(workers.given) == 2


def test_an_error_that_does_not_survive_the_way_keeps_its_words() -> None:
    class StrangeError(Exception):
        pass

    assert str(sendable(StrangeError("odd"))) == "StrangeError: odd"
    assert sendable(InputError("plain")).args == ("plain",)


def test_progress_that_nobody_fetched_is_replaced_and_nothing_else() -> None:
    work = AtWork(Square(2))
    said: list[object] = []
    while not any(isinstance(message, Ended) for message in said):
        said += work.fetch(1.0)
    assert [type(message).__name__ for message in said][-1] == "Ended"
    assert work.fetch(0.0) == ()


@pytest.mark.long
def test_processes_of_this_machine(tmp_path: Path) -> None:
    """One of them kills itself in the middle of its work."""
    tasks = [*SIX[:2], Square(2, once=tmp_path / "killed"), *SIX[3:]]
    workers = LocalWorkers(2)
    first = workers.processes
    news = list(spread(tasks, workers, Control()))
    assert {one.number: one.result for one in news if isinstance(one, Done)} == {
        number: number**2 for number in range(6)
    }
    (again,) = [one for one in news if isinstance(one, Again)]
    assert (again.number, again.why) == (2, "exit code -9")
    assert len(set(first) & set(workers.processes)) == 1
    for number in workers.processes:
        assert not Path(f"/proc/{number}").exists()
