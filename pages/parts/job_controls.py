"""What a page says of a background job, and the buttons that pause and stop it."""

from __future__ import annotations

import html

import streamlit as st

from ec_core.jobs import Job, JobSnapshot
from ec_core.runs import steering
from ec_core.runs.run import Run
from pages.shell import frame, waiting
from pages.shell.callbacks import safely


def state_line(snapshot: JobSnapshot, step: str = "this iteration") -> str:
    """Where a job stands, in words; step : what still comes to its end when it is stopped."""
    if snapshot.state == "queued":
        waits = "Waiting" if snapshot.started is None else "Waiting to go on"
        return f"{waits}: {waiting.sentence(snapshot.ahead)}"
    names = {
        "running": "Running",
        "paused": "Paused, and in nobody’s way",
        "stopping": f"Stopping after {step}",
        "finished": "Finished",
        "stopped": "Stopped",
        "failed": "Failed",
    }
    return names.get(snapshot.state, snapshot.state)


def show_state(snapshot: JobSnapshot, key: str = "job_state", step: str = "this iteration") -> None:
    """The state line, in an element a test can find; a failed job's reason as a callout."""
    mark = {"running": "●", "finished": "✓", "failed": "×", "paused": "❚❚"}.get(snapshot.state, "○")
    with st.container(key=key):
        st.html(
            f'<p class="ec-state {snapshot.state}"><b>{mark}</b> '
            f"{html.escape(state_line(snapshot, step))}</p>"
        )
    if snapshot.state == "failed" and snapshot.error:
        frame.callout(snapshot.error)


def _stop(run: Run, job: Job) -> None:
    # first: a run that was deleted must not keep its job
    steering.stop(job)
    if job.control is not None:
        run.mark_steered()


def steer(run: Run, job: Job, snapshot: JobSnapshot) -> None:
    """Pause or continue, and stop; nothing where it is somebody else's to do."""
    if not steering.may_steer(job):
        return
    if snapshot.state == "paused":
        st.button(
            "Continue",
            key="job_resume",
            icon=":material/play_arrow:",
            on_click=safely,
            args=(steering.resume, job),
        )
    else:
        st.button(
            "Pause",
            key="job_pause",
            icon=":material/pause:",
            on_click=safely,
            args=(steering.pause, job),
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
