"""Which of the benchmark's problems to solve, the button that starts, and the job while it runs."""

from __future__ import annotations

import time

import streamlit as st

from ec_core.benchmark import Grid, Settings
from ec_core.expand.config import DEEPEST
from ec_core.networks.activations import ACTIVATIONS
from ec_core.runs import outcomes, steering
from pages.parts import layer_strip
from pages.parts.job_controls import show_state
from pages.shell import frame, words
from pages.shell.callbacks import safely
from pages.shell.process import board

REFRESH_SECONDS, REDRAW_SECONDS = 0.7, 2.5
"""Between looks at the job, and at least between drawings of the maps."""

WANTED = "difficulty_wanted"
"""In the session: the key of the map whose problems were started here."""

_GRID_WORDS = {"sample": "A sample", "each": "One of each size", "all": "All"}


def _progress(drawn: int, at: float) -> None:
    """The running job; the page is drawn again when more problems have ended, not too often."""
    job = outcomes.job(board())
    if job is None or job.over:
        st.rerun()
    snapshot = job.snapshot()
    now = outcomes.progress(snapshot)
    if now.solved != drawn and time.monotonic() - at >= REDRAW_SECONDS:
        st.rerun()
    show_state(snapshot)
    if now.count:
        doing = f", now {words.shape(now.at.sizes)} with seed {now.at.seed}" if now.at else ""
        st.progress(
            now.done / now.count,
            text=f"{now.done} of {words.many(now.count, 'problem')} solved{doing}",
        )
    if now.at:
        layer_strip.strip(now.told, now.at.inputs, 1)
    if not steering.may_steer(job):
        return
    st.button(
        "Stop",
        key="stop_solving",
        icon=":material/stop:",
        on_click=safely,
        args=(steering.stop, job),
        disabled=snapshot.state == "stopping",
        help="What is solved stays; the same choice goes on from there.",
    )


def _choice() -> tuple[Grid, Settings]:
    """Which problems to solve, and how."""
    usual = Settings()
    first, second, third, fourth = st.columns([0.4, 0.18, 0.24, 0.18])
    grid = first.segmented_control(
        "How many",
        list(outcomes.GRIDS),
        default=next(iter(outcomes.GRIDS)),
        required=True,
        format_func=lambda name: f"{_GRID_WORDS[name]} ({len(outcomes.GRIDS[name])})",
        key="solve_grid",
    )
    expansion = second.number_input(
        "Expansion factor",
        min_value=1.0,
        max_value=16.0,
        value=usual.expansion,
        step=1.0,
        key="solve_expansion",
        help="The students’ width over the teacher’s. The paper’s 80 % are for 4.",
    )
    names = list(ACTIVATIONS)
    activation = third.selectbox(
        "Activation", names, index=names.index(usual.activation), key="solve_activation"
    )
    depth = fourth.segmented_control(
        "Hidden layers",
        range(1, DEEPEST + 1),
        default=usual.depth,
        required=True,
        key="solve_depth",
        help="All of a problem’s hidden size.",
    )
    chosen = Settings(str(activation), float(expansion), usual.students, int(depth))
    return outcomes.GRIDS[str(grid)], chosen


def panel() -> None:
    """The running job; else the choice of problems and the button that starts."""
    job = outcomes.job(board())
    if job is not None and not job.over:
        with st.container(key="panel_solving"):
            drawn = outcomes.progress(job.snapshot()).solved
            st.fragment(frame.guarded(_progress), run_every=REFRESH_SECONDS)(
                drawn, time.monotonic()
            )
        return
    if job is not None and job.snapshot().state == "failed":
        show_state(job.snapshot())
    with st.container(key="panel_solve"):
        grid, chosen = _choice()
        if st.button(
            f"Solve {words.many(len(grid), 'problem')}",
            key="start_solving",
            type="primary",
            icon=":material/play_arrow:",
            help="In the background, one after the other; what has been solved is not solved "
            "again.",
        ):
            outcomes.start(board(), grid, chosen)
            st.session_state[WANTED] = outcomes.key(outcomes.NAME, chosen)
            st.rerun()
        with st.expander("The same on the command line"):
            st.markdown(
                "In the program’s folder and environment; it can be stopped, and goes on where it "
                "stood. With `--help` it names more options."
            )
            st.code(outcomes.command(grid, chosen), language="shell")
