"""The host's page: there for who has the token, and nothing of it for anybody else."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from ec_core.errors import JobError
from ec_core.jobs import JobBoard
from ec_core.runs.visitors import of_browser
from hosting import door, host, page, settings
from hosting.routes import routes
from hosting.standing import Device, Standing
from tests.hosting.asking import Client
from tests.jobs.stages import PATIENCE, Gate

TOKEN = "a token that nobody knows"
KEY = of_browser("ada").key or ""


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobBoard]:
    monkeypatch.setenv("EC_HOME", str(tmp_path / "runs"))
    monkeypatch.setenv(door.TOKEN, TOKEN)
    monkeypatch.delenv("EC_LIMITS", raising=False)
    monkeypatch.setattr(host, "_SLOW", 0.0)
    board = JobBoard()
    yield board
    assert board.close(PATIENCE)


@pytest.fixture
def gates(board: JobBoard) -> list[Gate]:
    """Of three jobs, the first at work."""
    gates = [Gate() for _ in range(3)]
    for number, gate in enumerate(gates):
        board.submit(gate, run=f"r{number}", label=f"Recover: <b>secret {number}</b>", who=KEY)
    assert gates[0].begun.wait(PATIENCE)
    return gates


def _client(board: JobBoard | None) -> Client:
    return Client(Starlette(routes=routes(lambda: board)))


def _inside(board: JobBoard | None) -> Client:
    client = _client(board)
    answer = client.post("/host/enter", {"token": TOKEN})
    assert answer.status_code == 303 and answer.headers["location"] == "../host"
    kept = answer.headers["set-cookie"].lower()
    assert all(word in kept for word in ("httponly", "samesite=strict", "path=/host"))
    return client


def test_without_a_token_there_is_no_page(board: JobBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(door.TOKEN)
    assert routes(lambda: board) == [] and _client(board).get("/host").status_code == 404


def test_a_token_that_could_be_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(door.TOKEN, "short")
    with pytest.raises(SystemExit, match="has 5 letters; expected 16 or more"):
        settings.check()


def test_who_has_no_token_sees_a_door_and_does_nothing(board: JobBoard, gates: list[Gate]) -> None:
    client = _client(board)
    seen = client.get("/host")
    assert seen.status_code == 200 and "type=password" in seen.text
    assert KEY[:8] not in seen.text and client.get("/host/now").status_code == 401
    for token in ("", "wrong", TOKEN[:-1], TOKEN + " ", "ä" * 20):
        answer = client.post("/host/enter", {"token": token})
        assert answer.status_code == 403 and "not the token" in answer.text
        assert "set-cookie" not in answer.headers
    # another site's page may know it and may still not act for a browser
    for odd in ({"origin": "https://other.example"}, {"origin": ""}):
        assert client.post("/host/enter", {"token": TOKEN}, odd).status_code == 403
    (first, *_) = board.jobs()
    for act, told in (("stop", {"job": first.id}), ("take", {"what": "pause"}), ("clear", {})):
        assert client.post(f"/host/{act}", told).status_code == 403
        assert client.get(f"/host/{act}").status_code == 405
    assert [job.state for job in board.jobs()] == ["running", "queued", "queued"]
    assert board.taking


def test_cookies_that_were_made_up_or_are_old(
    board: JobBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = _inside(board)
    assert client.get("/host/now").status_code == 200
    good = client.cookies[door.COOKIE]
    until, seal = good.split(".")
    for bad in (f"{int(until) + 1}.{seal}", until, f".{seal}", "9" * 20 + f".{seal}"):
        headers = {"cookie": f"{door.COOKIE}={bad}"}
        assert _client(board).get("/host/now", headers).status_code == 401
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: float(until) + 1)
        assert client.get("/host/now").status_code == 401
    monkeypatch.setenv(door.TOKEN, TOKEN + " another")
    assert client.get("/host/now").status_code == 401


def test_what_is_seen_is_whose_and_how_much_and_nothing_of_what(
    board: JobBoard, gates: list[Gate]
) -> None:
    client = _inside(board)
    seen = client.get("/host")
    assert seen.headers["cache-control"] == "no-store"
    assert seen.text.count(KEY[:8]) == 3 and KEY[:9] not in seen.text
    assert "secret" not in seen.text and "at work, 2 waiting" in seen.text
    states = re.findall(r'class="state \w+">(.*?)<', seen.text)
    assert states == ["at work", "waits", "waits"]
    now = client.get("/host/now")
    assert now.text.startswith("<header>") and "<html" not in now.text
    for file, kind in (("host.css", "text/css"), ("host.js", "text/javascript")):
        assert client.get(f"/host/{file}").headers["content-type"].startswith(kind)


def test_stop_one_and_clear_the_line(board: JobBoard, gates: list[Gate]) -> None:
    client = _inside(board)
    first, second, third = board.jobs()
    assert client.post("/host/stop", {"job": third.id}).status_code == 303
    assert third.state == "stopped" and second.state == "queued"
    client.post("/host/stop", {"job": "no such job"})
    client.post("/host/clear", {})
    assert second.state == "stopped" and first.state == "running"
    client.post("/host/stop", {"job": first.id})
    assert first.wait(PATIENCE) and first.state == "stopped"
    assert "Nobody has anything computed" in client.get("/host").text
    # another site's page does not act with the host's cookie
    before = board.taking
    odd = {"origin": "https://other.example"}
    assert client.post("/host/take", {"what": "pause"}, odd).status_code == 403
    assert board.taking == before


def test_nothing_is_taken_in_for_a_while(board: JobBoard, gates: list[Gate]) -> None:
    client = _inside(board)
    client.post("/host/take", {"what": "pause"})
    assert "Takes nothing in" in client.get("/host").text
    with pytest.raises(
        JobError, match="takes no new work in at the moment; what was begun goes on"
    ):
        board.submit(Gate(), run="r9", label="It")
    assert [job.state for job in board.jobs()] == ["running", "queued", "queued"]
    client.post("/host/take", {"what": "go on"})
    gates[0].opened.set()
    board.submit(gates[0], run="r9", label="It")
    client.post("/host/leave", {})
    assert client.get("/host/now").status_code == 401


def test_a_form_that_is_too_long_is_none(board: JobBoard) -> None:
    answer = _client(board).post("/host/enter", {"token": TOKEN, "more": "x" * 5000})
    assert answer.status_code == 403


def test_a_program_that_is_still_being_loaded(board: JobBoard) -> None:
    assert "is being loaded" in _inside(None).get("/host").text


def test_what_is_drawn_of_odd_figures() -> None:
    """Nobody can tell the memory, a card stands beside it, a disk is full."""
    devices = (
        Device("cpu", "2 cores", None, None),
        Device("cuda", "<H100>", 2 * 10**9, 8 * 10**10),
    )
    drawn = page.content(Standing(devices=devices, disk_free=10**9, disk_total=10**11))
    assert ">? <" in drawn and "&lt;H100&gt;" in drawn and 'class="bar high"' in drawn
    assert "78 GB <span>of 80 GB" in drawn and "1.0 GB <span>free" in drawn
