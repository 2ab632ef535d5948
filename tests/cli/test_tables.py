"""A table given to the command line and to ``ec.recover``: read, said how, and recovered from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ec_core as ec
from ec_core.cli import main
from ec_core.runs.run import Run
from ec_core.runs.source import Source

TEACHER = ec.make_teacher("synthetic", sizes=(3, 2, 1), activation="tanh", seed=3).network
SHORT = ["--activation", "tanh", "--hidden-layers", "1", "--students", "3", "--width", "4"]


def table(tmp_path: Path) -> pd.DataFrame:
    x = np.random.default_rng(0).standard_normal((300, 3))
    frame = pd.DataFrame(x, columns=["x1", "x2", "x3"])
    frame["y"] = TEACHER(x)[:, 0]
    frame.to_csv(tmp_path / "answers.csv", index=False)
    return frame


def test_a_table_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path)
    assert main(["recover", "answers.csv", *SHORT, "--out", "net.safetensors", "--json"]) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert "Inputs: x1, x2 and x3; outputs: y." in said.err
    assert (report["inputs"], report["outputs"]) == (["x1", "x2", "x3"], ["y"])
    error = ec.match(TEACHER, ec.load_network("net.safetensors")).max_weight_error
    assert report["status"] == "exact" and error is not None and error < 1e-11
    assert main(["compare", "net.safetensors", "answers.csv"]) == 0
    assert "300" in capsys.readouterr().out


def test_other_columns_are_named_and_free_directions_speak_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = table(tmp_path).rename(columns={"x1": "age", "x2": "bmi", "x3": "bp", "y": "risk"})
    frame.insert(0, "site", 7.0)
    frame.to_parquet("answers.parquet")
    out = ["--out", "net.safetensors", "--json"]
    assert main(["recover", "answers.parquet", *SHORT, *out]) == 2
    asked = capsys.readouterr().err
    assert "site, age, bmi, bp and risk" in asked and "--inputs 1-4 --outputs risk" in asked
    assert not Path("net.safetensors").exists()
    told = ["--inputs", "site,age-bp", "--outputs", "risk"]
    assert main(["recover", "answers.parquet", *told, *SHORT, *out]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["inputs"] == ["site", "age", "bmi", "bp"]
    assert '"site" never changes' in report["free_directions"][0]


def test_python_reads_a_path_as_well(tmp_path: Path) -> None:
    frame = table(tmp_path)
    options: dict[str, Any] = {"activation": "tanh", "hidden_layers": 1, "students": 3, "width": 4}
    result = ec.recover(tmp_path / "answers.csv", **options)
    again = ec.recover(str(tmp_path / "answers.csv"), inputs="x*", outputs=["y"], **options)
    assert result.report["verified"] and result.report["inputs"] == ["x1", "x2", "x3"]
    for one, other in zip(result.network.weights, again.network.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    x, _ = ec.load_answers(tmp_path / "answers.csv", inputs="x2,x1", outputs="y")
    np.testing.assert_array_equal(x, frame[["x2", "x1"]])
    with pytest.raises(ec.InputError, match="which is for a callable"):
        ec.recover(tmp_path / "answers.csv", inputs=3)
    with pytest.raises(ec.InputError, match="which are for a file"):
        ec.recover(lambda x: x, outputs="y")


def test_a_run_keeps_what_its_columns_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EC_HOME", str(tmp_path / "runs"))
    table(tmp_path)
    found = ec.probing.open_answers(tmp_path / "answers.csv")
    run = Run.create(Source.from_answers(found.x, found.y, "a.csv", "tanh", found.columns))
    assert run.source().columns == found.columns == run.ask().columns
    assert run.stored.columns().outputs == ("y",)
    nameless = Run.create(Source.from_answers(found.x, found.y, "a.npz", "tanh"))
    assert not nameless.source().columns and not nameless.ask().columns
