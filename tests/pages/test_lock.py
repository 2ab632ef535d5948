"""The truth locked away: no page and no download so much as looks at the teacher's weights."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import ec_core as ec
from ec_core.runs import loading, portable, results, script, tree_cache
from ec_core.runs.run import Run
from ec_core.runs.source import Source
from pages.compare import downloads
from pages.shell.navigation import STEPS

Opener = Callable[..., AppTest]


@dataclass(frozen=True)
class _Guarded:
    """A network whose weights nobody may look at."""

    sizes: tuple[int, ...]
    activation: str
    dataset: None = None

    @property
    def weights(self) -> Any:
        raise AssertionError("the teacher's weights were looked at")

    biases = weights
    parameter_count = weights


@pytest.fixture
def guarded(at_stage: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose teacher raises when its weights are touched."""
    run = at_stage("recovered")
    given = run.asked()
    assert given.network is not None
    network: Any = _Guarded(given.network.sizes, given.network.activation)
    watched = replace(given, network=network)
    monkeypatch.setattr(loading, "source", lambda *_: watched)
    return run


@pytest.mark.parametrize("step", [step.key for step in STEPS])
def test_no_page_looks_at_a_locked_teacher(open_page: Opener, guarded: Run, step: str) -> None:
    guarded.lock_truth(True)
    app = open_page(step, guarded)
    assert not app.error
    text = " ".join(element.value for element in (*app.html, *app.markdown))
    title = "–".join(map(str, guarded.asked().network.sizes))  # type: ignore[union-attr]
    if step not in (
        "expand",
        "reconstruct",
        "compare",
    ):  # there the recovered network has these sizes
        assert title not in text
    assert "make_teacher" not in text


def test_the_guard_would_notice(open_page: Opener, guarded: Run) -> None:
    assert open_page("teacher", guarded).error
    assert open_page("compare", guarded).error


def test_no_download_holds_a_locked_teacher(guarded: Run, planar: Run) -> None:
    guarded.lock_truth(True)
    assert "match" not in results.report(guarded)
    assert "Errors of the weights" not in downloads.figures_page(guarded)
    assert "source" not in json.loads(portable.settings(guarded))
    with zipfile.ZipFile(BytesIO(script.archive(guarded))) as archive:
        names = set(archive.namelist())
        text = archive.read(script.file_name(guarded)).decode()
    assert names == {script.file_name(guarded), "settings.json", "probes.npz"}
    assert "make_teacher" not in text and "ec.match" not in text
    assert tree_cache.packed_truth(guarded, "t") is None


def _repeats(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script and what comes with it give the run's very network."""
    with zipfile.ZipFile(BytesIO(script.archive(run))) as archive:
        archive.extractall(folder)
    monkeypatch.chdir(folder)
    exec(compile(script.repeat(run), "repeat.py", "exec"), {"__name__": "__main__"})
    again, network = ec.load_network("recovered.safetensors"), run.reconstruction().network
    assert all(map(np.array_equal, again.weights, network.weights))


def test_the_script_of_a_locked_run_repeats_it(
    at_stage: Callable[[str], Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = at_stage("recovered")
    run.lock_truth(True)
    _repeats(run, tmp_path, monkeypatch)


@pytest.mark.long
def test_where_questions_grew_the_students_of_a_locked_run_come_along(
    at_stage: Callable[[str], Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all questions at hand the search for a width would end elsewhere."""
    run, plain = at_stage("recovered"), Run.settings
    grown = replace(plain(run), as_needed=True, width=None)
    monkeypatch.setattr(Run, "settings", lambda _: grown)
    assert "students.npz" not in script.needs(run)
    run.lock_truth(True)
    assert script.needs(run) == ("probes.npz", "students.npz")
    _repeats(run, tmp_path, monkeypatch)


def test_unlocked_everything_is_back(open_page: Opener, at_stage: Callable[[str], Run]) -> None:
    run = at_stage("recovered")
    title, network = run.title, run.asked().network
    app = open_page("teacher", run)
    app.toggle(key="truth_locked").set_value(True).run()
    assert run.truth_locked and run.source().network is None and run.title != title
    assert not app.error and "locked away" in app.markdown[-1].value
    app.toggle(key="truth_locked").set_value(False).run()
    assert not app.error
    assert (run.title, run.source().network) == (title, network)
    assert "Verified" in open_page("compare", run).container(key="verdict").html[0].value


def test_another_run_with_a_locked_teacher_is_locked_too(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    run = at_stage("ensemble")
    run.lock_truth(True)
    other = run.another(run.settings())
    assert other.truth_locked and other.asked().network is not None
    other.ask()
    assert np.array_equal(other.probes().y, run.probes().y)
    app = open_page("expand", run.another(replace(run.settings(), probes=500)))
    assert not app.error
    assert isinstance(run.source(), Source)
