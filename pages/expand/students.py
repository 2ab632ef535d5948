"""The students while they train and afterwards: how far they are, and what a person can do."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ec_core import events
from ec_core.expand.regimes import regime_of
from ec_core.jobs import Job, JobSnapshot
from ec_core.runs import expected, races, steering, work
from ec_core.runs.run import Run
from pages.expand import earlier, race_views, whole
from pages.expand.student_views import in_training, show_students, trained
from pages.expand.width_search import show_search, show_widths, widths_of
from pages.parts import layer_strip, pace
from pages.parts.job_controls import show_state, steer
from pages.shell import frame, steps, words
from pages.shell.callbacks import safely
from pages.shell.process import active, board, job_of

REFRESH_SECONDS = 0.7
_ASKING = "continue_asked"
"""In the session: the run whose person is asked whether its result may be set aside."""


def say_how_it_ended(snapshot: JobSnapshot) -> None:
    """A failed or stopped job, in one line."""
    if snapshot.state in ("failed", "stopped"):
        show_state(snapshot)


def _restart(run: Run, job: Job, stuck: list[int]) -> None:
    run.mark_steered()
    for student in stuck:
        safely(steering.restart_student, job, student)


def _stop_one(run: Run, job: Job, student: int) -> None:
    run.mark_steered()
    safely(steering.stop_student, job, student)


def _steer_students(
    run: Run, job: Job, snapshot: JobSnapshot, training: events.TrainingProgress
) -> None:
    if not steering.may_steer(job):
        return
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
    """What is left at this pace, or until the time limit if that is earlier."""
    if events.TRAINING not in training.statuses:
        return "a moment"
    left = expected.left(run, training)
    budget = run.settings().budget
    if budget is not None:
        left = min(left, max(budget - snapshot.seconds, 0.0))
    return f"{'about' if training.planned else 'at most'} {words.duration(left)}"


def _neurons(
    run: Run, training: events.TrainingProgress, tried: list[events.WidthTried]
) -> tuple[int, ...]:
    """The hidden sizes of the students in training; the first alone where no more is known."""
    config = run.recover_config().expand_config()
    hidden: tuple[int, ...] = (training.width,)
    if run.has("ensemble"):
        hidden = run.ensemble().shape.sizes[1:-1]
    elif config.width is not None:
        hidden = config.hidden(config.width, config.expansion)
    elif tried:
        hidden = config.hidden(tried[-1].hidden or tried[-1].width, config.expansion)
    # layers may be trained again at other sizes than at first
    return hidden if hidden[0] == training.width else (training.width,)


def _training(run: Run) -> Job | None:
    """The job that trains the run's students now; the demo does so at its beginning, and one that
    does it all is watched here to its end.
    """
    job = active(run, work.EXPAND, work.WHOLE)
    if job is None and not run.has("ensemble"):
        job = active(run, work.DEMO)
    return job


def _found_out(run: Run, job: Job, snapshot: JobSnapshot) -> bool:
    """What is found out, and how far a job is that does it all; False where nobody raced."""
    seen = races.seen(snapshot.seen.events)
    race = seen if seen.heats else run.race()
    everything = job.label.startswith(work.WHOLE)
    if race is None and not everything:
        return False
    left, right = st.columns([0.3, 0.7], gap="medium")
    with left if race is not None else st.container():
        show_state(snapshot)
        if everything:
            whole.story(run, race, snapshot)
        if race is not None and snapshot.seen.training is None:
            with st.container(horizontal=True, key="student_controls"):
                steer(run, job, snapshot)
        if race is not None:
            race_views.told(run, race)
    with right:
        if race is not None:
            race_views.picture(run, race)
    return race is not None


def _live(run_id: str, refresh: float) -> None:
    run = Run(run_id)
    job = _training(run)
    if job is None:
        st.rerun()
    pace.keep(job, refresh, REFRESH_SECONDS)
    snapshot = job.snapshot()
    progress, training = snapshot.seen, snapshot.seen.training
    raced = _found_out(run, job, snapshot)
    if raced and training is None:
        return
    if not raced and not job.label.startswith(work.WHOLE):
        show_state(snapshot)
    tried = widths_of(progress.events)
    layer_strip.strip(progress.events, run.source().inputs, run.source().outputs)
    if training is None or training.searching:
        with st.container(horizontal=True, key="student_controls"):
            steer(run, job, snapshot)
        show_search(run, progress, training, tried)
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
    show_students(run, in_training(progress, training))
    for sentence in progress.notes[-3:]:
        (st.warning if sentence.warning else frame.note)(words.on_paper(sentence.message))


def _finished(run: Run) -> None:
    ensemble = run.ensemble()
    job = job_of(run)
    if job is not None and job.over and job.label.startswith((work.EXPAND, work.WHOLE)):
        say_how_it_ended(job.snapshot())
    whole.result(run)
    race_views.shelf(run, busy=active(run) is not None)
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
    unfinished = regime_of(ensemble.shape).unfinished
    if run.field.curve:
        frame.note(
            "The activation was learnt as a curve. These few students, with "
            f"{run.activation}, were trained beside it, to be looked at."
        )
    elif not done and unfinished:
        frame.note(unfinished)
    elif not done and run.layers > 1:
        frame.note(
            "No student has learned everything: with several hidden layers that is common. Where "
            "they agree on the first layer the network is built from it, layer by layer."
        )
    with st.container(horizontal=True, key="after_training"):
        primary = not run.has("recovered")
        steps.next_button("cluster", "Find what they agree on", run, primary=primary)
        if (
            run.workable
            and done < ensemble.students
            and not run.field.curve
            and st.button(
                "Continue training", key="continue_training", icon=":material/play_arrow:"
            )
        ):
            if run.has("recovered"):
                st.session_state[_ASKING] = run.id
            else:
                work.start_expand(board(), run, ensemble)
                st.rerun()
        if st.button(
            "Another run with this teacher",
            key="train_anew",
            icon=":material/tune:",
            help="This run stays as it is; the new one begins with the same settings.",
        ):
            steps.go("expand", run.another(run.settings()))
    _ask_first(run)
    earlier.shelf(run)
    show_students(run, trained(ensemble))
    tried = widths_of(run.events())
    if tried:
        with st.expander("How the width was found"):
            show_widths(tried)


def _ask_first(run: Run) -> None:
    """Training on replaces the students, and with them the network that was built from them."""
    if st.session_state.get(_ASKING) != run.id:
        return
    with st.container(key="panel_continue"):
        st.markdown(
            f"This run has a result: **{earlier.told(run)}**. It was built from these students; "
            "when they are trained on, the clusters and the network are made anew. The result is "
            "kept as an earlier one, and can be brought back on this page."
        )
        with st.container(horizontal=True, key="continue_or_not"):
            if st.button("Keep it, and train on", key="continue_yes", type="primary"):
                st.session_state.pop(_ASKING, None)
                work.start_expand(board(), run, run.ensemble())
                st.rerun()
            if st.button("Leave everything as it is", key="continue_no"):
                st.session_state.pop(_ASKING, None)
                st.rerun()


def watch(run: Run) -> None:
    """The running job, refreshed in place; or the trained students."""
    refresh = pace.every(_training(run), REFRESH_SECONDS)
    if refresh is not None:
        st.fragment(frame.guarded(_live), run_every=refresh)(run.id, refresh)
    else:
        _finished(run)
