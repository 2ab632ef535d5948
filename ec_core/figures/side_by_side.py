"""Several runs in one picture: how their students learned, and how many clusters they have."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from ec_core.figures.log_axis import HEIGHT_FLOOR, LOSS_FLOOR, clamp, height_axis, log_axis
from ec_core.figures.losses import decimate
from ec_core.figures.theme import LIGHT, Theme, axis, empty, faded, figure, student_style
from ec_core.figures.words import numbers

if TYPE_CHECKING:
    from ec_core.cluster.dendrogram import HeightCounts

MOST_THIN = 12
"""Students of a run that have a thin line of their own beside the best loss."""

_POINTS = 120
_HOVER = "<b>%{fullData.name}</b><br>"
_MARGIN = {"l": 24, "r": 24, "t": 56, "b": 24}


def losses_of_runs(
    histories: Sequence[np.ndarray], names: Sequence[str], theme: Theme = LIGHT
) -> go.Figure:
    """A strong line per run, the best loss of its students at each iteration; thin lines, each
    student's own.

    histories : one (T, S) per run, NaN where a student has no loss; names : what each is called
    """
    if not any(np.isfinite(history).any() for history in histories):
        return empty(theme, "None of these runs has trained students yet.")
    fig = figure(theme, margin=_MARGIN, showlegend=True)
    longest = 2
    for number, (history, name) in enumerate(zip(histories, names, strict=True)):
        history = np.atleast_2d(np.asarray(history, dtype=np.float64))
        if not np.isfinite(history).any():
            continue
        longest, style = max(longest, len(history)), student_style(number, theme)
        group = {"name": html.escape(name), "legendgroup": f"{number}"}
        x, y = _thin(history)
        fig.add_scatter(
            x=x,
            y=y,
            mode="lines",
            line={"color": faded(style.colour, 0.3), "width": 1},
            showlegend=False,
            hoverinfo="skip",
            **group,
        )
        best = np.min(np.where(np.isnan(history), np.inf, history), axis=1)
        best[np.isinf(best)] = np.nan
        at = decimate(best, _POINTS)
        fig.add_scatter(
            x=at + 1,
            y=clamp(best[at], LOSS_FLOOR),
            mode="lines",
            line={"color": style.colour, "dash": style.dash, "width": 3},
            customdata=numbers(best[at]),
            hovertemplate=_HOVER + "iteration %{x}<br>best loss %{customdata}<extra></extra>",
            **group,
        )
    fig.update_layout(
        xaxis=axis(theme, "iteration", range=[1, 1.02 * longest], showgrid=False, nticks=8),
        yaxis=log_axis(theme, "loss (mean squared error)", -32.4, 2.2, 4),
    )
    return fig


def _thin(history: np.ndarray) -> tuple[list[float | None], list[float | None]]:
    """The first students' own curves as one line, with gaps between them."""
    x: list[float | None] = []
    y: list[float | None] = []
    for student in range(min(history.shape[1], MOST_THIN)):
        at = decimate(history[:, student], _POINTS)
        x += [*(at + 1).tolist(), None]
        y += [*clamp(history[at, student], LOSS_FLOOR).tolist(), None]
    return x, y


def counts_of_runs(
    counts: Sequence[HeightCounts | None], names: Sequence[str], theme: Theme = LIGHT
) -> go.Figure:
    """How many clusters each run's tree has at every height, as step lines.

    counts : one per run, None of one that has no tree; names : what each is called
    """
    some = [one for one in counts if one is not None and len(one.heights)]
    if not some:
        return empty(theme, "None of these runs has a tree yet.")
    fig = figure(theme, margin=_MARGIN, showlegend=True)
    for number, (one, name) in enumerate(zip(counts, names, strict=True)):
        if one is None or not len(one.heights):
            continue
        heights, style = clamp(one.heights, HEIGHT_FLOOR), student_style(number, theme)
        # of merges at one height only the last counts, and of equal counts the first
        last = np.append(heights[1:] != heights[:-1], True)
        heights, clusters = heights[last], np.asarray(one.clusters)[last]
        fig.add_scatter(
            x=heights,
            y=clusters,
            mode="lines",
            line={"color": style.colour, "dash": style.dash, "width": 2.5, "shape": "hv"},
            name=html.escape(name),
            hovertemplate=_HOVER + "%{y} clusters<extra></extra>",
        )
    every = np.concatenate([one.heights for one in some])
    most = max(int(np.max(one.clusters)) for one in some)
    fig.update_layout(
        xaxis=height_axis(theme, every, "height at which the tree is cut", room=0.2),
        yaxis=axis(
            theme, "clusters in enough students", rangemode="tozero", dtick=max(1, -(-most // 7))
        ),
    )
    return fig
