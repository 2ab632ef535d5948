"""Loss curves: log axis, one line per student, few points, nothing lost that matters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_core.events import CONVERGED, OUT_OF_BUDGET, STALLED, STOPPED, TRAINING
from ec_core.figures import DARK, LIGHT, loss_curves
from ec_core.figures.log_axis import LOSS_FLOOR
from ec_core.figures.losses import MAX_POINTS, decimate
from ec_core.figures.theme import student_style
from tests.figures import samples

STATES = (CONVERGED, TRAINING, STALLED, STOPPED, OUT_OF_BUDGET)


def curves(fig: object) -> list[Any]:
    return [trace for trace in fig.data if trace.hoverinfo != "skip"]  # type: ignore[attr-defined]


def test_sixteen_students_are_told_apart_and_look_the_same_everywhere() -> None:
    history = np.geomspace(1, 1e-30, 50)[:, None] * np.ones(16)
    for theme in (LIGHT, DARK):
        states = tuple(STATES[s % len(STATES)] for s in range(16))
        lines = curves(loss_curves(history, states, theme=theme))
        drawn = {line.hovertemplate.split("</b>")[0]: line.line for line in lines}
        looks = [drawn[f"<b>student {s + 1}"] for s in range(16)]
        assert len({(look.color, look.dash) for look in looks}) == 16
        styles = [student_style(s, theme) for s in range(16)]
        assert [(s.colour, s.dash) for s in styles] == [(k.color, k.dash) for k in looks]
        assert len({(style.colour, style.mark) for style in styles}) == 16


def test_one_line_per_student_and_a_symbol_per_state() -> None:
    history = np.geomspace(1, 1e-30, 50)[:, None] * np.ones(5)
    fig = loss_curves(history, STATES, 1e-28)
    lines = curves(fig)
    assert len(lines) == 5
    assert len({line.line.color for line in lines}) == 5
    assert len({line.marker.symbol for line in lines}) == 5
    assert fig.layout.yaxis.type == "log"
    low, high = fig.layout.yaxis.range
    assert low <= -32 and high >= 0
    assert {trace.name for trace in fig.data if trace.showlegend is None} == {
        f"{state} (1)" for state in STATES
    }
    levels = sorted(shape.y0 for shape in fig.layout.shapes)
    assert levels == [1e-28, 1e-7]
    assert "paper" in samples.words(fig) and "rounding" in samples.words(fig)


def test_zeros_rest_on_the_floor_and_say_what_they_are() -> None:
    (line,) = curves(loss_curves(np.array([[1.0], [0.0]]), (CONVERGED,)))
    assert np.asarray(line.y).tolist() == [1.0, LOSS_FLOOR]
    assert line.customdata[-1] == "0"


def test_gaps_are_left_out_and_a_student_without_losses_breaks_nothing() -> None:
    history = np.array([[1.0, np.nan], [np.nan, np.nan], [0.1, np.nan]])
    first, second = sorted(
        curves(loss_curves(history, (TRAINING, STOPPED))), key=lambda t: -len(t.x)
    )
    assert np.asarray(first.x).tolist() == [1, 3]
    assert len(second.x) == 0


@pytest.mark.parametrize("history", [np.empty((0, 4)), np.full((3, 2), np.nan), np.empty((0, 0))])
def test_nothing_to_draw(history: np.ndarray) -> None:
    fig = loss_curves(history, (TRAINING,) * history.shape[1])
    assert len(fig.data) == 0 and "appear here" in samples.words(fig)


def test_a_long_history_stays_small() -> None:
    rng = np.random.default_rng(0)
    history = 10.0 ** rng.uniform(-30, 3, (1000, 50))
    fig = loss_curves(history, (TRAINING,) * 50, theme=LIGHT)
    assert sum(len(line.x) for line in curves(fig)) <= 50 * MAX_POINTS
    assert fig.layout.yaxis.range[1] >= 3


@given(
    st.lists(st.one_of(st.floats(1e-32, 1e3), st.just(float("nan"))), max_size=400),
    st.integers(4, 60),
)
def test_decimation_keeps_ends_and_extremes(losses: list[float], points: int) -> None:
    array = np.array(losses, dtype=float)
    finite = np.flatnonzero(np.isfinite(array))
    kept = decimate(array, points)
    assert len(kept) <= max(points, 0) or len(kept) == len(finite) <= points
    assert set(kept) <= set(finite)
    if len(finite):
        assert kept[0] == finite[0] and kept[-1] == finite[-1]
        assert array[kept].min() == array[finite].min()
        assert array[kept].max() == array[finite].max()
