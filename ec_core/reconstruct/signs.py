"""Which neurons were flipped? An exact search over signs.

Students of even + linear activations carry a linear skip path T, since flipping the sign of
neuron j leaves linear · a_j w_j' · x behind (identity (*) of ``networks.activations``). A teacher
without skip path demands

    T = sum_j t_j · linear · a_j w_j',   t_j in {0, 1},

K·D equations for H unknown bits. Rounding a least-squares solution fails as soon as H > K·D, so the
bits are found exactly: by meet in the middle (all sums of one half of the neurons, nearest
neighbours among the sums of the other half), or, with as many well-conditioned equations as
neurons, by least squares. The runner-up tells whether the answer is unique.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ec_core.networks.activations import Activation

MIDDLE_LIMIT = 40
"""Most neurons for which both halves are enumerated (2^20 sums each)."""

EXPLAINED = 1e-5
"""A leftover below this share of a typical neuron's own linear map counts as explained."""

_MARGIN = 1e3
"""The runner-up must leave this many times more than the best signs."""

_DIMENSIONS = 6
"""Sums are compared in a random projection of this many dimensions, which keeps trees fast."""

_WELL_POSED = 1e-4


@dataclass(frozen=True)
class Signs:
    """flipped (H,) bool; residual and runner-up relative to a typical neuron's linear map."""

    flipped: np.ndarray
    residual: float
    runner_up: float

    @property
    def explained(self) -> bool:
        return self.residual <= EXPLAINED

    @property
    def unique(self) -> bool:
        return self.explained and self.runner_up > max(EXPLAINED, _MARGIN * self.residual)


def subset_sums(rows: np.ndarray) -> np.ndarray:
    """All 2^n sums of subsets of n rows (n, m): (2^n, m); bit j of the index says row j is in.

    >>> subset_sums(np.array([[1.0], [10.0]])).ravel().tolist()
    [0.0, 1.0, 10.0, 11.0]
    """
    sums = np.zeros((1, rows.shape[1]))
    for row in rows:
        sums = np.concatenate([sums, sums + row])
    return sums


def _bits(index: int, count: int) -> np.ndarray:
    return np.asarray((index >> np.arange(count)) & 1 == 1)


def _meet_in_the_middle(
    maps: np.ndarray, target: np.ndarray, most: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """The best bit patterns, two or ``most``: flags (m, H) and their residual norms (m,)."""
    count, size = maps.shape
    half = count // 2
    terms, wanted = maps, target
    if size > _DIMENSIONS:
        mix = np.random.default_rng(0).standard_normal((size, _DIMENSIONS))
        mix = np.linalg.qr(mix)[0]
        terms, wanted = maps @ mix, target @ mix
    left, right = subset_sums(terms[:half]), subset_sums(terms[half:])
    neighbours = min(most, len(right))
    distance, index = cKDTree(right).query(wanted - left, k=[*range(1, neighbours + 1)])
    flat = np.argsort(distance, axis=None, kind="stable")[: 2 * most]
    patterns = []
    for place in flat:
        i, j = divmod(int(place), neighbours)
        flags = np.concatenate([_bits(i, half), _bits(int(index[i, j]), count - half)])
        patterns.append((float(np.linalg.norm(flags @ maps - target)), flags))
    patterns.sort(key=lambda pair: pair[0])
    best = patterns[:most]
    return np.array([flags for _, flags in best]), np.array([norm for norm, _ in best])


def find_signs(
    incoming: np.ndarray, outgoing: np.ndarray, skip: np.ndarray, entry: Activation
) -> Signs | None:
    """Bits t for incoming (H, D+1), outgoing (K, H) and leftover map ``skip`` (K, D).

    Returns None where the search is too large to be exact: more than ``MIDDLE_LIMIT`` neurons and
    fewer well-conditioned equations than neurons.
    """
    maps, target = _scaled_maps(incoming, outgoing, skip, entry)
    hidden = len(incoming)
    weakest = np.linalg.svd(maps, compute_uv=False)[-1] if maps.shape[1] >= hidden else 0.0
    if weakest > _WELL_POSED:
        bits = np.linalg.lstsq(maps.T, target, rcond=None)[0]
        flipped = bits > 0.5
        # any other pattern differs in at least one bit, so it leaves at least this much more
        residual = float(np.linalg.norm(flipped @ maps - target))
        return Signs(flipped, residual, max(float(weakest) - residual, residual))
    if hidden > MIDDLE_LIMIT:
        return None
    patterns, norms = _meet_in_the_middle(maps, target)
    return Signs(patterns[0], float(norms[0]), float(norms[1]))


def likely_signs(
    incoming: np.ndarray, outgoing: np.ndarray, skip: np.ndarray, entry: Activation, most: int
) -> np.ndarray:
    """Bit patterns (m, H), m <= most, that leave least, in no order: to be told apart by a fit.

    Arguments as ``find_signs``. Beyond half of ``MIDDLE_LIMIT`` neurons: the least-squares bits,
    and those with one of the least certain bits changed.
    """
    maps, target = _scaled_maps(incoming, outgoing, skip, entry)
    if len(incoming) <= MIDDLE_LIMIT // 2:
        return np.unique(_meet_in_the_middle(maps, target, most)[0], axis=0)
    bits = np.linalg.lstsq(maps.T, target, rcond=None)[0]
    patterns = [bits > 0.5]
    for j in np.argsort(np.abs(bits - 0.5))[: most - 1]:
        patterns.append(patterns[0] ^ (np.arange(len(bits)) == j))
    return np.array(patterns)


def _scaled_maps(
    incoming: np.ndarray, outgoing: np.ndarray, skip: np.ndarray, entry: Activation
) -> tuple[np.ndarray, np.ndarray]:
    """Each neuron's own linear map (H, K·D) and the leftover one (K·D,), a typical norm being 1."""
    maps = entry.linear * np.einsum("kh,hd->hkd", outgoing, incoming[:, :-1]).reshape(
        len(incoming), -1
    )
    typical = float(np.median(np.linalg.norm(maps, axis=1))) or 1.0
    return maps / typical, skip.ravel() / typical
