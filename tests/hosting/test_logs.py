"""What is written of what happens: whole lines, with run and job, and nobody's secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from ec_core.errors import InputError
from ec_core.jobs import JobBoard
from ec_core.runs import visitors
from ec_core.runs.visitors import PROGRAM, of_browser
from hosting import logs
from tests.jobs.stages import PATIENCE, Gate


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """Loggers as they were, afterwards."""
    names = (None, "uvicorn.access", *logs._OF_OTHERS)
    known = [logging.getLogger(name) for name in names]
    before = [(one.handlers[:], one.level, one.propagate) for one in known]
    yield capsys
    for one, (handlers, level, propagate) in zip(known, before, strict=True):
        one.handlers[:], one.propagate = handlers, propagate
        one.setLevel(level)


def _lines(said: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in said.splitlines()]


def test_a_jobs_life_as_json(
    written: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(logs.SETTING, logs.JSON)
    logs.set_up()
    key, board, gate = of_browser("ada").key or "", JobBoard(), Gate()
    gate.opened.set()

    def fails(control: object) -> None:
        raise InputError("Nothing\nis there.")

    job = board.submit(gate, run=f"difficulty by {key}", label="It", who=key)
    assert job.wait(PATIENCE)
    assert board.submit(fails, run="other", label="It").wait(PATIENCE)  # type: ignore[arg-type]
    assert board.close(PATIENCE)
    said = written.readouterr().err
    assert key not in said and key[:8] in said
    first, second, *_, last = _lines(said)
    about = {"run": f"difficulty by {key[:8]}", "job": job.id, "visitor": key[:8], "device": "cpu"}
    for line, what in ((first, "has begun"), (second, "is finished")):
        assert about.items() <= line.items() and line["level"] == "info"
        assert line["message"] == f"Job {job.id} of run difficulty by {key[:8]} {what}"
    assert str(first["time"]).endswith("Z") and isinstance(second["seconds"], float)
    assert last["run"] == "other" and "visitor" not in last
    failed = next(line for line in _lines(said) if line["level"] == "warning")
    assert "Nothing\nis there." in str(failed["message"])


def test_words_stay_on_their_line(
    written: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(logs.SETTING, logs.TEXT)
    logs.set_up()
    log = logging.getLogger("ec_app")
    log.warning("%s", "sent\n2026-11-27 info forged", extra={"run": "r1"})
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        log.exception("a page failed")
    # as Streamlit has it; an address opens a run
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [logging.NullHandler()], False
    logs.set_up()
    access.info("GET /expand?run=r1")
    logging.getLogger("uvicorn.error").info("Shutting down")
    first, second, *rest = written.readouterr().err.splitlines()
    assert first.endswith("warning ec_app sent\\n2026-11-27 info forged run=r1")
    assert second.endswith("error ec_app a page failed") and rest[0].startswith("Traceback")
    assert rest[-1].endswith("info uvicorn.error Shutting down")


def test_who_clicked_is_named_by_a_few_letters(
    written: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(logs.SETTING, logs.JSON)
    logs.set_up()
    visitors.told_by(lambda: of_browser("ada"))
    try:
        logging.getLogger("ec_app").warning("a click failed")
    finally:
        visitors.told_by(lambda: PROGRAM)
    (line,) = _lines(written.readouterr().err)
    assert line["visitor"] == (of_browser("ada").key or "")[:8]


def test_a_setting_that_cannot_be_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(logs.SETTING, "xml")
    with pytest.raises(SystemExit, match="EC_LOG is 'xml'; expected json or text"):
        logs.check()
    monkeypatch.setenv(logs.SETTING, "")
    before = logging.getLogger().handlers[:]
    logs.check()
    logs.set_up()
    assert logging.getLogger().handlers == before
