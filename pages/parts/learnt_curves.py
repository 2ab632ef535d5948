"""The activation that was learnt, drawn; nothing where it was a named one."""

from __future__ import annotations

import streamlit as st

from ec_core import figures
from ec_core.runs import learnt
from ec_core.runs.run import Run
from pages.shell import frame, show, theme, words


def draw(run: Run, key: str) -> None:
    """One picture per hidden layer, with what is said of the curves; key : begins their keys."""
    result = run.reconstruction()
    pairs = learnt.beside(result.network)
    if not pairs:
        return
    st.subheader("The activation that was learnt", anchor=False)
    for sentence in result.notes:
        frame.note(words.on_paper(sentence))
    for layer, (curve, near) in enumerate(pairs):
        if len(pairs) > 1:
            st.markdown(f"**Hidden layer {layer + 1}**")
        show.figure(
            show.drawn(
                figures.learnt_curve, curve, near, near.activation, theme=theme.figure_theme()
            ),
            key=f"{key}_{layer}",
            height=340,
            alt=f"The learnt activation of hidden layer {layer + 1}, and over it, dashed, "
            f"{near.activation}, the named function nearest to it.",
        )
