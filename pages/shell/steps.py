"""The bar that says which steps are done and which is next, and the ways between them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ec_core.runs.run import Run
from pages.shell import navigation
from pages.shell.navigation import ASIDE, BY_KEY, STEPS, Step


def _state(step: Step, here: str, run: Run | None) -> str:
    if step.key == here:
        return "here"
    if run is None:
        return "open" if step.key in ("start", "teacher") else "later"
    if step.done is None or run.has(step.done):
        return "done"
    return "open" if step.key == run.next_step else "later"


def bar(here: str, run: Run | None, beside: Callable[[], None]) -> None:
    """The name of the app and the steps, each a link that keeps the open run.

    beside : draws what stands before the run's name
    """
    with st.container(key="topbar", horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<span class="ec-mark">Expand<i>&amp;</i>Cluster</span>', width="content")
        with st.container(key="steps", horizontal=True, gap=None):
            for number, step in enumerate(STEPS, start=1):
                state = _state(step, here, run)
                mark = "✓" if state == "done" and step.done else str(number)
                with st.container(key=f"is_{state}_{step.key}", width="content"):
                    st.page_link(
                        navigation.place(step),
                        label=f"{mark}\u2002{step.title}",
                        help=step.help,
                        query_params=run.query if run else None,
                    )
        with st.container(key="asides", horizontal=True, gap=None, width="content"):
            for page in ASIDE:
                state = "here" if page.key == here else "aside"
                with st.container(key=f"is_{state}_{page.key}", width="content"):
                    st.page_link(
                        navigation.place(page),
                        label=page.title,
                        help=page.help,
                        query_params=run.query if run else None,
                    )
        beside()
        if run is not None:
            st.html(
                '<span class="ec-run" title="This run; the address of this page leads back to it">'
                f"run {run.id[:9]}</span>",
                width="content",
            )


def go(key: str, run: Run | None) -> None:
    """Open a page with the run in its address."""
    st.switch_page(BY_KEY[key].file, query_params=run.query if run else {})


def next_button(key: str, label: str, run: Run, *, primary: bool = True) -> None:
    """The one button that leads to the following step."""
    if st.button(
        label,
        key=f"go_{key}",
        type="primary" if primary else "secondary",
        icon=":material/arrow_forward:",
        icon_position="right",
    ):
        go(key, run)
