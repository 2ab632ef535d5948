"""A model at an address: ask one question, see what was understood, ask as many as are allowed.

Only hosts that whoever runs the app allows are asked (EC_ALLOW_HOSTS, by default this machine), and
every answer is on disk before it is shown: asked again after a restart, nothing is paid for twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from ec_core.candidates import AUTO
from ec_core.probing.asking import draw_inputs
from ec_core.probing.labels import refuse_labels
from ec_core.probing.outputs import LOGITS, known
from ec_core.probing.probes import make_probes
from ec_core.probing.remote import Served, from_address
from ec_core.probing.remote.hosts import Hosts
from ec_core.runs.loading import answers_folder
from ec_core.runs.source import Source
from pages.shell import frame
from pages.teacher.output_box import output_box
from pages.teacher.upload import which_activation

_SEEN, _GOT = "teacher_address_seen", "teacher_address_got"

_USUAL, _FEWEST, _MOST = 2000, 20, 50_000
"""Questions: by default, at least, and at most."""

_PART = 200
"""Questions between two looks at the bar."""

_PATIENCE = 60.0
"""Seconds a person is kept waiting for a server that does not answer."""


@dataclass(frozen=True)
class _Asking:
    """What a person told of a model: the answers on the page belong to it and to no other."""

    url: str
    template: str | None
    outputs: str | None
    inputs: int | None
    rate: float | None


@dataclass(frozen=True)
class _One:
    """What one question told."""

    name: str
    inputs: int
    answer: np.ndarray
    kept: int


def _told() -> tuple[_Asking | None, int]:
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
        min_value=_FEWEST,
        max_value=_MOST,
        value=_USUAL,
        key="teacher_address_questions",
        persist_state="session",
        help="No more are ever asked for this run. Those that were answered before cost nothing.",
    )
    if not (url or "").strip():
        return None, int(questions)
    size = None if inputs is None else int(inputs)
    told = _Asking(url.strip(), template or None, outputs or None, size, rate)
    return told, int(questions)


def _model(
    asking: _Asking, questions: int | None, place: st.delta_generator.DeltaGenerator
) -> Served:
    return from_address(
        asking.url,
        template=asking.template,
        outputs=asking.outputs,
        inputs=asking.inputs,
        rate=asking.rate,
        questions=questions,
        keep=answers_folder(),
        hosts=Hosts.of_environment(),
        patience=_PATIENCE,
        say=place.caption,
    )


def _ask_one(asking: _Asking) -> None:
    model = _model(asking, None, st.empty())
    assert model.inputs is not None
    answer = model(draw_inputs(1, "gaussian", model.inputs, 0))
    st.session_state[_SEEN] = (asking, _One(model.name, model.inputs, answer, len(model.kept)))


def _ask_all(asking: _Asking, count: int) -> None:
    place = st.empty()
    model = _model(asking, None, place)
    assert model.inputs is not None
    x = model.as_asked(draw_inputs(count, "gaussian", model.inputs, 0))
    bar, parts = st.progress(0.0, "Asking …"), []
    for at in range(0, count, _PART):
        parts.append(model(x[at : at + _PART]))
        done = min(count, at + _PART)
        bar.progress(done / count, f"{done:,} of {count:,} questions are answered.")
    bar.empty()
    place.empty()
    y = np.concatenate(parts)
    refuse_labels(x, y)
    make_probes(x, y)  # refused here, before a run is made of it
    st.session_state[_GOT] = ((asking, count), (model.name, x, y, model.facts()))


def _kind(answer: np.ndarray) -> str:
    """What one answer looks like."""
    if answer.shape[1] > 1 and known(answer) != LOGITS:
        return "probabilities"
    return "numbers"


def _show(one: _One) -> None:
    frame.facts(
        [
            ("model", one.name),
            ("inputs", str(one.inputs)),
            ("outputs", str(one.answer.shape[1])),
            ("kind", _kind(one.answer)),
        ],
        key="teacher_address_facts",
    )
    shown = ", ".join(f"{value:.6g}" for value in one.answer[0, :6])
    more = ", …" if one.answer.shape[1] > 6 else ""
    frame.note(f"Its answer to one question: {shown}{more}. {one.kept:,} answers are kept on disk.")


def teacher() -> Source | None:
    """The controls for an address; None until its model was asked."""
    asking, count = _told()
    if asking is None:
        return None
    if st.button("Ask one question", key="teacher_address_one", icon=":material/contact_support:"):
        _ask_one(asking)
    seen = st.session_state.get(_SEEN)
    if seen is None or seen[0] != asking:
        return None
    _show(seen[1])
    if st.button(f"Ask {count:,} questions", key="teacher_address_all", icon=":material/forum:"):
        _ask_all(asking, count)
    got = st.session_state.get(_GOT)
    if got is None or got[0] != (asking, count):
        return None
    name, x, y, facts = got[1]
    frame.note(
        f"{len(x):,} answers are here: {facts['questions']:,} were asked now, "
        f"{facts['questions_kept']:,} were known from before."
    )
    activation, output = which_activation(AUTO, "address", unknown=True), output_box(y)
    if activation is None or output is None:
        return None
    options = {key: value for key, value in vars(asking).items() if value is not None}
    return Source.from_address(x, y, name, asking.url, activation, output, options)
