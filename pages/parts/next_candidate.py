"""Not verified, and another candidate of the race is worth a try: said, with the way on."""

from __future__ import annotations

import streamlit as st

from ec_core.runs import keeping, work
from ec_core.runs.run import Run
from pages.shell import steps, words
from pages.shell.process import active, board


def offer(run: Run) -> None:
    """One sentence and one click; nothing where nobody comes next."""
    if active(run) is not None or not run.workable:
        return
    candidate, race = keeping.next_candidate(run), run.race()
    if candidate is None or race is None:
        return
    standing = race.of(candidate)
    with st.container(key="panel_next_candidate"):
        said = f"From what was built, **{candidate.words}** looks likely."
        if standing is not None:
            loss = "" if standing.loss is None else f", at {words.power(standing.loss)}"
            said = f"In the race **{candidate.words}** came next{loss}. It may be the right one."
        st.markdown(f"{said} What is here now is kept as an earlier result.")
        if st.button(
            f"Go on with {candidate.activation}",
            key="next_candidate",
            type="primary",
            icon=":material/play_arrow:",
        ):
            work.start_whole(board(), run, candidate)
            steps.go("expand", run)
