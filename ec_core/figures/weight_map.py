"""All students' weight vectors as points of a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from ec_core.errors import InputError
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, axis, empty, figure
from ec_core.figures.words import number, numbers, plural

if TYPE_CHECKING:
    from ec_core.cluster.cloud import WeightCloud
    from ec_core.cluster.cut import Clusters

_MANY = 1500
"""From here on noise is drawn smaller."""

_REACH = 5.0

_DIRECT_LABELS = 24
"""Up to so many clusters are named in the map itself."""


def weight_map(
    points: np.ndarray,
    clusters: Clusters | None,
    cloud: WeightCloud,
    truth_points: np.ndarray | None = None,
    theme: Theme = LIGHT,
    method: str = "PCA",
) -> go.Figure:
    """The weight cloud: kept clusters in colour and symbol, noise grey, truth as stars.

    points : (M, 2) one place per vector of ``cloud``
    truth_points : (H, 2) the teacher's neurons in the same projection
    method : the projection's name, PCA or UMAP

    Raises InputError if ``points`` does not fit the cloud.
    """
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if len(points) != len(cloud.student):
        raise InputError(
            f"The map got {len(points)} points for {len(cloud.student)} weight vectors; "
            "expected one point each."
        )
    if len(points) == 0:
        return empty(theme, "No weight vectors yet: train students first.", height=520)
    labels = np.full(len(points), -1)
    if clusters is not None:
        # by the number that a cluster is called by, and coloured, everywhere
        labels = np.array([*(n - 1 for n in clusters.numbers), -1])[clusters.labels]
    texts = np.array(_hover(cloud, labels), dtype=object)
    small = 5 if len(points) > _MANY else 7
    fig = figure(theme, 520, margin={"l": 16, "r": 16, "t": 44, "b": 40})
    for label in np.unique(labels).tolist():
        inside = labels == label
        colour = theme.positive if clusters is None else theme.colour(label)
        fig.add_scatter(
            x=points[inside, 0],
            y=points[inside, 1],
            mode="markers",
            marker={
                "color": colour,
                "symbol": "circle" if clusters is None else theme.symbol(label),
                "size": 9 if label >= 0 else small,
                "opacity": 0.55 if clusters is None else (0.85 if label >= 0 else 0.6),
                "line": {"width": 1 if label < 0 else 0.8, "color": theme.paper},
            },
            text=texts[inside],
            # the cloud's row of each point, for whoever listens to a selection
            customdata=np.flatnonzero(inside),
            hovertemplate="%{text}<extra></extra>",
            name="noise" if label < 0 else f"cluster {label + 1}",
        )
    if labels.max() < _DIRECT_LABELS:
        _name_clusters(fig, points, labels, theme)
    if truth_points is not None and len(truth_points):
        truth = np.asarray(truth_points, dtype=np.float64)
        fig.add_scatter(
            x=truth[:, 0],
            y=truth[:, 1],
            mode="markers",
            marker={
                # open, so that the points it explains are seen inside
                "symbol": "star-open",
                "size": 24,
                "color": theme.text,
                "line": {"width": 2},
            },
            text=[f"the teacher's neuron {i + 1}" for i in range(len(truth))],
            hovertemplate="<b>%{text}</b><extra></extra>",
            name="the teacher's neurons",
        )
    _legend(fig, labels, clusters is not None, truth_points, theme)
    flat = method == "PCA"
    title = "two principal directions of the weight vectors" if flat else "who is near whom"
    ranges, outside = _window(points, labels, truth_points)
    quiet: dict[str, Any] = {"showticklabels": False, "nticks": 7}
    fig.update_layout(
        xaxis=axis(theme, range=ranges[0], **quiet),
        # distances mean the same along both directions of a PCA, little in a UMAP
        yaxis=axis(theme, range=ranges[1], **quiet, **({"scaleanchor": "x"} if flat else {})),
    )
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=0,
        y=-0.01,
        yanchor="top",
        text=f"{method}: {title}" + (f"; {outside} far outside" if outside else ""),
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.muted},
    )
    return fig


def _window(
    points: np.ndarray, labels: np.ndarray, truth: np.ndarray | None
) -> tuple[list[list[float]], int]:
    """The ranges to show first and how much noise lies outside them.

    Clusters and truth are always inside; a few wild noise points may not squeeze all others into
    a corner, so noise counts only within five median distances of the middle.
    """
    middle = np.median(points, axis=0)
    away = np.linalg.norm(points - middle, axis=1)
    inside = (labels >= 0) | (away <= _REACH * max(float(np.median(away)), 1e-12))
    shown = points[inside]
    if truth is not None and len(truth):
        shown = np.concatenate([shown, np.asarray(truth, dtype=np.float64)])
    low, high = shown.min(axis=0), shown.max(axis=0)
    pad = 0.08 * np.maximum(high - low, 1e-9)
    ranges = np.stack([low - pad, high + pad], axis=1)
    outside = ((points < ranges[:, 0]) | (points > ranges[:, 1])).any(axis=1)
    return ranges.tolist(), int(outside.sum())


def _hover(cloud: WeightCloud, labels: np.ndarray) -> list[str]:
    """What a person reads over each point (M,)."""
    losses, norms = numbers(cloud.loss), numbers(cloud.norm)
    return [
        f"<b>{'no cluster' if label < 0 else f'cluster {label + 1}'}</b><br>"
        f"student {student + 1}, neuron {neuron + 1}<br>student's loss {loss}<br>"
        f"sign {'kept' if sign > 0 else 'turned'}, length {norm}"
        for label, student, neuron, loss, sign, norm in zip(
            labels.tolist(),
            cloud.student.tolist(),
            cloud.neuron.tolist(),
            losses,
            cloud.sign.tolist(),
            norms,
            strict=True,
        )
    ]


def _name_clusters(fig: go.Figure, points: np.ndarray, labels: np.ndarray, theme: Theme) -> None:
    """Each cluster's number beside its points, so that nobody looks colours up."""
    for label in range(labels.max() + 1):
        here = points[labels == label]
        if len(here) == 0:
            continue
        x, y = np.median(here, axis=0)
        fig.add_annotation(
            x=float(x),
            y=float(y),
            text=f"<b>{label + 1}</b>",
            showarrow=False,
            xshift=15,
            yshift=13,
            font={"size": SMALL_SIZE, "color": theme.colour(label)},
        )


def _legend(
    fig: go.Figure,
    labels: np.ndarray,
    clustered: bool,
    truth: np.ndarray | None,
    theme: Theme,
) -> None:
    """One line above the map in place of a legend box."""
    kept, noise = len(np.unique(labels[labels >= 0])), int((labels < 0).sum())
    parts = [plural(kept, "cluster"), f"○ {number(noise)} noise"] if clustered else []
    if not clustered:
        parts = [plural(len(labels), "weight vector")]
    if truth is not None and len(truth):
        parts.append("☆ the teacher")
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=0,
        y=1.02,
        yanchor="bottom",
        text="&nbsp;&nbsp;&nbsp;".join(parts),
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.text},
    )
