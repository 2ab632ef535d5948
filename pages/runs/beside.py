"""Two to five runs side by side: what was set differently, how they learned, what came of them."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from ec_core import figures
from ec_core.cluster import counts
from ec_core.errors import ECError
from ec_core.runs import results, tree_cache
from ec_core.runs.run import Run
from pages.parts import standing
from pages.runs import differing, picked
from pages.shell import frame, navigation, show, theme, words

_TREE_HEIGHT = 300


def _names(runs: Sequence[Run]) -> list[str]:
    """What each is called; two of one name are told apart by their ids."""
    titles = [run.title for run in runs]
    return [
        title if titles.count(title) == 1 else f"{title} ({run.id[:9]})"
        for run, title in zip(runs, titles, strict=True)
    ]


def _table(rows: Sequence[tuple[str, Sequence[str]]], names: Sequence[str], key: str) -> None:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr><td>{html.escape(name)}</td>"
        + "".join(f"<td>{html.escape(value)}</td>" for value in values)
        + "</tr>"
        for name, values in rows
    )
    with st.container(key=key):
        st.html(
            f'<table class="ec-table ec-beside"><thead><tr><th></th>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )


def _outcome(run: Run) -> dict[str, str]:
    """What came of a run, as far as it has come."""
    said: dict[str, str] = {}
    if run.has("ensemble"):
        ensemble = run.ensemble()
        said["students that learned every answer"] = (
            f"{int(ensemble.converged().sum())} of {ensemble.students}"
        )
        said["neurons of a student"] = words.shape(ensemble.shape.sizes[1:-1])
        said["best loss of a student"] = words.power(float(ensemble.losses.min()))
        said["training took"] = words.duration(ensemble.seconds)
    if run.has("cut"):
        said["clusters kept"] = str(len(tree_cache.clusters_of(run, run.built_cut).kept))
    if not run.has("recovered"):
        return {"verdict": "nothing built yet", **said}
    ticket, found = results.of(run), run.reconstruction()
    error = None if ticket.match is None else ticket.match.max_weight_error
    verdict = "verified" if ticket.certificate.verified else "not verified"
    if ticket.certificate.status == "estimate":
        verdict = "an estimate"
    unknown = "no truth to compare with" if ticket.match is None else "sizes differ"
    return {
        "verdict": verdict,
        "network": f"{words.shape(found.network.sizes)} {found.network.activation}",
        "loss": words.power(found.loss),
        "loss on unseen questions": words.power(ticket.certificate.heldout_loss),
        "largest weight error": unknown if error is None else words.power(error),
        **said,
        "building took": words.duration(run.build_seconds),
    }


def _outcomes(runs: Sequence[Run]) -> list[tuple[str, tuple[str, ...]]]:
    known = [_outcome(run) for run in runs]
    names = dict.fromkeys(name for one in known for name in one)
    return [(name, tuple(one.get(name, "–") for one in known)) for name in names]


def _trees(runs: Sequence[Run], names: Sequence[str]) -> None:
    look = theme.figure_theme()
    for column, run, name in zip(st.columns(len(runs)), runs, names, strict=True):
        with column:
            st.html(f'<p class="ec-beside-name">{html.escape(name)}</p>')
            if not run.has("ensemble"):
                frame.note("No students yet, so no tree.")
                continue
            cloud, tree = tree_cache.of(run)
            cut = run.built_cut if run.has("cut") else None
            clusters = None if cut is None else tree_cache.clusters_of(run, cut)
            show.figure(
                show.drawn(figures.dendrogram, tree, clusters, cut, cloud, theme=look),
                key=f"tree_{run.id}",
                height=_TREE_HEIGHT,
                alt=f"The tree of the weight vectors of {name}.",
            )


def _counted(run: Run) -> object:
    if not run.has("ensemble"):
        return None
    cut = run.built_cut if run.has("cut") else None
    settings = run.settings()
    gamma, beta = (cut.gamma, cut.beta) if cut else (settings.gamma, settings.beta)
    return counts(tree_cache.of(run)[1], gamma, beta)


def draw(runs: tuple[Run, ...]) -> None:
    """All of it, top down: what came of them, what was different, how they learned, their trees."""
    names, look = _names(runs), theme.figure_theme()
    with st.container(horizontal=True, vertical_alignment="center", key="beside_head"):
        st.button(
            "Back to the list",
            key="beside_back",
            icon=":material/arrow_back:",
            on_click=picked.look,
            args=((),),
        )
        for run, name in zip(runs, names, strict=True):
            entry_step = "compare" if run.has("recovered") else run.next_step
            st.page_link(
                navigation.BY_KEY[entry_step].file,
                label=words.plain(name),
                query_params=run.query,
                icon=":material/open_in_new:",
            )
    try:
        outcomes = _outcomes(runs)
    except ECError as error:
        frame.callout(str(error))
        return
    st.subheader("What came of them", anchor=False)
    _table(outcomes, names, "beside_outcomes")
    st.subheader("What was set differently", anchor=False)
    different = differing.rows(runs)
    if different:
        _table(different, names, "beside_settings")
    else:
        frame.note("Nothing: all settings are the same.")
    left, right = st.columns(2, gap="medium")
    nothing = np.empty((0, 0))
    with left:
        st.subheader("How they learned", anchor=False)
        histories = [run.ensemble().history if run.has("ensemble") else nothing for run in runs]
        show.figure(
            show.drawn(figures.losses_of_runs, histories, names, theme=look),
            key="beside_losses",
            height=380,
            alt="The best loss of each run's students at every iteration, on a log axis.",
        )
    with right:
        st.subheader("How many clusters", anchor=False)
        show.figure(
            show.drawn(figures.counts_of_runs, list(map(_counted, runs)), names, theme=look),
            key="beside_counts",
            height=380,
            alt="The number of clusters of each run's tree at every height of the cut.",
        )
    st.subheader("Their trees", anchor=False)
    _trees(runs, names)
    frame.note(f"Made {', '.join(standing.when(run.summary.created) for run in runs)}.")
