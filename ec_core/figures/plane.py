"""For two inputs: every neuron is a line in the plane, the teacher's and the students'."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ec_core.errors import InputError
from ec_core.figures.geometry import Limits, clip_lines, polyline
from ec_core.figures.theme import LIGHT, Theme, axis, faded, figure

LIMITS: Limits = (-3.0, 3.0, -3.0, 3.0)
"""Three standard deviations of standardised inputs."""

_POINTS = 5
"""Points per line: see ``polyline``."""


def plane_lines(
    incoming: np.ndarray,
    theme: Theme = LIGHT,
    truth: np.ndarray | None = None,
    limits: Limits = LIMITS,
) -> go.Figure:
    """The lines w·x + b = 0 of all students' neurons, thin, with the teacher's dashed on top.

    incoming : (S, H, 3) weights and bias of every student's neurons, or (M, 3) vectors
    truth : (H, 3) the teacher's, in the same coordinates; limits : the part of the plane shown

    Where many thin lines fall on one another the students agree. Neurons without a direction
    (constants) have no line. Raises InputError unless there are two inputs.
    """
    incoming = np.asarray(incoming, dtype=np.float64)
    if incoming.ndim == 2:
        incoming = incoming[None]
    for array in (incoming,) if truth is None else (incoming, np.asarray(truth)):
        if array.shape[-1] != 3:
            raise InputError(
                f"Neurons are lines in a plane only for two inputs; got {array.shape[-1] - 1}."
            )
    fig = figure(theme, 520, margin={"l": 24, "r": 24, "t": 44, "b": 24}, showlegend=True)
    students = len(incoming)
    opacity = float(np.clip(3.0 / max(students, 1), 0.22, 0.7))
    for s, vectors in enumerate(incoming):
        _add_lines(
            fig,
            vectors,
            limits,
            line={"color": faded(theme.positive, opacity), "width": 1.6},
            owner=f"student {s + 1}" if students > 1 else "student",
            name="students' neurons",
            legendgroup="students",
            showlegend=s == 0,
        )
    if truth is not None:
        _add_lines(
            fig,
            np.asarray(truth, dtype=np.float64),
            limits,
            line={"color": theme.accent, "width": 3.2, "dash": "10px,5px"},
            owner="the teacher",
            name="the teacher's neurons",
        )
    fig.update_layout(
        xaxis=axis(theme, "first input", range=list(limits[:2]), nticks=7, constrain="domain"),
        yaxis=axis(
            theme,
            "second input",
            range=list(limits[2:]),
            nticks=7,
            scaleanchor="x",
            constrain="domain",
        ),
    )
    return fig


def _add_lines(
    fig: go.Figure,
    vectors: np.ndarray,
    limits: Limits,
    line: dict[str, object],
    owner: str,
    name: str,
    **more: object,
) -> None:
    """All lines of one network as one trace; lines outside the box are left out."""
    segments = clip_lines(vectors, limits)
    visible = np.flatnonzero(np.isfinite(segments[:, 0, 0]))
    x, y = polyline(segments[visible], _POINTS)
    neuron = np.repeat(visible + 1, _POINTS + 1)
    fig.add_scatter(
        x=x.round(5),
        y=y.round(5),
        mode="lines",
        line=line,
        customdata=neuron,
        hovertemplate=f"<b>{owner}</b>, neuron %{{customdata}}<br>switches along this line"
        "<extra></extra>",
        name=name,
        **more,
    )
