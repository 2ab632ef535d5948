"""The benchmark command: one JSON object, exit codes, resuming, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ec_core.benchmark import Settings, read_folder
from ec_core.cli import main
from tests.benchmark.samples import outcome, write

Capture = pytest.CaptureFixture[str]
QUICK = ["benchmark", "synthetic-150", "--device", "cpu", "--activation", "tanh", "--students", "3"]
ONE = [*QUICK, "--inputs", "2", "--hidden", "2", "--seeds", "1"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """EC_HOME, empty."""
    monkeypatch.setenv("EC_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_outcomes_lie_in_ec_home_and_the_summary_is_one_object(home: Path, capsys: Capture) -> None:
    assert main([*ONE, "--seed", "3", "--json"]) == 0
    text = capsys.readouterr()
    said = json.loads(text.out)
    assert (said["problems"], said["right"], said["false_verified"]) == (1, 1, 0)
    assert said["worst_error"] <= 1e-6 and said["failed"] == []
    assert [(c["inputs"], c["hidden"], c["right"]) for c in said["cells"]] == [(2, 2, 1)]
    assert "2-2-1 seed 3: right" in text.err
    (kept,) = read_folder(home / "benchmarks" / "synthetic-150").outcomes
    assert kept.problem.seed == 3 and kept.problem.settings == Settings("tanh", students=3)
    # the second time it is read, not solved
    assert main([*ONE, "--seed", "3"]) == 0
    text = capsys.readouterr()
    assert "earlier run" in text.err
    assert "1 of 1 right" in text.out and "80%" in text.out


def test_what_is_not_right_ends_with_three(home: Path, tmp_path: Path, capsys: Capture) -> None:
    settings = Settings("tanh", students=3)
    known = [outcome(2, 2, 0, settings=settings), outcome(4, 2, 0, error=None, settings=settings)]
    write(tmp_path / "known", *known)
    arguments = [*QUICK, "--inputs", "2,4", "--hidden", "2", "--seeds", "1"]
    assert main([*arguments, "--out", str(tmp_path / "known"), "--json"]) == 3
    text = capsys.readouterr()
    assert json.loads(text.out)["failed"] == [known[1].problem.name]
    assert "NOT right, found 4-3-1" in text.err
    # values may also stand apart
    arguments = [*QUICK, "--inputs", "2", "4", "--hidden", "2", "--seeds", "1"]
    assert main([*arguments, "--out", str(tmp_path / "known")]) == 3
    assert not home.exists()


REFUSED = {
    "no name": (["benchmark"], "NAME"),
    "unknown name": (["benchmark", "mnist"], "mnist"),
    "depth": ([*ONE, "--depth", "0"], "out of range"),
    "sizes": ([*ONE, "--inputs", "2,x"], "whole number"),
    "zero": ([*ONE, "--hidden", "0"], "out of range"),
    "seeds": ([*ONE, "--seeds", "0"], "out of range"),
    "expansion": ([*ONE, "--expansion", "0"], "out of range"),
    "memory": ([*ONE, "--hidden", "2,20000000"], "GiB"),
    "a file": ([*ONE, "--out", __file__], "is a file"),
    "workers": ([*ONE, "--workers", "0"], "out of range"),
    "cards without a cluster": ([*ONE, "--gpus", "0.5"], "--ray"),
    "a device that the cluster would not have": (
        ["benchmark", "synthetic-150", "--ray", "nowhere:1", "--device", "cpu", "--gpus", "0.5"],
        "--gpus",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_usage_is_one_sentence(home: Path, capsys: Capture, case: str) -> None:
    arguments, word = REFUSED[case]
    assert main(arguments) == 2
    text = capsys.readouterr()
    assert text.out == "" and word in text.err and text.err.count("\n") == 1
    assert not home.exists()


def test_an_interruption_says_what_is_kept(
    home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("ec_core.benchmark.solving.solve", interrupted)
    assert main(ONE) == 130
    assert "are kept" in capsys.readouterr().err
