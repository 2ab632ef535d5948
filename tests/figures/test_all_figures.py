"""What holds for every figure: it travels as JSON, is transparent, large enough, and themed."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest

from ec_core import figures
from ec_core.benchmark import summarise
from ec_core.cluster.dendrogram import counts
from ec_core.cluster.embedding import pca
from ec_core.cluster.plateau import plateaus
from ec_core.events import CONVERGED, PruneStep, WidthTried
from ec_core.figures import DARK, LIGHT, Theme
from ec_core.figures.cost import CostPoint
from ec_core.figures.few_probes import ProbesPoint
from ec_core.networks.spline import Spline
from ec_core.verify.match import match
from tests.benchmark.samples import outcome
from tests.figures import samples

POOL = samples.cloud()
TREE, CUT, CLUSTERS = samples.clustered(POOL)
NET, PLANE = samples.network(3, 4, 2), samples.network(2, 3, 1)
SOLVED = summarise([outcome(2, 2), outcome(4, 8, error=None)])
HISTORY = np.geomspace(1, 1e-30, 40)[:, None] * np.ones(3)

DRAW: dict[str, Callable[[Theme], go.Figure]] = {
    "loss_curves": lambda t: figures.loss_curves(HISTORY, (CONVERGED,) * 3, 1e-28, t),
    "losses_of_runs": lambda t: figures.losses_of_runs([HISTORY, HISTORY[:, :1]], "ab", t),
    "counts_of_runs": lambda t: figures.counts_of_runs([counts(TREE, 0.5, 30.0), None], "ab", t),
    "dendrogram": lambda t: figures.dendrogram(TREE, CLUSTERS, CUT, POOL, t),
    "count_by_height": lambda t: figures.count_by_height(
        counts(TREE, 0.5, 30.0), plateaus(TREE, 0.5, 30.0), CUT, t
    ),
    "weight_map": lambda t: figures.weight_map(
        pca(POOL.vectors), CLUSTERS, POOL, np.zeros((2, 2)), t
    ),
    "distance_matrix": lambda t: figures.distance_matrix(POOL, TREE, t, CLUSTERS),
    "network_diagram": lambda t: figures.network_diagram(NET, t, ["a", "b", "c"]),
    "alignment_bars": lambda t: figures.alignment_bars(match(NET, NET), NET, t),
    "weight_table_heat": lambda t: figures.weight_table_heat(NET, NET, t),
    "plane_lines": lambda t: figures.plane_lines(np.ones((2, 4, 3)), t, np.ones((1, 3))),
    "activation_curve": lambda t: figures.activation_curve("gelu", t),
    "learnt_curve": lambda t: figures.learnt_curve(
        Spline(np.linspace(-2, 2, 5), np.sin(np.arange(7.0))), np.tanh, "tanh", t
    ),
    "function_surface": lambda t: figures.function_surface(PLANE, t),
    "function_difference": lambda t: figures.function_difference(PLANE, PLANE, t),
    "cost_by_size": lambda t: figures.cost_by_size([CostPoint(4, 101, 8e7, 8e-3, 2e-3)], 8e10, t),
    "success_by_probes": lambda t: figures.success_by_probes(
        [ProbesPoint("4-4-1 g", 25, 1, 50, True, 3, 5)], t
    ),
    "size_path": lambda t: figures.size_path(
        [PruneStep("reconstruct", 4, 3, 1e-30, True, "best")], t
    ),
    "success_map": lambda t: figures.success_map(SOLVED, 0.8, t),
    "time_map": lambda t: figures.time_map(SOLVED, t),
    "width_search": lambda t: figures.width_search([WidthTried("expand", 4, 5, 6, 1e-30, True)], t),
}


def test_every_exported_figure_is_drawn_here() -> None:
    helpers = {"DARK", "LIGHT", "Theme", "clip_lines"}
    assert set(figures.__all__) - helpers == set(DRAW)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", DRAW)
def test_common_look(name: str, theme: Theme) -> None:
    fig = DRAW[name](theme)
    plain = json.loads(fig.to_json())
    assert plain["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
    assert plain["layout"]["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert plain["layout"]["font"]["color"] == theme.text
    assert min(samples.font_sizes(plain)) >= 14
    # Plotly's own colours would show that something was left to its defaults
    assert "#636efa" not in fig.to_json().lower()


@pytest.mark.parametrize("name", DRAW)
def test_every_visible_trace_explains_itself_or_is_silent(name: str) -> None:
    for trace in DRAW[name](LIGHT).data:
        silent = trace.hoverinfo == "skip"
        assert silent or (trace.hovertemplate and "<extra></extra>" in trace.hovertemplate)


@pytest.mark.parametrize("name", DRAW)
def test_the_other_theme_has_other_ink(name: str) -> None:
    assert LIGHT.text in DRAW[name](LIGHT).to_json()
    assert LIGHT.text not in DRAW[name](DARK).to_json()
