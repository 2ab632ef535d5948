"""The six steps and the pages beside them: files and names."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Step:
    """One page. ``done`` names the part of a run whose presence completes the step."""

    key: str
    title: str
    help: str
    done: str | None = None

    @property
    def file(self) -> str:
        return f"pages/{self.key}/page.py"


STEPS = (
    Step("start", "Start", "What this is, the demo, and earlier runs."),
    Step("teacher", "Teacher", "Choose the network to be read.", "source"),
    Step("expand", "Expand", "Train large students on its answers.", "ensemble"),
    Step("cluster", "Cluster", "Find the neurons the students share.", "cut"),
    Step("reconstruct", "Reconstruct", "Build the network from them.", "recovered"),
    Step("compare", "Compare", "Check the result and take it with you.", "recovered"),
)
ASIDE = (
    Step("runs", "Runs", "All your runs: find, note, compare, keep."),
    Step("difficulty", "Difficulty", "Which sizes are hard? The map of 150 problems."),
)
"""Pages that belong to no run and are no step."""

BY_KEY = {step.key: step for step in (*STEPS, *ASIDE)}


_TOLD = "navigation_told"
"""In the session: app.py has been run in it; the pages it told Streamlit of, by their keys."""


def navigation_pages() -> list[st.Page]:
    """The pages for st.navigation."""
    told = {
        step.key: st.Page(
            step.file,
            title=step.title,
            help=step.help,
            url_path=step.key,
            default=step.key == "start",
        )
        for step in (*STEPS, *ASIDE)
    }
    st.session_state[_TOLD] = told
    return list(told.values())


def place(step: Step) -> st.Page | str:
    """Where a link to a step leads: its page; its file where app.py has not been run, for which
    Streamlit has to look.
    """
    told = st.session_state.get(_TOLD)
    return told[step.key] if isinstance(told, dict) else step.file


def by_the_main_script() -> None:
    """Begins anew with app.py where a page was run without it. Called by every page, and its door.

    Until st.navigation has been called once, a fresh server takes the files in pages/ for an app of
    the older kind: it runs what is opened by its address alone, and says "Page not found" to the
    person where there is no file of that name. So each step has a door, such as pages/_teacher.py.
    """
    if _TOLD not in st.session_state:
        st.navigation(navigation_pages(), position="hidden")
        st.rerun()
