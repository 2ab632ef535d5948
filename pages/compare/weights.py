"""The weights of teacher and recovered network side by side, as the teacher's file has them."""

from __future__ import annotations

import html

import streamlit as st

from ec_core import figures
from ec_core.networks.chain import Naming
from ec_core.networks.network import Network
from pages.shell import frame, show, theme


def _called(naming: Naming, weight: tuple[int, ...]) -> str:
    """The heading of a layer: its names, its shape in the file, and what that means."""
    turned = naming.layout == "in-out"
    shape = " × ".join(map(str, reversed(weight) if turned else weight))
    lies = "a column for each neuron" if turned else "a row for each neuron"
    said = f"<code>{html.escape(naming.weight)}</code> ({shape}, {lies}) and "
    if naming.bias is None:
        return said + "no bias"
    return f"{said}<code>{html.escape(naming.bias)}</code> ({weight[0]})"


def side_by_side(teacher: Network, aligned: Network, namings: tuple[Naming, ...]) -> None:
    """Layer by layer; namings : of the file that the teacher was read from, () where there is none
    or where it tells them for other layers.
    """
    look = theme.figure_theme()
    named = len(namings) == len(teacher.weights)
    for index, weight in enumerate(teacher.weights):
        naming = namings[index] if named else None
        st.markdown(f"**Layer {index + 1}**")
        if naming is not None:
            with st.container(key=f"weight_names_{index}"):
                st.html(f'<p class="ec-note">In the file: {_called(naming, weight.shape)}.</p>')
                if naming.folded:
                    frame.note(
                        "A scaling or another layer beside it was folded in when the file was "
                        "read: these are the numbers of both together."
                    )
        show.figure(
            show.drawn(
                figures.weight_table_heat, teacher, aligned, theme=look, layer=index, naming=naming
            ),
            key=f"weights_{index}",
            alt=f"Weights of layer {index + 1}: the teacher's, the recovered ones, the difference.",
        )
    if named:
        frame.note(
            "The recovered neurons stand in the teacher’s order, with its signs. Hover "
            "over a number to see its place in the file, counted from zero."
        )
