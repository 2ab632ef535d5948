"""A network drawn as circles and lines: sign by colour and dash, size by width."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from ec_core.errors import InputError
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, bare_axis, faded, figure
from ec_core.figures.words import number
from ec_core.networks.network import Network

MAX_NEURONS = 12
"""Neurons drawn per layer; of a wider one the first, an ellipsis and the last."""

WIDTHS = (0.6, 1.4, 2.6, 4.2)
"""Line widths from weak to strong: a trace has one width, so weights are sorted into four."""

LONGEST = 24
"""Letters of a name that are drawn; the hover text has them all."""

_LETTER = 8.2
"""Width of a letter in pixels, to leave room for the names."""

_NAMED = 12
"""Up to so many inputs or outputs carry their names."""


@dataclass(frozen=True)
class _Column:
    """The neurons of one layer that are drawn: their indices and heights, and the gap's."""

    indices: np.ndarray
    y: np.ndarray
    gap: float | None


def _column(size: int) -> _Column:
    if size <= MAX_NEURONS:
        y = (size - 1) / 2 - np.arange(size, dtype=float)
        return _Column(np.arange(size), y, None)
    top, bottom = MAX_NEURONS // 2, MAX_NEURONS - 1 - MAX_NEURONS // 2
    places = (MAX_NEURONS - 1) / 2 - np.arange(MAX_NEURONS, dtype=float)
    indices = np.concatenate([np.arange(top), np.arange(size - bottom, size)])
    return _Column(indices, np.delete(places, top), float(places[top]))


def network_diagram(
    network: Network | Sequence[int],
    theme: Theme = LIGHT,
    labels: Sequence[str] | None = None,
    weights: Sequence[np.ndarray] | None = None,
    outputs: Sequence[str] | None = None,
) -> go.Figure:
    """Layers from left to right; positive weights solid, negative ones dashed, strong ones wide.

    network : a Network, or sizes (D, H1, …, K) with or without ``weights`` (one (out, in) each)
    labels, outputs : names of the inputs and of the outputs, for axis and hover texts

    Widths compare within a layer. Layers wider than twelve neurons are shortened with an ellipsis.
    Raises InputError if weights and sizes do not fit.
    """
    biases: Sequence[np.ndarray] | None = None
    if isinstance(network, Network):
        sizes, weights, biases = network.sizes, network.weights, network.biases
    else:
        sizes = tuple(int(size) for size in network)
    wanted = [(b, a) for a, b in itertools.pairwise(sizes)]
    if weights is not None and [w.shape for w in weights] != wanted:
        raise InputError(
            f"The diagram got weights of shapes {[w.shape for w in weights]}; sizes {sizes} "
            f"need {wanted}."
        )
    columns = [_column(size) for size in sizes]
    fig = figure(theme, 440, margin={"l": _room(labels), "r": _room(outputs), "t": 24, "b": 24})
    for layer, (left, right) in enumerate(itertools.pairwise(columns)):
        if weights is None:
            _plain_edges(fig, layer, left, right, theme)
        else:
            _edges(fig, layer, left, right, np.asarray(weights[layer]), theme)
    if weights is not None:
        _edge_hovers(fig, columns, weights, sizes, labels)
    for layer, column in enumerate(columns):
        hover = _node_texts(layer, column, sizes, labels, outputs, weights, biases)
        _nodes(fig, layer, column, hover, layer in (0, len(sizes) - 1), theme)
    _names(fig, columns, sizes, labels, outputs, theme)
    tallest = max(len(c.y) + (c.gap is not None) for c in columns)
    fig.update_layout(
        xaxis=bare_axis(range=[-0.45, len(sizes) - 0.55]),
        yaxis=bare_axis(range=[-tallest / 2 - 1.1, tallest / 2 + 0.3]),
    )
    return fig


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _room(names: Sequence[str] | None) -> int:
    """The margin that names beside a layer need, in pixels."""
    longest = max((len(_shortened(name)) for name in names or ()), default=0)
    return 24 + max(0, round(_LETTER * longest) - 60)


