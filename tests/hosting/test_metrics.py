"""Figures for Prometheus: read by its own parser, and by nobody who may not."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from ec_core.jobs import JobBoard
from hosting import metrics, settings
from hosting.routes import routes
from tests.hosting.asking import Client
from tests.jobs.stages import PATIENCE, Gate

TOKEN = "a token that nobody knows"


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobBoard]:
    monkeypatch.setenv("EC_HOME", str(tmp_path / "runs"))
    for name in (metrics.TOKEN, metrics.SETTING):
        monkeypatch.delenv(name, raising=False)
    board = JobBoard()
    yield board
    assert board.close(PATIENCE)


def _client(board: JobBoard | None, host: str = "127.0.0.1") -> Client:
    return Client(Starlette(routes=routes(lambda: board)), host)


def _figures(text: str) -> dict[tuple[str, str], float]:
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_jobs_are_counted_by_what_has_become_of_them(
    board: JobBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(metrics.SETTING, metrics.LOOPBACK)
    gates = [Gate() for _ in range(3)]
    gates[0].opened.set()
    first = board.submit(gates[0], run="a title of somebody", label="It: secret")
    assert first.wait(PATIENCE)
    running = board.submit(gates[1], run="b", label="It")
    board.submit(gates[2], run="c", label="It")
    assert gates[1].begun.wait(PATIENCE)
    answer = _client(board).get(metrics.PATH)
    assert answer.status_code == 200 and not {"secret", "title"} & set(answer.text.split())
    found = _figures(answer.text)
    assert found["ec_jobs", "queued"] == 1 and found["ec_jobs", "running"] == 1
    assert found["ec_jobs_ended_total", "finished"] == 1
    assert found["ec_jobs_ended_total", "failed"] == 0
    assert found["ec_computed_seconds_total", ""] > 0 and found["ec_taking_jobs", ""] == 1
    assert found["ec_memory_bytes", ""] > 1e7 and found["ec_disk_free_bytes", ""] > 0
    assert found["ec_device_memory_total_bytes", "cpu"] > 1e8
    for gate in gates:
        gate.opened.set()
    assert running.wait(PATIENCE)


def test_jobs_that_are_not_remembered_are_still_counted() -> None:
    board = JobBoard(keep_ended=2)
    for number in range(5):
        gate = Gate()
        gate.opened.set()
        assert board.submit(gate, run=f"{number}", label="It").wait(PATIENCE)
    assert len(board.jobs()) < 5 and board.tally().ended == {"finished": 5}
    assert board.close(PATIENCE)


def test_nobody_else_reads_them(board: JobBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    assert routes(lambda: board) == [] and _client(board).get(metrics.PATH).status_code == 404
    monkeypatch.setenv(metrics.SETTING, metrics.LOOPBACK)
    assert _client(board, "192.168.1.7").get(metrics.PATH).status_code == 401
    told = _client(board)
    for odd in ({"x-forwarded-for": "10.0.0.1"}, {"host": "rebound.example"}):
        assert told.get(metrics.PATH, headers=odd).status_code == 401
    monkeypatch.setenv(metrics.TOKEN, TOKEN)
    away = _client(board, "192.168.1.7")
    for given, status in ((None, 401), ("wrong", 401), (TOKEN, 200)):
        headers: dict[str, str] = {} if given is None else {"authorization": f"Bearer {given}"}
        assert away.get(metrics.PATH, headers=headers).status_code == status
    # a wrong token is wrong here too
    assert told.get(metrics.PATH, headers={"authorization": "Bearer x"}).status_code == 401


def test_a_program_that_is_still_being_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(metrics.SETTING, metrics.LOOPBACK)
    assert _client(None).get(metrics.PATH).status_code == 503


def test_settings_that_cannot_be_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EC_LIMITS", raising=False)
    monkeypatch.setenv(metrics.SETTING, "yes")
    with pytest.raises(SystemExit, match="EC_METRICS is 'yes'; expected loopback, or a token in"):
        settings.check()
    monkeypatch.setenv(metrics.SETTING, metrics.LOOPBACK)
    settings.check()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"prometheus-client, which is not installed; pip install"):
        settings.check()


def test_sign_in_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EC_LIMITS", metrics.SETTING, metrics.TOKEN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    settings.check()
    monkeypatch.setattr(settings, "get_secrets_auth_section", lambda: {"client_id": "x"})
    with pytest.raises(SystemExit, match=r"needs the package Authlib, .* \"\.\[sign-in\]\" inst"):
        settings.check()
