"""A model that is asked in the background: how far it is, and the button that stops it."""

from __future__ import annotations

import html

import streamlit as st

from ec_core.jobs import FAILED, Job
from ec_core.runs import addresses, steering
from ec_core.runs.addresses import Asked, Asking
from pages.parts import interrupted_asking
from pages.parts.job_controls import show_state
from pages.shell import frame, words
from pages.shell.callbacks import safely
from pages.shell.process import board

REFRESH_SECONDS = 0.7

_AT_ONCE = 1.0
"""Seconds that a page waits for an answer before it says that it waits: most take less."""

_LISTED = 5
"""Models that others ask, named at most."""


def begin(asking: Asking, count: int | None) -> None:
    """Ask, in the background; a moment later most single questions are answered."""
    addresses.start(board(), asking, count).wait(_AT_ONCE)


def _watch(asking: Asking, look: bool) -> None:
    job = addresses.of(board(), asking, look=look)
    if job is None or job.over:
        st.rerun()
    snapshot = job.snapshot()
    show_state(snapshot, "teacher_address_state", "the request that is on its way")
    now = addresses.progress(snapshot)
    if now is not None and not look:
        done = f"{now.done:,} of {now.count:,} questions are answered"
        st.progress(
            now.done / now.count,
            f"{done}: {now.asked:,} asked now, {now.kept:,} known from before.",
        )
        frame.note(f"{now.count - now.done:,} are left in the budget.")
    why = addresses.waits_for(snapshot)
    if why is not None:
        frame.note(words.on_paper(addresses.on_a_page(why)))
    if not look:
        frame.note("You can leave this page or close it: the asking goes on, and is found here.")
    st.button(
        "Stop",
        key="teacher_address_stop",
        icon=":material/stop:",
        on_click=safely,
        args=(steering.stop, job),
        disabled=snapshot.state == "stopping",
        help="What is answered is kept.",
    )


def job_of(asking: Asking, *, look: bool) -> Job | None:
    """The newest job that asks this model one question, or many; whoever began it."""
    return addresses.of(board(), asking, look=look)


def budget_of(job: Job) -> int | None:
    """How many questions it may ask."""
    told = addresses.told(job)
    return None if told is None else told[1]


def watch(asking: Asking, *, look: bool) -> None:
    """A job at work, looked at again and again until it ends."""
    with st.container(key="teacher_address_asking"):
        st.fragment(frame.guarded(_watch), run_every=REFRESH_SECONDS)(asking, look)


def outcome(job: Job) -> Asked | None:
    """What a job that has ended brought; None, after a sentence, where it brought nothing."""
    snapshot = job.snapshot()
    if snapshot.state == FAILED:
        frame.callout(addresses.on_a_page(snapshot.error or "It failed."))
        return None
    if not isinstance(snapshot.result, Asked):
        frame.note("It was stopped before the first answer.")
        return None
    return snapshot.result


def others() -> None:
    """Models that are or were asked since the app began, also by other windows; and those whose
    asking a restart broke off.
    """
    interrupted_asking.listed(leads=False)
    known = addresses.all_of(board())[:_LISTED]
    if not known:
        return
    st.markdown("**Asked since the app began**")
    for index, (asking, count, job) in enumerate(known):
        snapshot = job.snapshot()
        now = addresses.progress(snapshot)
        done = "nothing answered yet" if now is None else f"{now.done:,} of {now.count:,} answered"
        at_work = "" if job.over else ", being asked now"
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"teacher_asked_{index}"
        ):
            st.html(
                f'<p class="ec-note">{html.escape(asking.url)}: {done}{at_work}.</p>',
                width="stretch",
            )
            st.button(
                "Show",
                key=f"show_asked_{index}",
                on_click=safely,
                args=(interrupted_asking.fill, asking, count),
            )
