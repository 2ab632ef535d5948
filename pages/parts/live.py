"""Pictures that are updated in place while a job runs: losses on a log axis, lines, points.

Plain ES modules from assets/, mounted once; new data reaches the same canvas, so zoom, hover and
motion survive an update (a Plotly figure would be replaced).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from ec_core.candidates import DIVED
from ec_core.curves.search import FREE
from ec_core.figures.theme import DASHES, student_style
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.network import LEARNT
from ec_core.probing.probes import NOISE_ROOM
from ec_core.runs import race_words
from ec_core.runs.races import Race
from pages.shell import modules, theme, words

MAX_POINTS = 400
"""Points per curve that are sent to the browser; more cannot be told apart on a screen."""

_FOLDER = theme.ASSETS / "live"
_CSS = (_FOLDER / "live.css").read_text(encoding="utf-8")
_HTML = '<div class="live"><canvas role="img"></canvas>\n<div class="tip" hidden></div></div>'


def _canvas(name: str) -> Any:
    return st.components.v2.component(
        f"ec_live_{name}", html=_HTML, css=_CSS, js=modules.bundle(_FOLDER, name)
    )


_LOSSES, _PLANE, _CLOUD = _canvas("losses"), _canvas("plane"), _canvas("cloud")
_RACE = _canvas("race")


def thin(count: int, points: int = MAX_POINTS) -> np.ndarray:
    """Indices (≤ points,) evenly spread over ``count`` entries, the last one included.

    >>> thin(3).tolist(), thin(1000, 4).tolist()
    ([0, 1, 2], [0, 333, 666, 999])
    """
    if count <= points:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, points).round().astype(int))


def _styles(students: int) -> list[list[Any]]:
    """Colour, strokes and gaps, and kind of point of each student, for a canvas."""
    look = theme.figure_theme()
    styles = [student_style(s, look) for s in range(students)]
    return [[style.colour, list(DASHES[style.dash]), style.mark] for style in styles]


def swatch(student: int) -> str:
    """A piece of the student's line with its point on it, as HTML."""
    style = student_style(student, theme.figure_theme())
    at, stops = 0, []
    for i, length in enumerate(DASHES[style.dash] or (1,)):
        colour = "transparent" if i % 2 else "currentColor"
        stops.append(f"{colour} {at}px {at + length}px")
        at += length
    line = f"repeating-linear-gradient(90deg,{','.join(stops)})"
    return (
        f'<i class="ec-swatch {style.mark}" aria-hidden="true" style="color:{style.colour};'
        f'background-image:{line}"></i>'
    )


def losses(
    at: Sequence[int] | np.ndarray,
    history: np.ndarray,
    statuses: Sequence[str],
    *,
    floor: float,
    key: str,
    label: str = "student",
    height: int = 300,
) -> None:
    """One curve per student.

    at (T,) iterations; history (T, S) losses, NaN where there is none; floor: the line at which
    a student explains the answers exactly.
    """
    kept = thin(len(at))
    rows = np.asarray(history, dtype=float)[kept] if len(at) else np.zeros((0, 0))
    series = [[float(v) if np.isfinite(v) and v > 0 else None for v in column] for column in rows.T]
    best = min((v for line in series for v in line[-1:] if v is not None), default=None)
    words = f"Losses of {len(series)} curves; the best is {best:.1e}." if best else "No losses yet."
    data: dict[str, Any] = {
        "series": series,
        "at": [int(v) for v in np.asarray(at)[kept]] if len(at) else [],
        "status": list(statuses),
        "floor": floor,
        "label": label,
        "styles": _styles(len(series)),
        "alt": words,
        "height": height,
    }
    _LOSSES(key=key, data=data)


def plane(
    students: np.ndarray | None,
    *,
    truth: np.ndarray | None,
    found: np.ndarray | None = None,
    strength: np.ndarray | None = None,
    key: str,
    height: int = 380,
    span: float = 3.0,
) -> None:
    """Neurons of networks with two inputs as the lines w·x + b = 0.

    students (S, H, 3); truth, found (H, 3) or None; strength (S, H) in [0, 1] fades a line.
    """
    colours = theme.tokens()
    lines = [] if students is None else np.round(np.asarray(students, dtype=float), 5).tolist()
    data: dict[str, Any] = {
        "students": lines,
        "weight": None if strength is None else np.round(strength, 3).tolist(),
        "truth": None if truth is None else np.asarray(truth, dtype=float).tolist(),
        "found": None if found is None else np.asarray(found, dtype=float).tolist(),
        "span": span,
        "colours": {
            "students": [colours["blue"]],
            "truth": colours["truth"],
            "found": colours["good"],
        },
        "alt": f"The plane of the two inputs with the neurons of {len(lines)} students as lines.",
        "height": height,
    }
    _PLANE(key=key, data=data)


def cloud(students: np.ndarray, *, truth: np.ndarray | None, key: str, height: int = 330) -> None:
    """Weight vectors as points of a fixed projection: students (S, H, 2), truth (H, 2) or None."""
    reach = np.linalg.norm(students.reshape(-1, 2), axis=1)
    data: dict[str, Any] = {
        "students": np.round(students, 4).tolist(),
        "truth": None if truth is None else np.round(truth, 4).tolist(),
        # a few runaways may leave the picture
        "span": float(max(np.quantile(reach, 0.97), 1e-6)),
        "styles": _styles(len(students)),
        "colours": {"truth": theme.tokens()["truth"]},
        "alt": f"The weight vectors of {len(students)} students as points.",
        "height": height,
    }
    _CLOUD(key=key, data=data)


def race(shown: Race, *, says: str, floor: float, over: bool, key: str, height: int = 420) -> None:
    """One curve per candidate, heat beside heat; floor: where only rounding is left.

    says : the race in a sentence, for those who cannot see it; over : nobody races any more
    """
    names = sorted({curve.activation for heat in shown.heats for curve in heat.curves})
    known = {name: index for index, name in enumerate(ACTIVATIONS)}
    # in the table's order, so that a colour stays with its activation from run to run
    places = {name: known.get(name, len(known)) for name in names}
    styles = _styles(max(places.values(), default=0) + 1)
    colours = theme.tokens()
    data: dict[str, Any] = {
        "heats": [
            {
                "title": race_words.title(heat),
                "short": "–".join([str(heat.width)] * heat.hidden_layers),
                "curves": [
                    {
                        "name": LEARNT if curve.activation == FREE else curve.activation,
                        "at": list(curve.at),
                        "losses": list(curve.losses),
                        "style": styles[places[curve.activation]],
                    }
                    for curve in heat.curves
                ],
            }
            for heat in shown.heats
        ],
        "floor": floor,
        "line": max(DIVED, NOISE_ROOM * floor),
        "over": over,
        "words": {
            "racing": "in the race",
            "behind": "fell behind",
            "dived": "no imitation: recovered",
            "floor": "exact to rounding",
            "line": "imitations seldom get below this line",
        },
        "colours": {"ghost": colours["ghost"], "soft": colours["soft"]},
        "alt": f"The race of the candidates. {words.on_paper(says)}",
        "height": height,
    }
    _RACE(key=key, data=data)
