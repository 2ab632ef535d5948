"""The six steps: their pages, their names, and the bar that says what is done and what is next."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.ui.runs import Run


@dataclass(frozen=True)
class Step:
    """One page. ``done`` names the part of a run whose presence completes the step."""

    key: str
    title: str
    help: str
    done: str | None = None

    @property
    def file(self) -> str:
        return f"pages/{self.key}.py"


STEPS = (
    Step("start", "Start", "What this is, the demo, and earlier runs."),
    Step("teacher", "Teacher", "Choose the network to be read.", "source"),
    Step("expand", "Expand", "Train large students on its answers.", "ensemble"),
    Step("cluster", "Cluster", "Find the neurons the students share.", "cut"),
    Step("reconstruct", "Reconstruct", "Build the network from them.", "recovered"),
    Step("compare", "Compare", "Check the result and take it with you.", "report"),
)
BY_KEY = {step.key: step for step in STEPS}


def navigation_pages() -> list[st.Page]:
    """The pages for st.navigation."""
    return [
        st.Page(step.file, title=step.title, help=step.help, default=step.key == "start")
        for step in STEPS
    ]


def _state(step: Step, here: str, run: Run | None) -> str:
    if step.key == here:
        return "here"
    if step.key in ("start", "teacher") and run is None:
        return "open"
    if run is None:
        return "later"
    if step.done is None or run.has(step.done):
        return "done"
    return "open" if step.key == run.next_step else "later"


def bar(here: str, run: Run | None) -> None:
    """The name of the app and the steps, each a link that keeps the open run."""
    with st.container(key="topbar", horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<span class="ec-mark">Expand<i>&amp;</i>Cluster</span>', width="content")
        with st.container(key="steps", horizontal=True, gap=None):
            for number, step in enumerate(STEPS, start=1):
                state = _state(step, here, run)
                mark = "✓" if state == "done" and step.done else str(number)
                with st.container(key=f"is_{state}_{step.key}", width="content"):
                    st.page_link(
                        step.file,
                        label=f"{mark}\u2002{step.title}",
                        help=step.help,
                        query_params=run.query if run else None,
                    )
        if run is not None:
            st.html(
                f'<span class="ec-run" title="This run; the address of this page leads back to it">'
                f"run {run.id}</span>",
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
