"""Expand: train students on a teacher's answers, and watch them learn to imitate it."""

from __future__ import annotations

import streamlit as st

import pages  # noqa: F401  # the gate, alone and first
from pages.shell import frame, theme

# isort: split
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from pages.expand import race_views, students, train_settings, whose
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
        with st.container(horizontal=True, key="starts"):
            _buttons(run, settings, possible)
        if settings is not None:
            whose.question(run, settings)
            train_settings.what_happens(run, settings)
        frame.formula("How they learn, as a formula", "expand")


def _buttons(run: Run, settings: Settings | None, possible: bool) -> None:
    """Step by step, or all at once: that first where there is something to be found out."""
    field = None if settings is None else settings.field(run.source().activation)
    steps_: list[tuple[str, str, str]] = [
        ("start_expand", "Start training", "Train the students; then you go on step by step."),
        ("start_whole", "Start, and do it all", "Every step in one go, up to the verdict."),
    ]
    if field is not None and field.curve:
        steps_ = [("start_whole", "Start", "Weights and curve are learnt, up to the verdict.")]
    elif field is not None and field.only is None:
        steps_ = [
            ("start_whole", "Start", "The race, the training and every step up to the verdict."),
            ("start_expand", "Step by step", "The race and the training; then you go on."),
        ]
    for position, (key, label, help_) in enumerate(steps_):
        if (
            st.button(
                label,
                key=key,
                type="secondary" if position else "primary",
                icon=":material/fast_forward:" if position else ":material/play_arrow:",
                disabled=not possible,
                help=help_,
            )
            and settings is not None
        ):
            whose.start(run, settings, whole=key == "start_whole")
            st.rerun()


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
    if run.race() is not None or run.field.only is None:
        theme.wide()
    if active(run) is not None or run.has("ensemble"):
        students.watch(run)
    else:
        if job is not None and job.over:
            students.say_how_it_ended(job.snapshot())
        race_views.shelf(run)
        if run.workable:
            _ready(run)
        else:
            frame.note("Nothing has been trained yet; whoever made this run can begin.")
