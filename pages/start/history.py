"""The newest runs, each a link that opens it where it stands, and the way to all of them."""

from __future__ import annotations

import html

import streamlit as st

from ec_core.runs import shelf, visitors
from ec_core.runs.run import Run
from ec_core.runs.shelf import Entry, Query
from pages.parts import interrupted_asking, standing
from pages.shell import frame, navigation, words

_SHOWN = 6


def _row(entry: Entry, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"run_{entry.id}"):
        if entry.damaged:
            frame.note(entry.damaged)
            return
        state = standing.standing(entry)
        st.page_link(
            navigation.BY_KEY[standing.leads_to(entry)].file,
            label=words.plain(entry.label),
            query_params=Run(entry.id).query,
            icon=":material/arrow_right:" if is_open else None,
            width=330,
        )
        st.html(f'<span class="ec-note">{html.escape(state)}</span>', width="stretch")
        st.html(f'<span class="ec-note">{standing.when(entry.created)}</span>', width="content")


def earlier_runs(open_run: Run | None) -> None:
    """The newest runs. Above them the models whose asking broke off."""
    visitor = visitors.asking()
    if visitor.key is None and not visitor.everything:
        frame.note(visitors.NO_COOKIE)
        return
    interrupted_asking.listed(leads=True)
    found = shelf.find(Query(most=_SHOWN))
    if not found.total and not found.unread:
        return
    st.subheader("Your runs", anchor=False)
    with st.container(key="earlier_runs", gap=None):
        for entry in found.entries:
            _row(entry, open_run is not None and entry.id == open_run.id)
    with st.container(key="all_runs"):
        st.page_link(
            navigation.BY_KEY["runs"].file,
            label=f"All runs ({found.total + found.unread:,}): find, note, compare",
            icon=":material/list:",
            query_params=open_run.query if open_run else None,
        )
    if visitor.everything:
        frame.note("Runs are kept on this computer and open again after a restart.")
    else:
        where = "wherever you sign in" if visitor.name else "in this browser"
        frame.note(
            f"Yours alone, {where}; the address of a run shows it to whoever you give it to."
        )
