"""An activation, its mirror image, and the identity that ties them together."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import torch

from ec_core.figures.theme import LIGHT, Theme, axis, figure
from ec_core.figures.words import number
from ec_core.networks.activations import Activation, activation

_REACH = 4.0
"""From the point of symmetry; beyond, every activation but sin is nearly a straight line."""

_POINTS = 321


def identity_text(entry: Activation) -> str:
    """The symmetry identity in one line.

    >>> identity_text(activation("sigmoid")), identity_text(activation("gelu"))
    ('s(−z) = 1 − s(z)', 's(−z) = s(z) − z')
    """
    if entry.parity == 0:
        return "s(−z) is no simple function of s(z)"
    main = "s(z)" if entry.parity > 0 else "−s(z)"
    text = f"{number(entry.constant)} − s(z)" if entry.constant and entry.parity < 0 else main
    if entry.linear:
        size = abs(entry.linear)
        factor = "" if size == 1 else f"{number(size, 3)}·"
        text += f" {'−' if entry.linear < 0 else '+'} {factor}z"
    return f"{_mirror_text(entry)} = {text}"


def _mirror_text(entry: Activation) -> str:
    return f"s({number(2 * entry.centre)}−z)" if entry.centre else "s(−z)"


def activation_curve(name: str, theme: Theme = LIGHT) -> go.Figure:
    """s(z) solid, its mirror image s(-z) dashed, and the right-hand side of its identity dotted.

    The dots lie on the dashes: that a sign cannot be seen from outside is shown, not claimed.
    Raises InputError for an unknown name.
    """
    entry = activation(name)
    z = np.linspace(entry.centre - _REACH, entry.centre + _REACH, _POINTS)
    curve, mirror = _values(entry, z), _values(entry, 2 * entry.centre - z)
    fig = figure(theme, 380, margin={"l": 24, "r": 96, "t": 60, "b": 24})
    fig.add_shape(
        type="line", x0=0, x1=0, yref="paper", y0=0, y1=1, line={"color": theme.trunk, "width": 1}
    )
    fig.add_shape(
        type="line", xref="paper", x0=0, x1=1, y0=0, y1=0, line={"color": theme.trunk, "width": 1}
    )
    _curve(fig, z, curve, "s(z)", {"color": theme.positive, "width": 3.5})
    said = _mirror_text(entry)
    _curve(fig, z, mirror, said, {"color": theme.negative, "width": 3, "dash": "9px,5px"})
    ends = [
        ("s(z)", float(curve[-1]), theme.positive),
        (said, float(mirror[-1]), theme.negative),
    ]
    if entry.parity != 0:
        other = entry.parity * curve + entry.linear * (z - entry.centre) + entry.constant
        sparse = slice(0, _POINTS, 16)
        fig.add_scatter(
            x=z[sparse].round(4),
            y=other[sparse],
            mode="markers",
            marker={"size": 7, "color": theme.text},
            hovertemplate="z = %{x:.2f}<br>"
            + identity_text(entry).split(" = ")[1]
            + " = %{y:.4f}<extra></extra>",
            name="identity",
        )
    for label, y, colour in ends:
        fig.add_annotation(
            xref="paper",
            x=1.01,
            xanchor="left",
            y=y,
            text=f"<b>{label}</b>",
            showarrow=False,
            font={"color": colour},
        )
    verdict = (
        "signs can be told from outside"
        if entry.parity == 0
        else f"<span style='color:{theme.muted}'>● the right-hand side, from s(z)</span>"
    )
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=0,
        y=1.02,
        yanchor="bottom",
        # in two lines, for narrow screens
        text=f"<b>{name}</b>:&nbsp; {identity_text(entry)}<br>{verdict}",
        align="left",
        showarrow=False,
        font={"size": 16},
    )
    fig.update_layout(
        xaxis=axis(theme, "z", range=[entry.centre - _REACH, entry.centre + _REACH], dtick=2),
        yaxis=axis(theme, nticks=6),
    )
    return fig


def _values(entry: Activation, z: np.ndarray) -> np.ndarray:
    return np.asarray(entry.function(torch.from_numpy(z)).numpy())


def _curve(
    fig: go.Figure, z: np.ndarray, y: np.ndarray, name: str, line: dict[str, object]
) -> None:
    fig.add_scatter(
        x=z.round(4),
        y=y,
        mode="lines",
        line=line,
        name=name,
        hovertemplate=f"z = %{{x:.2f}}<br>{name} = %{{y:.4f}}<extra></extra>",
    )
