"""Plotly figures: data in, figure out. Nothing here computes results or knows a page.

Every function takes ``theme`` (LIGHT or DARK) and returns a ``plotly.graph_objects.Figure`` with a
transparent background; with nothing to draw it returns a figure that says so. Without plotly, which
comes with the extra ``[app]``, importing this room raises MissingExtraError.
"""

# ruff: noqa: E402 - whoever lacks plotly is told so before the first figure asks for it
from ec_core.extras import need

need("plotly", "app", "Figures")

from ec_core.figures.activation_curve import activation_curve
from ec_core.figures.alignment import alignment_bars
from ec_core.figures.cost import cost_by_size
from ec_core.figures.counts import count_by_height
from ec_core.figures.dendrogram import dendrogram
from ec_core.figures.difficulty import success_map, time_map
from ec_core.figures.distances import distance_matrix
from ec_core.figures.few_probes import success_by_probes
from ec_core.figures.geometry import clip_lines
from ec_core.figures.learnt_curve import learnt_curve
from ec_core.figures.losses import loss_curves
from ec_core.figures.network import network_diagram
from ec_core.figures.plane import plane_lines
from ec_core.figures.side_by_side import counts_of_runs, losses_of_runs
from ec_core.figures.size_path import size_path
from ec_core.figures.surface import function_difference, function_surface
from ec_core.figures.theme import DARK, LIGHT, Theme
from ec_core.figures.weight_map import weight_map
from ec_core.figures.weight_table import weight_table_heat
from ec_core.figures.width_search import width_search

__all__ = [
    "DARK",
    "LIGHT",
    "Theme",
    "activation_curve",
    "alignment_bars",
    "clip_lines",
    "cost_by_size",
    "count_by_height",
    "counts_of_runs",
    "dendrogram",
    "distance_matrix",
    "function_difference",
    "function_surface",
    "learnt_curve",
    "loss_curves",
    "losses_of_runs",
    "network_diagram",
    "plane_lines",
    "size_path",
    "success_by_probes",
    "success_map",
    "time_map",
    "weight_map",
    "weight_table_heat",
    "width_search",
]
