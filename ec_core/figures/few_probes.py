"""How many probes it takes: the share of teachers recovered against answers per weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ec_core.figures.log_axis import log_axis
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, axis, empty, figure
from ec_core.figures.words import plural

HEIGHT = 440
_TICKS = (0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)


@dataclass(frozen=True)
class ProbesPoint:
    """``right`` of ``tried`` runs recovered ``teacher`` from ``probes`` questions.

    parameters : weights and biases of the teacher; outputs : answers to each question
    active : were questions chosen where students disagree, or drawn at random?
    """

    teacher: str
    parameters: int
    outputs: int
    probes: int
    active: bool
    right: int
    tried: int

    @property
    def answers_per_weight(self) -> float:
        return self.probes * self.outputs / self.parameters

    @property
    def share(self) -> float:
        return self.right / max(self.tried, 1)


def success_by_probes(points: Sequence[ProbesPoint], theme: Theme = LIGHT) -> go.Figure:
    """One line per teacher and way of asking: solid for active questions, dotted for random ones.

    The axis counts answers per weight of the teacher, so that teachers can be compared; left of
    the upright line there are fewer answers than weights.
    """
    if not points:
        return empty(theme, "No teacher has been asked yet.", HEIGHT)
    fig = figure(theme, HEIGHT, margin={"l": 24, "r": 24, "t": 72, "b": 24}, showlegend=True)
    teachers = list(dict.fromkeys(point.teacher for point in points))
    for index, teacher in enumerate(teachers):
        for active in (True, False):
            _line(fig, points, teacher, active, index, theme)
    values = [point.answers_per_weight for point in points]
    low, high = min([1.0, *values]) / 1.15, max([1.0, *values]) * 1.15
    fig.add_shape(
        type="line",
        x0=1,
        x1=1,
        yref="paper",
        y0=0,
        y1=1,
        layer="below",
        line={"color": theme.text, "width": 1.2, "dash": "4px,3px"},
    )
    fig.add_annotation(
        # on a logarithmic axis annotations are placed by their exponent
        x=0,
        yref="paper",
        y=0.5,
        textangle=-90,
        xanchor="right",
        text="as many answers as weights",
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.muted},
    )
    ticks = [value for value in _TICKS if low <= value <= high]
    fig.update_layout(
        xaxis=log_axis(
            theme,
            "answers per weight of the teacher",
            math.log10(low),
            math.log10(high),
            1,
            tickvals=ticks,
            ticktext=[f"{value:g}" for value in ticks],
        ),
        yaxis=axis(theme, "teachers recovered", range=[-0.04, 1.06], tickformat=".0%", dtick=0.25),
    )
    return fig


def _line(
    fig: go.Figure,
    points: Sequence[ProbesPoint],
    teacher: str,
    active: bool,
    index: int,
    theme: Theme,
) -> None:
    line = sorted(
        (point for point in points if point.teacher == teacher and point.active == active),
        key=lambda point: point.probes,
    )
    if not line:
        return
    way = "active" if active else "random"
    symbol = theme.symbol(index)
    fig.add_scatter(
        x=[point.answers_per_weight for point in line],
        y=[point.share for point in line],
        mode="lines+markers",
        line={
            "color": theme.colour(index),
            "width": 2.5 if active else 2,
            "dash": "solid" if active else "dot",
        },
        marker={
            "color": theme.colour(index),
            "symbol": symbol if active else f"{symbol}-open",
            # a ring around the other where both stand at one place
            "size": 10 if active else 16,
        },
        text=[
            f"<b>{teacher}</b>, {way} questions<br>{plural(point.probes, 'probe')} for "
            f"{point.parameters} weights<br>{point.right} of {point.tried} recovered"
            for point in line
        ],
        hovertemplate="%{text}<extra></extra>",
        name=f"{teacher}, {way}",
    )
