"""What an iteration costs against how much work it is, with the machine's ceiling drawn in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ec_core.figures.log_axis import log_axis
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, axis, empty, figure
from ec_core.figures.words import number, plural

AIM = 0.6
"""Share of the machine's rate that the Gauss-Newton matrix should reach."""

HEIGHT = 460
_LEFT, _RIGHT = (0.0, 0.46), (0.58, 1.0)
"""Where the two panels lie, as shares of the figure's width."""


@dataclass(frozen=True)
class CostPoint:
    """One measurement: ``students`` of ``parameters`` weights each.

    work : float64 operations of J'J as a plain matrix product, for all students
    seconds, matrix_seconds : of a whole iteration, and of the Gauss-Newton matrix alone
    """

    students: int
    parameters: int
    work: float
    seconds: float
    matrix_seconds: float

    @property
    def rate(self) -> float:
        """Operations per second of the Gauss-Newton matrix."""
        return self.work / self.matrix_seconds


def cost_by_size(points: Sequence[CostPoint], ceiling: float, theme: Theme = LIGHT) -> go.Figure:
    """Left: seconds per iteration against parameters, one line per number of students; dashed:
    what the matrix alone would take as a plain product at the machine's rate. Right: the rate the
    Gauss-Newton matrix reaches, under that ceiling.

    ceiling : float64 operations per second of the machine's own matrix product
    """
    if not points:
        return empty(theme, "No iteration has been measured yet.", HEIGHT)
    counts = sorted({point.students for point in points})
    fig = figure(theme, HEIGHT, margin={"l": 24, "r": 24, "t": 64, "b": 24}, showlegend=True)
    for index, count in enumerate(counts):
        line = sorted(
            (point for point in points if point.students == count), key=lambda p: p.parameters
        )
        _lines(fig, line, index, ceiling, theme)
    _level(fig, ceiling / 1e9, f"matrix product: {ceiling / 1e9:.0f}", "solid", theme)
    _level(fig, AIM * ceiling / 1e9, f"{AIM:.0%} of it", "dot", theme)
    fig.add_annotation(
        xref="x domain",
        x=1,
        yref="y domain",
        y=0.02,
        xanchor="right",
        yanchor="bottom",
        text="dashed: the matrix alone,<br>as a plain product",
        align="right",
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.muted},
    )
    parameters = [point.parameters for point in points]
    seconds = [value for p in points for value in (p.seconds, p.work / ceiling)]
    low, high = math.log10(min(parameters)) - 0.1, math.log10(max(parameters)) + 0.1
    across = {
        "tickvals": sorted(set(parameters)),
        "ticktext": [f"{value:,}" for value in sorted(set(parameters))],
    }
    top = max([ceiling, *(point.rate for point in points)]) / 1e9
    fig.update_layout(
        xaxis=log_axis(theme, "parameters per student", low, high, 1, domain=_LEFT, **across),
        yaxis=log_axis(
            theme,
            "seconds per iteration",
            math.floor(math.log10(min(seconds))),
            math.ceil(math.log10(max(seconds))),
            1,
        ),
        xaxis2=log_axis(
            theme, "parameters per student", low, high, 1, domain=_RIGHT, anchor="y2", **across
        ),
        yaxis2=axis(theme, "GFLOP/s of the matrix", range=[0, 1.15 * top], anchor="x2"),
    )
    return fig


def _lines(
    fig: go.Figure, line: Sequence[CostPoint], index: int, ceiling: float, theme: Theme
) -> None:
    """One number of students: its times, its ceiling, and its rates."""
    colour, symbol = theme.colour(index), theme.symbol(index)
    x = [point.parameters for point in line]
    name = plural(line[0].students, "student")
    texts = [
        f"<b>{name}, {point.parameters:,} parameters</b><br>{number(point.seconds)} s per "
        f"iteration<br>matrix: {number(point.matrix_seconds)} s, {point.rate / 1e9:.0f} GFLOP/s "
        f"({point.rate / ceiling:.0%})"
        for point in line
    ]
    shared = {
        "x": x,
        "mode": "lines+markers",
        "marker": {"color": colour, "symbol": symbol, "size": 9},
        "line": {"color": colour, "width": 2.5},
        "text": texts,
        "hovertemplate": "%{text}<extra></extra>",
        "legendgroup": name,
    }
    fig.add_scatter(**shared, y=[point.seconds for point in line], name=name)
    fig.add_scatter(
        x=x,
        y=[point.work / ceiling for point in line],
        mode="lines",
        line={"color": colour, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
        legendgroup=name,
        name=f"{name}: ceiling",
        showlegend=False,
    )
    rates = [point.rate / 1e9 for point in line]
    fig.add_scatter(
        **shared, y=rates, xaxis="x2", yaxis="y2", name=f"{name}: rate", showlegend=False
    )


def _level(fig: go.Figure, height: float, text: str, dash: str, theme: Theme) -> None:
    """A line across the right panel, and what it means."""
    fig.add_shape(
        type="line",
        xref="x2 domain",
        x0=0,
        x1=1,
        yref="y2",
        y0=height,
        y1=height,
        line={"color": theme.text, "width": 1.5, "dash": dash},
    )
    fig.add_annotation(
        xref="x2 domain",
        x=0,
        yref="y2",
        y=height,
        xanchor="left",
        yanchor="bottom",
        text=text,
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.muted},
    )
