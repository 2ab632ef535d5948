"""Models whose asking a restart of the server broke off: said, with one click to go on."""

from __future__ import annotations

import html

import streamlit as st

from ec_core.runs import addresses
from ec_core.runs.addresses import Asking
from pages.shell import steps
from pages.shell.callbacks import safely
from pages.shell.process import board

_WENT = "asking_went_on"

_LISTED = 5
"""Named at most; the others come up when these are done with."""


def fill(asking: Asking, count: int) -> None:
    """The fields of the Teacher page say what was asked before."""
    told = {
        "": asking.url,
        "_template": asking.template or "",
        "_outputs": asking.outputs or "",
        "_inputs": asking.inputs,
        "_rate": asking.rate,
        "_questions": count,
    }
    st.session_state["teacher_kind"] = "address"
    for field, value in told.items():
        st.session_state[f"teacher_address{field}"] = value


def _go_on(asking: Asking, count: int) -> None:
    addresses.start(board(), asking, count)
    fill(asking, count)
    # by then it is not interrupted any more, and its button is gone
    st.session_state[_WENT] = True


def listed(*, leads: bool) -> None:
    """One line for each, with the two ways on; nothing where nothing broke off.

    leads : it stands on another page than the Teacher page, and going on leads there
    """
    if st.session_state.pop(_WENT, False) and leads:
        steps.go("teacher", None)
    for index, (asking, count) in enumerate(addresses.interrupted()[:_LISTED]):
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"interrupted_asking_{index}"
        ):
            st.html(
                f'<p class="ec-note"><b>Interrupted.</b> {html.escape(asking.url)}: the server was '
                f"restarted while it was asked {count:,} questions; what was answered is still "
                "there, and no question is asked twice.</p>",
                width="stretch",
            )
            st.button(
                "Go on",
                key=f"go_on_asking_{index}",
                icon=":material/play_arrow:",
                on_click=safely,
                args=(_go_on, asking, count),
            )
            st.button(
                "Leave it as it is",
                key=f"leave_asking_{index}",
                on_click=safely,
                args=(addresses.leave, asking),
            )
