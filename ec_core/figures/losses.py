"""Loss against iteration, one line per student, while they train and afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ec_core import events
from ec_core.figures.log_axis import LOSS_FLOOR, clamp, log_axis, top_exponent
from ec_core.figures.theme import (
    LIGHT,
    SMALL_SIZE,
    Theme,
    axis,
    empty,
    figure,
    status_style,
    student_style,
)
from ec_core.figures.words import number, numbers, power

PAPER_LOSS = 1e-7
"""Where the paper's recipe (Adam, float32) stops; docs/method.md#training-to-the-last-digit."""

MAX_POINTS = 240
"""Points per line: more cannot be told apart on a projector and make the page slow."""

_ORDER = (
    events.CONVERGED,
    events.TRAINING,
    events.STALLED,
    events.STOPPED,
    events.OUT_OF_BUDGET,
)


def decimate(losses: np.ndarray, points: int = MAX_POINTS) -> np.ndarray:
    """Indices (≤ points,) that keep the first, the last, and each stretch's lowest and highest.

    losses : (T,), NaN where there is none; those are never picked.

    >>> decimate(np.array([3.0, np.nan, 1.0])).tolist()
    [0, 2]
    """
    finite = np.flatnonzero(np.isfinite(losses))
    if len(finite) <= points:
        return finite
    stretches = np.array_split(finite, max((points - 2) // 2, 1))
    picked = {int(finite[0]), int(finite[-1])}
    for stretch in stretches:
        values = losses[stretch]
        picked.update((int(stretch[values.argmin()]), int(stretch[values.argmax()])))
    return np.array(sorted(picked))


def loss_curves(
    history: np.ndarray,
    statuses: Sequence[str],
    floor: float | None = None,
    theme: Theme = LIGHT,
) -> go.Figure:
    """One curve per student on a log axis from 1 to 1e-32, in the student's own colour and line
    style; the symbol at its end says what became of it.

    history : (T, S) mean squared errors of standardised answers, NaN where a student has none
    statuses : S of the states in ``ec_core.events``
    floor : the loss that rounding (or the answers' precision) allows, drawn as a line
    """
    history = np.atleast_2d(np.asarray(history, dtype=np.float64))
    if history.size == 0 or not np.isfinite(history).any():
        return empty(theme, "The students' losses appear here as soon as they train.")
    steps = history.shape[0]
    fig = figure(theme, margin={"l": 24, "r": 170, "t": 48, "b": 24}, showlegend=True)
    counted = Counter(statuses)
    ranks = {status: i for i, status in enumerate(_ORDER)}
    # the converged are drawn last: they lie on top
    order = sorted(range(len(statuses)), key=lambda s: -ranks.get(statuses[s], len(_ORDER)))
    named: set[str] = set()
    for s in order:
        status, style = statuses[s], student_style(s, theme)
        at = decimate(history[:, s])
        last = len(at) - 1
        fig.add_scatter(
            x=at + 1,
            y=clamp(history[at, s], LOSS_FLOOR),
            mode="lines+markers",
            line={"color": style.colour, "dash": style.dash, "width": 2},
            marker={
                "color": style.colour,
                "symbol": status_style(status, theme).symbol,
                "size": [9 if i == last else 0 for i in range(len(at))],
                "line": {"width": 0},
                "opacity": [1 if i == last else 0 for i in range(len(at))],
            },
            opacity=0.9,
            cliponaxis=False,
            name=f"{status} ({counted[status]})",
            legendgroup=status,
            legendrank=ranks.get(status, len(_ORDER)),
            showlegend=False,
            customdata=numbers(history[at, s]),
            hovertemplate=f"<b>student {s + 1}</b>, {status}<br>"
            "iteration %{x}<br>loss %{customdata}<extra></extra>",
        )
        if status not in named:
            named.add(status)
            _legend_entry(fig, status, counted[status], ranks.get(status, len(_ORDER)), theme)
    _level(fig, PAPER_LOSS, f"{power(-7)}, where the<br>paper's training stops", theme)
    if floor is not None and LOSS_FLOOR <= floor < 1:
        _level(fig, floor, f"{number(floor, 1)},<br>rounding level", theme)
    high = top_exponent(history, most=4)
    fig.update_layout(
        xaxis=axis(
            theme,
            "iteration",
            range=[1, 1.015 * max(steps, 2)],
            showgrid=False,
            tickformat="d",
            nticks=8,
        ),
        yaxis=log_axis(theme, "loss (mean squared error)", -32.4, high + 0.2, 4),
    )
    return fig


def _legend_entry(fig: go.Figure, status: str, count: int, rank: int, theme: Theme) -> None:
    """A legend line of its own: the curves' markers are invisible except at their ends."""
    fig.add_scatter(
        x=[None],
        y=[None],
        mode="markers",
        marker={"color": theme.text, "symbol": status_style(status, theme).symbol, "size": 9},
        name=f"{status} ({count})",
        legendgroup=status,
        legendrank=rank,
        hoverinfo="skip",
    )


def _level(fig: go.Figure, value: float, label: str, theme: Theme) -> None:
    """A thin horizontal line named in the right margin, where no curve runs."""
    fig.add_shape(
        type="line",
        xref="paper",
        x0=0,
        x1=1,
        y0=value,
        y1=value,
        layer="below",
        line={"color": theme.muted, "width": 1, "dash": "4px,3px"},
    )
    fig.add_annotation(
        xref="paper",
        x=1.01,
        xanchor="left",
        y=float(np.log10(value)),
        yanchor="middle",
        text=label,
        align="left",
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.muted},
    )
