"""How often an open page looks at a job: often while it works, seldom while it waits in line or
many are looking.

Thirty people who pressed a button in the same moment look at one job that works and at twenty-nine
of which there is nothing new to see; and drawing one job for ten windows as often as for one takes
the processor from the job itself.
"""

from __future__ import annotations

import threading
import time

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ec_core.jobs import QUEUED, Job

WAITING_SECONDS = 3.0
"""Between two looks at a job that waits in line."""

FEW, SLOWEST = 3, 4
"""So many windows are drawn as often as they ask; for more it is half as often, for twice as many a
quarter."""

_LOOKED_SECONDS = 10.0
"""Since its last look a window counts among those that are looking."""

_LOCK = threading.Lock()
_looked: dict[str, float] = {}


def _windows() -> int:
    """How many are looking, this one among them."""
    ctx, now = get_script_run_ctx(suppress_warning=True), time.monotonic()
    with _LOCK:
        if ctx is not None:
            _looked[ctx.session_id] = now
        for session in [one for one, at in _looked.items() if now - at > _LOOKED_SECONDS]:
            del _looked[session]
        return len(_looked)


def _stretched(windows: int) -> int:
    """By how much less often each of so many is drawn.

    >>> [_stretched(windows) for windows in (0, 3, 4, 6, 7, 30)]
    [1, 1, 2, 2, 4, 4]
    """
    factor = 1
    while windows > FEW * factor and factor < SLOWEST:
        factor *= 2
    return factor


def every(job: Job | None, seconds: float) -> float | None:
    """Seconds from one look to the next; ``seconds`` while it works and few are looking, None where
    there is no job.
    """
    if job is None:
        return None
    return WAITING_SECONDS if job.state == QUEUED else seconds * _stretched(_windows())


def keep(job: Job, every_: float | None, seconds: float) -> None:
    """Draws the page anew, with another pace, where the job has begun or waits again, or others
    have come or gone.

    every_ : the pace that the page has now
    """
    now = every(job, seconds)
    # not for every window that comes or goes: the page would be drawn anew each time
    if every_ is None or now is None or now >= 2.0 * every_ or now <= every_ / 4.0:
        st.rerun()
