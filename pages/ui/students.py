"""The students while they train and afterwards: curves, the plane or the table, and who is
stuck.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

import numpy as np
import streamlit as st

from ec_core import events, figures
from ec_core.expand.warm_up import large
from ec_core.jobs import Job, JobSnapshot
from ec_core.jobs.buffer import Seen
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.canonical import canonical
from pages.ui import frame, layers, live, show, steps, theme, versions, words, work
from pages.ui.board import active, job_of, show_state, steer
from pages.ui.callbacks import safely
from pages.ui.runs import Run

REFRESH_SECONDS = 0.7
_ASKING = "continue_asked"
"""In the session: the run whose person is asked whether its result may be set aside."""
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


def say_how_it_ended(snapshot: JobSnapshot) -> None:
    """A failed or stopped job, in one line."""
    if snapshot.state in ("failed", "stopped"):
        show_state(snapshot)


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


def strength(incoming: np.ndarray | None) -> np.ndarray | None:
    """(S, H) how clearly a neuron's line is drawn: nearly dead ones have short vectors."""
    if incoming is None:
        return None
    norms = np.linalg.norm(incoming[..., :2], axis=-1)
    return np.asarray(np.clip(norms / max(float(np.median(norms)), 1e-9), 0.15, 1.0))


def truth_vectors(run: Run) -> np.ndarray | None:
    """(H, D+1) the teacher's neurons in the students' coordinates, if there is a teacher."""
    network = run.source().network
    if network is None:
        return None
    standard = run.probes().to_standard(network)
    return np.column_stack([standard.weights[0], standard.biases[0]])


def _flattened(run: Run, vectors: np.ndarray) -> np.ndarray:
    """(…, D+1) vectors, mirror images folded together, in a projection that stays the same."""
    size = vectors.shape[-1]
    rng = np.random.default_rng(run.settings().seed)
    directions, _ = np.linalg.qr(rng.standard_normal((size, min(3, size))))
    rows, _, _ = canonical(
        vectors.reshape(-1, size), ACTIVATIONS[run.activation], directions[:, -1]
    )
    return np.asarray((rows @ directions[:, :2]).reshape(*vectors.shape[:-1], 2))


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
    truth = truth_vectors(run) if show else None
    if planar:
        live.plane(incoming, truth=truth, strength=strength(incoming), key=key, height=330)
        frame.note(
            "Each line is one neuron: on it, the neuron switches. Where lines fall together, "
            "students agree."
        )
        return
    live.cloud(
        _flattened(run, incoming),
        truth=None if truth is None else _flattened(run, truth),
        key="live_cloud",
    )
    frame.note(
        "Each point is one neuron"
        + (" of the first layer" if run.settings().hidden_layers > 1 else "")
        + ", each colour and shape one student. Where points meet, they agree."
    )


def _restart(run: Run, job: Job, stuck: list[int]) -> None:
    run.mark_steered()
    for student in stuck:
        safely(job.restart_student, student)


def _stop_one(run: Run, job: Job, student: int) -> None:
    run.mark_steered()
    safely(job.stop_student, student)


def _steer_students(
    run: Run, job: Job, snapshot: JobSnapshot, training: events.TrainingProgress
) -> None:
    stuck = [s for s, status in enumerate(training.statuses) if status == events.STALLED]
    with st.container(horizontal=True, vertical_alignment="bottom", key="student_controls"):
        steer(run, job, snapshot)
        st.button(
            f"Restart the stuck ({len(stuck)})",
            key="restart_stuck",
            icon=":material/restart_alt:",
            disabled=not stuck or snapshot.state != "running",
            on_click=safely,
            args=(_restart, run, job, stuck),
        )
        one = st.selectbox(
            "Student",
            range(len(training.losses)),
            format_func=lambda s: f"student {s + 1}",
            key="one_student",
            label_visibility="collapsed",
            width=140,
        )
        running = snapshot.state == "running" and training.statuses[one] == events.TRAINING
        st.button(
            "Stop this one",
            key="stop_one",
            disabled=not running,
            on_click=safely,
            args=(_stop_one, run, job, int(one)),
        )


