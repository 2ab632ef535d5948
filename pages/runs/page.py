"""Runs: all that one has tried, to be found again, noted, compared and taken along."""

from __future__ import annotations

import streamlit as st

import pages  # noqa: F401  # the gate, alone and first
from pages.shell import frame

# isort: split
from ec_core.runs import visitors
from ec_core.runs.run import Run
from pages.runs import beside, chosen, listing, picked


@frame.page(
    "runs",
    "Your runs",
    "Find one again, say what it was about, lay some side by side, and take them to another "
    "computer.",
)
def _page(run: Run | None) -> None:
    visitor = visitors.asking()
    if visitor.key is None and not visitor.everything:
        frame.note(visitors.NO_COOKIE)
        return
    if picked.side_by_side():
        beside.draw(picked.side_by_side())
        return
    left, right = st.columns([0.68, 0.32], gap="large")
    with left:
        listing.draw(run)
    with right, st.container(key="runs_panel"):
        chosen.draw()
