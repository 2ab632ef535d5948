"""Teacher: choose the network to be read, and get to know it."""

from __future__ import annotations

import streamlit as st

import pages  # noqa: F401  # the gate, alone and first
from pages.shell import frame, show, steps, theme, words

# isort: split
from ec_core import figures
from ec_core.candidates import AUTO
from ec_core.curves.search import FREE
from ec_core.expand.config import DEEPEST
from ec_core.networks.activations import activation
from ec_core.runs.run import Run
from ec_core.runs.source import Source
from pages.parts import lock
from pages.teacher import choose, symmetry, table_preview, tables


def _said(activation: str) -> str:
    """The activation of answers without a network, as a fact."""
    return {AUTO: "unknown", FREE: "learnt as a curve"}.get(activation, activation)


def _meet(source: Source) -> None:
    """The teacher drawn, with its numbers."""
    network = source.network
    if source.locked:
        frame.facts(
            [
                ("inputs", str(source.inputs)),
                ("outputs", str(source.outputs)),
                ("activation", source.activation),
            ],
            key="teacher_facts",
        )
        st.markdown(lock.SENTENCE)
        return
    if network is None:
        assert source.answers is not None
        x, y = source.answers
        frame.facts(
            [
                ("questions", f"{len(x):,}"),
                ("inputs", str(x.shape[1])),
                ("outputs", str(y.shape[1])),
                ("activation", _said(source.activation)),
            ],
            key="teacher_facts",
        )
        st.markdown(
            "Only questions and answers, no network: nothing can be shown of the inside, and the "
            "result will be judged by its certificate alone."
        )
        if source.activation == FREE:
            st.markdown(
                "The activation between its layers is **learnt**, as a curve, together with the "
                "weights."
            )
        if source.activation == AUTO:
            st.markdown(
                "Which activation stands between its layers, and how many hidden layers there are, "
                "is **found out** as well: candidates race for it."
            )
        return
    pairs: list[tuple[str, str] | tuple[str, str, str]] = [
        ("sizes", words.shape(network.sizes)),
        ("activation", network.activation),
        ("numbers to recover", f"{network.parameter_count:,}"),
    ]
    if source.score is not None and source.score_name:
        value = f"{source.score:.1%}" if source.score_name == "accuracy" else f"{source.score:.3f}"
        pairs.append((f"{source.score_name} on unseen data", value, "good"))
    frame.facts(pairs, key="teacher_facts")
    frame.note(source.description)
    layers = source.hidden_layers or 0
    if layers > DEEPEST:
        st.warning(
            f"This network has {layers} hidden layers; this version recovers networks with at most "
            f"{DEEPEST}. You can go on and look, but the result will not be verified."
        )
    show.figure(
        show.drawn(figures.network_diagram, network, theme=theme.figure_theme()),
        key="teacher_diagram",
        height=330,
        alt=f"The teacher, a {words.shape(network.sizes)} network, drawn with its weights.",
    )


def _inside(source: Source) -> None:
    """Its activation, the symmetry, and for two inputs the function itself."""
    network = source.network
    if network is None:
        return
    look = theme.figure_theme()
    names = ["Activation", "Symmetry: flip a sign"]
    if network.sizes[0] == 2:
        names.append("The function")
    tabs = st.tabs(names, key="teacher_tabs")
    with tabs[0]:
        show.figure(
            show.drawn(figures.activation_curve, network.activation, theme=look),
            key="teacher_activation",
            height=340,
            alt=f"The curve of {network.activation}.",
        )
        frame.note(f"Symmetry class: {activation(network.activation).symmetry}.")
    with tabs[1]:
        symmetry.demonstrate(network)
        frame.formula("The symmetries, as formulas", "symmetry")
    if network.sizes[0] == 2:
        with tabs[2]:
            show.square(
                show.drawn(figures.function_surface, network, theme=look),
                "What the teacher answers at every point of the plane. Across each **line** one of "
                "its neurons switches; that is all the structure there is to find.",
                key="teacher_surface",
                alt="What the teacher answers at every point of the plane.",
            )


@frame.page(
    "teacher",
    "Choose a teacher",
    "The teacher is the network to be read. It may only be asked questions; what you see of its "
    "inside on this page is for you, not for the method.",
)
def _page(run: Run | None) -> None:
    left, right = st.columns([0.34, 0.66], gap="large")
    with left, st.container(key="controls"):
        if run is None:
            source = choose.teacher(right)
            if source is not None and st.button(
                "Use this teacher",
                key="use_teacher",
                type="primary",
                icon=":material/arrow_forward:",
                icon_position="right",
            ):
                steps.go("expand", Run.create(source))
        else:
            source = run.source()
            st.markdown("**The teacher of this run**")
            frame.note("A run keeps its teacher. Another teacher is another run.")
            lock.toggle(run)
            steps.next_button("expand", "On to the students", run)
            if st.button("Choose another teacher", key="new_run", icon=":material/add:"):
                steps.go("teacher", None)
    with right:
        seen = tables.taken()
        if source is None and seen is None:
            missing = choose.what_is_missing()
            if missing:
                frame.note(missing)
            return
        if source is not None:
            _meet(source)
            _inside(source)
        if seen is not None:
            table_preview.preview(*seen)
