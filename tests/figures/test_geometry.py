"""Clipped lines against a dense search along the box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_core.errors import InputError
from ec_core.figures import clip_lines, plane_lines
from ec_core.figures.geometry import polyline
from tests.figures import samples

BOX = (-3.0, 2.0, -1.0, 4.0)
NUMBER = st.floats(-5, 5, allow_nan=False)


def crossings(vector: np.ndarray) -> list[tuple[float, float]]:
    """Where w·x + b changes sign along the box's outline: bisection-free, edge by edge."""
    x0, x1, y0, y1 = BOX
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    found = []
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        fa, fb = vector[:2] @ a + vector[2], vector[:2] @ b + vector[2]
        if fa * fb < 0:
            share = fa / (fa - fb)
            found.append(tuple(a + share * (b - a)))
    return sorted(found)


@given(NUMBER, NUMBER, NUMBER)
def test_ends_lie_where_the_line_crosses_the_outline(w1: float, w2: float, b: float) -> None:
    vector = np.array([w1, w2, b])
    if np.hypot(w1, w2) < 1e-3:
        return
    corners = np.array([[x, y] for x in BOX[:2] for y in BOX[2:]])
    if np.abs(corners @ vector[:2] + b).min() < 1e-6:
        return  # through a corner: whether it is inside is a matter of rounding
    (segment,) = clip_lines(vector, BOX)
    wanted = crossings(vector)
    if not wanted:
        assert np.isnan(segment).all()
    else:
        ends = [np.allclose(order, wanted, atol=1e-6) for order in (segment, segment[::-1])]
        assert any(ends)


def test_upright_level_and_outside_lines() -> None:
    vectors = np.array([[1, 0, -1], [0, 2, -2], [1, 0, -9], [0, 1, 7], [0, 0, 1], [np.nan, 1, 0]])
    segments = clip_lines(vectors.astype(float), BOX)
    assert sorted(segments[0].tolist()) == [[1, -1], [1, 4]]
    assert sorted(segments[1].tolist()) == [[-3, 1], [2, 1]]
    assert np.isnan(segments[2:]).all()


def test_no_lines() -> None:
    assert clip_lines(np.empty((0, 3)), BOX).shape == (0, 2, 2)


def test_polyline_runs_from_end_to_end_with_gaps() -> None:
    x, y = polyline(np.array([[[0.0, 0.0], [4.0, 8.0]], [[1.0, 1.0], [1.0, 1.0]]]), points=5)
    assert x[:5].tolist() == [0, 1, 2, 3, 4] and y[:5].tolist() == [0, 2, 4, 6, 8]
    assert np.isnan(x[5]) and np.isnan(y[5]) and len(x) == 12


def test_plane_has_a_trace_per_student_and_the_teacher_dashed_on_top() -> None:
    rng = np.random.default_rng(0)
    fig = plane_lines(rng.standard_normal((4, 6, 3)), truth=rng.standard_normal((3, 3)))
    assert len(fig.data) == 5
    assert fig.data[-1].name == "the teacher's neurons" and fig.data[-1].line.dash
    assert fig.data[-1].line.width > fig.data[0].line.width
    assert sum(trace.showlegend is not False for trace in fig.data) == 2
    assert fig.layout.yaxis.scaleanchor == "x"


def test_hovered_neuron_is_the_one_whose_line_it_is() -> None:
    vectors = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, -2.0]])  # the first is a constant: no line
    (line,) = plane_lines(vectors).data
    assert set(line.customdata) == {2}
    assert np.allclose(samples.pieces(line.x)[0], 2.0)


def test_plane_edge_cases() -> None:
    assert len(samples.pieces(plane_lines(np.zeros((2, 3, 3))).data[0].x)) == 0
    plane_lines(np.empty((0, 3, 3))).to_json()
    plane_lines(np.random.default_rng(0).standard_normal((50, 40, 3))).to_json()
    with pytest.raises(InputError, match="two inputs; got 4"):
        plane_lines(np.zeros((2, 3, 5)))
