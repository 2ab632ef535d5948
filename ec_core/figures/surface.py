"""For two inputs: a network's function as a map, and the difference of two of them."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go

from ec_core.errors import InputError
from ec_core.figures.geometry import Limits, clip_lines, polyline
from ec_core.figures.log_axis import HEIGHT_FLOOR, clamp, top_exponent
from ec_core.figures.plane import LIMITS
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, axis, colour_bar, faded, figure
from ec_core.figures.words import number, power
from ec_core.networks.network import Network

_GRID = 97
"""Points per direction: smooth on a projector, 150 kB on the wire."""


def function_surface(
    network: Network,
    theme: Theme = LIGHT,
    output: int = 0,
    limits: Limits = LIMITS,
    lines: bool = True,
) -> go.Figure:
    """One output over the plane of the two inputs, with contours; ``lines`` adds the neurons'.

    Raises InputError unless the network has two inputs and that output.
    """
    x, y, z = _grid_values(network, output, limits)
    reach = float(np.abs(z - np.median(z)).max()) or 1.0
    middle = float(np.median(z))
    fig = _map(theme, limits)
    fig.add_contour(
        x=x,
        y=y,
        z=z,
        colorscale=theme.signed,
        zmin=middle - reach,
        zmax=middle + reach,
        ncontours=14,
        line={"width": 0.6, "color": faded(theme.text, 0.35)},
        colorbar=colour_bar(theme, "answer"),
        hovertemplate="inputs %{x:.2f}, %{y:.2f}<br><b>answer %{z:.4f}</b><extra></extra>",
        name="answer",
    )
    if lines:
        vectors = np.column_stack([network.weights[0], network.biases[0]])
        segments = clip_lines(vectors, limits)
        visible = np.flatnonzero(np.isfinite(segments[:, 0, 0]))
        lx, ly = polyline(segments[visible])
        fig.add_scatter(
            x=lx,
            y=ly,
            mode="lines",
            line={"color": theme.text, "width": 2, "dash": "10px,5px"},
            customdata=np.repeat(visible + 1, 6),
            hovertemplate="<b>neuron %{customdata}</b><br>switches along this line<extra></extra>",
            name="neurons",
        )
    return fig


def function_difference(
    teacher: Network,
    other: Network,
    theme: Theme = LIGHT,
    output: int = 0,
    limits: Limits = LIMITS,
) -> go.Figure:
    """How far two functions of two inputs differ, as log10 of the absolute difference.

    Raises InputError unless both networks have two inputs and that output.
    """
    x, y, ours = _grid_values(teacher, output, limits)
    theirs = _grid_values(other, output, limits)[2]
    difference = np.abs(ours - theirs)
    low, high = math.log10(HEIGHT_FLOOR), top_exponent(difference)
    ticks = [low, *range(-12, high + 1, 4)]
    fig = _map(theme, limits)
    fig.add_heatmap(
        x=x,
        y=y,
        z=np.log10(clamp(difference, HEIGHT_FLOOR)).astype(np.float32),
        colorscale=theme.nearness,
        zmin=low,
        zmax=high,
        colorbar=colour_bar(
            theme,
            "difference",
            tickmode="array",
            tickvals=ticks,
            ticktext=["≤ " + power(low), *(power(e) for e in ticks[1:])],
        ),
        hovertemplate="inputs %{x:.2f}, %{y:.2f}<br>difference 10<sup>%{z:.1f}</sup>"
        "<extra></extra>",
        name="difference",
    )
    fig.add_annotation(
        xref="x domain",
        yref="y domain",
        x=0,
        xanchor="left",
        y=1.01,
        yanchor="bottom",
        text=f"largest difference of the two answers: <b>{number(difference.max())}</b>",
        showarrow=False,
        font={"size": SMALL_SIZE},
    )
    return fig


def _grid_values(
    network: Network, output: int, limits: Limits
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (G,), y (G,) and the chosen output on their grid (G, G), rows along y."""
    if network.sizes[0] != 2:
        raise InputError(
            f"A function can be drawn as a map only for two inputs; got {network.sizes[0]}."
        )
    if not 0 <= output < network.sizes[-1]:
        raise InputError(
            f"There is no output {output}; the network has outputs 0 to {network.sizes[-1] - 1}."
        )
    x, y = np.linspace(*limits[:2], _GRID), np.linspace(*limits[2:], _GRID)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return x, y, network(points)[:, output].reshape(_GRID, _GRID)


def _map(theme: Theme, limits: Limits) -> go.Figure:
    """A square plane of two inputs."""
    return figure(
        theme,
        460,
        margin={"l": 24, "r": 24, "t": 36, "b": 24},
        xaxis=axis(
            theme,
            "first input",
            range=list(limits[:2]),
            showgrid=False,
            nticks=7,
            constrain="domain",
            constraintoward="right",
        ),
        yaxis=axis(
            theme,
            "second input",
            range=list(limits[2:]),
            showgrid=False,
            nticks=7,
            scaleanchor="x",
            constrain="domain",
        ),
    )
