"""A model at an address, asked in the background: progress, budget, stop, and going on."""

from __future__ import annotations

import json
import threading
import time

import numpy as np
import pytest

from ec_core.events import Note, QuestionsAnswered
from ec_core.jobs import FAILED, FINISHED, STOPPED, JobBoard
from ec_core.runs import addresses, asking_at_work, at_work
from ec_core.runs.addresses import Asked, Asking
from ec_core.runs.run import Run
from ec_core.runs.source import Source
from tests.probing.remote.server import ModelServer, Said, said


def model(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.tanh(x @ [[1.0], [-2.0], [0.5]]))


class Gate:
    """Lets so many requests through, and holds the next one until it is opened."""

    def __init__(self, through: int) -> None:
        self.left, self.reached, self.open = through, threading.Event(), threading.Event()

    def __call__(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Said | None:
        if method == "POST":
            if not self.left:
                self.reached.set()
                assert self.open.wait(60)
            self.left = max(0, self.left - 1)
        return None


def test_it_is_found_by_whom_it_asks_and_tells_how_far_it_is(board: JobBoard) -> None:
    with ModelServer(model, inputs=3) as server:
        asking = Asking(server.url)
        assert addresses.of(board, asking, look=False) is None and addresses.all_of(board) == []
        job = addresses.start(board, asking, 500)
        # the same words in another window
        same = Asking(**json.loads(json.dumps(asking.options)))
        assert addresses.of(board, same, look=False) is job
        assert addresses.of(board, asking, look=True) is None
        assert job.wait(60)
        assert addresses.all_of(board) == [(asking, 500, job)]
        assert addresses.told(job) == (asking, 500)
        snapshot = job.snapshot()
        assert snapshot.state == FINISHED
        told = [one for one in snapshot.seen.events if isinstance(one, QuestionsAnswered)]
        assert [(one.done, one.asked, one.kept) for one in told] == [
            (200, 200, 0),
            (400, 400, 0),
            (500, 500, 0),
        ]
        assert addresses.progress(snapshot) == told[-1]
        got = snapshot.result
        assert isinstance(got, Asked) and got.complete and got.name == "toy"
        np.testing.assert_allclose(got.y, model(got.x), rtol=1e-15)
        assert sum(server.questions.values()) == 500 == len(server.questions)
        # once more: nothing is paid for twice
        again = addresses.start(board, asking, 510)
        assert again.wait(60)
        result = again.snapshot().result
        assert (result.asked, result.kept) == (10, 500)
        assert set(server.questions.values()) == {1}


def test_who_only_looks_does_not_wait_for_those_who_ask_many(board: JobBoard) -> None:
    with ModelServer(model, inputs=3) as server:
        server.odd = gate = Gate(1)
        many = addresses.start(board, Asking(server.url), 1000)
        assert gate.reached.wait(60)
        server.odd = lambda *asked: None
        # others wait in line, and are told so
        other = addresses.start(board, Asking(server.url, rate=1e6), 500)
        assert other.snapshot().position == 1
        look = addresses.start(board, Asking(server.url), None)
        assert look.wait(60)
        one = look.snapshot().result
        assert one.x.shape == (1, 3) and one.complete and not many.over
        gate.open.set()
        assert many.wait(60)
        assert other.wait(60)
        assert other.snapshot().result.kept == 500


def test_an_answer_that_is_no_number_is_counted_and_left_out(board: JobBoard) -> None:
    """The others are used, and all of them are asked once, also after a start from disk."""
    with ModelServer(lambda x: np.where(x[:, :1] > 2, np.nan, model(x)), inputs=3) as server:
        asking = Asking(server.url)
        job = addresses.start(board, asking, 500)
        assert job.wait(60)
        got = job.snapshot().result
        bad = int((got.x[:, 0] > 2).sum())
        assert got.complete and 1 < bad < 50 and got.left_out.startswith(f"{bad} of 500 questions")
        run = Run.create(Source.from_address(got.x, got.y, "toy", server.url, "auto", "auto", {}))
        assert run.probes().left_out == bad
        again = addresses.start(board, asking, 510)
        assert again.wait(60) and again.snapshot().result.kept == 500
        assert set(server.questions.values()) == {1}


def test_asking_that_a_restart_broke_off_is_listed_and_goes_on(
    board: JobBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(model, inputs=3) as server:
        asking = Asking(server.url, rate=1e6)
        server.odd = gate = Gate(2)
        job = addresses.start(board, asking, 1000)
        assert gate.reached.wait(60)
        assert addresses.interrupted() == []  # at work
        gate.left = 100
        with monkeypatch.context() as later:
            later.setattr(at_work, "_SERVER", "the next one")
            assert addresses.interrupted() == [(asking, 1000)]
        gate.open.set()
        assert job.wait(60)
        assert job.snapshot().state == FINISHED
        with monkeypatch.context() as later:
            later.setattr(at_work, "_SERVER", "the next one")
            assert addresses.interrupted() == []  # it has ended
        # one that never ended, as a kill leaves it
        with monkeypatch.context() as before:
            before.setattr(at_work, "_SERVER", "the one before")
            asking_at_work.begin(asking.options, 1010)
            asking_at_work.begin({"url": server.url, "of": "another version"}, 5)
        assert addresses.interrupted() == [(asking, 1010)]
        again = addresses.start(board, asking, 1010)
        assert again.wait(60) and again.snapshot().result.asked == 10
        assert addresses.interrupted() == []
        with monkeypatch.context() as before:
            before.setattr(at_work, "_SERVER", "the one before")
            asking_at_work.begin(asking.options, 2000)
        addresses.leave(asking)
        assert addresses.interrupted() == []


def test_finding_its_size_is_part_of_the_budget(board: JobBoard) -> None:
    def strict(x: np.ndarray) -> np.ndarray:
        if x.shape[1] != 3:
            raise ValueError(f"expected 3 numbers, got {x.shape[1]}")
        return model(x)

    with ModelServer(strict, inputs=None) as server:
        job = addresses.start(board, Asking(server.url), 60)
        assert job.wait(60)
        got = job.snapshot().result
        assert got.complete and 50 < got.count < 60
        assert sum(server.questions.values()) <= 60


def test_a_stop_keeps_what_is_answered_and_the_rest_can_be_asked(board: JobBoard) -> None:
    with ModelServer(model, inputs=3) as server:
        server.odd = gate = Gate(2)
        asking = Asking(server.url)
        job = addresses.start(board, asking, 1000)
        assert gate.reached.wait(60)
        assert addresses.start(board, asking, 2000) is job  # not asked twice at once
        assert addresses.progress(job.snapshot()) is not None
        job.stop()
        assert job.state == "stopping"
        gate.open.set()
        assert job.wait(60)
        snapshot = job.snapshot()
        assert snapshot.state == STOPPED
        got = snapshot.result
        assert not got.complete and len(got.x) == 600 == sum(server.questions.values())
        rest = addresses.start(board, asking, 1000)
        assert rest.wait(60)
        whole = rest.snapshot().result
        assert (whole.asked, whole.kept) == (400, 600)
        np.testing.assert_array_equal(whole.x[:600], got.x)
        assert set(server.questions.values()) == {1} and len(server.questions) == 1000


def test_it_waits_for_a_server_that_is_started_again_and_says_so(board: JobBoard) -> None:
    with ModelServer(model, inputs=3) as server:
        server.odd = gate = Gate(1)
        job = addresses.start(board, Asking(server.url), 500)
        assert gate.reached.wait(60)
        server.stop()
        gate.open.set()  # the answer of that request may still arrive
        while addresses.waits_for(job.snapshot()) is None:
            assert not job.over
            time.sleep(0.02)
        assert "cannot be reached" in str(addresses.waits_for(job.snapshot()))
        server.start()
        assert job.wait(60)
        snapshot = job.snapshot()
        assert snapshot.state == FINISHED and snapshot.result.complete
        assert addresses.waits_for(snapshot) is None
        assert any(isinstance(event, Note) for event in snapshot.seen.events)
        assert set(server.questions.values()) == {1} and len(server.questions) == 500


def test_a_stop_is_heard_while_it_waits(board: JobBoard) -> None:
    busy = said({"error": "busy"}, 503, Retry_After="500")
    with ModelServer(model, inputs=3) as server:
        server.odd = lambda method, *_: busy if method == "POST" else None
        job = addresses.start(board, Asking(server.url), 500)
        while addresses.waits_for(job.snapshot()) is None:
            assert not job.over
            time.sleep(0.02)
        job.stop()
        assert job.wait(60)
        assert job.snapshot().state == STOPPED and job.snapshot().result is None


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: np.eye(3)[np.argmax(x, axis=1)], "label"),
        (lambda x: np.full((len(x), 1), 3.0), "answers are the same"),
    ],
)
def test_answers_that_tell_nothing_are_refused_before_a_run_is_made(
    board: JobBoard, function: object, words: str
) -> None:
    with ModelServer(function, inputs=3) as server:  # type: ignore[arg-type]
        job = addresses.start(board, Asking(server.url), 200)
        assert job.wait(60)
        snapshot = job.snapshot()
        assert snapshot.state == FAILED and snapshot.error is not None
        assert words in snapshot.error and "unexpected" not in snapshot.error


def test_hosts_that_are_not_allowed_are_a_sentence(board: JobBoard) -> None:
    job = addresses.start(board, Asking("http://10.1.2.3/v2/models/x"), 200)
    assert job.wait(60)
    assert "EC_ALLOW_HOSTS" in str(job.snapshot().error)
