"""Tree, cloud, map and truth as bytes for a browser, which then looks up and never computes anew.

One format for all: the length of a JSON text as a little-endian 32-bit number, the text, padded to
a multiple of eight, then arrays one after another, each padded likewise. The text holds facts and,
under "arrays", for each name its kind ("f8", "f4", "i4", "u1"), offset and length.
Axes: M pooled vectors, M - 1 merges, H true neurons, R rows of the matrix that is drawn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist, squareform

from ec_core.cluster.cloud import WeightCloud
from ec_core.cluster.dendrogram import GAMMA_SLACK, LEAST_STUDENTS, Dendrogram
from ec_core.cluster.embedding import pca
from ec_core.cluster.plateau import HEIGHT_FLOOR, LONG_DECADES, LONG_SHARE, UNRELATED
from ec_core.cluster.statistics import (
    HOME_BETA,
    HOME_GAMMA,
    BranchStatistics,
    branch_statistics,
)
from ec_core.errors import InputError
from ec_core.networks.canonical import TINY_NORM, mirrored

MATRIX_ROWS = 480
"""More rows cannot be told apart on a screen; of more vectors every so-many-th is drawn."""

LOWEST_DECADE, LEVELS_PER_DECADE = -17.0, 12.0
"""The matrix holds distances as bytes, a twelfth of a decade each, from 10^-17 on."""

SAME = 0.05
"""A cluster within this share of a true neuron's norm has found it, as in ``match``."""

RULES = {
    "leastStudents": LEAST_STUDENTS,
    "gammaSlack": GAMMA_SLACK,
    "heightFloor": HEIGHT_FLOOR,
    "longDecades": LONG_DECADES,
    "longShare": LONG_SHARE,
    "unrelated": UNRELATED,
    "tinyNorm": TINY_NORM,
    "homeGamma": HOME_GAMMA,
    "homeBeta": HOME_BETA,
}
"""The numbers that decide what a cut means. They go with every tree, so that the browser, which
cuts while a person drags, has none of its own."""

_ALIGN = 8


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _ALIGN)


