"""The runs made so far, each a link that opens it where it stands."""

from __future__ import annotations

import html
import time

import streamlit as st

from ec_core.runs import shelf, visitors
from ec_core.runs.run import Run, next_step
from ec_core.store import RunSummary
from ec_core.store.database import Query
from pages.parts import interrupted_asking
from pages.parts.job_controls import state_line
from pages.shell import frame, interrupted, navigation
from pages.shell.process import active

_SHOWN = 10
_STANDING = {
    "reconstruct": "clustered",
    "cluster": "students trained",
    "expand": "teacher chosen",
}


def _when(seconds: float) -> str:
    age = time.time() - seconds
    if age < 90:
        return "just now"
    if age < 5400:
        return f"{round(age / 60)} min ago"
    return time.strftime("%d %b %Y, %H:%M", time.localtime(seconds))


def _row(summary: RunSummary, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"run_{summary.id}"):
        if summary.damaged:
            frame.note(summary.damaged)
            return
        run = Run(summary.id)
        job = active(run)
        step = next_step(summary.parts)
        state = state_line(job.snapshot()) if job else _STANDING.get(step, summary.status)
        if job is None and interrupted.is_so(run):
            state = interrupted.STANDING
        st.page_link(
            navigation.BY_KEY["start" if summary.label.startswith("Demo") else step].file,
            label=summary.label,
            query_params=run.query,
            icon=":material/arrow_right:" if is_open else None,
            width=330,
        )
        st.html(f'<span class="ec-note">{html.escape(state)}</span>', width="stretch")
        st.html(f'<span class="ec-note">{_when(summary.created)}</span>', width="content")


def earlier_runs(open_run: Run | None) -> None:
    """The newest runs; the rest behind a click. Above them the models whose asking broke off."""
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
        for summary in found.entries:
            _row(summary, open_run is not None and summary.id == open_run.id)
    if visitor.everything:
        frame.note("Runs are kept on this computer and open again after a restart.")
    else:
        where = "wherever you sign in" if visitor.name else "in this browser"
        frame.note(
            f"Yours alone, {where}; the address of a run shows it to whoever you give it to."
        )
