"""Colours that can be read and told apart."""

from __future__ import annotations

import numpy as np
import pytest

from ec_core import events
from ec_core.figures.theme import DARK, LIGHT, SYMBOLS, Theme, empty, status_style

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@THEMES
def test_text_is_readable_and_colours_are_visible(theme: Theme) -> None:
    assert contrast(theme.text, theme.paper) >= 12
    assert contrast(theme.muted, theme.paper) >= 4.5
    assert all(contrast(colour, theme.paper) >= 2.2 for colour in theme.palette)
    assert contrast(theme.positive, theme.paper) >= 3
    assert contrast(theme.negative, theme.paper) >= 3


@THEMES
def test_clusters_are_told_apart_without_colour(theme: Theme) -> None:
    pairs = {(theme.colour(i), theme.symbol(i)) for i in range(42)}
    assert len(pairs) == 42
    assert theme.colour(-1) == theme.faint and "star" not in SYMBOLS


@THEMES
def test_nearness_runs_from_contrast_into_the_page(theme: Theme) -> None:
    steps = [contrast(str(colour), theme.paper) for _, colour in theme.nearness]
    assert steps == sorted(steps, reverse=True)


@THEMES
def test_states_differ_in_symbol_and_colour(theme: Theme) -> None:
    states = (
        events.CONVERGED,
        events.TRAINING,
        events.STALLED,
        events.STOPPED,
        events.OUT_OF_BUDGET,
    )
    styles = [status_style(state, theme) for state in states]
    assert len({style.symbol for style in styles}) == len(states)
    assert len({style.colour for style in styles}) == len(states)
    assert status_style("of unknown name", theme).colour == theme.faint


def test_an_empty_figure_says_why() -> None:
    fig = empty(LIGHT, "Nothing yet.")
    assert fig.layout.annotations[0].text == "Nothing yet."
    assert not fig.layout.xaxis.visible
