"""The background work of this process: one board for all browser tabs, and a run's job on it."""

from __future__ import annotations

import streamlit as st
from streamlit import config

from ec_core.jobs import Job, JobBoard
from ec_core.runs import active as working
from ec_core.runs import admission, durable, limits, resume
from ec_core.runs.run import Run
from pages.shell import garbage
from serving.visitors import many

_MADE: list[JobBoard] = []


@st.cache_resource(show_spinner=False)
def board() -> JobBoard:
    """Made once per server process; jobs belong to it, not to a tab. What an earlier process left
    unfinished goes on.
    """
    garbage.WATCH.begin()
    limit_uploads()
    board = JobBoard(room=admission.room)
    _MADE.append(board)
    resume.at_start(board)
    return board


def limit_uploads() -> None:
    """What is larger than one person may bring is refused before it is in the server's memory."""
    most = limits.told().of("anybody" if many({}) else "").upload
    if most is not None:
        config.set_option("server.maxUploadSize", max(1, int(most)))


def leave(timeout: float) -> None:
    """The server ends: what is being computed is written down, to go on at its next start."""
    for made in _MADE:
        durable.leave(made, timeout)


def job_of(run: Run) -> Job | None:
    """The newest job of a run in this process."""
    return working.job_of(board(), run)


def active(run: Run, *kinds: str) -> Job | None:
    """The run's job if it has not ended; ``kinds`` are first words of its label, none for any."""
    return working.active(board(), run, *kinds)
