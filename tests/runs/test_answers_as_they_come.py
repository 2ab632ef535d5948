"""Runs of answers that came through a softmax or a sigmoid: kept, found out, repeated."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import ec_core as ec
from ec_core.jobs import JobBoard
from ec_core.runs import results, script, work
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings, default_settings
from ec_core.runs.source import Source
from tests.often import long

TEACHER = ec.make_teacher("synthetic", sizes=(3, 3, 2), activation="tanh", seed=0).network
X = np.random.default_rng(3).standard_normal((700, 3))


def _softmax(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


def _done(board: JobBoard, y: np.ndarray, **more: str) -> Run:
    source = Source.from_answers(X, y, "answers.npz", "tanh", **more)  # type: ignore[arg-type]
    settings = default_settings(source).as_json()
    run = Run.create(source, Settings(**{**settings, "students": 4, "device": "cpu"}))
    job = work.start_whole(board, run)
    assert job.wait(240) and job.snapshot().error is None
    return run


def _repeated(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ec.Network:
    with zipfile.ZipFile(BytesIO(script.archive(run))) as archive:
        archive.extractall(folder)
    monkeypatch.chdir(folder)
    exec(compile(script.repeat(run), "repeat.py", "exec"), {"__name__": "__main__"})
    return ec.load_network("recovered.safetensors")


def _same(one: ec.Network, other: ec.Network) -> bool:
    pairs = zip((*one.weights, *one.biases), (*other.weights, *other.biases), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    ("head", "told", "output"),
    [
        (_softmax, "auto", "softmax"),
        *long((_sigmoid, "auto", "sigmoid"), (_sigmoid, "sigmoid", None)),
    ],
)
def test_a_run_keeps_what_its_answers_are_and_its_script_repeats_it(
    board: JobBoard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    head: np.ufunc,
    told: str,
    output: str | None,
) -> None:
    run = _done(board, head(TEACHER(X)), output=told)
    report = results.report(run)
    assert report["output"] == (output or told) and report["status"] == "exact"
    # what was given is kept as it was given
    assert np.array_equal(run.stored.answers()[1], head(TEACHER(X)))
    assert run.stored.output() == report["output"]
    error = ec.match(TEACHER, run.reconstruction().network, within=run.probes()).max_weight_error
    assert error is not None and error < 1e-10
    text = script.repeat(run)
    assert ("output='sigmoid'" in text) == (report["output"] == "sigmoid")
    assert _same(_repeated(run, tmp_path, monkeypatch), run.reconstruction().network)


def test_an_old_run_has_no_output_and_its_script_says_so() -> None:
    run = Run.create(Source.from_answers(X, np.log(_softmax(TEACHER(X))), "a.npz", "tanh"))
    assert run.probes().output.kind == "log-softmax" and run.rows_as_then == ""
    arrays = run.stored.load_arrays("probes")
    run.stored.save_arrays("probes", {n: a for n, a in arrays.items() if n != "output"})
    assert run.probes().output.kind == "logits"
    assert run.rows_as_then == ", output='logits'"
