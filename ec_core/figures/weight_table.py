"""A layer's weights side by side: the teacher's, the recovered ones, and their difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ec_core.errors import InputError
from ec_core.figures.log_axis import HEIGHT_FLOOR, clamp
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, axis, colour_bar, figure
from ec_core.figures.words import number, power
from ec_core.networks.chain import Naming
from ec_core.networks.network import Network

MAX_COLUMNS_WITH_TEXT, MAX_ROWS_WITH_TEXT = 5, 16
"""Tables up to this size print their numbers into the cells."""

_DOMAINS = ((0.0, 0.29), (0.355, 0.645), (0.71, 1.0))
"""Where the three tables stand."""


def weight_table_heat(
    teacher: Network,
    aligned: Network,
    theme: Theme = LIGHT,
    layer: int = 0,
    labels: Sequence[str] | None = None,
    unidentified: Sequence[int] = (),
    naming: Naming | None = None,
) -> go.Figure:
    """Three heat maps: the teacher's layer, the recovered one (already aligned), log10 difference.

    Rows are neurons, columns inputs and, last, the bias; the other way round where ``naming``, the
    layer's names in the file it was read from, says that its matrix lies so. Hovering names each
    number as the file does. ``labels`` names the inputs.
    The difference stays blank for ``unidentified`` inputs, whose weights no answer tells.
    Raises InputError if the two networks differ in size.
    """
    if teacher.sizes != aligned.sizes:
        raise InputError(
            f"Weights can only be laid side by side for equal sizes; got {teacher.sizes} and "
            f"{aligned.sizes}."
        )
    ours, theirs = _table(teacher, layer), _table(aligned, layer)
    difference = np.abs(ours - theirs)
    if layer == 0:
        difference[:, list(unidentified)] = np.nan
    limit = float(max(np.abs(ours).max(), np.abs(theirs).max(), 1e-12))
    low = math.log10(HEIGHT_FLOOR)
    names = _names(ours.shape, labels if layer == 0 else None, naming)
    turned = naming is not None and naming.layout == "in-out"
    if turned:
        ours, theirs, difference, names = ours.T, theirs.T, difference.T, names.swapaxes(0, 1)
    height, width = ours.shape
    fig = figure(
        theme, min(max(300, 90 + 30 * height), 720), margin={"l": 24, "r": 24, "t": 48, "b": 84}
    )
    tables = (
        ("the teacher", ours, ours, theme.signed, -limit, limit),
        ("recovered", theirs, theirs, theme.signed, -limit, limit),
        ("difference", np.log10(clamp(difference, HEIGHT_FLOOR)), difference, None, low, 0.0),
    )
    small = width <= MAX_COLUMNS_WITH_TEXT and height <= MAX_ROWS_WITH_TEXT
    for i, (title, shown, values, scale, least, most) in enumerate(tables):
        suffix = "" if i == 0 else str(i + 1)
        last = i == 2
        words = [
            ["no answer tells" if np.isnan(v) else number(v, 2 if last else 6) for v in row]
            for row in values
        ]
        fig.add_heatmap(
            x=np.arange(width),
            y=np.arange(height),
            z=shown,
            zmin=least,
            zmax=most,
            colorscale=scale if scale is not None else theme.nearness,
            xgap=2 if small else 0,
            ygap=2 if small else 0,
            customdata=[
                [[*names[r, c], w] for c, w in enumerate(row)] for r, row in enumerate(words)
            ],
            hovertemplate=f"<b>%{{customdata[0]}}</b>, %{{customdata[1]}}<br>{title}: "
            "%{customdata[2]}<extra></extra>",
            name=title,
            xaxis="x" + suffix,
            yaxis="y" + suffix,
            showscale=i > 0,
            colorbar=_bar(theme, last, _DOMAINS[i], low),
        )
        if small and not last:
            _print_numbers(fig, shown, limit, suffix, theme)
        _place(fig, suffix, _DOMAINS[i], title, height, turned, theme, first=i == 0)
    return fig


def _print_numbers(
    fig: go.Figure, values: np.ndarray, limit: float, suffix: str, theme: Theme
) -> None:
    """Two decimals in each cell, in whichever of ink and paper reads better on its colour."""
    row, column = np.indices(values.shape)
    fig.add_scatter(
        x=column.ravel(),
        y=row.ravel(),
        mode="text",
        text=[f"{value:.2f}".replace("-", "−") for value in values.ravel()],
        textfont={
            "size": SMALL_SIZE,
            "color": [_ink(value / limit, theme) for value in values.ravel()],
        },
        hoverinfo="skip",
        xaxis="x" + suffix,
        yaxis="y" + suffix,
        name="numbers",
    )


def _ink(share: float, theme: Theme) -> str:
    """Of the page's ink and paper the one with more contrast (WCAG 2) on the colour of a weight;
    share : of the largest weight, -1 to 1.
    """
    strong = _light(theme.positive if share > 0 else theme.negative)
    ground = _luminance(abs(share) * strong + (1 - abs(share)) * _light(theme.paper))

    def contrast(colour: str) -> float:
        a, b = sorted((_luminance(_light(colour)), ground))
        return (b + 0.05) / (a + 0.05)

    return max((theme.text, theme.paper), key=contrast)


def _light(colour: str) -> np.ndarray:
    """#RRGGBB as three shares."""
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def _luminance(shares: np.ndarray) -> float:
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _names(
    shape: tuple[int, ...], labels: Sequence[str] | None, naming: Naming | None
) -> np.ndarray:
    """(H, D+1, 2) what each number is called: its neuron and input, or its place in the file and
    these.
    """
    neurons, inputs = shape[0], shape[1] - 1
    names = np.empty((*shape, 2), dtype=object)
    for row in range(neurons):
        for column in range(inputs + 1):
            named = labels[column] if labels and column < len(labels) else f"input {column + 1}"
            read = "bias" if column == inputs else named
            names[row, column] = f"neuron {row + 1}", read
            if naming is not None:
                place = _place_in_file(naming, row, None if column == inputs else column)
                names[row, column] = place, f"neuron {row + 1}, {read}"
    return names


