"""Everything to take away: network, report, settings, figures, and a script that repeats
the run.
"""

from __future__ import annotations

import html
import json

import plotly.graph_objects as go
import streamlit as st

from ec_core import figures
from ec_core.cluster import counts, pca, plateaus
from ec_core.errors import ECError
from ec_core.networks.files import network_bytes
from ec_core.networks.writers import WRITERS, exported, remark
from ec_core.provenance import sentence as made_sentence
from ec_core.runs import citing, portable, results, script, tree_cache, truth
from ec_core.runs.run import Run
from pages.shell import frame


def _figures(run: Run) -> list[tuple[str, go.Figure]]:
    cloud, tree = tree_cache.of(run)
    cut = run.built_cut
    clusters = tree_cache.clusters_of(run, cut)
    ensemble, result = run.ensemble(), run.reconstruction()
    titled_figures = [
        (
            "Losses of the students",
            figures.loss_curves(ensemble.history, ensemble.statuses, run.probes().floor),
        ),
        ("The tree", figures.dendrogram(tree, clusters, cut, cloud)),
        (
            "Clusters against height",
            figures.count_by_height(
                counts(tree, cut.gamma, cut.beta), plateaus(tree, cut.gamma, cut.beta), cut
            ),
        ),
        ("Map of the weight vectors", figures.weight_map(pca(cloud.vectors), clusters, cloud)),
        ("Distances", figures.distance_matrix(cloud, tree, clusters=clusters)),
        ("How the size was found", figures.size_path(result.steps)),
        ("The recovered network", figures.network_diagram(result.network)),
    ]
    known, match = truth.attached(run), results.of(run).match
    teacher = run.source().network if known is None else known.network
    if teacher is not None and match is not None:
        deep = len(match.layers) > 1
        titled_figures += [
            (
                "Errors of the weights" + (f", hidden layer {layer + 1}" if deep else ""),
                figures.alignment_bars(match, teacher, layer=layer),
            )
            for layer in range(len(match.layers))
        ]
    return titled_figures


def figures_page(run: Run) -> str:
    """All figures as one page that needs no internet."""
    parts = [
        f"<!doctype html><meta charset='utf-8'><title>{html.escape(run.title)}</title>"
        ""
        "<style>body{font-family:sans-serif;max-width:1100px;margin:2rem auto}</style>"
        f"<h1>{html.escape(run.title)}</h1>"
    ]
    for number, (title, figure) in enumerate(_figures(run)):
        parts.append(f"<h2>{html.escape(title)}</h2>")
        # the first figure carries the library for all of them
        parts.append(figure.to_html(full_html=False, include_plotlyjs=number == 0))
    made = results.made(run)
    parts.append(f"<p>{html.escape(made_sentence(made))} {html.escape(made['command'])}</p>")
    return "\n".join(parts)


def _offer(label: str, make: object, name: str, kind: str, key: str) -> None:
    st.download_button(
        label,
        make,  # type: ignore[arg-type]
        name,
        kind,
        key=f"download_{key}",
        on_click="ignore",
        icon=":material/download:",
    )


def _elsewhere(run: Run) -> None:
    """The recovered network as other programs load it."""
    endings = list(WRITERS)
    ending = str(
        st.selectbox(
            "Format",
            endings,
            key="export_format",
            format_func=lambda one: f"{WRITERS[one][1]} ({one})",
        )
    )
    network = run.reconstruction().network
    try:
        data = exported(network, f"recovered{ending}")
    except ECError as error:
        frame.note(str(error))
        return
    said = remark(network, f"recovered{ending}")
    if said is not None:
        frame.note(said)
    _offer("Network", data, f"recovered{ending}", "application/octet-stream", "export")


def _cite() -> None:
    """The paper and the program, ready to be copied."""
    with st.popover("Cite", key="cite", icon=":material/format_quote:", width="content"):
        st.markdown("**The paper**, whose method this is")
        st.code(citing.PAPER, language="bibtex", wrap_lines=True)
        st.markdown("**This program**, if its numbers are in yours")
        st.code(citing.program(), language="bibtex", wrap_lines=True)
        _offer("Both as a file", citing.both(), "expand-and-cluster.bib", "text/x-bibtex", "bibtex")


def shelf(run: Run) -> None:
    """The row of downloads, each made when it is asked for."""
    with st.container(horizontal=True, vertical_alignment="center", key="shelf_head"):
        st.subheader("Take it with you", anchor=False, width="content")
        _cite()
    teacher, needed = run.source().network, script.needs(run)
    with st.container(horizontal=True, key="downloads"):
        binary = "application/octet-stream"
        _offer(
            "Network",
            lambda: network_bytes(run.reconstruction().network),
            "recovered.safetensors",
            binary,
            "network",
        )
        _offer(
            "Report",
            lambda: json.dumps(results.report(run), indent=2),
            "report.json",
            "application/json",
            "report",
        )
        _offer("Figures", lambda: figures_page(run), "figures.html", "text/html", "figures")
        _offer(
            "Settings",
            lambda: portable.settings(run),
            "settings.json",
            "application/json",
            "settings",
        )
        if needed:
            archive = script.file_name(run).replace(".py", ".zip")
            _offer(
                "Python script and its data",
                lambda: script.archive(run),
                archive,
                "application/zip",
                "script",
            )
        else:
            _offer(
                "Python script",
                lambda: script.repeat(run),
                script.file_name(run),
                "text/x-python",
                "script",
            )
        _offer(
            "Questions and answers", lambda: portable.probes(run), "probes.npz", binary, "probes"
        )
        _offer("Students", lambda: portable.students(run), "students.npz", binary, "students")
        if teacher is not None:
            _offer(
                "Teacher", lambda: network_bytes(teacher), "teacher.safetensors", binary, "teacher"
            )
    come = "comes" if len(needed) == 1 else "come"
    beside = f", beside {' and '.join(needed)}, which {come} along" if needed else ""
    frame.note(f"The script repeats the whole run with ec_core and gives the same numbers{beside}.")
    frame.note(made_sentence(results.made(run)))
    with st.expander("The network for another program"):
        _elsewhere(run)
    with st.expander("Read the script"):
        st.code(script.repeat(run), language="python")