def pack(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Facts (JSON) and arrays in the format above.

    Raises InputError for arrays of a kind that browsers have no array for.

    >>> data = pack({"id": "a"}, {"x": np.array([1.0, 2.0])})
    >>> data[4:].decode("latin1").startswith('{"id": "a", "arrays": {"x": ["f8", 0, 2]}}')
    True
    """
    table, body = {}, b""
    for name, array in arrays.items():
        kind = array.dtype.str[1:]
        if kind not in ("f8", "f4", "i4", "u1"):
            raise InputError(f"{name} is of kind {array.dtype}; expected float or 32-bit integer.")
        table[name] = [kind, len(body), array.size]
        body += _padded(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
    text = json.dumps({**facts, "arrays": table}).encode()
    # four bytes come before the text
    text += b" " * (-(len(text) + 4) % _ALIGN)
    return len(text).to_bytes(4, "little") + text + body


def _whole(values: np.ndarray) -> np.ndarray:
    return np.asarray(values).astype(np.int32)


def matrix_levels(tree: Dendrogram, cloud: WeightCloud) -> tuple[np.ndarray, np.ndarray]:
    """The places (R,) in the leaf order that are drawn, and their distances as bytes (R, R)."""
    places = np.unique(np.linspace(0, max(len(cloud) - 1, 0), MATRIX_ROWS).astype(int))
    places = places[: len(cloud)]
    rows = cloud.vectors[tree.leaf_order[places]]
    if len(rows) < 2:
        return places, np.zeros((len(rows), len(rows)), dtype=np.uint8)
    decades = np.log10(np.maximum(pdist(rows), 10.0**LOWEST_DECADE))
    levels = np.clip(np.rint((decades - LOWEST_DECADE) * LEVELS_PER_DECADE), 0, 255)
    return places, squareform(levels.astype(np.uint8), checks=False)


def pack_tree(
    name: str, tree: Dendrogram, cloud: WeightCloud, known: BranchStatistics | None = None
) -> bytes:
    """Everything about tree and cloud that the workbench shows.

    Merges carry left, right, height, size, support, angle, spread, best; vectors carry student,
    neuron, loss, norm, sign, strength, their place from left to right, the vectors themselves
    (M, D+1) by row, of which the statistics of merged branches are made, and the map of ``pca``
    (x, y); with two inputs also the lines w·x + b = 0 (M, 3), by row. ``RULES`` go with them.
    name : changes whenever the students do
    """
    known = branch_statistics(tree, cloud) if known is None else known
    m, inputs = len(cloud), cloud.vectors.shape[1] - 1
    places, levels = matrix_levels(tree, cloud)
    arrays = {
        "left": _whole(tree.linkage[:, 0]),
        "right": _whole(tree.linkage[:, 1]),
        "height": np.asarray(tree.heights, dtype=np.float64),
        "size": _whole(known.size[m:]),
        "support": _whole(known.support[m:]),
        "angle": known.angle[m:],
        "spread": known.spread[m:],
        "best": _whole(known.best[m:]),
        "order": _whole(tree.leaf_order),
        "student": _whole(cloud.student),
        "neuron": _whole(cloud.neuron),
        "sign": _whole(cloud.sign),
        "loss": np.asarray(cloud.loss, dtype=np.float64),
        "norm": np.asarray(cloud.norm, dtype=np.float64),
        "strength": np.asarray(cloud.strength, dtype=np.float64),
        "coordinates": np.asarray(cloud.vectors, dtype=np.float64),
        "map": pca(cloud.vectors).astype(np.float32),
        "matrixPlaces": _whole(places),
        "matrix": levels,
    }
    if inputs == 2:
        arrays["lines"] = cloud.vectors.astype(np.float32)
    facts = {
        "id": name,
        "vectors": m,
        "inputs": inputs,
        "features": inputs + 1,
        "students": tree.students,
        "scale": tree.scale,
        "activation": cloud.activation,
        "lowestDecade": LOWEST_DECADE,
        "levelsPerDecade": LEVELS_PER_DECADE,
        "rules": RULES,
    }
    return pack(facts, arrays)


def pack_map(name: str, points: np.ndarray, cloud: WeightCloud) -> bytes:
    """A finished map: points (M [+ H], 2), those after the cloud's are the truth's."""
    flat = points.astype(np.float32)
    return pack({"id": name}, {"map": flat[: len(cloud)], "truthMap": flat[len(cloud) :]})


def truth_distances(
    cloud: WeightCloud, truth: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each vector the nearest true neuron (M,) and its distance (M,); tolerances (H,).

    truth (H, D+1) : in the cloud's normal form. Which of two mirror images is canonical depends
    on a direction that the cloud chose for itself, so that the nearer one counts.
    """
    nearest = np.zeros(len(cloud), dtype=int)
    distance = np.full(len(cloud), np.inf)
    for h, neuron in enumerate(truth):
        away = np.linalg.norm(cloud.vectors - neuron, axis=1)
        if cloud.entry.parity:
            mirror = mirrored(neuron, cloud.entry)
            away = np.minimum(away, np.linalg.norm(cloud.vectors - mirror, axis=1))
        closer = away < distance
        nearest[closer], distance[closer] = h, away[closer]
    return nearest, distance, SAME * np.linalg.norm(truth, axis=1)


def pack_truth(name: str, cloud: WeightCloud, truth: np.ndarray) -> bytes:
    """The teacher's neurons (H, D+1); not made at all where the truth is locked.

    They are laid on the map of ``pca`` by the linear map that takes the vectors there.
    """
    nearest, distance, tolerance = truth_distances(cloud, truth)
    centre = cloud.vectors.mean(axis=0) if len(cloud) else np.zeros(truth.shape[1])
    axes = np.linalg.lstsq(cloud.vectors - centre, pca(cloud.vectors), rcond=None)[0]
    arrays = {
        "nearest": _whole(nearest),
        "distance": distance,
        "tolerance": tolerance,
        "truthMap": ((truth - centre) @ axes).astype(np.float32),
    }
    if truth.shape[1] == 3:
        arrays["truthLines"] = truth.astype(np.float32)
    return pack({"id": name, "neurons": len(truth)}, arrays)
