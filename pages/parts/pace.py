"""How often an open page looks at a job: often while it works, seldom while it waits in line.

Thirty people who pressed a button in the same moment look at one job that works and at twenty-nine
of which there is nothing new to see; drawing those as often would take the whole server.
"""

from __future__ import annotations

import streamlit as st

from ec_core.jobs import QUEUED, Job

WAITING_SECONDS = 3.0
"""Between two looks at a job that waits in line."""


def every(job: Job | None, seconds: float) -> float | None:
    """Seconds from one look to the next; ``seconds`` while it works, None where there is no job."""
    if job is None:
        return None
    return WAITING_SECONDS if job.state == QUEUED else seconds


def keep(job: Job, every_: float | None, seconds: float) -> None:
    """Draws the page anew, with another pace, where the job has begun or waits again.

    every_ : the pace that the page has now
    """
    if every_ != every(job, seconds):
        st.rerun()