def _time_left(run: Run, snapshot: JobSnapshot, training: events.TrainingProgress) -> str:
    """The iterations planned, else an upper bound: those allowed, or the time limit if earlier."""
    settings = run.settings()
    config = settings.recover_config(run.activation).expand_config()
    going = [s for s, status in enumerate(training.statuses) if status == events.TRAINING]
    if not going:
        return "a moment"
    pace = max(training.seconds, 1e-6) / max(training.iteration, 1)
    left = pace * max(config.iterations - int(np.min(training.iterations[going])), 0)
    if training.planned:
        left = pace * max(training.planned - training.iteration, 0)
    if settings.budget is not None:
        left = min(left, max(settings.budget - snapshot.seconds, 0.0))
    return f"{'about' if training.planned else 'at most'} {words.duration(left)}"


def _neurons(
    run: Run, training: events.TrainingProgress, tried: list[events.WidthTried]
) -> tuple[int, ...]:
    """The hidden sizes of the students in training; the first alone where no more is known."""
    config = run.settings().recover_config(run.activation).expand_config()
    hidden: tuple[int, ...] = (training.width,)
    if run.has("ensemble"):
        hidden = run.ensemble().shape.sizes[1:-1]
    elif config.width is not None:
        hidden = config.hidden(config.width, config.expansion)
    elif tried:
        hidden = config.hidden(tried[-1].hidden or tried[-1].width, config.expansion)
    # layers may be trained again at other sizes than at first
    return hidden if hidden[0] == training.width else (training.width,)


def _search(
    run: Run,
    seen: Seen,
    training: events.TrainingProgress | None,
    tried: list[events.WidthTried],
) -> None:
    """The search for the width as far as it has come: the width tried now, and those before."""
    if training is not None:
        there = sum(status == events.CONVERGED for status in training.statuses)
        frame.facts(
            [
                ("looking for a width, trying", f"{_tried_now(run, training)} neurons each"),
                ("students that get there", f"{there} of {len(training.statuses)}"),
                ("best loss", words.power(float(np.nanmin(training.losses)))),
                ("iteration", str(training.iteration)),
            ],
            key="search_facts",
        )
        frame.note(
            "A few students try this width in a short run. When more than half of them get there "
            "it is taken, and they go on together with the others; else the next is twice as wide."
        )
    left, right = st.columns([0.56, 0.44], gap="medium")
    with left:
        if training is not None:
            live.losses(
                seen.curve.iterations,
                seen.curve.losses,
                training.statuses,
                floor=run.probes().floor,
                key="live_losses",
                height=330,
            )
    with right:
        if tried:
            last = tried[-1]
            each = words.shape(last.hidden) if last.hidden else str(last.width)
            verdict = "That is enough." if last.enough else "That was not enough."
            frame.note(
                f"With {each} neurons {last.converged} of {last.students} students got there. "
                f"{verdict}"
            )
            _widths(tried)


def _tried_now(run: Run, training: events.TrainingProgress) -> str:
    """The hidden sizes that are being tried: the same number in every layer."""
    return words.shape((training.width,) * run.settings().hidden_layers)


def _widths(tried: list[events.WidthTried]) -> None:
    show.figure(
        figures.width_search(tried, theme=theme.figure_theme()),
        key="width_search",
        height=300,
        alt="One bar for each width tried: how many students of a short run converged.",
    )


def _widths_of(seen: Iterable[events.Event]) -> list[events.WidthTried]:
    return [event for event in seen if isinstance(event, events.WidthTried)]


def _training(run: Run) -> Job | None:
    """The job that trains the run's students now; the demo does so at its beginning."""
    job = active(run, work.EXPAND)
    if job is None and not run.has("ensemble"):
        job = active(run, work.DEMO)
    return job


