"""Every weight vector against every other, in the order of the tree's leaves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from scipy.spatial.distance import cdist

from ec_core.figures.log_axis import HEIGHT_FLOOR, clamp, top_exponent
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, colour_bar, empty, figure
from ec_core.figures.words import power

if TYPE_CHECKING:
    from ec_core.cluster.cloud import WeightCloud
    from ec_core.cluster.cut import Clusters
    from ec_core.cluster.dendrogram import Dendrogram

MAX_VECTORS = 600
"""Rows drawn at most: more than the screen has pixels for."""


def distance_matrix(
    cloud: WeightCloud,
    tree: Dendrogram,
    theme: Theme = LIGHT,
    clusters: Clusters | None = None,
) -> go.Figure:
    """A heat map of log10 distances; copies of one neuron show as strong squares on the diagonal.

    Above 600 vectors every so-manieth one of the leaf order is drawn. ``clusters`` outlines the
    kept ones. Distances are computed from differences, or all below 1e-8 would be noise.
    """
    order = np.asarray(tree.leaf_order, dtype=int)
    count = len(order)
    if count < 2:
        return empty(theme, "Distances need at least two weight vectors.", height=520)
    shown = order
    if count > MAX_VECTORS:
        shown = order[np.unique(np.linspace(0, count - 1, MAX_VECTORS).round().astype(int))]
    vectors = cloud.vectors[shown]
    logs = np.log10(clamp(cdist(vectors, vectors), HEIGHT_FLOOR))
    low, high = math.log10(HEIGHT_FLOOR), top_exponent(10.0**logs)
    ticks = [low, *range(-12, high + 1, 4)]
    names = [f"student {cloud.student[i] + 1}, neuron {cloud.neuron[i] + 1}" for i in shown]
    at = np.arange(len(shown))
    fig = figure(theme, 520, margin={"l": 16, "r": 16, "t": 24, "b": 40})
    fig.add_heatmap(
        x=at,
        y=at,
        z=logs.astype(np.float32),
        text=None,
        colorscale=theme.nearness,
        zmin=low,
        zmax=high,
        colorbar=colour_bar(
            theme,
            "distance",
            tickmode="array",
            tickvals=ticks,
            ticktext=["≤ " + power(low), *(power(e) for e in ticks[1:])],
        ),
        hovertemplate="%{x}<br>%{y}<br>distance 10<sup>%{z:.1f}</sup><extra></extra>",
        name="distances",
    )
    if clusters is not None:
        _outline(fig, clusters, shown, theme)
    # hover names come from tick texts: 600 strings in place of 360,000
    ticks_off = {
        "tickmode": "array",
        "tickvals": at,
        "ticktext": names,
        "showticklabels": False,
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "constrain": "domain",
        "constraintoward": "right",
    }
    fig.update_layout(
        xaxis={**ticks_off, "range": [-0.5, len(shown) - 0.5]},
        yaxis={
            **ticks_off,
            "constraintoward": "middle",
            "range": [len(shown) - 0.5, -0.5],
            "scaleanchor": "x",
        },
    )
    note = "weight vectors in the order of the tree"
    if len(shown) < count:
        note += f" ({len(shown)} of {count} drawn)"
    fig.add_annotation(
        xref="x domain",
        yref="y domain",
        x=0,
        y=-0.01,
        yanchor="top",
        text=note,
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.muted},
    )
    return fig


def _outline(fig: go.Figure, clusters: Clusters, shown: np.ndarray, theme: Theme) -> None:
    """A square round each kept cluster, over the stretch of rows it covers."""
    place = {int(vector): i for i, vector in enumerate(shown)}
    x: list[float] = []
    y: list[float] = []
    for cluster in clusters.kept:
        rows = [place[int(m)] for m in cluster.members if int(m) in place]
        if not rows:
            continue
        low, high = min(rows) - 0.5, max(rows) + 0.5
        x += [low, high, high, low, low, np.nan]
        y += [low, low, high, high, low, np.nan]
    if x:
        fig.add_scatter(
            x=x,
            y=y,
            mode="lines",
            line={"color": theme.accent, "width": 2},
            hoverinfo="skip",
            name="kept clusters",
        )
