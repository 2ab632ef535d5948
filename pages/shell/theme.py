"""Colours and typography: the style sheet, and which of the two themes is on the screen."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st

from ec_core import figures

ASSETS = Path(__file__).resolve().parents[2] / "assets"

_TOKENS = {
    "light": {
        "paper": "#FFFFFF",
        "panel": "#F5F7F9",
        "ink": "#16202A",
        "soft": "#56636F",
        "line": "#DCE2E8",
        "blue": "#0072B2",
        "onblue": "#FFFFFF",
        "truth": "#C65300",
        "good": "#00795A",
        "warn": "#9A5B00",
        "ghost": "#A9B4BE",
    },
    "dark": {
        "paper": "#10161D",
        "panel": "#18212A",
        "ink": "#EDF2F6",
        "soft": "#A3AFBA",
        "line": "#2C3844",
        "blue": "#56B4E9",
        "onblue": "#0B1218",
        "truth": "#FF8A3D",
        "good": "#2FC59B",
        "warn": "#E69F00",
        "ghost": "#5A6774",
    },
}
"""Okabe–Ito hues; text-bearing ones are darkened or lightened until they read at 4.5:1."""


def name() -> str:
    """The appearance the browser reports: light or dark."""
    kind = getattr(st.context.theme, "type", None)
    return "dark" if kind == "dark" else "light"


def figure_theme() -> figures.Theme:
    """The theme that figures are drawn with."""
    return figures.DARK if name() == "dark" else figures.LIGHT


def tokens() -> dict[str, str]:
    """The colours of the theme on the screen, by role."""
    return dict(_TOKENS[name()])


def inject() -> None:
    """Put the style sheet and the theme's colours on the page."""
    variables = ";".join(f"--ec-{role}:{value}" for role, value in tokens().items())
    sheet = written("app.css")
    st.html(f"<style>:root{{{variables};color-scheme:{name()}}}\n{sheet}</style>")


def written(asset: str) -> str:
    """A text from assets, read anew when it has changed."""
    return _read(asset, (ASSETS / asset).stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(asset: str, changed: int) -> str:
    return (ASSETS / asset).read_text(encoding="utf-8")


def wide() -> None:
    """Let this page use a wide screen; components that only carry data leave no gap."""
    with st.container(key="blob_style"):
        st.html(
            "<style>[data-testid='stMainBlockContainer']{max-width:1800px !important}"
            "[data-testid='stLayoutWrapper']:has(> [class*='st-key-blob_']){display:none}"
            # a projector: the words above make room for the views
            "@media (max-height:800px){.ec-head{display:flex;flex-wrap:wrap;align-items:baseline;"
            "gap:0 1rem}.ec-head h1{font-size:1.35rem !important;padding:0 !important}"
            ".ec-head p{font-size:.95rem}}</style>"
        )
