"""How a Plotly figure is put on a page: in its own colours, and with words beside a square one."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from ec_core.runs.once import once

KEPT = 256
"""Figures that are kept drawn; one is some tens of kilobytes."""


@dataclass(frozen=True)
class _Recipe:
    """What makes a figure; two are equal that are made in the same way of the same things."""

    key: bytes
    make: Callable[..., go.Figure] = field(compare=False)
    given: tuple[Any, ...] = field(compare=False)
    named: dict[str, Any] = field(compare=False)


class _Ready(go.Figure):  # type: ignore[misc]  # plotly has no types
    """A figure that is only to be shown, kept as the text that is sent.

    What Plotly makes of a figure when it is shown (a deep copy, its arrays in base64) takes it
    20 ms each time; and a text is one thing to the garbage collection, which Streamlit has look
    through everything after every run of a page, a figure thousands.
    """

    def __init__(self, figure: go.Figure) -> None:
        super().__init__()
        self._text = str(figure.to_json(validate=False))

    def to_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(self._text)
        return plain


@once(most=KEPT)
def _drawn(recipe: _Recipe) -> go.Figure:
    return _Ready(recipe.make(*recipe.given, **recipe.named))


def drawn(make: Callable[..., go.Figure], *given: Any, **named: Any) -> go.Figure:
    """make(*given, **named), drawn once for all who look at the same things.

    Drawing takes Plotly a tenth of a second, at every click on a page, of every person. The key is
    what is drawn itself, every number of it, so that a figure is never one of something else. It is
    shared: nobody may change it.
    """
    # only written, never read: what is alike has the same bytes, and nothing is unpickled
    what = pickle.dumps((make.__module__, make.__qualname__, given, sorted(named.items())))
    return _drawn(_Recipe(hashlib.blake2b(what).digest(), make, given, named))


def figure(fig: go.Figure, *, key: str, alt: str, height: int | None = None) -> None:
    """A figure of ec_core.figures, over the whole width it is given.

    alt : what it shows, for those who cannot see it
    """
    st.plotly_chart(
        fig,
        theme=None,
        key=key,
        alt=alt,
        height=height or "content",
        config={"displaylogo": False},
    )


def square(fig: go.Figure, words: str, *, key: str, alt: str) -> None:
    """A figure that is as high as wide, with words in the room beside it."""
    left, right = st.columns([0.6, 0.4], gap="large", vertical_alignment="center")
    with left:
        figure(fig, key=key, alt=alt)
    with right:
        st.markdown(words)
