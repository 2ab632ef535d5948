"""Expand: train students on a teacher's answers, and watch them learn to imitate it."""

from __future__ import annotations

import streamlit as st

import pages  # noqa: F401  # the gate, alone and first
from pages.shell import frame

# isort: split
from ec_core.runs.run import Run
from pages.expand import students, train_settings, whose
from pages.shell.process import active, job_of


def _ready(run: Run) -> None:
    """Before anything was trained: settings, the estimate, one button."""
    left, right = st.columns([0.34, 0.66], gap="large")
    with left, st.container(key="controls"):
        settings = train_settings.widgets(run)
    with right:
        possible = settings is not None and train_settings.cost(run, settings)
        if settings is None:
            with st.container(key="panel_wrong"):
                st.markdown("A number on the left cannot be used; what is wrong stands below it.")
        if st.button(
            "Start training",
            key="start_expand",
            type="primary",
            icon=":material/play_arrow:",
            disabled=not possible,
        ) and (settings is not None):
            whose.start(run, settings)
            st.rerun()
        if settings is not None:
            whose.question(run, settings)
            train_settings.what_happens(run, settings)
        frame.formula("How they learn, as a formula", "expand")


@frame.page(
    "expand",
    "Train students on its answers",
    "Several networks, as a rule with more neurons than the teacher, learn to imitate it. Nobody "
    "tells them its weights.",
)
def _page(run: Run | None) -> None:
    run = frame.needs(
        run, "source", "There is no teacher yet to learn from.", "teacher", "Choose a teacher"
    )
    job = job_of(run)
    if active(run) is not None or run.has("ensemble"):
        students.watch(run)
    else:
        if job is not None and job.over:
            students.say_how_it_ended(job.snapshot())
        _ready(run)
