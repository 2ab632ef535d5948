"""How a Plotly figure is put on a page: in its own colours, and with words beside a square one."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st


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
