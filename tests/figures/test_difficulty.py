"""The map of the problems: every cell where it belongs, the paper's share where it is drawn."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from ec_core.benchmark import PAPER_SHARE, summarise
from ec_core.figures import DARK, LIGHT, Theme, success_map, time_map
from tests.benchmark.samples import outcome
from tests.figures import samples

SUMMARY = summarise(
    [
        *(outcome(2, 2, seed, seconds=seed + 1.0) for seed in range(3)),
        outcome(2, 8, 0, error=None, seconds=200.0, verified=False),
        outcome(2, 8, 1, error=1e-9, seconds=400.0),
        outcome(32, 2, 4, error=1e-3, seconds=0.5),
    ]
)


def _by_cell(fig: go.Figure) -> dict[tuple[int, int], tuple[float, str, str]]:
    """(value, text, hover) by (inputs, hidden), read back from a figure by its axes."""
    heat, points = samples.named(fig, "map"), samples.named(fig, "cells")
    inputs = [int(text) for text in fig.layout.xaxis.ticktext]
    hidden = [int(text) for text in fig.layout.yaxis.ticktext]
    texts = {(note.x, note.y): note.text for note in fig.layout.annotations if note.yref == "y"}
    assert [list(pair) for pair in points.customdata] == [
        [inputs[x], hidden[y]] for x, y in zip(points.x, points.y, strict=True)
    ]
    return {
        (inputs[x], hidden[y]): (z, texts[x, y], hover)
        for x, y, z, hover in zip(heat.x, heat.y, heat.z, points.text, strict=True)
    }


def test_every_cell_shows_its_count_and_says_more_when_hovered() -> None:
    cells = _by_cell(success_map(SUMMARY, PAPER_SHARE))
    assert {at: value[:2] for at, value in cells.items()} == {
        (2, 2): (1.0, "3/3"),
        (2, 8): (0.5, "1/2"),
        (32, 2): (0.0, "0/1"),
    }
    assert "3 of 3 recovered" in cells[2, 2][2] and "median 2 s, slowest 3 s" in cells[2, 2][2]
    assert "not recovered: seed 0" in cells[2, 8][2] and "10⁻⁹" in cells[2, 8][2]
    assert "not recovered: seed 4" in cells[32, 2][2]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_papers_share_stands_beside_the_share_of_all_problems(theme: Theme) -> None:
    fig = success_map(SUMMARY, PAPER_SHARE, theme)
    (line,) = fig.layout.shapes
    assert line.x0 == line.x1 == PAPER_SHARE and line.xref == "x2"
    assert np.isclose(samples.named(fig, "here").x[0], 4 / 6)
    said = samples.words(fig)
    assert "here 67%" in said and "the paper, all problems: 80%" in said
    # the colour turns exactly there
    heat = samples.named(fig, "map")
    assert (heat.zmin, heat.zmax) == (0, 1)
    assert [stop[0] for stop in heat.colorscale if stop[1] == theme.paper] == [PAPER_SHARE]


def test_times_are_told_apart_on_a_logarithmic_scale() -> None:
    fig = time_map(SUMMARY)
    heat = samples.named(fig, "map")
    assert np.allclose(heat.z, np.log10([2.0, 300.0, 0.5]))
    assert [text for _, text, _ in _by_cell(fig).values()] == ["2 s", "5 min", "0.5 s"]
    assert "slowest 6.7 min" in samples.words(fig)
    assert heat.zmin <= min(heat.z) and heat.zmax >= max(heat.z)
    assert [stop[0] for stop in heat.colorscale] == sorted(stop[0] for stop in heat.colorscale)
    assert (heat.colorscale[0][0], heat.colorscale[-1][0]) == (0, 1)


def test_one_cell_and_none() -> None:
    one = summarise([outcome(seconds=1.0)])
    heat = samples.named(time_map(one), "map")
    assert heat.zmin < heat.zmax
    assert _by_cell(success_map(one, PAPER_SHARE))[2, 2][1] == "1/1"
    for fig in (success_map(summarise([]), PAPER_SHARE), time_map(summarise([]))):
        assert "No problem" in samples.words(fig)
