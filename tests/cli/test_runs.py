"""Keeping house among stored runs from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ec_core.cli import main
from ec_core.store import RunStore

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EC_HOME", str(tmp_path / "runs"))
    return RunStore(tmp_path / "runs")


def told(capsys: Capture, *arguments: str) -> dict[str, Any]:
    assert main(["runs", *arguments, "--json"]) == 0
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    return facts


def test_listed_shown_written_deleted_and_taken_in_again(store: RunStore, capsys: Capture) -> None:
    assert told(capsys, "list")["runs"] == []
    assert main(["runs", "list"]) == 0
    assert "There are no runs" in capsys.readouterr().out
    run = store.create("planar", "Four lines")
    run.save_report({"verified": True, "sizes": [2, 4, 1], "loss": 1e-31})
    (listed,) = told(capsys, "list")["runs"]
    assert (listed["id"], listed["label"]) == (run.id, "Four lines")
    shown = told(capsys, "show", run.id)
    assert shown["report"] == {"verified": True, "sizes": [2, 4, 1], "loss": 1e-31}
    assert main(["runs", "show", run.id]) == 0
    assert "verified: True" in capsys.readouterr().out
    assert told(capsys, "export", run.id, "--out", "a.ecrun")["bytes"] > 0
    assert told(capsys, "delete", run.id) == {"deleted": [run.id]}
    assert store.list() == ()
    taken = told(capsys, "import", "a.ecrun")
    assert taken["label"] == "Four lines" and store.open(taken["id"]).report()["loss"] == 1e-31


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "nobody"], "no run"),
        (["delete", "RUN", "nobody"], "nothing was deleted"),
        (["export", "RUN", "--out", "a.zip"], "does not end in .ecrun"),
        (["export", "RUN", "--out", "no/a.ecrun"], "Cannot write"),
        (["import", "b.ecrun"], "There is no file"),
        (["sell", "RUN"], "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: list[str], sentence: str, store: RunStore, capsys: Capture
) -> None:
    run = store.create("planar", "Four lines")
    assert main(["runs", *(run.id if word == "RUN" else word for word in arguments)]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert [each.id for each in store.list()] == [run.id]


def test_left_overs_are_counted_before_they_go(store: RunStore, capsys: Capture) -> None:
    store.create("planar", "Four lines")
    assert told(capsys, "gc", "--dry-run") == {"removed": [], "bytes": 0, "dry_run": True}
    assert main(["runs", "gc"]) == 0
    assert "0 left-overs" in capsys.readouterr().out