def _place_in_file(naming: Naming, neuron: int, column: int | None) -> str:
    """fc1.weight[2, 0], counted from zero as programs do; column None: the bias."""
    if column is None:
        return "no bias in the file" if naming.bias is None else f"{escape(naming.bias)}[{neuron}]"
    at = f"[{column}, {neuron}]" if naming.layout == "in-out" else f"[{neuron}, {column}]"
    called = escape(naming.weight)
    # a product of two layers is called by both
    return f"({called}){at}" if " · " in called else f"{called}{at}"


def _table(network: Network, layer: int) -> np.ndarray:
    """Weights with the bias as last column: (H, D+1)."""
    return np.column_stack([network.weights[layer], network.biases[layer]])


def _bar(theme: Theme, last: bool, domain: tuple[float, float], low: float) -> dict[str, object]:
    """A flat colour bar under its table; the two weight tables share one."""
    width = domain[1] - domain[0] if last else _DOMAINS[1][1] - _DOMAINS[0][0]
    centre = (domain[0] + domain[1]) / 2 if last else (_DOMAINS[0][0] + _DOMAINS[1][1]) / 2
    ticks: dict[str, object] = {}
    if last:
        exponents = [low, -12, -8, -4, 0]
        ticks = {
            "tickmode": "array",
            "tickvals": exponents,
            "ticktext": ["≤ " + power(low), *(power(e) for e in exponents[1:])],
        }
    return colour_bar(
        theme,
        "",
        orientation="h",
        x=centre,
        xanchor="center",
        y=-0.02,
        yanchor="top",
        len=width * 0.9,
        **ticks,
    )


def _place(
    fig: go.Figure,
    suffix: str,
    domain: tuple[float, float],
    title: str,
    rows: int,
    turned: bool,
    theme: Theme,
    first: bool,
) -> None:
    """The axes of one table: numbers on the left one only, of neurons, or of inputs with the bias
    below them.
    """
    at = list(range(0, rows, max(1, rows // 16)))
    quiet: dict[str, Any] = {"showgrid": False, "showticklabels": False}
    fig.update_layout(
        {
            "xaxis" + suffix: axis(theme, domain=list(domain), anchor="y" + suffix, **quiet),
            "yaxis" + suffix: axis(
                theme,
                ("input" if turned else "neuron") if first else None,
                anchor="x" + suffix,
                range=[rows - 0.5, -0.5],
                showgrid=False,
                showticklabels=first,
                tickmode="array",
                tickvals=at,
                ticktext=["bias" if turned and i == rows - 1 else str(i + 1) for i in at],
            ),
        }
    )
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=domain[0],
        xanchor="left",
        y=1.02,
        yanchor="bottom",
        text=f"<b>{title}</b>",
        showarrow=False,
        font={"color": theme.text},
    )
