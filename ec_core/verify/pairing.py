"""Which neuron of one layer is which neuron of another: an optimal assignment.

The cost of a pair grows with the distance of its incoming vectors and, where the networks have
equal sizes, of its outgoing ones, so that neurons with nearly equal incoming vectors are told
apart. Whatever the activation's symmetries allow does not count: signs, and for homogeneous
activations norms. The assignment is scipy's ``linear_sum_assignment``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from ec_core.networks.activations import Activation
from ec_core.networks.canonical import TINY_NORM, pairwise_distances

TIE = 1e-6
"""Weight of the signed difference: it only decides between pairs that are equal without it."""

FAR = 1e6
"""Coordinates beyond this many times the teacher's largest are cut off: squares stay finite."""


@dataclass(frozen=True)
class LayerView:
    """One layer as its pairing sees it.

    incoming (H, D+1) : weights and bias, only the coordinates that can be compared
    outgoing (K, H) : weights into the next layer
    """

    incoming: np.ndarray
    outgoing: np.ndarray


def norms(vectors: np.ndarray) -> np.ndarray:
    """Euclidean norms (H,) of rows (H, D), without overflow."""
    peak = np.abs(vectors).max(axis=1, initial=0.0)
    safe = np.where(peak > 0, peak, 1.0)
    return np.asarray(safe * np.linalg.norm(vectors / safe[:, None], axis=1))


def units(vectors: np.ndarray) -> np.ndarray:
    """Rows (H, D) of norm one; rows that have no direction become zero."""
    size = norms(vectors)[:, None]
    return np.asarray(np.where(size > TINY_NORM, vectors / np.maximum(size, TINY_NORM), 0.0))


def cosine_distances(a: np.ndarray, b: np.ndarray, entry: Activation) -> np.ndarray:
    """1 - cos (P,) between paired rows (P, D), up to sign where the activation allows it.

    From |u - v|²/2 of the unit vectors, which is exact for tiny angles. Two rows without
    direction are the same; one alone is at right angles to everything.

    >>> from ec_core.networks.activations import activation
    >>> cosine_distances(np.array([[1.0, 0.0]]), np.array([[-2.0, 0.0]]), activation("tanh"))
    array([0.])
    """
    u, v = units(a), units(b)
    distance = np.sum((u - v) ** 2, axis=1) / 2
    if entry.parity:
        distance = np.minimum(distance, np.sum((u + v) ** 2, axis=1) / 2)
    size_u, size_v = norms(u), norms(v)
    return np.asarray(np.where((size_u == 0) != (size_v == 0), 1.0, distance))


def _scaled(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both over a's largest entry, so that incoming and outgoing weights count alike."""
    peak = float(np.abs(a).max(initial=0.0)) or 1.0
    return a / peak, np.clip(b / peak, -FAR, FAR)


def _sizes_sorted(outgoing: np.ndarray) -> np.ndarray:
    return np.sort(np.abs(outgoing), axis=0)


def _cost(
    a: LayerView, b: LayerView, entry: Activation, outgoing_known: bool, last: bool
) -> np.ndarray:
    w_a, w_b, out_a, out_b = a.incoming, b.incoming, a.outgoing, b.outgoing
    if entry.homogeneous:
        # the norm moves to the outgoing side: compare directions, and outgoing times norm
        n = entry.degree
        out_a, out_b = out_a * norms(w_a) ** n, out_b * norms(w_b) ** n
        w_a, w_b = units(w_a), units(w_b)
    w_a, w_b = _scaled(w_a, w_b)
    along, against = pairwise_distances(w_a, w_b), pairwise_distances(w_a, -w_b)
    signed = along.copy()
    if outgoing_known and last:
        o_a, o_b = _scaled(out_a.T, out_b.T)
        along = along + pairwise_distances(o_a, o_b)
        against = against + pairwise_distances(o_a, entry.parity * o_b)
    elif outgoing_known and not entry.homogeneous:
        # the next layer's neurons are not in order yet: compare sizes, sorted, without signs
        o_a, o_b = _scaled(_sizes_sorted(out_a).T, _sizes_sorted(out_b).T)
        difference = pairwise_distances(o_a, o_b)
        along, against = along + difference, against + difference
    cost = np.minimum(along, against) if entry.parity else along
    # the square root lets one exact pair count for more than two half-right ones
    # of numbers beyond float64 no distance is known: they pair with what is left
    return np.nan_to_num(np.sqrt(cost + TIE * signed), nan=FAR**2, posinf=FAR**2)


def pair(
    a: LayerView, b: LayerView, entry: Activation, outgoing_known: bool, last: bool
) -> np.ndarray:
    """The best pairs (P, 2), P = min(H, H'), of neurons of a (H) with neurons of b (H').

    outgoing_known : compare outgoing weights too; they mislead where sizes differ, because
        neurons may be split or shared there
    last : the outgoing weights lead to the answers, whose order is known
    """
    return np.stack(linear_sum_assignment(_cost(a, b, entry, outgoing_known, last)), axis=1)
