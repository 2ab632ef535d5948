"""Whoever adds a kind of source writes tests/toys/table.py and one line in ``KINDS``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import ec_core as ec
from ec_core.cli import kinds, main
from tests.toys.table import TABLE

RECOVER = ["recover", "--activation", "tanh", "--students", "3", "--width", "4", "--json"]


@pytest.fixture(autouse=True)
def one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line: the kind is in the tuple."""
    monkeypatch.setattr(kinds, "KINDS", (TABLE, *kinds.KINDS))


def test_a_network_is_recovered_from_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher = ec.make_teacher("synthetic", sizes=(3, 2, 1), activation="tanh", seed=3).network
    x = np.random.default_rng(0).standard_normal((300, 3))
    source, found = tmp_path / "answers.jsonl", tmp_path / "r.safetensors"
    rows = np.concatenate([x, teacher(x)], axis=1).tolist()
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert main([*RECOVER, str(source), "--out", str(found)]) == 0
    assert json.loads(capsys.readouterr().out)["verified"]
    error = ec.match(teacher, ec.load_network(found)).max_weight_error
    assert error is not None and error < 1e-11


def test_what_is_no_table_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, found = tmp_path / "words.jsonl", tmp_path / "r.safetensors"
    source.write_text('["a", "b"]\n')
    assert main([*RECOVER, str(source), "--out", str(found)]) == 2
    assert "is no table of numbers" in capsys.readouterr().err
    assert not found.exists()


def test_an_option_for_teachers_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--probes", "10", "--out", str(tmp_path / "r.safetensors")]
    assert main([*RECOVER, str(tmp_path / "t.jsonl"), *options]) == 2
    assert "--probes is for a teacher file" in capsys.readouterr().err


def test_the_help_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["recover", "--help"])
    assert "LISTS.jsonl|ADDRESS|" in capsys.readouterr().out
