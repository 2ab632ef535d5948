"""The cluster page's tools: where to cut, what passes, and the pictures that follow at once."""

from __future__ import annotations

import html
import math

import streamlit as st

from ec_core import figures
from ec_core.cluster import Clusters, Cut, Dendrogram, WeightCloud, counts, plateaus
from pages.ui import frame, grove, show, steps, theme, words
from pages.ui.runs import Run

_RULES = {"plateau": "Plateau", "paper": "Paper's rule", "hand": "By hand"}
_LOWEST = -17.0
"""log10 of the lowest cut that can be chosen; below it all is rounding."""
_STEP = 0.1


def _restore(run: Run, tree: Dendrogram) -> None:
    """Put the stored cut into the widgets, once per visit and run."""
    if st.session_state.get("cut_run") == run.id and "cut_rule" in st.session_state:
        return
    cut = run.cut() if run.has("cut") else grove.cut_by_rule(tree, "plateau", 1.0, 0.5, 30.0)
    st.session_state["cut_run"] = run.id
    st.session_state["cut_rule"] = cut.rule
    st.session_state["cut_gamma"] = cut.gamma
    st.session_state["cut_beta"] = cut.beta
    st.session_state["cut_height"] = _on_slider(cut.height, tree)


def _range(tree: Dendrogram) -> tuple[float, float]:
    top = math.ceil(math.log10(max(float(tree.heights[-1]), 1e-3))) if len(tree.heights) else 1
    return _LOWEST, float(top)


def _on_slider(height: float, tree: Dendrogram) -> float:
    low, high = _range(tree)
    return min(max(round(math.log10(height) / _STEP) * _STEP, low), high)


def _by_hand() -> None:
    st.session_state["cut_rule"] = "hand"


def _tools(run: Run, tree: Dendrogram) -> Cut:
    """Rule, height, gamma, beta; the slider shows the rule's height and takes over when moved."""
    gamma, beta = float(st.session_state["cut_gamma"]), float(st.session_state["cut_beta"])
    rule = str(st.session_state["cut_rule"])
    if rule != "hand":
        automatic = grove.cut_by_rule(tree, rule, 1.0, gamma, beta)
        st.session_state["cut_height"] = _on_slider(automatic.height, tree)
    low, high = _range(tree)
    with st.container(key="controls"):
        one, two, three, four = st.columns([0.31, 0.27, 0.21, 0.21], gap="medium")
        with one:
            st.segmented_control(
                "Where to cut",
                list(_RULES),
                format_func=_RULES.__getitem__,
                key="cut_rule",
                required=True,
            )
        with two:
            st.slider(
                "Height of the cut, as a power of ten",
                low,
                high,
                step=_STEP,
                key="cut_height",
                format="%.1f",
                on_change=_by_hand,
                help="Vectors closer than this are one neuron. Moved, the cut is yours.",
            )
        with three:
            st.slider(
                "γ: share that must agree",
                0.1,
                1.0,
                step=0.05,
                key="cut_gamma",
                help="A cluster held by fewer students is rejected.",
            )
        with four:
            st.slider(
                "β: widest angle, degrees",
                1.0,
                90.0,
                step=1.0,
                key="cut_beta",
                help="A cluster whose vectors point in too different directions is rejected.",
            )
    if rule != "hand":
        return grove.cut_by_rule(tree, rule, 1.0, gamma, beta)
    return Cut(10.0 ** float(st.session_state["cut_height"]), gamma, beta, "hand")


def _tree_and_counts(cloud: WeightCloud, tree: Dendrogram, clusters: Clusters) -> None:
    cut, look = clusters.cut, theme.figure_theme()
    left, right = st.columns([0.62, 0.38], gap="small")
    with left:
        show.figure(
            figures.dendrogram(tree, clusters, cut, cloud, theme=look),
            key="dendrogram",
            height=380,
            alt=f"The tree of {tree.vectors} neurons, cut into {len(clusters.kept)} kept clusters.",
        )
    with right:
        show.figure(
            figures.count_by_height(
                counts(tree, cut.gamma, cut.beta),
                plateaus(tree, cut.gamma, cut.beta),
                cut,
                theme=look,
            ),
            key="count_by_height",
            height=380,
            alt="The number of clusters against the height of the cut.",
        )


