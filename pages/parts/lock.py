"""Locking the truth away, as for an exam: the one switch, wherever it stands."""

from __future__ import annotations

import streamlit as st

from ec_core.runs.run import Run
from pages.shell import frame

SENTENCE = (
    "The truth is locked away: the teacher’s network is shown on no page and is in no figure and "
    "no download, until it is unlocked."
)


def toggle(run: Run) -> None:
    """The switch; nothing where there is no teacher to lock away."""
    if not run.has_teacher or not run.mine:
        return
    locked = st.toggle(
        "Lock the truth away",
        value=run.truth_locked,
        key="truth_locked",
        help="As for an exam: nothing of the teacher is sent to the browser then, on any page, and "
        "nothing of it is in what can be downloaded. Whose run it is can unlock it here; the "
        "files on the server’s disk stay as they are.",
    )
    if locked != run.truth_locked:
        run.lock_truth(locked)
        st.rerun()


def said(run: Run) -> None:
    """One sentence where a page would otherwise show the teacher."""
    if run.truth_locked:
        frame.note(SENTENCE)
