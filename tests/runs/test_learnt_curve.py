"""A run of answers whose activation is on no list ends with a learnt curve, in the app too."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ec_core as ec
from ec_core import candidates
from ec_core.candidates import AUTO
from ec_core.jobs import JobBoard
from ec_core.runs import results, script, work
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings, default_settings
from ec_core.runs.source import Source
from pages.expand import race_views
from pages.expand.whole import result_line

DRAWN = ec.make_teacher("synthetic", sizes=(3, 3, 2), activation="tanh", seed=0).network


def _bump(x: np.ndarray) -> np.ndarray:
    h = np.exp(-((x @ DRAWN.weights[0].T + DRAWN.biases[0]) ** 2))
    return np.asarray(h @ DRAWN.weights[1].T + DRAWN.biases[1])


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A race of three."""
    usual = candidates.Field.of

    def of(activation: str, *others: Any) -> candidates.Field:
        field = usual(activation, *others)
        told: dict[str, Any] = {"activations": ("tanh", "gelu"), "later": ("sin",)}
        return replace(field, depths=(1,), **told) if activation == AUTO else field

    monkeypatch.setattr(candidates.Field, "of", of)


@pytest.mark.long
@pytest.mark.usefixtures("few")
def test_start_ends_with_it_and_the_script_repeats_it(
    board: JobBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.random.default_rng(3).standard_normal((9000, 3))
    source = Source.from_answers(x, _bump(x), "answers.npz", AUTO)
    told = {**default_settings(source).as_json(), "students": 3, "width": 4, "device": "cpu"}
    run = Run.create(source, Settings(**told))
    job = work.start_whole(board, run)
    assert job.wait(280) and job.snapshot().error is None
    report = results.report(run)
    assert (report["status"], report["activation"]) == ("verified", "curve")
    assert report["sizes"] == [3, 3, 2]
    (curve,) = report["curves"]
    assert curve["error"] < 1e-6 and not curve["nearest"]["within"]
    verdicts = {told["activation"]: told["verdict"] for told in report["candidates"]}
    assert verdicts["free"] == "verified" and verdicts["tanh"] == "failed"
    line = result_line(run)
    assert line.startswith("a learnt curve, one hidden layer, 3–3–2, verified with this curve, to")
    race = run.race()
    assert race is not None
    (said,) = race_views.sentences(run, race)
    assert said.startswith("No listed activation explains the answers; a learnt curve")
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile(BytesIO(script.archive(run))) as archive:
        archive.extractall(tmp_path)
    exec(compile(script.repeat(run), "repeat.py", "exec"), {"__name__": "__main__"})
    again, network = ec.load_network("recovered.safetensors"), run.reconstruction().network
    np.testing.assert_array_equal(again(x), network(x))