def _table(clusters: Clusters) -> None:
    look = theme.figure_theme()
    rows, kept = [], 0
    for cluster in clusters.clusters:
        index = -1
        if cluster.kept:
            index, kept = kept, kept + 1
        dot = f'<i class="ec-dot" style="background:{look.colour(index)}"></i>'
        verdict = '<span class="good">kept</span>' if cluster.kept else "rejected"
        rows.append(
            f"<tr><td>{dot}{index + 1 if cluster.kept else '–'}</td>"
            f"<td class='num'>{len(cluster.members)}</td><td class='num'>{cluster.support}</td>"
            f"<td class='num'>{words.power(cluster.spread)}</td>"
            f"<td class='num'>{words.power(cluster.angle)}°</td>"
            f"<td class='num'>{words.power(cluster.outgoing_norm)}</td>"
            f"<td>{verdict}</td><td>{html.escape(cluster.reason)}</td></tr>"
        )
    heads = (
        "<th>cluster</th><th class='num'>neurons</th><th class='num'>students</th>"
        "<th class='num'>spread</th><th class='num'>median angle</th>"
        "<th class='num'>outgoing weight</th><th>verdict</th><th>why</th>"
    )
    with st.container(key="cluster_table", height=360 if len(rows) > 10 else "content"):
        st.html(
            f'<table class="ec-table"><thead><tr>{heads}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table>"
        )


def _map(run_id: str, cut: Cut, waiting: bool) -> None:
    """The map: PCA at once, UMAP as soon as it has been computed in the background."""
    run = Run(run_id)
    cloud, _ = grove.of(run)
    truth_known = grove.truth_vectors(run, cloud) is not None
    left, right = st.columns([0.5, 0.5], vertical_alignment="center")
    with left:
        method = st.segmented_control(
            "Map",
            ["UMAP", "PCA"],
            default="UMAP",
            key="map_method",
            required=True,
            label_visibility="collapsed",
        )
    with right:
        truth = truth_known and st.toggle(
            "Show the truth",
            value=run.settings().show_truth,
            key="map_truth",
            help="The teacher's own neurons, as stars.",
        )
    points, name = None, "UMAP"
    if method == "UMAP":
        points = grove.umap_of(run, bool(truth))
        if waiting and points is not None:
            st.rerun()  # the whole page once, so that it stops asking
    if points is None:
        points, name = grove.pca_of(run, bool(truth)), "PCA"
        if method == "UMAP":
            frame.note("UMAP is being computed in the background; until then PCA.")
    clusters = grove.clusters_of(run, cut)
    show.figure(
        figures.weight_map(
            points[: len(cloud)],
            clusters,
            cloud,
            points[len(cloud) :] if truth else None,
            theme=theme.figure_theme(),
            method=name,
        ),
        key=f"weight_map_{name}",
        alt=f"The weight vectors of all students, mapped by {name}.",
    )


def _waiting_for_umap(run: Run) -> bool:
    wanted = st.session_state.get("map_method", "UMAP") == "UMAP"
    with_truth = bool(st.session_state.get("map_truth", run.settings().show_truth))
    return wanted and grove.umap_of(run, with_truth and run.source().network is not None) is None


def _say(run: Run, tree: Dendrogram, clusters: Clusters) -> None:
    kept, rejected = len(clusters.kept), len(clusters.clusters) - len(clusters.kept)
    stretches = [
        p for p in plateaus(tree, clusters.cut.gamma, clusters.cut.beta) if p.count == kept
    ]
    length = max((p.length for p in stretches), default=0.0)
    with st.container(horizontal=True, vertical_alignment="center", key="cluster_summary"):
        frame.facts(
            [
                ("neurons found", str(kept), "good" if kept else "warn"),
                ("branches rejected", str(rejected)),
                ("neurons pooled", str(tree.vectors)),
                ("cut at", words.power(clusters.cut.height)),
                ("this number holds over", f"{length:.1f} decades"),
            ],
            key="cluster_facts",
        )
        steps.next_button("reconstruct", "Build the network", run)


def body(run: Run) -> None:
    """The whole workbench; every change acts at once and is stored with the run."""
    cloud, tree = grove.of(run)
    _restore(run, tree)
    cut = _tools(run, tree)
    if not run.has("cut") or run.cut() != cut:
        run.save_cut(cut)
    clusters = grove.clusters_of(run, cut)
    _say(run, tree, clusters)
    _tree_and_counts(cloud, tree, clusters)
    names = ["Clusters, with the reasons", "Map", "Distances"]
    tabs = st.tabs(names, key="cluster_tabs")
    with tabs[0]:
        _table(clusters)
    with tabs[1]:
        waiting = _waiting_for_umap(run)
        st.fragment(frame.guarded(_map), run_every=1.5 if waiting else None)(run.id, cut, waiting)
    with tabs[2]:
        show.square(
            figures.distance_matrix(cloud, tree, theme=theme.figure_theme(), clusters=clusters),
            "Every neuron against every other, in the order of the tree. **Dark squares on "
            "the diagonal** are neurons that many students hold in common: their distances are "
            "rounding. The frames are the clusters kept.",
            key="distance_matrix",
            alt="Distances between all weight vectors, in the order of the tree.",
        )
