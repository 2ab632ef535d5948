"""A result is not thrown away without a word: training on asks, and keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core import store as kept
from ec_core.events import STALLED
from ec_core.runs import builds, results, work
from ec_core.runs.run import Run
from pages.shell.process import board, job_of

Opener = Callable[..., AppTest]


@pytest.fixture
def run(at_stage: Callable[[str], Run]) -> Run:
    """A verified run, one of whose students is stuck, so that training can go on."""
    found = at_stage("cut")
    ensemble = found.ensemble()
    statuses = (STALLED, *ensemble.statuses[1:])
    cut = found.cut()
    found.save_ensemble(replace(ensemble, statuses=statuses))
    found.save_cut(cut)
    job = work.start_reconstruct(board(), found)
    assert job.wait(120) and job.snapshot().error is None
    assert results.of(found).certificate.verified
    return found


def _waited(run: Run) -> None:
    job = job_of(run)
    assert job is not None and job.wait(120) and job.snapshot().error is None


def test_training_on_asks_first_and_no_means_no(open_page: Opener, run: Run) -> None:
    before, job = run.stamp("ensemble"), job_of(run)
    app = open_page("expand", run)
    app.button(key="continue_training").click().run()
    assert job_of(run) is job, "nothing was started"
    said = app.container(key="panel_continue").markdown[0].value
    assert "2–4–1, verified" in said and "kept as an earlier one" in said
    app.button(key="continue_no").click().run()
    assert not [button for button in app.button if button.key == "continue_yes"]
    assert job_of(run) is job and run.stamp("ensemble") == before and run.has("recovered")


def test_the_old_result_is_kept_and_brought_back(open_page: Opener, run: Run) -> None:
    network, students = run.reconstruction().network, run.ensemble().theta
    app = open_page("expand", run)
    app.button(key="continue_training").click().run()
    app.button(key="continue_yes").click().run()
    _waited(run)
    assert not run.has("recovered") and run.steered
    app = open_page("expand", run)
    assert not app.error
    (version,) = kept.versions(run.stored)
    line = app.container(key=f"version_{version.number}").html[0].value
    assert "2–4–1" in line and "verified" in line and "trained on" in line
    # brought back, it is as it was
    app.button(key=f"back_{version.number}").click().run()
    assert not app.error
    again = run.reconstruction().network
    assert all(map(np.array_equal, again.weights, network.weights))
    assert np.array_equal(run.ensemble().theta, students)
    assert list(builds.all_of(run)) == [builds.AUTOMATIC] and not run.steered
    assert "Verified" in open_page("compare", run).container(key="verdict").html[0].value
    # and the students that were trained on are kept in its place
    (other,) = kept.versions(run.stored)
    assert "sizes" not in other.facts and other.settings["steered"]


def test_comparing_other_students_keeps_the_result_too(open_page: Opener, run: Run) -> None:
    run.stored.update_settings(best_students=3)
    app = open_page("cluster", run)
    app.button(key="cluster_all").click().run()
    assert run.best_students is None and not run.has("recovered")
    (version,) = kept.versions(run.stored)
    assert version.settings["best_students"] == 3 and version.facts["verified"]
