"""The figure of the probe study: what is drawn solid, dotted, where, and in whose colour."""

from __future__ import annotations

import pytest

from ec_core.figures import success_by_probes
from ec_core.figures.few_probes import ProbesPoint
from tests.figures import samples

POINTS = [
    ProbesPoint("4-4-1 g", 25, 1, 100, False, 3, 5),
    ProbesPoint("4-4-1 g", 25, 1, 50, False, 0, 5),
    ProbesPoint("4-4-1 g", 25, 1, 50, True, 2, 5),
    ProbesPoint("6-5-3 tanh", 53, 3, 20, True, 0, 0),
]


def test_shares_stand_over_answers_per_weight() -> None:
    fig = success_by_probes(POINTS)
    random = samples.named(fig, "4-4-1 g, random")
    assert list(random.x) == [2, 4] and list(random.y) == pytest.approx([0, 0.6])
    assert "3 of 5" in random.text[1]
    active = samples.named(fig, "4-4-1 g, active")
    assert list(active.y) == pytest.approx([0.4])
    assert active.line.color == random.line.color and active.line.dash != random.line.dash
    assert active.marker.symbol != random.marker.symbol
    other = samples.named(fig, "6-5-3 tanh, active")
    assert list(other.x) == pytest.approx([60 / 53]) and list(other.y) == [0.0]
    assert other.line.color != active.line.color
    assert len(fig.data) == 3


def test_the_line_of_as_many_answers_as_weights_is_inside() -> None:
    fig = success_by_probes(POINTS)
    low, high = (10.0**end for end in fig.layout.xaxis.range)
    assert low < 1 < high and high > 4
    assert fig.layout.shapes[0].x0 == 1 and fig.layout.annotations[0].x == 0
    assert "as many answers" in samples.words(fig)


def test_nothing_asked_yet() -> None:
    assert "asked" in samples.words(success_by_probes([]))
