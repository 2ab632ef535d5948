"""One row per hidden layer of a result: its size, what pruning removed, who found its neurons, and
how far its weights are from the teacher's.
"""

from __future__ import annotations

import html
from typing import Any

import streamlit as st

from ec_core.figures.alignment import neuron_errors
from ec_core.runs import results
from ec_core.runs.run import Run
from pages.shell import words


def _span(counts: list[int]) -> str:
    """The smallest and the largest, a dash for none.

    >>> _span([3, 3]), _span([4, 2]), _span([])
    ('3', '2 to 4', '–')
    """
    if not counts:
        return "–"
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"


def _layers(run: Run) -> list[dict[str, Any]]:
    """The report's hidden layers."""
    layers: list[dict[str, Any]] = results.report(run)["layers"]
    return layers


def _support(run: Run, layer: int) -> list[int]:
    """How many students found each neuron; where nobody looked, how many made each cluster."""
    support = _layers(run)[layer]["support"]
    views = run.reconstruction().layers
    if support is None and layer < len(views):
        support = [cluster.support for cluster in views[layer].clusters.kept]
    return list(support or ())


def _compared(run: Run, layer: int) -> int:
    """How many students were compared for a layer: not always those of the run."""
    views = run.reconstruction().layers
    return views[layer].tree.students if layer < len(views) else run.ensemble().students


def found_by(run: Run) -> tuple[str, int]:
    """Students that found each neuron of the first layer, of how many."""
    return _span(_support(run, 0)), _compared(run, 0)


def _witnesses(run: Run, layer: int) -> str:
    counts = _support(run, layer)
    return f"{_span(counts)} of {_compared(run, layer)}" if counts else "–"


def _errors(run: Run) -> list[str] | None:
    """The largest weight error of every layer, output included; None without a teacher."""
    teacher, match = run.source().network, results.of(run).match
    if teacher is None or match is None:
        return None
    if match.aligned is None:
        return ["sizes differ"] * len(teacher.weights)
    unseen, teacher = run.probes().unidentified_inputs, match.teacher_within or teacher
    return [
        words.power(float(neuron_errors(teacher, match.aligned, layer, unseen).max()))
        for layer in range(len(teacher.weights))
    ]


def rows(run: Run) -> list[tuple[str, ...]]:
    """The table with its head: hidden layers in order, then the output layer."""
    sizes, errors = run.reconstruction().network.sizes, _errors(run)
    ensemble = run.ensemble()
    lines = [("layer", "a student’s neurons", "clusters", "pruned", "neurons", "students with it")]
    for index, (size, layer) in enumerate(zip(sizes[1:-1], _layers(run), strict=True)):
        clusters = layer["clusters"]
        lines.append(
            (
                f"hidden {index + 1}",
                str(ensemble.shape.sizes[index + 1]),
                "–" if clusters is None else str(clusters),
                str(layer["pruned"]),
                str(size),
                _witnesses(run, index),
            )
        )
    lines.append(("output", str(sizes[-1]), "–", "–", str(sizes[-1]), "–"))
    if errors is None:
        return list(lines)
    column = ["largest weight error", *errors]
    # a teacher of another depth has another number of rows
    column += ["–"] * (len(lines) - len(column))
    return [(*row, cell) for row, cell in zip(lines, column, strict=False)]


def table(run: Run) -> None:
    """Drawn for networks with several hidden layers; for one, the page's numbers say it all."""
    if len(run.reconstruction().network.sizes) < 4:
        return
    head, *body = rows(run)
    heads = "".join(f'<th class="num">{html.escape(name)}</th>' for name in head[1:])
    lines = "".join(
        f"<tr><td>{html.escape(row[0])}</td>"
        + "".join(f'<td class="num">{html.escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in body
    )
    with st.container(key="layer_table"):
        st.html(
            f'<table class="ec-table"><thead><tr><th>{head[0]}</th>{heads}</tr></thead>'
            f"<tbody>{lines}</tbody></table>"
        )
