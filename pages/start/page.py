"""Start: what this is, a demo that needs nothing, and the runs made so far."""

from __future__ import annotations

import streamlit as st

import pages  # noqa: F401  # the gate, alone and first
from pages.shell import frame, steps, visitor

# isort: split
from ec_core.runs import demo
from ec_core.runs.run import Run
from pages.shell.process import board
from pages.start import demo_story, history

_HERO = """
<div class="ec-hero">
  <p class="ec-kicker">Expand-and-Cluster</p>
  <h1>Can a neural network be read from its answers alone?</h1>
  <p>Ask a network questions, train others to answer alike, and see what they all agree on:
  <em>its weights, every one of them, exact to rounding.</em></p>
</div>
"""


@frame.page("start", None)
def _page(run: Run | None) -> None:
    left, right = st.columns([0.46, 0.54], gap="large", vertical_alignment="top")
    with left:
        st.html(_HERO)
        with st.container(horizontal=True, vertical_alignment="center", key="start_buttons"):
            if st.button(
                "Run the demo",
                key="run_demo",
                type="primary",
                icon=":material/play_arrow:",
            ):
                steps.go("start", demo.begin(board()))
            if st.button("Choose a teacher", key="choose_teacher", icon=":material/tune:"):
                steps.go("teacher", None)
        if run is not None and run.settings().demo:
            demo_story.story(run)
        else:
            frame.note(
                "The demo needs no input. A teacher with two inputs: each of its neurons is a "
                "line in "
                "the plane, and the students' lines drift onto them."
            )
    with right:
        if run is not None and run.settings().demo:
            demo_story.picture(run)
        else:
            demo_story.still()
    history.earlier_runs(run)
    visitor.sign_in()
