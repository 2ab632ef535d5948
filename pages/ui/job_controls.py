"""The background work of this process: one board for all browser tabs, and a run's job on it."""

from __future__ import annotations

import gc
import html

import streamlit as st

from ec_core.jobs import Job, JobBoard, JobSnapshot
from ec_core.runs import active as working
from ec_core.runs.run import Run
from pages.ui import waiting
from pages.ui.callbacks import safely


@st.cache_resource
def board() -> JobBoard:
    """Made once per server process; jobs belong to it, not to a tab."""
    # Streamlit collects garbage after every run of a page or fragment, and with torch and its kin
    # loaded that stops all threads, training too, for 0.2 s each time (measured: a live page made
    # training five times slower). What is loaded by now stays loaded: take it out of the search.
    gc.collect()
    gc.freeze()
    return JobBoard()


def job_of(run: Run) -> Job | None:
    """The newest job of a run in this process."""
    return working.job_of(board(), run)


def active(run: Run, *kinds: str) -> Job | None:
    """The run's job if it has not ended; ``kinds`` are first words of its label, none for any."""
    return working.active(board(), run, *kinds)


def state_line(snapshot: JobSnapshot) -> str:
    """Where a job stands, in words."""
    if snapshot.state == "queued":
        waits = "Waiting" if snapshot.started is None else "Waiting to go on"
        return f"{waits}: {waiting.sentence(snapshot.ahead)}"
    names = {
        "running": "Running",
        "paused": "Paused, and in nobody’s way",
        "stopping": "Stopping after this iteration",
        "finished": "Finished",
        "stopped": "Stopped",
        "failed": "Failed",
    }
    return names.get(snapshot.state, snapshot.state)


def show_state(snapshot: JobSnapshot, key: str = "job_state") -> None:
    """The state line, in an element a test can find; a failed job's reason as a callout."""
    mark = {"running": "●", "finished": "✓", "failed": "×", "paused": "❚❚"}.get(snapshot.state, "○")
    with st.container(key=key):
        st.html(
            f'<p class="ec-state {snapshot.state}"><b>{mark}</b> '
            f"{html.escape(state_line(snapshot))}</p>"
        )
    if snapshot.state == "failed" and snapshot.error:
        st.error(snapshot.error, icon=":material/error:")


def _stop(run: Run, job: Job) -> None:
    # first: a run that was deleted must not keep its job
    job.stop()
    if job.control is not None:
        run.mark_steered()


def steer(run: Run, job: Job, snapshot: JobSnapshot) -> None:
    """Pause or continue, and stop."""
    if snapshot.state == "paused":
        st.button(
            "Continue",
            key="job_resume",
            icon=":material/play_arrow:",
            on_click=safely,
            args=(job.resume,),
        )
    else:
        st.button(
            "Pause",
            key="job_pause",
            icon=":material/pause:",
            on_click=safely,
            args=(job.pause,),
            disabled=snapshot.state != "running",
        )
    st.button(
        "Take out of the line"
        if snapshot.state == "queued" and snapshot.started is None
        else "Stop all",
        key="job_stop",
        icon=":material/stop:",
        on_click=safely,
        args=(_stop, run, job),
        disabled=snapshot.state == "stopping",
    )
