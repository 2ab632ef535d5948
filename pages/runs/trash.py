"""What was deleted, and the way back."""

from __future__ import annotations

import html

import streamlit as st

from ec_core.runs import shelf
from pages.parts import standing
from pages.shell import frame, words
from pages.shell.callbacks import safely

_MOST = 20
"""So many are listed, the last first."""


def draw() -> None:
    """The runs in the trash, each with the way back."""
    gone = shelf.discarded()
    if not gone:
        frame.note("The trash is empty.")
        return
    frame.note(
        f"Deleted runs stay here for {shelf.TRASH_DAYS} days at least, and go for good when the "
        "host tidies up after that."
    )
    with st.container(key="runs_list", gap=None):
        for one in gone[:_MOST]:
            with st.container(horizontal=True, vertical_alignment="center", key=f"row_{one.id}"):
                st.html(f"<span>{html.escape(one.label)}</span>", width="stretch")
                st.html(
                    f'<span class="ec-note">deleted {standing.when(one.at)}</span>',
                    width="content",
                )
                st.button(
                    "Bring back",
                    key=f"back_{one.id}",
                    icon=":material/undo:",
                    on_click=safely,
                    args=(shelf.bring_back, (one.id,)),
                )
    if len(gone) > _MOST:
        frame.note(f"… and {words.many(len(gone) - _MOST, 'older one')}.")
    st.button(
        "Empty the trash for good",
        key="empty_trash",
        icon=":material/delete_forever:",
        on_click=safely,
        args=(shelf.empty, tuple(one.id for one in gone)),
    )
