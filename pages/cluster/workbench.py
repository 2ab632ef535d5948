"""The cluster page's body: the workbench in the browser, fed with one tree, and its answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from ec_core.cluster import Clusters, Cut, Dendrogram, WeightCloud, pool
from ec_core.cluster.embedding import UMAP
from ec_core.errors import InputError
from ec_core.figures import Theme
from ec_core.figures.theme import MARKS
from ec_core.runs import builds, chosen, cut_history, tree_cache, versions
from ec_core.runs.cut_history import BenchState
from ec_core.runs.run import Run
from pages.cluster import maps
from pages.parts import courier, lock, meanwhile
from pages.shell import frame, modules, steps, theme, words
from pages.shell.callbacks import safely

_FOLDER = theme.ASSETS / "workbench"
_BLOB = st.components.v2.component(
    "ec_blob", html="<i hidden>\n</i>", js=modules.bundle(_FOLDER, "blob")
)
_BENCH = st.components.v2.component(
    "ec_workbench",
    html=(_FOLDER / "workbench.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "workbench.css").read_text(encoding="utf-8"),
    js=modules.bundle(_FOLDER, "mount"),
)
_REFUSED = "bench_refused"
_REFRESH_SECONDS = 1.5
_MEDIANS = 400
"""Median angles are sent for as many clusters; more rows are in no table."""


def _look() -> dict[str, Any]:
    """The colours of the page, for canvases that cannot use style sheets."""
    figure: Theme = theme.figure_theme()
    token = theme.tokens()
    return {
        "palette": list(figure.palette),
        "marks": list(MARKS),
        "nearness": [colour for _, colour in figure.nearness],
        **{name: getattr(figure, name) for name in ("text", "trunk", "grid", "faint", "accent")},
        **{name: token[name] for name in ("paper", "panel", "soft", "line", "good", "warn")},
        **{name: token[name] for name in ("blue", "onblue", "truth")},
        "muted": token["soft"],
    }


def _serial_sent() -> str | None:
    sent = courier.sent()
    return sent.get("serial") if isinstance(sent, Mapping) else None


def _answers(
    clusters: Clusters,
    state: BenchState,
    names: dict[str, Cut],
    refused: str | None,
    built: dict[str, str],
) -> dict[str, Any]:
    """What Python says to the browser's settings."""
    kept = clusters.kept
    plain = [cut_history.plain(cut) for cut in state.steps]
    return {
        "history": {"steps": plain, "at": state.at},
        "serial": state.serial,
        "names": {name: cut_history.plain(cut) for name, cut in names.items()},
        "built": built,
        "kept": [list(c.nodes) for c in kept],
        "medians": [[",".join(map(str, c.nodes)), c.angle] for c in kept[:_MEDIANS]],
        "refused": refused,
        "refusedSerial": None if refused is None else _serial_sent(),
    }


def _built(run: Run, layer: int, names: dict[str, Cut], now: Cut) -> dict[str, str]:
    """What came of building each setting exactly, by name, "" for the cut in use; only where the
    cut is still the one that was built from.
    """
    said: dict[str, str] = {}
    if not run.has("cut"):
        return said
    for name, cut in {"": now, **names}.items():
        build = chosen.of_setting(run, name, layer)
        if build is not None and layer < len(build.cuts) and build.cuts[layer] == cut:
            size, loss = words.shape(build.sizes), words.power(build.loss)
            said[name] = f"{size}, {loss}, {build.verdict}"
    return said


def _changed(run_id: str, layer: int) -> None:
    """Called before any page runs: what was done is kept even by a click that leads away."""
    st.session_state[_REFUSED] = courier.refusal(Run(run_id), layer)


def _send(key: str, data: bytes | None) -> None:
    # of no height: the gap of an invisible element would still be seen; and its place is kept while
    # there is nothing to send, or the bench below would move, and lose whoever is on it by keyboard
    with st.container(key=f"blob_{key}"):
        if data is not None:
            _BLOB(key=key, data=data)


def _truth_known(run: Run, layer: int) -> bool:
    """May the teacher's neurons be shown? Of later layers they have no place of their own: what
    they read are the neurons below, in an order that only the match knows.
    """
    return layer == 0 and not run.truth_locked and run.source().network is not None


def _map_note(run: Run, layer: int) -> str:
    """How the map was made, or how far it is, in tenths: every change draws the page anew."""
    truth = _truth_known(run, layer)
    made = maps.umap_of(run, truth, layer)
    if made is not None:
        return "UMAP" if made.method == UMAP else f"by distance; {made.places} are few for UMAP"
    why = maps.why_not(run, truth, layer)
    if why is not None:
        return f"PCA; {why}"
    tenths = int(10 * maps.umap_share(run, truth, layer))
    return f"PCA; UMAP is {f'{10 * tenths} % done' if tenths else 'getting ready'}"


def _maps(run: Run, name: str, layer: int = 0) -> tuple[str | None, str]:
    """The name under which the UMAP was sent (None while it is computed), and what to say."""
    truth = _truth_known(run, layer)
    made, note = maps.umap_of(run, truth, layer), _map_note(run, layer)
    if made is None:
        _send("bench_map", None)
        return None, note
    shown = f"{name}-umap{'-truth' if truth else ''}"
    _send("bench_map", tree_cache.packed_map(run, shown, made.points, layer))
    return shown, note


