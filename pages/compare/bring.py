"""A true network, brought to a run of answers afterwards."""

from __future__ import annotations

import streamlit as st

from ec_core.runs import truth
from ec_core.runs.run import Run
from ec_core.runs.truth import Truth
from pages.shell import frame, words
from pages.shell.callbacks import safely


def offer(run: Run) -> None:
    """The place for its file, where whoever looks may change the run."""
    if not run.workable:
        return
    with st.expander("Do you have the true network after all?"):
        file = st.file_uploader(
            "Its file, in any format that the Teacher page takes",
            key="truth_file",
            help="Only its weights are read. The recovery has not seen it, and never will.",
        )
        if file is None:
            return
        if st.button("Compare with it", key="truth_attach", type="primary"):
            truth.attach(run, file.getvalue(), file.name)
            st.rerun()


def brought(run: Run, known: Truth) -> None:
    """What is compared with, and the way to take it away again."""
    with st.container(horizontal=True, vertical_alignment="center", key="truth_brought"):
        frame.note(
            f"Compared with {known.name}, {words.shape(known.network.sizes)} "
            f"{known.network.activation}, which was brought afterwards: the recovery saw nothing "
            "of it."
        )
        if run.workable:
            st.button(
                "Take it away",
                key="truth_away",
                icon=":material/close:",
                on_click=safely,
                args=(truth.take_away, run),
            )
