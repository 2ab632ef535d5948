"""The strip that says which layer is worked on, from events made up for the purpose."""

from __future__ import annotations

from collections.abc import Callable, Generator
from threading import Event as Flag

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core.control import Control
from ec_core.events import CONVERGED, Event, LayerStep, Note, TrainingProgress, WidthTried
from ec_core.runs import work
from ec_core.runs.run import Run
from pages.parts.layer_strip import standing
from pages.shell.process import board

Opener = Callable[..., AppTest]

STEPS = (
    LayerStep("reconstruct", 1, 3, "cluster", "One."),
    LayerStep("reconstruct", 1, 3, "freeze", "Two."),
    Note("reconstruct", "In between."),
    LayerStep("reconstruct", 2, 3, "cluster", "Four neurons recur."),
    LayerStep("reconstruct", 2, 3, "retrain", "Students learn <again>."),
)
RETRAINED = TrainingProgress(
    "reconstruct",
    3,
    np.array([1e-3, 1e-30]),
    ("training", CONVERGED),
    np.array([3, 3]),
    np.array([0, 0]),
    8,
    1.0,
    10.0,
)


def test_the_newest_step_decides() -> None:
    found = standing(STEPS)
    assert found is not None
    assert [state for _, state in found.layers] == ["done", "now", "later"]
    assert [state for _, state in found.phases] == ["done", "later", "now", "later", "later"]
    assert found.message == "Students learn <again>."


def test_nothing_is_drawn_for_one_layer_or_without_a_step() -> None:
    assert standing([Note("expand", "A sentence.")]) is None
    assert standing([LayerStep("reconstruct", 1, 1, "prune", "Alone.")]) is None


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("page", "kind", "stage"),
    [("reconstruct", work.RECONSTRUCT, "cut"), ("expand", work.EXPAND, "teacher")],
)
def test_the_pages_show_it_while_a_job_runs(
    open_page: Opener, at_stage: Callable[[str], Run], page: str, kind: str, stage: str, theme: str
) -> None:
    run, go, told = at_stage(stage), Flag(), Flag()
    run.ask()

    def stage_of(control: Control) -> Generator[Event, None, None]:
        yield from STEPS
        if kind == work.RECONSTRUCT:
            yield RETRAINED
        else:
            yield WidthTried("expand", 8, 1, 6, 1e-3, False, (8, 8, 4))
        yield Note("expand", "Everything is told.")
        told.set()
        go.wait(30)

    job = work.submit(board(), run, kind, stage_of)
    try:
        assert told.wait(30)
        app = open_page(page, run, theme=theme)
        assert not app.error
        drawn = app.container(key="layer_strip").html[0].value
        assert 'class="now" aria-current="step">layer 2<' in drawn
        assert "retrain what is above" in drawn and "&lt;again&gt;" in drawn
        if kind == work.EXPAND:
            assert any("With 8–8–4 neurons 1 of 6" in element.value for element in app.html)
    finally:
        go.set()
        assert job.wait(30)
