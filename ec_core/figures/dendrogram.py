"""The average-linkage tree of all weight vectors, its cut and its clusters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from ec_core.figures.log_axis import HEIGHT_FLOOR, HEIGHT_MARGIN, height_axis
from ec_core.figures.theme import FONT_SIZE, LIGHT, SMALL_SIZE, Theme, bare_axis, empty, figure
from ec_core.figures.tree_layout import MAX_MERGES, lay_out, merge_lines, wedge_lines
from ec_core.figures.words import number, plural

if TYPE_CHECKING:
    from ec_core.cluster.cloud import WeightCloud
    from ec_core.cluster.cut import Clusters, Cut
    from ec_core.cluster.dendrogram import Dendrogram

_LABEL_ROWS = (HEIGHT_FLOOR / 6, HEIGHT_FLOOR / 50)
"""Just below the leaves: two rows for the clusters' numbers."""

_LABEL_WIDTH = 0.034
"""Share of the width that a number takes; where both rows are taken it becomes a dot."""

_THIN_FROM = 300
"""More leaves than this make grey lines thinner, so that noise stays a haze, not a wall."""


def dendrogram(
    tree: Dendrogram,
    clusters: Clusters | None,
    cut: Cut | None,
    cloud: WeightCloud | None = None,
    theme: Theme = LIGHT,
    max_merges: int = MAX_MERGES,
) -> go.Figure:
    """The tree on a log height axis; kept clusters in colour, rejected ones grey, the cut dashed.

    Heights below 1e-17 are drawn there. Vectors of rejected clusters hang just below their merge.
    One trace per colour, whatever the size; of a tree with more than ``max_merges`` merges the
    lowest are folded into wedges. Without ``clusters`` the whole tree is drawn in one ink;
    ``cloud`` adds the losses to the hover text.
    """
    leaves = len(tree.leaf_order)
    if leaves < 2:
        return empty(
            theme,
            "There is nothing to join yet: a tree needs at least two weight vectors."
            if leaves == 0
            else "Only one weight vector: there is nothing to join.",
            height=520,
        )
    branches = () if clusters is None else clusters.clusters
    rejected = np.zeros(leaves, dtype=bool)
    for cluster in branches:
        rejected[cluster.members] = not cluster.kept
    groups = [cluster.members for cluster in branches]
    layout = lay_out(tree.linkage, tree.leaf_order, groups, rejected, max_merges)
    kept = [index for index, cluster in enumerate(branches) if cluster.kept]
    called = () if clusters is None else clusters.numbers
    names = {cluster: number - 1 for cluster, number in zip(kept, called, strict=True)}

    ink = np.array([theme.colour(names.get(i, -1)) for i in range(len(branches))] + [theme.trunk])
    node_ink = ink[np.where(layout.label < 0, len(branches), layout.label)]
    fig = figure(theme, 520, margin=HEIGHT_MARGIN)
    drawn, folded = layout.drawn, layout.folded
    thin = float(np.clip(1.4 * _THIN_FROM / leaves, 0.5, 1.4))
    # strong colours last, so that they lie on top of the trunk
    for colour in sorted(set(node_ink), key=lambda c: (c in theme.palette, c)):
        x, y = merge_lines(layout, node_ink == colour)
        wx, wy = wedge_lines(layout, folded[node_ink[folded] == colour])
        if len(x) + len(wx) == 0:
            continue
        fig.add_scatter(
            x=np.concatenate([x, wx]).astype(np.float32),
            y=np.concatenate([y, wy]),
            mode="lines",
            line={"color": colour, "width": 2 if colour in theme.palette else thin},
            hoverinfo="skip",
        )
    nodes = np.concatenate([folded, drawn])
    fig.add_scatter(
        x=layout.x[nodes].astype(np.float32),
        y=layout.height[nodes],
        mode="markers",
        marker={"size": 10, "color": node_ink[nodes].tolist(), "opacity": 0},
        text=_merge_texts(tree, cloud, nodes - leaves, layout.label[nodes], names),
        hovertemplate="%{text}<extra></extra>",
        name="merges",
    )
    if clusters is not None and kept:
        _cluster_numbers(fig, clusters, layout.x[:leaves], theme)
    if cut is not None:
        _cut_line(fig, float(cut.height), theme)
    fig.update_layout(
        xaxis=bare_axis(range=[-0.03 * leaves - 0.5, 1.03 * leaves - 0.5]),
        yaxis=height_axis(theme, tree.linkage[:, 2], "distance at which they join"),
    )
    return fig