def _live(run_id: str) -> None:
    run = Run(run_id)
    job = _training(run)
    if job is None:
        st.rerun()
    snapshot = job.snapshot()
    show_state(snapshot)
    seen, training = snapshot.seen, snapshot.seen.training
    tried = _widths_of(seen.events)
    layers.strip(seen.events, run.source().inputs, run.source().outputs)
    if training is None or training.searching:
        with st.container(horizontal=True, key="student_controls"):
            steer(run, job, snapshot)
        _search(run, seen, training, tried)
        return
    done = sum(status == events.CONVERGED for status in training.statuses)
    frame.facts(
        [
            ("learned everything", f"{done} of {len(training.statuses)}", "good" if done else ""),
            ("best loss", words.power(float(np.nanmin(training.losses)))),
            ("neurons each", words.shape(_neurons(run, training, tried))),
            ("iteration", str(training.iteration)),
            ("student-iterations per s", f"{training.throughput:,.0f}"),
            ("running for", words.duration(snapshot.seconds)),
            ("left", _time_left(run, snapshot, training)),
        ],
        key="training_facts",
    )
    _steer_students(run, job, snapshot, training)
    left, right = st.columns([0.56, 0.44], gap="medium")
    with left:
        live.losses(
            seen.curve.iterations,
            seen.curve.losses,
            training.statuses,
            floor=run.probes().floor,
            key="live_losses",
            height=330,
        )
    with right:
        _picture(run, training.incoming, "live_plane")
    taken = training.iterations if training.steps is None else training.steps
    _table(training.losses, training.statuses, taken, training.restarts)
    for sentence in seen.notes[-3:]:
        (st.warning if sentence.warning else frame.note)(sentence.message)


def _finished(run: Run) -> None:
    ensemble = run.ensemble()
    job = job_of(run)
    if job is not None and job.over and job.label.startswith(work.EXPAND):
        say_how_it_ended(job.snapshot())
    done = int(ensemble.converged().sum())
    frame.facts(
        [
            ("learned everything", f"{done} of {ensemble.students}", "good" if done else "warn"),
            ("best loss", words.power(float(ensemble.losses.min()))),
            ("neurons each", words.shape(ensemble.shape.sizes[1:-1])),
            ("questions", f"{len(run.probes().x):,}"),
            ("iterations", str(len(ensemble.history))),
            ("training time", words.duration(ensemble.seconds)),
        ],
        key="training_facts",
    )
    if not done and large(ensemble.shape):
        frame.note(
            "Students as large as these need not learn everything: what they share is put together "
            "when the network is built, and only that is taken to the last digit."
        )
    elif not done and run.settings().hidden_layers > 1:
        frame.note(
            "No student has learned everything: with several hidden layers that is common. Where "
            "they agree on the first layer the network is built from it, layer by layer."
        )
    with st.container(horizontal=True, key="after_training"):
        steps.next_button("cluster", "Find what they agree on", run)
        if done < ensemble.students and st.button(
            "Continue training", key="continue_training", icon=":material/play_arrow:"
        ):
            if run.has("recovered"):
                st.session_state[_ASKING] = run.id
            else:
                work.start_expand(run, ensemble)
                st.rerun()
        if st.button(
            "Another run with this teacher",
            key="train_anew",
            icon=":material/tune:",
            help="This run stays as it is; the new one begins with the same settings.",
        ):
            steps.go("expand", run.another(run.settings()))
    _ask_first(run)
    versions.shelf(run)
    left, right = st.columns([0.56, 0.44], gap="medium")
    with left:
        live.losses(
            np.arange(1, len(ensemble.history) + 1),
            ensemble.history,
            ensemble.statuses,
            floor=run.probes().floor,
            key="live_losses",
            height=330,
        )
    with right:
        _picture(run, ensemble.incoming, "live_plane")
    taken = ensemble.iterations if ensemble.steps is None else ensemble.steps
    _table(ensemble.losses, ensemble.statuses, taken, ensemble.restarts)
    tried = _widths_of(run.events())
    if tried:
        with st.expander("How the width was found"):
            _widths(tried)


def _ask_first(run: Run) -> None:
    """Training on replaces the students, and with them the network that was built from them."""
    if st.session_state.get(_ASKING) != run.id:
        return
    with st.container(key="panel_continue"):
        st.markdown(
            f"This run has a result: **{versions.told(run)}**. It was built from these students; "
            "when they are trained on, the clusters and the network are made anew. The result is "
            "kept as an earlier one, and can be brought back on this page."
        )
        with st.container(horizontal=True, key="continue_or_not"):
            if st.button("Keep it, and train on", key="continue_yes", type="primary"):
                st.session_state.pop(_ASKING, None)
                work.start_expand(run, run.ensemble())
                st.rerun()
            if st.button("Leave everything as it is", key="continue_no"):
                st.session_state.pop(_ASKING, None)
                st.rerun()


def watch(run: Run) -> None:
    """The running job, refreshed in place; or the trained students."""
    if _training(run) is not None:
        st.fragment(frame.guarded(_live), run_every=REFRESH_SECONDS)(run.id)
    else:
        _finished(run)
