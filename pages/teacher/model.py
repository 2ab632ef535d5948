"""A model file on the Teacher page: the chain that was understood, or questions to a model."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Sequence

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ec_core.candidates import AUTO
from ec_core.networks.asked import AskedModel
from ec_core.networks.chain import Link
from ec_core.probing.asking import ask, default_count
from ec_core.runs.source import Source
from pages.shell import frame

_MOST_ASKED = 20_000

_KEPT = "teacher_model_answers"
"""The answers of the model whose file was chosen last, and what they are the answers of."""


def preview(links: Sequence[Link]) -> None:
    """What was understood of a file, from its inputs to its end, in the file's own names."""
    if not links:
        return
    rows = "".join(
        f"<tr><td>{html.escape(link.what)}</td><td>{html.escape(link.name)}</td>"
        f"<td>{html.escape(link.note)}</td></tr>"
        for link in links
    )
    st.markdown("**What was read**")
    with st.container(key="teacher_chain"):
        st.html(
            '<table class="ec-table"><thead><tr><th>step</th><th>in the file</th><th></th></tr>'
            f"</thead><tbody>{rows}</tbody></table>"
        )


def _answers(model: AskedModel, data: bytes, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Questions x (N, D) and the model's answers y (N, K), asked once and not at every look.

    They are kept with this window's own state and with nothing that others share: what a person
    uploads is theirs, and one file more replaces them.
    """
    mark = (hashlib.sha256(data).hexdigest(), model.name, count)
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != mark:
        kept = st.session_state[_KEPT] = (mark, *ask(model, count, "gaussian", model.inputs, 0))
    return kept[1], kept[2]


def asked(model: AskedModel, data: bytes, beside: DeltaGenerator) -> Source:
    """A model that can only be asked: its answers to some questions become the run's.

    data : its file
    """
    with beside:
        preview(model.links)
        frame.note(model.sentence)
    count = st.number_input(
        "Questions to ask it",
        min_value=100,
        max_value=_MOST_ASKED,
        value=default_count(model.inputs),
        key="teacher_asked",
        help="They are asked here, and no more afterwards.",
    )
    x, y = _answers(model, data, int(count))
    return Source.from_answers(x, y, model.name, AUTO)