def _truth(run: Run, name: str, layer: int) -> str | None:
    data = tree_cache.packed_truth(run, f"{name}-truth") if _truth_known(run, layer) else None
    _send("bench_truth", data)
    return None if data is None else f"{name}-truth"


def _bench(run: Run, layer: int) -> None:
    """One tree on the bench.

    Not in a fragment: a tab that finds its server again asks for nothing but the fragment it was
    in, which the new server does not know, and would wait for ever.
    """
    (_, tree), name = tree_cache.of(run, layer), tree_cache.name_of(run, layer)
    refused = st.session_state.pop(_REFUSED, None) or courier.refusal(run, layer)
    meanwhile.question(run, tree, name, layer)
    state = cut_history.load(run, tree, name, layer, tree_cache.first_cut(run, layer))
    clusters, named = tree_cache.clusters_of(run, state.cut, layer), run.named_cuts(layer)
    _send("bench_tree", tree_cache.packed_tree(run, layer))
    shown_map, note = _maps(run, name, layer)
    data = {
        "tree": name,
        "map": shown_map,
        "umap": note,
        "truth": _truth(run, name, layer),
        "showTruth": run.settings().show_truth,
        "look": _look(),
        "problem": None,
        "lookOnly": not run.workable,
        "used": "the first row is what Reconstruct uses",
        **_answers(clusters, state, named, refused, _built(run, layer, named, state.cut)),
    }
    _BENCH(key=courier.KEY, data=data, on_change_change=partial(safely, _changed, run.id, layer))
    # a message that came with a new session (the server was restarted) is known only now
    sent = courier.sent() or {}
    new = sent.get("tree") == name and sent.get("serial") != state.serial
    if refused is None and new and not meanwhile.known(sent) and state.is_new(sent):
        st.rerun()


def _watch(run_id: str, layer: int, note: str) -> None:
    """Looks now and then whether there is more to say about the map."""
    if _map_note(Run(run_id), layer) != note:
        st.rerun()


def _tree_or_way_on(run: Run) -> tuple[WeightCloud, Dendrogram] | None:
    """Cloud and tree; where they do not fit, one sentence and a button that makes them fit."""
    try:
        return tree_cache.of(run)
    except InputError as error:
        frame.callout(str(error))
        ensemble = run.ensemble()
        best = tree_cache.fitting(ensemble)
        if len(pool(ensemble)) and best < len(ensemble.losses):
            label = f"Cluster the best {best} of {len(ensemble.losses)} students"
            if run.workable and st.button(label, key="cluster_best", type="primary"):
                _cluster_best(run, best)
    return None


def _cluster_best(run: Run, best: int | None) -> None:
    """Another tree: what was built from this one is kept as an earlier result."""
    versions.keep(run, "before other students were compared")
    run.cluster_best(best)
    st.rerun()


def _below(run: Run, layer: int | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="bench_below"):
        steps.next_button("reconstruct", "Build the network", run)
        some = run.best_students is not None and run.workable
        if some and st.button("Cluster all students", key="cluster_all"):
            _cluster_best(run, None)
        lock.toggle(run)
        if layer is not None and run.workable:
            maps.control(run, _truth_known(run, layer), layer)


def _layer(run: Run) -> int | None:
    """Which hidden layer is on the bench; None where the chosen one cannot be seen yet."""
    layers = run.layers
    if layers < 2:
        return 0
    reached = len(builds.seen(run))

    def label(layer: int) -> str:
        state = "cut here" if layer == 0 else "seen while building" if layer < reached else "next"
        return f"Layer {layer + 1} of {layers}: {state}"

    layer = st.segmented_control(
        "Hidden layer",
        range(layers),
        format_func=label,
        default=0,
        required=True,
        key="bench_layer",
        label_visibility="collapsed",
    )
    if layer and layer >= reached:
        st.info(
            f"Layer {layer + 1} can be compared once the students agree on what it reads. Cut the "
            "first layer, build the network, and this layer is shown here as it was then."
        )
        return None
    if layer:
        frame.note(
            "What the students said about this layer while the network was built, with the cut "
            "that was used. You may cut it otherwise here: “Build exactly what I chose” builds "
            "every layer as it is cut; where pruning decides, only the first layer's cut counts."
        )
    return layer


def body(run: Run) -> None:
    """The whole workbench; every change acts at once and is stored with the run."""
    layer = _layer(run)
    drawn = layer is not None and _one(run, layer)
    _below(run, layer if drawn else None)


def _one(run: Run, layer: int) -> bool:
    """The bench of one layer; False, after the sentence that says why, where there is none."""
    grown = _tree_or_way_on(run) if layer == 0 else tree_cache.of(run, layer)
    if grown is None:
        return False
    if len(grown[0]) == 0:
        frame.callout(
            "No student holds a neuron that does anything, so that there is nothing to compare; "
            "train the students longer, or others."
        )
        return False
    note = _map_note(run, layer)
    # asked before the bench is drawn: a map that is ready a moment later is not on it yet
    truth = _truth_known(run, layer)
    coming = maps.umap_of(run, truth, layer) is None and maps.why_not(run, truth, layer) is None
    _bench(run, layer)
    if coming:
        with st.container(key="blob_watch"):
            st.fragment(frame.guarded(_watch), run_every=_REFRESH_SECONDS)(run.id, layer, note)
    return True
