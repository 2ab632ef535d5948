"""How many clusters there are at every height, and the plateaus on which that count rests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import plotly.graph_objects as go

from ec_core.figures.log_axis import (
    HEIGHT_FLOOR,
    HEIGHT_MARGIN,
    LABEL_ROOM,
    clamp,
    height_axis,
    top_exponent,
)
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, axis, empty, faded, figure
from ec_core.figures.words import number, plural

if TYPE_CHECKING:
    from ec_core.cluster.cut import Cut, Plateau
    from ec_core.cluster.dendrogram import HeightCounts

MAX_PLATEAUS = 6
"""Only the longest are shaded: below a few, shading says nothing any more."""

Letter = Literal["x", "y"]


def count_by_height(
    counts: HeightCounts,
    plateaus: Sequence[Plateau] = (),
    cut: Cut | None = None,
    theme: Theme = LIGHT,
    heights_on: Letter = "y",
) -> go.Figure:
    """The number of clusters held by enough students, as a step line over the height of the cut.

    Long plateaus over the logarithm of the height are shaded and labelled with their count and
    length; the cut is marked. With ``heights_on="y"`` the height axis is the dendrogram's, so that
    the two stand side by side; "x" lays the figure down.
    """
    if len(counts.heights) == 0:
        return empty(theme, "No merges, so no clusters to count.", height=520)
    upright = heights_on == "y"
    heights = clamp(counts.heights, HEIGHT_FLOOR)
    # of merges at one (clamped) height only the last counts: the count after all of them
    last = np.append(heights[1:] != heights[:-1], True)
    heights, count = heights[last], np.asarray(counts.clusters)[last]
    wide = np.asarray(counts.supported)[last]
    margin = HEIGHT_MARGIN if upright else {"l": 24, "r": 24, "t": 40, "b": 24}
    fig = figure(theme, 520 if upright else 360, margin=margin)
    most = max(int(wide.max()), int(count.max()), 1)
    longest = sorted(plateaus, key=lambda p: p.low - p.high)[:MAX_PLATEAUS]
    for plateau in longest:
        _shade(fig, plateau, most, upright, theme)
    top = 10.0 ** (top_exponent(heights) + 0.3)
    if (wide > count).any():
        _steps(fig, heights, wide, top, upright, theme.faint, "before the angle is looked at", 1.6)
    _steps(fig, heights, count, top, upright, theme.positive, "found by enough students", 2.8)
    if cut is not None:
        _mark_cut(fig, float(cut.height), count, heights, upright, theme)
    height = height_axis(
        theme, counts.heights, "distance of the cut", LABEL_ROOM if upright else 0.6
    )
    clusters = axis(
        theme,
        "clusters found again by enough students",
        range=[-0.04 * most - 0.2, most * 1.15 + 0.5],
        tickformat="d",
        automargin=not upright,
        nticks=6 if most > 5 else most + 2,
    )
    fig.update_layout(xaxis=clusters if upright else height, yaxis=height if upright else clusters)
    return fig


def _steps(
    fig: go.Figure,
    heights: np.ndarray,
    count: np.ndarray,
    top: float,
    upright: bool,
    colour: str,
    which: str,
    width: float,
) -> None:
    """A count as a step line that holds from its merge up to the next, the last up to ``top``."""
    # points every quarter decade too: hover texts appear only near points
    grid = 10.0 ** np.arange(math.log10(heights[0]), math.log10(max(top, heights[-1])), 0.25)
    ends = np.union1d(np.append(heights, max(top, heights[-1])), grid)
    values = count[np.maximum(np.searchsorted(heights, ends, side="right") - 1, 0)]
    words = [[plural(int(c), "cluster"), number(h)] for c, h in zip(values, ends, strict=True)]
    fig.add_scatter(
        **_along(upright, ends, values),
        mode="lines",
        line={"color": colour, "width": width, "shape": "vh" if upright else "hv"},
        customdata=words,
        hovertemplate="cut at %{customdata[1]}:<br><b>%{customdata[0]}</b> "
        f"{which}<extra></extra>",
        name=which,
    )


def _along(upright: bool, height: Any, across: Any, suffix: str = "") -> dict[str, Any]:
    """The same place for either orientation: ``height`` along the height axis."""
    letters = ("y", "x") if upright else ("x", "y")
    return {letters[0] + suffix: height, letters[1] + suffix: across}


def _shade(fig: go.Figure, plateau: Plateau, most: int, upright: bool, theme: Theme) -> None:
    """A band over the plateau's heights with its count and its length in decades."""
    low, high = max(plateau.low, math.log10(HEIGHT_FLOOR)), plateau.high
    across = "x" if upright else "y"
    fig.add_shape(
        type="rect",
        **{f"{across}ref": "paper"},
        **_along(upright, 10.0**low, 0, "0"),
        **_along(upright, 10.0**high, 1, "1"),
        fillcolor=faded(theme.positive, 0.10),
        line={"width": 0},
        layer="below",
    )
    # a band too thin for its words would print them over its neighbours
    if high - low < (1.2 if upright else 2.0):
        return
    # off the middle, where the cut runs, and on the side of the step line that has more room
    along = low + 0.27 * (high - low)
    inner = plateau.count > 0.55 * most
    if upright:
        place: dict[str, Any] = {"xref": "paper", "x": 0.04 if inner else 0.96, "y": along}
        place |= {"xanchor": "left" if inner else "right", "yanchor": "middle"}
    else:
        place = {"yref": "paper", "y": 0.06 if inner else 0.94, "x": along}
        place |= {"yanchor": "bottom" if inner else "top", "xanchor": "center"}
    fig.add_annotation(
        **place,
        text=f"<b>{plural(plateau.count, 'cluster')}</b><br>{high - low:.1f} decades",
        align="left",
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.muted},
    )


def _mark_cut(
    fig: go.Figure,
    height: float,
    counted: np.ndarray,
    heights: np.ndarray,
    upright: bool,
    theme: Theme,
) -> None:
    """The cut as a line and a dot on the step line."""
    at = math.log10(max(height, HEIGHT_FLOOR))
    below = int(np.searchsorted(heights, height, side="right")) - 1
    across = "x" if upright else "y"
    fig.add_shape(
        type="line",
        **{f"{across}ref": "paper"},
        **_along(upright, 10.0**at, 0, "0"),
        **_along(upright, 10.0**at, 1, "1"),
        line={"color": theme.text, "width": 1.6, "dash": "8px,4px"},
    )
    name = f"<b>cut</b> {number(10.0**at, 1)}"
    if upright:
        place: dict[str, Any] = {"xref": "paper", "x": 1.01, "xanchor": "left", "y": at}
    else:
        place = {"yref": "paper", "y": 1.01, "yanchor": "bottom", "x": at}
    fig.add_annotation(
        **place, text=name, showarrow=False, font={"size": SMALL_SIZE, "color": theme.text}
    )
    if below >= 0:
        count = int(counted[below])
        fig.add_scatter(
            **_along(upright, [10.0**at], [count]),
            mode="markers",
            marker={"size": 12, "color": theme.text, "line": {"width": 2, "color": theme.paper}},
            hovertemplate=f"the cut at {number(height)} gives {plural(count, 'cluster')}"
            "<extra></extra>",
            name="cut",
        )
