"""Clouds and networks to draw: real dataclasses filled from a seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ec_core.cluster.cloud import WeightCloud
from ec_core.cluster.cut import Clusters, Cut, apply_cut, automatic_cut
from ec_core.cluster.dendrogram import Dendrogram, build_tree
from ec_core.networks.network import Network


def cloud(
    students: int = 6,
    neurons: int = 3,
    noise: int = 2,
    precision: float = 1e-12,
    inputs: int = 3,
    seed: int = 0,
) -> WeightCloud:
    """Every student holds each of ``neurons`` shared vectors and ``noise`` vectors of its own."""
    rng = np.random.default_rng(seed)
    width = inputs + 1
    shared = 2 * rng.standard_normal((neurons, width))
    per = neurons + noise
    copies = shared + precision * rng.standard_normal((students, neurons, width))
    vectors = np.concatenate([copies, rng.standard_normal((students, noise, width))], axis=1)
    count = students * per
    return WeightCloud(
        vectors=vectors.reshape(count, width),
        student=np.repeat(np.arange(students), per),
        neuron=np.tile(np.arange(per), students),
        sign=rng.choice([-1.0, 1.0], count),
        norm=np.linalg.norm(vectors.reshape(count, width), axis=1),
        outgoing=rng.standard_normal((count, 2)),
        loss=np.repeat(10.0 ** rng.uniform(-32, -5, students), per),
        activation="tanh",
        reference=np.ones(width) / np.sqrt(width),
    )


def clustered(pool: WeightCloud) -> tuple[Dendrogram, Cut, Clusters]:
    """Tree, automatic cut and clusters of a cloud."""
    tree = build_tree(pool)
    cut = automatic_cut(tree)
    return tree, cut, apply_cut(tree, pool, cut)


def network(*sizes: int, activation: str = "tanh", seed: int = 0) -> Network:
    """A network with Gaussian weights."""
    rng = np.random.default_rng(seed)
    pairs = list(itertools.pairwise(sizes))
    return Network(
        activation,
        tuple(rng.standard_normal((b, a)) for a, b in pairs),
        tuple(rng.standard_normal(b) for _, b in pairs),
    )


def words(fig: go.Figure) -> str:
    """All text that stands in a figure."""
    return " ".join(str(note.text) for note in fig.layout.annotations)


def named(fig: go.Figure, name: str) -> Any:
    """The one trace of this name."""
    (trace,) = (trace for trace in fig.data if trace.name == name)
    return trace


def pieces(values: Any) -> list[np.ndarray]:
    """A polyline with NaN gaps as its connected pieces."""
    array = np.asarray(values, dtype=np.float64)
    runs = np.split(array, np.flatnonzero(np.isnan(array)))
    return [run[~np.isnan(run)] for run in runs if (~np.isnan(run)).any()]


def font_sizes(value: Any) -> Iterator[float]:
    """Every font size named anywhere in a figure's plain form."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if "font" in key and isinstance(inner, dict) and "size" in inner:
                yield inner["size"]
            yield from font_sizes(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from font_sizes(inner)
