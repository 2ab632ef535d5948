"""The map of the synthetic problems: how many of each size were recovered, and how long they took.

Two figures over the same grid, input sizes from left to right, hidden sizes upwards. The paper
(Martinelli et al., ICML 2024, second version) gives one figure for all its problems, 80 % at
expansion 4, and none by cell: it is drawn where it belongs, beside our share of all problems, and
marks where the colours turn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from ec_core.figures.theme import (
    LIGHT,
    SMALL_SIZE,
    Theme,
    axis,
    bare_axis,
    colour_bar,
    empty,
    figure,
)
from ec_core.figures.words import number, plural

if TYPE_CHECKING:
    from ec_core.benchmark import Cell, Summary

HEIGHT = 400
CELL_SIZE = 17
"""Letters in the cells."""

TARGET = 44
"""Pixels across of the invisible markers that are hovered and clicked: a heat map reports no
clicks."""

_NOTHING = "No problem has been solved yet."


def success_map(summary: Summary, paper: float, theme: Theme = LIGHT) -> go.Figure:
    """The share of problems recovered, by cell as a heat map and in all as a bar.

    paper : the paper's share of all problems, the line on the bar and the turn of the colours
    """
    if not summary.cells:
        return empty(theme, _NOTHING, HEIGHT)
    fig = _map(
        summary.cells,
        [cell.right / cell.problems for cell in summary.cells],
        [f"{cell.right}/{cell.problems}" for cell in summary.cells],
        theme,
        {
            "zmin": 0.0,
            "zmax": 1.0,
            "colorscale": [[0, theme.negative], [paper, theme.paper], [1, theme.positive]],
            "colorbar": colour_bar(
                theme,
                "recovered",
                tickmode="array",
                tickvals=[0, paper, 1],
                ticktext=["0%", f"{paper:.0%}", "100%"],
                len=0.78,
                y=0.0,
                yanchor="bottom",
            ),
        },
    )
    _overall(fig, summary, paper, theme)
    return fig


def time_map(summary: Summary, theme: Theme = LIGHT) -> go.Figure:
    """The median time of a problem, by cell, its colour on a logarithmic scale."""
    if not summary.cells:
        return empty(theme, _NOTHING, HEIGHT)
    seconds = [max(cell.median_seconds, 1e-3) for cell in summary.cells]
    low, high = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))
    high = max(high, low + 1)
    slowest = max(outcome.seconds for outcome in summary.outcomes)
    shades = theme.scale([str(colour) for _, colour in reversed(theme.nearness)])
    fig = _map(
        summary.cells,
        [math.log10(value) for value in seconds],
        [_seconds(cell.median_seconds) for cell in summary.cells],
        theme,
        {
            "zmin": low,
            "zmax": high,
            "colorscale": shades,
            "colorbar": colour_bar(
                theme,
                "median time",
                tickmode="array",
                tickvals=list(range(low, high + 1)),
                ticktext=[_seconds(10.0**e) for e in range(low, high + 1)],
                len=0.78,
                y=0.0,
                yanchor="bottom",
            ),
        },
    )
    fig.add_annotation(
        x=0,
        xref="x domain",
        xanchor="left",
        y=0.89,
        yref="paper",
        text=f"<b>median {_seconds(summary.median_seconds or 0.0)}</b>, slowest "
        f"{_seconds(slowest)}, in all {_seconds(summary.seconds)}",
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.text},
    )
    return fig


def _seconds(value: float) -> str:
    """Seconds or minutes, two digits.

    >>> _seconds(0.52), _seconds(12.3), _seconds(100.0), _seconds(200.0)
    ('0.52 s', '12 s', '100 s', '3.3 min')
    """
    return f"{number(value)} s" if value <= 100 else f"{number(value / 60)} min"


def _ink(background: str) -> str:
    """Black or white, whichever can be read on ``rgb(r, g, b)``: the one of more contrast (WCAG).

    >>> _ink("rgb(0, 114, 178)"), _ink("rgb(86, 180, 233)")
    ('#FFFFFF', '#000000')
    """
    parts = [float(part) / 255 for part in background[4:-1].split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    light = sum(k * c for k, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    # (1 + 0.05)/(L + 0.05) against (L + 0.05)/0.05
    return "#FFFFFF" if (light + 0.05) ** 2 < 1.05 * 0.05 else "#000000"


def _describe(cell: Cell) -> str:
    """What the hover box of a cell says."""
    error = cell.worst_error
    slowest = max(outcome.seconds for outcome in cell.outcomes)
    lines = [
        f"<b>{plural(cell.inputs, 'input')}, {plural(cell.hidden, 'hidden neuron')}</b>",
        f"{cell.right} of {cell.problems} recovered",
        f"median {_seconds(cell.median_seconds)}, slowest {_seconds(slowest)}",
        f"largest weight error {number(error)}" if error is not None else "no right size",
    ]
    failed = [str(o.problem.seed) for o in cell.outcomes if not o.right]
    if failed:
        lines.append(f"not recovered: seed {', '.join(failed)}")
    return "<br>".join(lines)


def _map(
    cells: Sequence[Cell],
    values: list[float],
    texts: list[str],
    theme: Theme,
    colours: dict[str, Any],
) -> go.Figure:
    """A heat map over the grid that the cells span; sizes without a cell stay empty."""
    inputs = sorted({cell.inputs for cell in cells})
    hidden = sorted({cell.hidden for cell in cells})
    columns = [inputs.index(cell.inputs) for cell in cells]
    rows = [hidden.index(cell.hidden) for cell in cells]
    fig = figure(
        theme,
        HEIGHT,
        margin={"l": 24, "r": 24, "t": 16, "b": 24},
        dragmode=False,
        clickmode="event+select",
        xaxis=_sizes(theme, "inputs", inputs),
        yaxis={**_sizes(theme, "hidden neurons", hidden), "domain": [0.0, 0.78]},
    )
    fig.add_heatmap(
        x=columns,
        y=rows,
        z=values,
        xgap=3,
        ygap=3,
        hoverinfo="skip",
        name="map",
        **colours,
    )
    span = colours["zmax"] - colours["zmin"]
    for x, y, value, text in zip(columns, rows, values, texts, strict=True):
        shade = sample_colorscale(colours["colorscale"], (value - colours["zmin"]) / span)[0]
        # as annotations: a click on one cell would pale the texts of all others in a trace
        fig.add_annotation(
            x=x,
            xref="x",
            y=y,
            yref="y",
            text=text,
            showarrow=False,
            captureevents=False,
            font={"size": CELL_SIZE, "color": _ink(shade)},
        )
    fig.add_scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"size": TARGET, "symbol": "square", "color": theme.paper, "opacity": 0.0},
        # a chosen cell is marked by the page; the marker itself never shows
        selected={"marker": {"opacity": 0.0}},
        unselected={"marker": {"opacity": 0.0}},
        customdata=[[cell.inputs, cell.hidden] for cell in cells],
        text=[_describe(cell) for cell in cells],
        hovertemplate="%{text}<extra></extra>",
        name="cells",
    )
    return fig


def _sizes(theme: Theme, title: str, sizes: list[int]) -> dict[str, Any]:
    return axis(
        theme,
        title,
        tickmode="array",
        tickvals=list(range(len(sizes))),
        ticktext=[str(size) for size in sizes],
        range=[-0.5, len(sizes) - 0.5],
        showgrid=False,
        fixedrange=True,
    )


def _overall(fig: go.Figure, summary: Summary, paper: float, theme: Theme) -> None:
    """Our share of all problems as a bar, and the paper's as a line across it."""
    share = summary.right / summary.problems
    fig.update_layout(
        xaxis2=bare_axis(range=[0, 1], fixedrange=True, anchor="y2"),
        yaxis2=bare_axis(range=[-0.5, 0.5], domain=[0.86, 0.92], fixedrange=True, anchor="x2"),
    )
    fig.add_bar(
        x=[1.0],
        y=[0],
        orientation="h",
        marker={"color": theme.grid},
        hoverinfo="skip",
        width=1.0,
        xaxis="x2",
        yaxis="y2",
        name="all problems",
    )
    fig.add_bar(
        x=[share],
        y=[0],
        orientation="h",
        marker={"color": theme.positive if share >= paper else theme.negative},
        hovertemplate=f"here: {summary.right} of {plural(summary.problems, 'problem')}"
        "<extra></extra>",
        width=1.0,
        xaxis="x2",
        yaxis="y2",
        name="here",
    )
    fig.update_layout(barmode="overlay")
    fig.add_shape(
        type="line",
        x0=paper,
        x1=paper,
        xref="x2",
        y0=0.835,
        y1=0.945,
        yref="paper",
        line={"color": theme.text, "width": 2, "dash": "4px,3px"},
    )
    labels = (
        (0.0, "left", f"<b>here {share:.0%}</b>"),
        (paper, "right", f"the paper, all problems: {paper:.0%}"),
    )
    for at, anchor, text in labels:
        fig.add_annotation(
            x=at,
            xref="x2",
            xanchor=anchor,
            y=0.945,
            yref="paper",
            yanchor="bottom",
            text=text,
            showarrow=False,
            font={"size": SMALL_SIZE, "color": theme.text},
        )