def _merge_texts(
    tree: Dendrogram,
    cloud: WeightCloud | None,
    merges: np.ndarray,
    labels: np.ndarray,
    names: dict[int, int],
) -> list[str]:
    """Hover text of each merge (m,)."""
    best = None if cloud is None else _lowest_losses(tree.linkage, cloud.loss)
    texts = []
    for i, label in zip(merges.tolist(), labels.tolist(), strict=True):
        angle = math.degrees(math.acos(min(max(float(tree.cosine[i]), -1.0), 1.0)))
        head = f"<b>cluster {names[label] + 1}</b><br>" if label in names else ""
        texts.append(
            f"{head}{plural(int(tree.size[i]), 'weight vector')} of "
            f"{plural(int(tree.support[i]), 'student')}<br>"
            f"join at distance {number(tree.linkage[i, 2])}<br>typical angle {number(angle)}°"
            + ("" if best is None else f"<br>best student's loss {number(best[i])}")
        )
    return texts


def _lowest_losses(linkage: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """The lowest loss among the leaves below each merge: (M-1,)."""
    lowest = np.concatenate([losses, np.empty(len(linkage))])
    for i, (a, b) in enumerate(linkage[:, :2].astype(int)):
        lowest[len(losses) + i] = min(lowest[a], lowest[b])
    return lowest[len(losses) :]


def _cluster_numbers(fig: go.Figure, clusters: Clusters, x: np.ndarray, theme: Theme) -> None:
    """Each kept cluster's number below the middle of its leaves."""
    middles = [(x[c.members].min() + x[c.members].max()) / 2 for c in clusters.kept]
    texts, hovers = [""] * len(middles), []
    rows = [_LABEL_ROWS[0]] * len(middles)
    free = [-np.inf, -np.inf]
    for name in np.argsort(middles).tolist():
        row = next((r for r in (0, 1) if middles[name] >= free[r]), None)
        texts[name] = "·" if row is None else f"<b>{clusters.numbers[name]}</b>"
        if row is not None:
            rows[name] = _LABEL_ROWS[row]
            free[row] = middles[name] + _LABEL_WIDTH * len(x)
    for called, cluster in zip(clusters.numbers, clusters.kept, strict=True):
        hovers.append(
            f"<b>cluster {called}</b><br>{plural(len(cluster.members), 'weight vector')} of "
            f"{plural(cluster.support, 'student')}<br>spread {number(cluster.spread)}<br>"
            f"median angle {number(cluster.angle)}°"
        )
    fig.add_scatter(
        x=[float(middle) for middle in middles],
        y=rows,
        mode="text",
        text=texts,
        textfont={"size": FONT_SIZE, "color": [theme.colour(n - 1) for n in clusters.numbers]},
        hovertext=hovers,
        hovertemplate="%{hovertext}<extra></extra>",
        name="clusters",
    )


def _cut_line(fig: go.Figure, height: float, theme: Theme) -> None:
    """The cut across the tree, named at its right end."""
    at = math.log10(max(height, HEIGHT_FLOOR))
    fig.add_shape(
        type="line",
        xref="paper",
        x0=0,
        x1=1,
        y0=10.0**at,
        y1=10.0**at,
        line={"color": theme.text, "width": 1.6, "dash": "8px,4px"},
    )
    fig.add_annotation(
        xref="paper",
        x=1.01,
        xanchor="left",
        y=at,
        text=f"<b>cut</b> {number(10.0**at, 1)}",
        showarrow=False,
        font={"size": SMALL_SIZE, "color": theme.text},
    )
