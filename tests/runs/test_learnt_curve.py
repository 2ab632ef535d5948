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
from ec_core.curves.search import FREE
from ec_core.jobs import JobBoard
from ec_core.runs import race_words, races, results, script, work
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


@pytest.mark.long
def test_a_run_that_is_told_to_learn_the_curve_is_one_job_that_is_watched(
    board: JobBoard,
) -> None:
    """Step by step and all at once are the same here; the curve has a line in the picture."""
    x = np.random.default_rng(3).standard_normal((900, 2))
    answers = np.tanh(x @ [[1.0, -0.7], [0.4, 1.3]] + [0.3, -0.2]) @ [[1.0], [-1.5]]
    source = Source.from_answers(x, answers, "answers.npz", FREE)
    settings = default_settings(source)
    assert settings.hidden_layers == AUTO
    told = {**settings.as_json(), "students": 3, "width": 2, "hidden_layers": 1, "device": "cpu"}
    run = Run.create(source, Settings(**told))
    job = work.start_expand(board, run)
    assert job.wait(280) and job.snapshot().error is None
    assert job.label.startswith(work.WHOLE)
    race = races.seen(job.snapshot().seen.events)
    assert race.learning and race.heats[0].width == 2
    (line,) = race.heats[0].curves
    losses = [loss for loss in line.losses if loss is not None]
    assert line.at == tuple(range(1, len(line.at) + 1)) and losses == sorted(losses, reverse=True)
    assert race_words.so_far(race).startswith("The activation itself is learnt, as a curve")
    # two neurons of tanh: the curve is given its name, and then all is exact
    report = results.report(run)
    assert report["verified"] and report["sizes"] == [2, 2, 1]
    assert "tanh" in result_line(run) or "sigmoid" in result_line(run)
    text = script.repeat(run)
    assert "activation='free'" in text and "learnt as a curve" in text
