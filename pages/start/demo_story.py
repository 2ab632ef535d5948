"""The demo on the Start page: one job from a planar teacher to its recovered weights."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from ec_core import events
from ec_core.jobs import JobSnapshot
from ec_core.probing.presets import make_teacher
from ec_core.runs import chosen, results, tree_cache, vectors
from ec_core.runs.demo import SEED
from ec_core.runs.run import Run
from pages.parts import live, pace
from pages.parts.job_controls import show_state
from pages.shell import frame, steps, theme, words
from pages.shell.process import active, job_of

REFRESH_SECONDS = 0.4


def still() -> None:
    """The picture before anything runs: a toy teacher's lines, drawn by the same component."""
    network = make_teacher("planar", seed=SEED).network
    truth = np.column_stack([network.weights[0], network.biases[0]])
    live.plane(None, truth=truth, key="hero_plane", height=400)
    frame.note(
        "A network with two inputs and four neurons: each line is where one neuron switches."
    )


def _stages(run: Run, snapshot: JobSnapshot | None) -> list[tuple[str, str]]:
    """(state, sentence) for each stage of the story."""
    training = snapshot.seen.training if snapshot else None
    removed = (
        sum(
            isinstance(event, events.PruneStep) and event.accepted for event in snapshot.seen.events
        )
        if snapshot
        else 0
    )
    trained, cut, built = run.has("ensemble"), run.has("cut"), run.has("recovered")
    expand = "Train eight students on its answers"
    if training is not None and not trained:
        done = sum(s == events.CONVERGED for s in training.statuses)
        expand = (
            f"Training: {done} of {len(training.statuses)} students have learned everything, "
            f"best loss {words.power(float(np.nanmin(training.losses)))}"
        )
    elif trained:
        ensemble = run.ensemble()
        expand = (
            f"{int(ensemble.converged().sum())} of {ensemble.students} students learned every "
            "answer, "
            f"to a loss of {words.power(float(ensemble.losses.min()))}"
        )
    cluster = "See which neurons they agree on"
    if cut:
        kept = len(tree_cache.clusters_of(run, run.cut()).kept)
        cluster = f"{words.many(kept, 'neuron')} found in most students"
    build = "Build the network and remove what is superfluous"
    if built:
        build = f"A {words.shape(run.reconstruction().network.sizes)} network, built and refined"
    elif cut and removed:
        build = f"Building: {words.many(removed, 'superfluous neuron')} removed"
    compare = "Compare with the teacher"
    if built:
        error = results.of(run).weight_error
        compare = "Its largest weight error" + (
            f": {words.power(error)}" if error is not None else ""
        )
    # nothing is going on where nobody works on it
    now = "now" if snapshot is not None and not snapshot.over else ""
    marks = [
        ("done", "1,500 questions asked; the teacher answered"),
        ("done" if trained else now, expand),
        ("done" if cut else now if trained else "", cluster),
        ("done" if built else now if cut else "", build),
        ("done" if built else "", compare),
    ]
    return marks


def _tell(run_id: str) -> None:
    run = Run(run_id)
    job = job_of(run)
    snapshot = job.snapshot() if job is not None else None
    if job is not None and snapshot is not None and snapshot.state != "finished":
        show_state(snapshot)
    items = "".join(
        f'<li class="{state}"><b>{"✓" if state == "done" else "●" if state else "○"}</b>'
        f"<span>{html.escape(sentence)}</span></li>"
        for state, sentence in _stages(run, snapshot)
    )
    with st.container(key="demo_story"):
        st.html(f'<ul class="ec-stages">{items}</ul>')
    if run.has("recovered") and active(run) is None:
        with st.container(horizontal=True, key="demo_next"):
            steps.next_button("compare", "Hold the weights in hand", run)
            steps.next_button("expand", "Step through it", run, primary=False)


def story(run: Run) -> None:
    """What has happened so far, refreshed while the job runs."""
    refresh = pace.every(active(run), REFRESH_SECONDS)
    st.fragment(frame.guarded(_tell), run_every=refresh)(run.id)


def _draw(run_id: str, refresh: float | None) -> None:
    run = Run(run_id)
    job = active(run)
    if refresh is not None and job is None:
        st.rerun()
    if job is not None:
        pace.keep(job, refresh, REFRESH_SECONDS)
    snapshot = job.snapshot() if job is not None else None
    training = snapshot.seen.training if snapshot else None
    incoming, recovered, strength = None, None, None
    if run.has("cut"):
        incoming = run.ensemble().incoming
        strength = chosen.agreement(run)
    elif run.has("ensemble"):
        incoming = run.ensemble().incoming
    elif training is not None:
        incoming = training.incoming
    if run.has("recovered"):
        standard = run.reconstruction().standard
        recovered = np.column_stack([standard.weights[0], standard.biases[0]])
    live.plane(
        incoming,
        truth=vectors.truth(run),
        found=recovered,
        strength=vectors.strength(incoming) if strength is None else strength,
        key="demo_plane",
        height=400,
    )
    colours = theme.tokens()
    st.html(
        '<p class="ec-note">'
        f'<i class="ec-dot" style="background:{colours["truth"]}"></i>teacher &emsp;'
        f'<i class="ec-dot" style="background:{colours["blue"]}"></i>students &emsp;'
        f'<i class="ec-dot" style="background:{colours["good"]}"></i>recovered</p>'
    )


def picture(run: Run) -> None:
    """The plane: the teacher's lines, the students' drifting onto them, then the recovered ones."""
    refresh = pace.every(active(run), REFRESH_SECONDS)
    st.fragment(frame.guarded(_draw), run_every=refresh)(run.id, refresh)
