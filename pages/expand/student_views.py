"""What is seen of the students, while they train and afterwards: curves, the plane or the cloud of
their neurons, and the table.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import streamlit as st

from ec_core import events
from ec_core.expand.students import StudentEnsemble
from ec_core.jobs.buffer import Seen
from ec_core.runs import vectors
from ec_core.runs.run import Run
from pages.parts import live
from pages.shell import frame, words

HEIGHT = 330
_STATUS_WORDS = {
    events.CONVERGED: "learned everything",
    events.TRAINING: "learning",
    events.STALLED: "stuck",
    events.STOPPED: "stopped",
    events.OUT_OF_BUDGET: "at the end of its steps",
}

_TAKEN = (
    "How many of all iterations a student took part in: fewer where it joined later, or was done "
    "earlier."
)


@dataclass(frozen=True)
class Shown:
    """What is drawn of S students.

    iterations (T,), curves (T, S): the loss curves; losses, statuses, taken, restarts (S,): the
    table; incoming (S, H, D+1) the first layer's vectors, None where they are too many
    """

    iterations: np.ndarray
    curves: np.ndarray
    losses: np.ndarray
    statuses: tuple[str, ...]
    taken: np.ndarray
    restarts: np.ndarray
    incoming: np.ndarray | None


def in_training(seen: Seen, training: events.TrainingProgress) -> Shown:
    """The students as the last event has them."""
    return Shown(
        seen.curve.iterations,
        seen.curve.losses,
        training.losses,
        training.statuses,
        training.iterations if training.steps is None else training.steps,
        training.restarts,
        training.incoming,
    )


def trained(ensemble: StudentEnsemble) -> Shown:
    """The students as they ended."""
    return Shown(
        np.arange(1, len(ensemble.history) + 1),
        ensemble.history,
        ensemble.losses,
        ensemble.statuses,
        ensemble.iterations if ensemble.steps is None else ensemble.steps,
        ensemble.restarts,
        ensemble.incoming,
    )


def show_students(run: Run, shown: Shown) -> None:
    """Curves, what the students look at beside them, and the table below."""
    left, right = st.columns([0.56, 0.44], gap="medium")
    with left:
        show_curves(run, shown)
    with right:
        _picture(run, shown.incoming, "live_plane")
    _table(shown.losses, shown.statuses, shown.taken, shown.restarts)


def show_curves(run: Run, shown: Shown) -> None:
    """The loss curves, down to the floor of this run's answers."""
    live.losses(
        shown.iterations,
        shown.curves,
        shown.statuses,
        floor=run.probes().floor,
        key="live_losses",
        height=HEIGHT,
    )


def _table(
    losses: np.ndarray, statuses: tuple[str, ...], iterations: np.ndarray, restarts: np.ndarray
) -> None:
    rows = []
    for s in range(len(losses)):
        status = _STATUS_WORDS.get(statuses[s], statuses[s])
        kind = {events.CONVERGED: "good", events.STALLED: "warn"}.get(statuses[s], "")
        rows.append(
            f"<tr><td>{live.swatch(s)}{s + 1}</td>"
            f"<td class='num'>{words.power(float(losses[s]))}</td>"
            f"<td class='{kind}'>{html.escape(status)}</td>"
            f"<td class='num'>{int(iterations[s])}</td><td class='num'>{int(restarts[s])}</td></tr>"
        )
    with st.container(key="student_table", height=300 if len(losses) > 7 else "content"):
        st.html(
            '<table class="ec-table"><thead><tr><th>student</th><th class="num">loss</th>'
            f'<th>is</th><th class="num" title="{_TAKEN}">iterations</th>'
            '<th class="num">restarts</th></tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table>"
        )


def _picture(run: Run, incoming: np.ndarray | None, key: str) -> None:
    """Two inputs: lines in the plane. Other numbers: the weight vectors as points."""
    if incoming is None:
        frame.note("The students are too large for their weights to be drawn while they train.")
        return
    planar = incoming.shape[-1] == 3
    known = run.source().network is not None
    show = known and st.toggle(
        "Show the teacher's lines" if planar else "Show the teacher's neurons",
        value=run.settings().show_truth,
        key="live_truth",
        help="Only for the eye: the students never see them.",
    )
    truth = vectors.truth(run) if show else None
    if planar:
        live.plane(
            incoming, truth=truth, strength=vectors.strength(incoming), key=key, height=HEIGHT
        )
        frame.note(
            "Each line is one neuron: on it, the neuron switches. Where lines fall together, "
            "students agree."
        )
        return
    live.cloud(
        vectors.flattened(run, incoming),
        truth=None if truth is None else vectors.flattened(run, truth),
        key="live_cloud",
    )
    frame.note(
        "Each point is one neuron"
        + (" of the first layer" if run.layers > 1 else "")
        + ", each colour and shape one student. Where points meet, they agree."
    )
