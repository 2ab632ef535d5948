"""Loss against size while neurons are removed one by one, down to where it will not go on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ec_core.events import PruneStep
from ec_core.figures.log_axis import LOSS_FLOOR, clamp, log_axis, top_exponent
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, axis, empty, figure
from ec_core.figures.words import number, plural


def size_path(steps: Sequence[PruneStep], theme: Theme = LIGHT) -> go.Figure:
    """Accepted removals as a line of circles, refused ones as crosses, the final size named.

    The size axis runs from wide on the left to narrow on the right, as pruning does.
    """
    if not steps:
        return empty(theme, "No removals tried: nothing was pruned.", height=380)
    accepted = [step for step in steps if step.accepted]
    refused = [step for step in steps if not step.accepted]
    final = accepted[-1].size_after if accepted else steps[-1].size_before
    fig = figure(theme, 380, margin={"l": 24, "r": 40, "t": 48, "b": 24}, showlegend=True)
    fig.add_scatter(
        x=[step.size_after for step in accepted],
        y=_losses(accepted),
        mode="lines+markers",
        line={"color": theme.positive, "width": 2.5},
        marker={"size": 11, "symbol": "circle", "color": theme.positive},
        text=_texts(accepted),
        hovertemplate="%{text}<extra></extra>",
        name="removal accepted",
        showlegend=bool(accepted),
    )
    fig.add_scatter(
        x=[step.size_after for step in refused],
        y=_losses(refused),
        mode="markers",
        marker={"size": 11, "symbol": "x", "color": theme.negative},
        text=_texts(refused),
        hovertemplate="%{text}<extra></extra>",
        name="refused: the loss did not come back",
        showlegend=bool(refused),
    )
    sizes = [step.size_after for step in steps] + [step.size_before for step in steps]
    fig.add_shape(
        type="line",
        x0=final,
        x1=final,
        yref="paper",
        y0=0,
        y1=1,
        layer="below",
        line={"color": theme.text, "width": 1.2, "dash": "4px,3px"},
    )
    fig.add_annotation(
        x=final,
        yref="paper",
        # smaller sizes were refused, at high losses: down there is nothing
        y=0.02,
        xanchor="left",
        yanchor="bottom",
        xshift=8,
        text=f"<b>stops at {plural(final, 'neuron')}</b>",
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.text},
    )
    span = max(sizes) - min(sizes)
    pad = max(0.5, 0.04 * span)
    losses = np.array([step.loss for step in steps])
    fig.update_layout(
        xaxis=axis(
            theme,
            "hidden neurons left",
            range=[max(sizes) + pad, min(sizes) - pad],
            showgrid=False,
            tickformat="d",
            **({"dtick": 1} if span <= 12 else {"nticks": 10}),
        ),
        yaxis=log_axis(theme, "loss after the refit", -32.8, top_exponent(losses) + 0.5, 4),
    )
    return fig


def _losses(steps: Sequence[PruneStep]) -> np.ndarray:
    return clamp(np.array([step.loss for step in steps]), LOSS_FLOOR)


def _texts(steps: Sequence[PruneStep]) -> list[str]:
    return [
        f"<b>{step.size_before} → {plural(step.size_after, 'neuron')}</b>, "
        f"{'accepted' if step.accepted else 'refused'}<br>loss {number(step.loss)}"
        + (f"<br>{step.reason}" if step.reason else "")
        for step in steps
    ]
