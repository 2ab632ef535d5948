"""A new page: what the program knows of each activation, in a table."""

from __future__ import annotations

from pages.shell import frame

# isort: split
import streamlit as st

from ec_core.networks.activations import ACTIVATIONS
from ec_core.runs.run import Run


@frame.page(
    "activations",
    "What can be known?",
    "Some weights cannot be read off from any answers. It depends on the activation.",
)
def _page(run: Run | None) -> None:
    st.table({name: entry.symmetry for name, entry in ACTIVATIONS.items()})
