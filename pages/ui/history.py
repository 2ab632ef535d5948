"""The runs made so far, each a link that opens it where it stands."""

from __future__ import annotations

import time

import streamlit as st

from pages.ui import frame, steps, words
from pages.ui.board import active, state_line
from pages.ui.runs import Run, all_runs

_SHOWN = 12


def _when(seconds: float) -> str:
    age = time.time() - seconds
    if age < 90:
        return "just now"
    if age < 5400:
        return f"{round(age / 60)} min ago"
    return time.strftime("%d %b %Y, %H:%M", time.localtime(seconds))


def _row(run: Run, is_open: bool) -> None:
    job = active(run)
    state = state_line(job.snapshot()) if job else run.standing
    with st.container(horizontal=True, vertical_alignment="center", key=f"run_{run.id}"):
        st.page_link(
            steps.BY_KEY["start" if run.settings().demo else run.next_step].file,
            label=run.title,
            query_params=run.query,
            icon=":material/arrow_right:" if is_open else None,
            width=330,
        )
        st.html(f'<span class="ec-note">{state}</span>', width="stretch")
        st.html(f'<span class="ec-note">{_when(run.created)}</span>', width="content")


def earlier_runs(open_run: Run | None) -> None:
    """The newest runs; the rest behind a click."""
    runs = all_runs()
    if not runs:
        return
    st.subheader("Your runs", anchor=False)
    with st.container(key="earlier_runs", gap=None):
        for run in runs[:_SHOWN]:
            _row(run, open_run is not None and run.id == open_run.id)
        if len(runs) > _SHOWN:
            with st.expander(words.many(len(runs) - _SHOWN, "older run")):
                for run in runs[_SHOWN:]:
                    _row(run, False)
    frame.note("Runs are kept on this computer and open again after a restart.")
