"""How far each recovered neuron is from the teacher neuron it was matched with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from ec_core.figures.log_axis import HEIGHT_FLOOR, clamp, log_axis, top_exponent
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, axis, empty, figure
from ec_core.figures.words import number, power
from ec_core.networks.network import Network

if TYPE_CHECKING:
    from ec_core.verify.match import MatchReport

LOWEST = -17.8
"""Where the stems begin: room for the circle of an error that is exactly zero."""

TARGET = 1e-8
"""What counts as recovered: the line drawn across the bars."""


def neuron_errors(
    teacher: Network, aligned: Network, layer: int = 0, unidentified: Sequence[int] = ()
) -> np.ndarray:
    """Largest absolute difference per neuron of ``layer``, incoming weights and bias: (H,).

    unidentified : inputs that never varied; their first-layer weights are left out
    """
    difference = np.abs(teacher.weights[layer] - aligned.weights[layer])
    if layer == 0:
        difference = np.delete(difference, list(unidentified), axis=1)
    biases = np.abs(teacher.biases[layer] - aligned.biases[layer])
    return np.asarray(np.maximum(difference.max(axis=1, initial=0.0), biases))


def alignment_bars(
    match: MatchReport,
    teacher: Network,
    theme: Theme = LIGHT,
    layer: int = 0,
    unidentified: Sequence[int] = (),
) -> go.Figure:
    """One stem per neuron of a hidden layer, up to its largest weight error on a log axis.

    Lower is better: 1e-16 is rounding. Stems under the line at 1e-8 end in a filled circle, the
    others in an open diamond. Weights of ``unidentified`` inputs, which no answer tells, do not
    count. Where the sizes differ no weight can be compared and the figure
    says so.
    """
    if match.aligned is None:
        pairs = match.layers[layer] if layer < len(match.layers) else None
        counts = ""
        if pairs is not None:
            counts = f"<br>{pairs.matched} matched, {pairs.missing} missing, {pairs.extra} too many"
        return empty(theme, "The sizes differ, so weights cannot be laid side by side." + counts)
    errors = neuron_errors(teacher, match.aligned, layer, unidentified)
    shown = clamp(errors, HEIGHT_FLOOR)
    at = np.arange(1, len(errors) + 1)
    fig = figure(theme, 380, margin={"l": 24, "r": 120, "t": 32, "b": 24})
    gap = np.full(len(at), np.nan)
    fig.add_scatter(
        x=np.stack([at, at, gap], axis=1).ravel(),
        y=np.stack([np.full(len(at), 10.0**LOWEST), shown, gap], axis=1).ravel(),
        mode="lines",
        line={"color": theme.grid, "width": 5},
        hoverinfo="skip",
    )
    good = errors <= TARGET
    fig.add_scatter(
        x=at,
        y=shown,
        mode="markers",
        marker={
            "size": 14,
            "color": [theme.positive if g else theme.negative for g in good],
            "symbol": ["circle" if g else "diamond-open" for g in good],
            "line": {"width": [0 if g else 3 for g in good]},
        },
        text=_texts(match, layer, errors),
        hovertemplate="%{text}<extra></extra>",
        name="error",
    )
    fig.add_shape(
        type="line",
        xref="paper",
        x0=0,
        x1=1,
        y0=TARGET,
        y1=TARGET,
        layer="below",
        line={"color": theme.muted, "width": 1, "dash": "4px,3px"},
    )
    fig.add_annotation(
        xref="paper",
        x=1.01,
        xanchor="left",
        y=-8,
        text=f"{power(-8)}, good<br>to 8 digits",
        align="left",
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.muted},
    )
    fig.update_layout(
        xaxis=axis(
            theme,
            "the teacher's neuron",
            range=[0.4, len(at) + 0.6],
            showgrid=False,
            tickformat="d",
            dtick=max(1, len(at) // 16),
            tick0=1,
        ),
        yaxis=log_axis(theme, "largest weight error", LOWEST, top_exponent(errors) + 0.5, 4),
    )
    return fig


def _texts(match: MatchReport, layer: int, errors: np.ndarray) -> list[str]:
    """Hover text per teacher neuron: partner, sign, error."""
    order = np.asarray(match.layers[layer].order)
    signs = np.asarray(match.layers[layer].signs)
    texts = []
    for i, error in enumerate(errors):
        text = f"<b>the teacher's neuron {i + 1}</b>"
        if i < len(order) and order[i] >= 0:
            turned = i < len(signs) and signs[i] < 0
            text += f"<br>is recovered neuron {int(order[i]) + 1}" + (
                " with its sign turned" if turned else ""
            )
        texts.append(f"{text}<br>largest weight error {number(error)}")
    return texts
