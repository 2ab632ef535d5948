"""The UMAP maps of this process, and what the workbench is told of one."""

from __future__ import annotations

import streamlit as st

from ec_core.cluster import Embedding
from ec_core.jobs import JobBoard
from ec_core.runs.maps import Map, Maps
from ec_core.runs.run import Run
from pages.shell.callbacks import safely


@st.cache_resource
def _maps() -> Maps:
    return Maps(JobBoard())


def warm_up() -> None:
    """Once per server, before anybody needs it."""
    _maps().warm_up()


def map_of(run: Run, with_truth: bool, layer: int = 0) -> Map:
    """The map's job, which is begun here where it was not."""
    return _maps().of(run, with_truth, layer)


def umap_of(run: Run, with_truth: bool, layer: int = 0) -> Embedding | None:
    """The map of M [+ H] points, None while it is computed in the background, and for good where
    it failed or was stopped.
    """
    return map_of(run, with_truth, layer).made


def umap_share(run: Run, with_truth: bool, layer: int = 0) -> float:
    """Which share of the UMAP map is done."""
    return map_of(run, with_truth, layer).layout.share


def why_not(run: Run, with_truth: bool, layer: int = 0) -> str | None:
    """Why there will be no map, None while there is one or it is on its way."""
    known = map_of(run, with_truth, layer)
    if not known.job.over or known.made is not None:
        return None
    return known.error or "UMAP was stopped"


def control(run: Run, with_truth: bool, layer: int = 0) -> None:
    """The button that stops a map on its way, or draws one that was stopped or failed."""
    known = map_of(run, with_truth, layer)
    if not known.job.over:
        st.button(
            "Stop the map",
            key="map_stop",
            icon=":material/stop:",
            on_click=safely,
            args=(_maps().stop, run, with_truth, layer),
            help="UMAP arranges the neurons by their neighbours; the PCA map stays.",
        )
    elif known.made is None:
        act = (_maps().again, run, with_truth, layer)
        st.button("Draw the UMAP map", key="map_again", on_click=safely, args=act)
