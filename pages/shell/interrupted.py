"""Work that a restart of the server broke off: said on every page, with one click to go on."""

from __future__ import annotations

import streamlit as st

from ec_core.errors import ECError
from ec_core.runs import at_work, durable, work
from ec_core.runs.run import Run
from pages.shell.callbacks import safely
from pages.shell.process import active, board

STANDING = "interrupted"
"""In the list of runs."""


def is_so(run: Run) -> bool:
    """Did a restart break something of this run off?"""
    try:
        return active(run) is None and at_work.interrupted(run) is not None
    except ECError:
        return False


def _what(kind: str, run: Run) -> tuple[str, str]:
    """What was going on, and what going on means."""
    what, then = _from_the_parts(kind, run)
    if durable.has_checkpoint(run):
        then = "It goes on from where it stood a few seconds before, to the same end."
    return what, then


def _from_the_parts(kind: str, run: Run) -> tuple[str, str]:
    """The same where nothing but the parts of the run is kept."""
    if kind == work.RECONSTRUCT:
        return "its network was being built", "The building starts again from the same clusters."
    if kind == work.WHOLE and not run.has("ensemble"):
        return "it was at work", "It starts again, from the same seed."
    if run.has("ensemble"):
        what = "its students were being trained on" if kind == work.EXPAND else "it was at work"
        return what, "It goes on from the trained students that are stored."
    return "its students were being trained", "The training starts again, from the same seed."


def banner(run: Run | None) -> None:
    """The sentence and the two ways on; nothing where nothing broke off."""
    if run is None or not run.workable or not is_so(run):
        return
    interrupted = at_work.interrupted(run)
    if interrupted is None:
        return
    what, then = _what(interrupted[0], run)
    with st.container(key="panel_interrupted"):
        st.markdown(
            f"**Interrupted.** The server was restarted, or its disk was full, while {what}; what "
            f"was stored is still there. {then}"
        )
        with st.container(horizontal=True, key="interrupted_ways"):
            st.button(
                "Go on",
                key="go_on",
                type="primary",
                icon=":material/play_arrow:",
                on_click=safely,
                args=(work.go_on, board(), run),
            )
            st.button(
                "Leave it as it is",
                key="leave_it",
                on_click=safely,
                args=(at_work.end, run),
            )
