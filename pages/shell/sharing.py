"""Whose the open run is: what its owner lets others do, and what others read of it."""

from __future__ import annotations

import html

import streamlit as st

from ec_core.runs import copies, owners
from ec_core.runs.run import Run
from ec_core.store import owner_of
from pages.shell import steps
from pages.shell.callbacks import safely
from pages.shell.process import active, board
from pages.shell.visitor import several

_WORK_TOO = "others_work"


def _allow(run: Run) -> None:
    may = st.session_state.get(_WORK_TOO)
    owners.allow(run.stored, owners.WORK if may else owners.LOOK)


def share(run: Run | None) -> None:
    """For the owner, among several people: who else may do what."""
    if run is None or not several() or not run.mine:
        return
    owner = owner_of(run.stored)
    if owner is None:  # on the server's own machine everything is theirs
        return
    with st.popover("Share", key="share", icon=":material/group:", width="content"):
        st.markdown(
            "Whoever has the address of this page may **look** at this run. Nobody finds it who "
            "was not given the address."
        )
        st.toggle(
            "They may work on it too",
            value=owner.others == owners.WORK,
            key=_WORK_TOO,
            on_change=safely,
            args=(_allow, run),
            help="Train, cut, build and stop. What is locked away only you unlock.",
        )


def _sentence(run: Run) -> str:
    owner = owner_of(run.stored)
    if owner is None:
        return "This run has no owner: it was made before this server had visitors."
    whose = f"{html.escape(owner.name)}’s run" if owner.name else "somebody else’s run"
    if run.workable:
        return f"This is {whose}, and you may work on it."
    return f"This is {whose}: you may look at it. What is changed here is not kept."


def whose(run: Run | None) -> None:
    """For others: whose it is, and the way to a copy of one's own."""
    if run is None or not several() or run.mine:
        return
    with st.container(
        horizontal=True, vertical_alignment="center", key="panel_foreign", gap="medium"
    ):
        st.html(f'<p class="ec-whose">{_sentence(run)}</p>', width="stretch")
        if run.truth_locked or active(run) is not None:
            return
        if st.button(
            "Copy to my runs",
            key="copy_run",
            icon=":material/content_copy:",
            help="A run of your own with all that this one has now, to go on with.",
        ):
            steps.go(run.next_step, copies.copy(board(), run))
