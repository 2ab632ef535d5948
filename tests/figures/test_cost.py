"""The cost figure: lines, ceilings and levels are where the numbers say."""

from __future__ import annotations

import numpy as np
import pytest

from ec_core.figures import cost_by_size
from ec_core.figures.cost import AIM, CostPoint
from tests.figures import samples

CEILING = 8e10
POINTS = [
    # given in no order
    CostPoint(4, 1001, 3.2e10, 1.0, 0.5),
    CostPoint(1, 101, 2e7, 4e-3, 1e-3),
    CostPoint(4, 101, 8e7, 8e-3, 2e-3),
    CostPoint(1, 1001, 8e9, 0.3, 0.2),
]


def test_every_number_of_students_has_times_a_ceiling_and_rates() -> None:
    fig = cost_by_size(POINTS, CEILING)
    assert len(fig.data) == 6
    times = samples.named(fig, "4 students")
    assert list(times.x) == [101, 1001] and list(times.y) == [8e-3, 1.0]
    assert list(samples.named(fig, "4 students: ceiling").y) == [1e-3, 0.4]
    rates = samples.named(fig, "1 student: rate")
    assert list(rates.y) == pytest.approx([20.0, 40.0]) and rates.yaxis == "y2"
    assert "50%" in rates.text[1]
    assert times.marker.symbol != samples.named(fig, "1 student").marker.symbol


def test_the_ceiling_and_the_aim_stand_in_the_right_panel() -> None:
    fig = cost_by_size(POINTS, CEILING)
    assert [shape.y0 for shape in fig.layout.shapes] == pytest.approx([80.0, AIM * 80.0])
    assert "matrix product: 80" in samples.words(fig) and "60%" in samples.words(fig)
    assert fig.layout.yaxis2.range[1] > 80
    low, high = (10.0 ** np.array(fig.layout.yaxis.range)).tolist()
    assert low <= 2e7 / CEILING and high >= 1.0


def test_one_point_and_none() -> None:
    assert "measured" in samples.words(cost_by_size([], CEILING))
    cost_by_size(POINTS[:1], CEILING).to_json()
