"""The look every figure shares: colours, type, axes, hover labels, in light and in dark.

Colours: Okabe and Ito, "Color Universal Design" (2008). Yellow is left out on white and black on
dark, where they cannot be read. A colour never carries a meaning alone: a symbol or a dash goes
with it. Backgrounds are transparent, so that a figure sits on whatever page shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from ec_core import events

FONT = "Inter, 'Source Sans Pro', 'Source Sans 3', system-ui, 'Segoe UI', sans-serif"
FONT_SIZE = 15
"""Readable from the back of a class at 1280×720."""
SMALL_SIZE = 14

_BLUE, _SKY, _GREEN = "#0072B2", "#56B4E9", "#009E73"
_VERMILLION, _ORANGE, _PURPLE, _YELLOW = "#D55E00", "#E69F00", "#CC79A7", "#F0E442"

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "pentagon", "hexagram")
"""Seven symbols against six colours: 42 clusters before a pair repeats. Stars mean the truth."""


@dataclass(frozen=True)
class Theme:
    """The colours of one appearance.

    text, muted : ink of first and second rank; trunk : lines that belong to no cluster
    grid : hairlines; faint : noise and whatever was rejected; paper : the page behind the figure
    palette : six colours for clusters; positive, negative : sign of a weight
    """

    name: str
    text: str
    muted: str
    trunk: str
    grid: str
    faint: str
    paper: str
    palette: tuple[str, ...]
    positive: str
    negative: str
    accent: str

    def colour(self, index: int) -> str:
        """Colour of cluster ``index``; -1 is noise."""
        return self.faint if index < 0 else self.palette[index % len(self.palette)]

    def symbol(self, index: int) -> str:
        """Symbol of cluster ``index``; -1 is noise."""
        return "circle-open" if index < 0 else SYMBOLS[index % len(SYMBOLS)]

    def scale(self, steps: Sequence[str]) -> list[list[float | str]]:
        """A Plotly colour scale through the given colours, evenly spaced."""
        return [[i / (len(steps) - 1), colour] for i, colour in enumerate(steps)]

    @property
    def signed(self) -> list[list[float | str]]:
        """Negative, zero (the page's colour), positive."""
        return self.scale((self.negative, self.paper, self.positive))

    @property
    def nearness(self) -> list[list[float | str]]:
        """From identical (strong) to far apart (fades into the page); lightness is monotone."""
        if self.name == "dark":
            return self.scale(("#E8F5FC", "#56B4E9", "#0072B2", "#17375A", "#151B27"))
        return self.scale(("#0B2545", "#0072B2", "#56B4E9", "#BFE0F4", "#F4F7FA"))


LIGHT = Theme(
    name="light",
    text="#1F2430",
    muted="#5F6775",
    trunk="#8C94A3",
    grid="#E6E9EF",
    faint="#B4BBC7",
    paper="#FFFFFF",
    palette=(_BLUE, _VERMILLION, _GREEN, _PURPLE, _ORANGE, _SKY),
    positive=_BLUE,
    negative=_VERMILLION,
    accent=_VERMILLION,
)

DARK = Theme(
    name="dark",
    text="#F2F4F8",
    muted="#A9B1BF",
    trunk="#7F8898",
    grid="#2B313D",
    faint="#59616F",
    paper="#0E1117",
    palette=(_SKY, _ORANGE, _GREEN, _PURPLE, _YELLOW, _VERMILLION),
    positive=_SKY,
    negative=_ORANGE,
    accent=_ORANGE,
)


DASHES = {"solid": (), "dash": (9, 4), "dot": (2, 3), "dashdot": (9, 3, 2, 3)}
"""Line styles by Plotly's names, and as lengths in pixels of strokes and gaps."""

MARKS = ("circle", "square", "triangle", "diamond")
"""Kinds of points, in turn as the colours of the palette run out."""


@dataclass(frozen=True)
class StudentStyle:
    """How a student is drawn, in every picture and table: colour, line style, kind of point."""

    colour: str
    dash: str
    mark: str


def student_style(student: int, theme: Theme) -> StudentStyle:
    """The style of student 0, 1, …: six colours times four line styles before a pair repeats.

    >>> [student_style(s, LIGHT).dash for s in (0, 5, 6, 12, 18, 24)]
    ['solid', 'solid', 'dash', 'dot', 'dashdot', 'solid']
    """
    turn = student // len(theme.palette)
    dashes = tuple(DASHES)
    return StudentStyle(theme.colour(student), dashes[turn % len(dashes)], MARKS[turn % len(MARKS)])


@dataclass(frozen=True)
class StatusStyle:
    """How a student's state is drawn."""

    colour: str
    dash: str
    symbol: str


def status_style(status: str, theme: Theme) -> StatusStyle:
    """Colour, dash and symbol of a student's state; an unknown state is drawn in grey."""
    blue = theme.positive
    table = {
        events.CONVERGED: StatusStyle(_GREEN, "solid", "circle"),
        events.TRAINING: StatusStyle(blue, "solid", "circle-open"),
        events.STALLED: StatusStyle(theme.accent, "dot", "x"),
        events.STOPPED: StatusStyle(theme.trunk, "dash", "square"),
        events.OUT_OF_BUDGET: StatusStyle(_PURPLE, "dashdot", "diamond"),
    }
    return table.get(status, StatusStyle(theme.faint, "solid", "circle-open"))


def axis(theme: Theme, title: str | None = None, **more: Any) -> dict[str, Any]:
    """A quiet axis: hairline grid, no frame, its title in second-rank ink."""
    return {
        "title": {
            "text": title or "",
            "font": {"size": FONT_SIZE, "color": theme.muted},
            "standoff": 14,
        },
        "gridcolor": theme.grid,
        "gridwidth": 1,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "tickfont": {"size": SMALL_SIZE, "color": theme.muted},
        "automargin": True,
        **more,
    }


def bare_axis(**more: Any) -> dict[str, Any]:
    """An axis that positions things and shows nothing."""
    return {"visible": False, "showgrid": False, "zeroline": False, **more}


def figure(theme: Theme, height: int = 440, **layout: Any) -> go.Figure:
    """An empty figure in the theme; ``layout`` overrides its settings."""
    settings: dict[str, Any] = {
        # an empty one: None would bring in Plotly's own colours
        "template": go.layout.Template(),
        "height": height,
        "font": {"family": FONT, "size": FONT_SIZE, "color": theme.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 24, "r": 24, "t": 40, "b": 24},
        "hoverlabel": {
            "bgcolor": theme.paper,
            "bordercolor": theme.trunk,
            "font": {"family": FONT, "size": SMALL_SIZE, "color": theme.text},
            "align": "left",
        },
        "hovermode": "closest",
        "dragmode": "pan",
        "showlegend": False,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": SMALL_SIZE, "color": theme.text},
            "itemsizing": "constant",
            "bgcolor": "rgba(0,0,0,0)",
        },
        # a constant keeps the person's zoom when the same figure is drawn with newer data
        "uirevision": "keep",
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": theme.faint,
            "activecolor": theme.text,
        },
        "colorway": list(theme.palette),
    }
    return go.Figure(layout={**settings, **layout})


def empty(theme: Theme, message: str, height: int = 440) -> go.Figure:
    """A figure with nothing to draw that says in one sentence what it waits for."""
    fig = figure(theme, height, xaxis=bare_axis(range=[0, 1]), yaxis=bare_axis(range=[0, 1]))
    fig.add_annotation(
        x=0.5,
        y=0.5,
        text=message,
        showarrow=False,
        font={"size": 17, "color": theme.muted},
    )
    return fig


def colour_bar(theme: Theme, title: str, **more: Any) -> dict[str, Any]:
    """A thin colour bar whose title stands above it."""
    return {
        "title": {"text": title, "side": "top", "font": {"size": SMALL_SIZE, "color": theme.muted}},
        "thickness": 14,
        "outlinewidth": 0,
        "tickfont": {"size": SMALL_SIZE, "color": theme.muted},
        "ticks": "",
        **more,
    }


def faded(colour: str, opacity: float) -> str:
    """``#RRGGBB`` with an opacity, as Plotly wants it.

    >>> faded("#0072B2", 0.5)
    'rgba(0,114,178,0.5)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