def _lines(layer: int, y0: np.ndarray, y1: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges from heights y0 to y1 (n,) as one polyline with NaN gaps."""
    gap = np.full(len(y0), np.nan)
    x = np.stack([np.full(len(y0), layer), np.full(len(y0), layer + 1.0), gap], axis=1)
    return x.ravel(), np.stack([y0, y1, gap], axis=1).ravel()


def _plain_edges(fig: go.Figure, layer: int, left: _Column, right: _Column, theme: Theme) -> None:
    y1, y0 = (grid.ravel() for grid in np.meshgrid(right.y, left.y, indexing="ij"))
    x, y = _lines(layer, y0, y1)
    fig.add_scatter(
        x=x, y=y, mode="lines", line={"color": theme.grid, "width": 1.2}, hoverinfo="skip"
    )


def _edges(
    fig: go.Figure, layer: int, left: _Column, right: _Column, weight: np.ndarray, theme: Theme
) -> None:
    """At most eight traces: four widths times two signs; the weakest are drawn first."""
    shown = weight[np.ix_(right.indices, left.indices)].ravel()
    y1, y0 = (grid.ravel() for grid in np.meshgrid(right.y, left.y, indexing="ij"))
    strongest = float(np.abs(shown).max(initial=0.0))
    if strongest == 0.0:
        return
    share = np.abs(shown) / strongest
    bins = np.clip((share * len(WIDTHS)).astype(int), 0, len(WIDTHS) - 1)
    for level, width in enumerate(WIDTHS):
        for positive in (True, False):
            chosen = (bins == level) & (shown > 0 if positive else shown < 0)
            if not chosen.any():
                continue
            x, y = _lines(layer, y0[chosen], y1[chosen])
            colour = theme.positive if positive else theme.negative
            fig.add_scatter(
                x=x,
                y=y,
                mode="lines",
                line={
                    "color": faded(colour, (0.25, 0.45, 0.7, 0.95)[level]),
                    "width": width,
                    "dash": "solid" if positive else "6px,3px",
                },
                hoverinfo="skip",
                name="positive" if positive else "negative",
            )


def _edge_hovers(
    fig: go.Figure,
    columns: Sequence[_Column],
    weights: Sequence[np.ndarray],
    sizes: Sequence[int],
    labels: Sequence[str] | None,
) -> None:
    """Invisible points a third along each line: Plotly shows hover texts at points only."""
    x, y, texts = [], [], []
    for layer, (left, right) in enumerate(itertools.pairwise(columns)):
        for j, yj in zip(right.indices, right.y, strict=True):
            for i, yi in zip(left.indices, left.y, strict=True):
                x.append(layer + 0.32)
                y.append(yi + 0.32 * (yj - yi))
                source = _name(layer, int(i), sizes, labels, None)
                target = _name(layer + 1, int(j), sizes, labels, None)
                texts.append(f"{source} → {target}<br>weight {number(weights[layer][j, i], 4)}")
    fig.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"size": 9, "opacity": 0},
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        name="weights",
    )


def _name(
    layer: int,
    index: int,
    sizes: Sequence[int],
    labels: Sequence[str] | None,
    outputs: Sequence[str] | None,
) -> str:
    if layer == 0:
        return labels[index] if labels and index < len(labels) else f"input {index + 1}"
    if layer == len(sizes) - 1:
        return outputs[index] if outputs and index < len(outputs) else f"output {index + 1}"
    return f"neuron {index + 1}" + (f" of layer {layer}" if len(sizes) > 3 else "")


def _node_texts(
    layer: int,
    column: _Column,
    sizes: Sequence[int],
    labels: Sequence[str] | None,
    outputs: Sequence[str] | None,
    weights: Sequence[np.ndarray] | None,
    biases: Sequence[np.ndarray] | None,
) -> list[str]:
    texts = []
    for i in column.indices.tolist():
        text = f"<b>{_name(layer, i, sizes, labels, outputs)}</b>"
        if layer > 0 and weights is not None:
            text += f"<br>incoming length {number(float(np.linalg.norm(weights[layer - 1][i])), 4)}"
        if layer > 0 and biases is not None:
            text += f"<br>bias {number(biases[layer - 1][i], 4)}"
        texts.append(text)
    return texts


def _nodes(
    fig: go.Figure, layer: int, column: _Column, texts: list[str], outer: bool, theme: Theme
) -> None:
    size = 24 if len(column.y) <= 8 else 18
    fig.add_scatter(
        x=[layer] * len(column.y),
        y=column.y,
        mode="markers",
        marker={
            "size": size if not outer else size - 6,
            "color": theme.paper if not outer else theme.muted,
            "line": {"width": 2.5 if not outer else 0, "color": theme.text},
        },
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        name="neurons",
    )
    if column.gap is not None:
        fig.add_annotation(
            x=layer,
            y=column.gap,
            text="<b>⋮</b>",
            showarrow=False,
            font={"size": 22, "color": theme.muted},
        )


def _names(
    fig: go.Figure,
    columns: Sequence[_Column],
    sizes: Sequence[int],
    labels: Sequence[str] | None,
    outputs: Sequence[str] | None,
    theme: Theme,
) -> None:
    """Counts below each layer, names beside the first and the last."""
    bottom = -max(len(c.y) + (c.gap is not None) for c in columns) / 2 - 0.7
    for layer, size in enumerate(sizes):
        noun = "input" if layer == 0 else "output" if layer == len(sizes) - 1 else "neuron"
        fig.add_annotation(
            x=layer,
            y=bottom,
            text=f"{size} {noun}{'' if size == 1 else 's'}",
            showarrow=False,
            font={"size": SMALL_SIZE, "color": theme.muted},
        )
    ends = ((0, labels, "right", -14), (len(sizes) - 1, outputs, "left", 14))
    for layer, names, anchor, shift in ends:
        column = columns[layer]
        if names is None or len(column.y) > _NAMED:
            continue
        for i, y in zip(column.indices.tolist(), column.y.tolist(), strict=True):
            if i < len(names):
                fig.add_annotation(
                    x=layer,
                    y=y,
                    text=_shortened(names[i]),
                    xanchor=anchor,
                    xshift=shift,
                    showarrow=False,
                    font={"size": SMALL_SIZE, "color": theme.muted},
                )
