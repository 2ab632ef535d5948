"""A model file on the Teacher page: the chain that was understood, or questions to a model."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ec_core.candidates import AUTO
from ec_core.networks.asked import AskedModel
from ec_core.networks.chain import Link
from ec_core.probing.asking import ask, default_count
from ec_core.runs.source import Source
from pages.shell import frame

_MOST_ASKED = 20_000


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


def asked(model: AskedModel, beside: DeltaGenerator) -> Source:
    """A model that can only be asked: its answers to some questions become the run's."""
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
    x, y = ask(model, int(count), "gaussian", model.inputs, 0)
    return Source.from_answers(x, y, model.name, AUTO)
