"""A model at an address: ask one question, see what was understood, ask as many as are allowed.

Only hosts that whoever runs the app allows are asked (EC_ALLOW_HOSTS, by default this machine), and
every answer is on disk before it is shown: asked again after a restart, nothing is paid for twice.
The asking itself is a job of the process and not of the page, see ``ec_core.runs.addresses``.
"""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ec_core.candidates import AUTO
from ec_core.probing.outputs import LOGITS, known
from ec_core.runs.addresses import FEWEST, Asked, Asking
from ec_core.runs.source import Source
from pages.shell import frame
from pages.teacher import asking as work
from pages.teacher.output_box import output_box
from pages.teacher.upload import which_activation

_USUAL, _MOST = 2000, 50_000
"""Questions: by default, and at most."""


def _told() -> tuple[Asking | None, int]:
    """The fields; None until there is an address."""
    url = st.text_input(
        "Address of a model",
        key="teacher_address",
        placeholder="http://localhost:8080/v2/models/NAME",
        persist_state="session",
        help="In the Open Inference Protocol, as MLServer, Triton, KServe and OpenVINO speak it. "
        "Other JSON: give a template below. A token comes from the environment variable EC_TOKEN.",
    )
    with st.expander("JSON of another kind, outputs, speed", key="teacher_address_more"):
        template = st.text_input(
            "Template",
            key="teacher_address_template",
            placeholder='{"instances": $x}',
            persist_state="session",
            help="$x stands for all questions of a batch, $row for one alone.",
        )
        outputs = st.text_input(
            "Outputs",
            key="teacher_address_outputs",
            placeholder="predict_proba",
            persist_state="session",
            help="Names of outputs; with a template the way to the numbers, such as "
            "predictions.*.score.",
        )
        inputs = st.number_input(
            "Inputs, where the model does not tell",
            min_value=1,
            max_value=10_000,
            value=None,
            key="teacher_address_inputs",
            persist_state="session",
        )
        rate = st.number_input(
            "Questions per second, at most",
            min_value=0.1,
            value=None,
            key="teacher_address_rate",
            persist_state="session",
        )
    questions = st.number_input(
        "Questions that may be asked",
        min_value=FEWEST,
        max_value=_MOST,
        value=_USUAL,
        key="teacher_address_questions",
        persist_state="session",
        help="No more are ever asked for this run. Those that were answered before cost nothing.",
    )
    if not (url or "").strip():
        return None, int(questions)
    size = None if inputs is None else int(inputs)
    told = Asking(url.strip(), template or None, outputs or None, size, rate)
    return told, int(questions)


def _kind(answer: np.ndarray) -> str:
    """What one answer looks like."""
    if answer.shape[1] > 1 and known(answer) != LOGITS:
        return "probabilities"
    return "numbers"


def _show(one: Asked) -> None:
    """What one question told."""
    frame.facts(
        [
            ("model", one.name),
            ("inputs", str(one.x.shape[1])),
            ("outputs", str(one.y.shape[1])),
            ("kind", _kind(one.y)),
        ],
        key="teacher_address_facts",
    )
    if one.left_out is not None:
        frame.note("It answered one question with no number; such answers are left out.")
        return
    shown = ", ".join(f"{value:.6g}" for value in one.y[0, :6])
    more = ", …" if one.y.shape[1] > 6 else ""
    frame.note(f"Its answer to one question: {shown}{more}.")


def _look(told: Asking, beside: DeltaGenerator) -> Asked | None:
    """One question, and what it told; None before it is answered."""
    if st.button("Ask one question", key="teacher_address_one", icon=":material/contact_support:"):
        work.begin(told, None)
    job = work.job_of(told, look=True)
    if job is None:
        return None
    if not job.over:
        with beside:
            work.watch(told, look=True)
        return None
    return work.outcome(job)


def _ask(told: Asking, count: int, label: str) -> None:
    """The button for as many questions as are allowed."""
    if st.button(label, key="teacher_address_all", icon=":material/forum:"):
        work.begin(told, count)
        st.rerun()


def _answers(told: Asking, count: int, beside: DeltaGenerator) -> Asked | None:
    """The answers to be used: all that were allowed, or what is there where it was stopped."""
    job = work.job_of(told, look=False)
    if job is not None and not job.over:
        with beside:
            work.watch(told, look=False)
        return None
    if job is None or work.budget_of(job) != count:
        _ask(told, count, f"Ask {count:,} questions")
        return None
    got = work.outcome(job)
    if got is None:
        _ask(told, count, f"Ask again, up to {count:,} questions")
        return None
    counted = f"{got.asked:,} asked now, {got.kept:,} known from before."
    if got.left_out is not None:
        counted = f"{counted} {got.left_out}"
    if got.complete:
        with beside:
            frame.note(f"{len(got.x):,} answers are here: {counted}")
        return got
    enough = ", and can be used" if len(got.x) >= FEWEST else ", too few to be used"
    with beside:
        frame.note(f"Stopped: {len(got.x):,} of {got.count:,} answers are here{enough}. {counted}")
    _ask(told, count, f"Ask the other {got.count - len(got.x):,}")
    return got if len(got.x) >= FEWEST else None


def teacher(beside: DeltaGenerator) -> Source | None:
    """The controls for an address; None until its model was asked.

    beside : the place for what was understood of it, and for how far the asking is
    """
    told, count = _told()
    if told is None:
        with beside:
            work.others()
        return None
    one = _look(told, beside)
    if one is None and work.job_of(told, look=False) is None:
        return None
    above = beside.container()
    got = _answers(told, count, beside)
    if got is None:
        if one is not None:
            with above:
                _show(one)
        return None
    activation, output = which_activation(AUTO, "address", unknown=True), output_box(got.y)
    if activation is None or output is None:
        return None
    return Source.from_address(got.x, got.y, got.name, told.url, activation, output, told.options)
