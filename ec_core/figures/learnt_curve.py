"""An activation that was learnt, with the nearest named function laid over it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from ec_core.figures.theme import LIGHT, Theme, axis, figure
from ec_core.networks.spline import Spline

_POINTS = 401
_BEYOND = 0.12
"""How much of the range is drawn beyond either end, where the curve is a line."""


def learnt_curve(
    curve: Spline,
    near: Callable[[np.ndarray], np.ndarray] | None = None,
    name: str = "",
    theme: Theme = LIGHT,
) -> go.Figure:
    """s(z) solid where it is known, thin beyond; the named function ``near`` dashed over it.

    near : takes z (n,) and gives values beside those of the curve; name : what it is called
    """
    low, high = curve.range
    inside = np.linspace(low, high, _POINTS)
    reach = _BEYOND * (high - low)
    fig = figure(theme, 340, margin={"l": 24, "r": 24, "t": 56, "b": 24})
    for z in (np.array([low - reach, low]), np.array([high, high + reach])):
        _line(fig, z, curve(z), "beyond what is known", theme.positive, {"width": 1})
    _line(fig, inside, curve(inside), "learnt", theme.positive, {"width": 4})
    said = "<b>the learnt curve</b>"
    if near is not None:
        look = {"width": 2.5, "dash": "9px,5px"}
        _line(fig, inside, near(inside), name, theme.negative, look)
        said += f"<br><span style='color:{theme.negative}'>dashed: {name}, moved and scaled</span>"
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=0,
        y=1.02,
        yanchor="bottom",
        text=said,
        align="left",
        showarrow=False,
    )
    fig.update_layout(
        xaxis=axis(theme, "z", range=[low - reach, high + reach], nticks=7),
        yaxis=axis(theme, "s(z)", nticks=6),
    )
    return fig


def _line(
    fig: go.Figure,
    z: np.ndarray,
    values: np.ndarray,
    name: str,
    colour: str,
    look: dict[str, object],
) -> None:
    fig.add_scatter(
        x=z.round(4),
        y=values,
        mode="lines",
        line={"color": colour, **look},
        name=name,
        hovertemplate=f"z = %{{x:.2f}}<br>{name}: %{{y:.4f}}<extra></extra>",
    )
