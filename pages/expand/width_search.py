"""The search for a width as a person sees it: the width tried now, and those tried before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import streamlit as st

from ec_core import events, figures
from ec_core.jobs.buffer import Seen
from ec_core.runs.run import Run
from pages.expand.student_views import in_training, show_curves
from pages.shell import frame, show, theme, words


def show_search(
    run: Run,
    seen: Seen,
    training: events.TrainingProgress | None,
    tried: list[events.WidthTried],
) -> None:
    """The search for the width as far as it has come: the width tried now, and those before."""
    if training is not None:
        there = sum(status == events.CONVERGED for status in training.statuses)
        frame.facts(
            [
                ("looking for a width, trying", f"{_tried_now(run, training)} neurons each"),
                ("students that get there", f"{there} of {len(training.statuses)}"),
                ("best loss", words.power(float(np.nanmin(training.losses)))),
                ("iteration", str(training.iteration)),
            ],
            key="search_facts",
        )
        frame.note(
            "A few students try this width in a short run. When more than half of them get there "
            "it is taken, and they go on together with the others; else the next is twice as wide."
        )
    left, right = st.columns([0.56, 0.44], gap="medium")
    with left:
        if training is not None:
            show_curves(run, in_training(seen, training))
    with right:
        if tried:
            last = tried[-1]
            each = words.shape(last.hidden) if last.hidden else str(last.width)
            verdict = "That is enough." if last.enough else "That was not enough."
            frame.note(
                f"With {each} neurons {last.converged} of {last.students} students got there. "
                f"{verdict}"
            )
            show_widths(tried)


def _tried_now(run: Run, training: events.TrainingProgress) -> str:
    """The hidden sizes that are being tried: the same number in every layer."""
    return words.shape((training.width,) * run.layers)


def show_widths(tried: list[events.WidthTried]) -> None:
    show.figure(
        show.drawn(figures.width_search, tried, theme=theme.figure_theme()),
        key="width_search",
        height=300,
        alt="One bar for each width tried: how many students of a short run converged.",
    )


def widths_of(seen: Iterable[events.Event]) -> list[events.WidthTried]:
    return [event for event in seen if isinstance(event, events.WidthTried)]
