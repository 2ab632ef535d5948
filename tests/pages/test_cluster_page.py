"""Thresholds act at once, without retraining, and are kept with the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import grove
from pages.ui.runs import Run

Opener = Callable[..., AppTest]


@pytest.fixture
def run(at_stage: Callable[[str], Run]) -> Run:
    return at_stage("ensemble")


def test_the_automatic_cut_is_stored(open_page: Opener, run: Run) -> None:
    assert not run.has("cut")
    open_page("cluster", run)
    assert run.cut().rule == "plateau"
    assert len(grove.clusters_of(run, run.cut()).kept) == 4


def test_moving_the_height_is_a_cut_by_hand(open_page: Opener, run: Run) -> None:
    app = open_page("cluster", run)
    stamp = run.stamp("ensemble")
    app.slider(key="cut_height").set_value(1.0).run()
    assert not app.exception
    assert run.cut().rule == "hand"
    assert run.cut().height == pytest.approx(10.0)
    assert app.segmented_control(key="cut_rule").value == "hand"
    assert run.stamp("ensemble") == stamp


def test_gamma_and_beta_are_taken_over(open_page: Opener, run: Run) -> None:
    app = open_page("cluster", run)
    app.slider(key="cut_gamma").set_value(0.75).run()
    app.slider(key="cut_beta").set_value(12.0).run()
    assert (run.cut().gamma, run.cut().beta) == (0.75, 12.0)


def test_the_paper_s_rule_can_be_chosen_and_comes_back(open_page: Opener, run: Run) -> None:
    app = open_page("cluster", run)
    app.segmented_control(key="cut_rule").set_value("paper").run()
    assert run.cut().rule == "paper"
    again = open_page("cluster", run)
    assert again.segmented_control(key="cut_rule").value == "paper"


def test_showing_the_truth_works_on_the_pca_map(open_page: Opener, run: Run) -> None:
    app = open_page("cluster", run)
    app.segmented_control(key="map_method").set_value("PCA").run()
    app.toggle(key="map_truth").set_value(True).run()
    assert not app.exception
    assert not app.error
