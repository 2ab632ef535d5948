"""Inputs that say the same twice: one-hot columns, copies, sums. The questions span a subspace.

Where some columns always follow from others, every question lies in an affine subspace of the input
space. Weights are told within it only: whatever is added to a neuron's weights across it changes no
answer. Students learn in coordinates of the subspace; of all networks that answer like theirs the
one with the least norm is returned (``Subspace.least_norm``).
Axes: N probes, D inputs, V of them varying, R coordinates of the subspace, H neurons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ec_core.probing.precision import stored

ROUNDING_ULPS = 4.0
"""A sum of columns computed in their own number type differs from a column that holds it by some
units in the last place of the largest number."""

HIDDEN = 1e-13
"""Inputs that spread less than this in some direction, over the columns' own spread, move no answer
by more than the rounding of float64 does (less than the square root of ``ROUNDING_FLOOR``)."""

BLURRED = 0.1
"""Short numbers: a relation that holds to the rounding of the inputs holds, if it moves answers by
less than this share of their own error. Thousands of answers that err by e do not tell the weights
along a direction of spread e / 10 to a tenth; if answers are more exact, they tell them."""

CONFIRMED = 10
"""A relation is seen in so many rows more than it takes to make it up: any N rows satisfy D - N + 1
relations among D columns."""

UNEVEN = 3e10
"""Students do not see columns as they are whose largest direction has so many times the spread of
the smallest: three times more, and the Jacobian does not show weights along it (``FULL_RANK``)."""

_PLAINLY = 1e-6
"""Directions of more spread show in a matrix of products, whose eigenvalues are squares."""

_WORTHY = 0.3
"""The next column kept is the first with this share of the largest part not yet spanned."""

_AS_EXACT = 10.0
"""… among those whose numbers are, within this factor, as exact as any."""

_ROWS_PER_COLUMN, _LEAST_ROWS = 4, 100
"""So many rows mostly show that no column follows from the others."""

_OUTSIDE = 10.0
"""A row is outside if it misses a relation by so many times the most that others do."""


@dataclass(frozen=True)
class Subspace:
    """Which of the varying columns follow from which, and the students' coordinates.

    kept (R,), dropped (V - R,) : places among the varying columns, ascending
    relation (V - R, R) : a row of standardised inputs has z[dropped] = relation @ z[kept]
    mixing (R, R) : z[kept] = mixing @ u for the students' coordinates u; None: u = z[kept]
    miss (V - R,) : the most by which a row that was learnt from misses its relation
    """

    kept: np.ndarray
    dropped: np.ndarray
    relation: np.ndarray
    mixing: np.ndarray | None
    miss: np.ndarray

    @property
    def redundant(self) -> bool:
        return len(self.dropped) > 0

    @property
    def basis(self) -> np.ndarray:
        """B (V, R) : all varying inputs are z = B u."""
        basis = np.zeros((len(self.kept) + len(self.dropped), len(self.kept)))
        basis[self.kept, np.arange(len(self.kept))] = 1.0
        basis[self.dropped] = self.relation
        return basis if self.mixing is None else basis @ self.mixing

    def coordinates(self, z: np.ndarray) -> np.ndarray:
        """u (N, R) of standardised varying inputs z (N, V)."""
        kept = z[:, self.kept]
        if self.mixing is None:
            return np.asarray(kept)
        return np.linalg.solve(self.mixing, kept.T).T

    def outside(self, z: np.ndarray) -> np.ndarray:
        """(N,) bool: rows of standardised varying inputs z (N, V) that miss a relation."""
        miss = np.abs(z[:, self.dropped] - z[:, self.kept] @ self.relation.T)
        return np.asarray((miss > _OUTSIDE * np.maximum(self.miss, HIDDEN)).any(axis=1))

    def seen(self, weights: np.ndarray) -> np.ndarray:
        """Weights (H, R) on u that act like weights (H, V) on z wherever questions lie: V B."""
        return np.asarray(weights @ self.basis)

    def least_norm(self, weights: np.ndarray) -> np.ndarray:
        """The weights (H, V) on z with the least Euclidean norm that act like weights (H, R) on u.

        V = U (B'B)^-1 B'. The norm is that of weights per standard deviation of each input, so
        that units do not matter, and equal columns share a weight equally.
        """
        q, r = np.linalg.qr(self.basis)
        return np.asarray(np.linalg.solve(r.T, weights.T).T @ q.T)


def _rounding(x: np.ndarray, scale: np.ndarray, answer_error: float) -> np.ndarray:
    """(V,) spread below which a column of x (N, V), over scale (V,), cannot be told from rounding.

    answer_error : root mean squared error of the answers, over their spread; 0 for full float64
    """
    last_place = ROUNDING_ULPS * np.spacing(np.abs(x).max(axis=0)) / scale
    if answer_error > 0.0:
        error = [stored(x[:, [i]], scale[[i]]).error for i in range(len(scale))]
        short = ROUNDING_ULPS * np.sqrt(12.0 * np.array(error))
        last_place = np.maximum(last_place, np.minimum(short, BLURRED * answer_error))
    return np.asarray(np.maximum(last_place, HIDDEN))


def subspace_of(
    x: np.ndarray, mean: np.ndarray, scale: np.ndarray, answer_error: float
) -> Subspace | None:
    """The affine subspace of the varying columns x (N, V), None if students see all of them.

    mean, scale (V,) : standardised inputs are (x - mean) / scale
    answer_error : root mean squared error of the answers, over their spread; 0 for full float64
    """
    z = (x - mean) / scale
    last_place = float((np.spacing(np.abs(x).max(axis=0)) / scale).max())
    most = max(ROUNDING_ULPS * last_place, BLURRED * answer_error, HIDDEN, _PLAINLY)
    if z.shape[1] < 2 or _plainly_independent(z, most):
        return None
    return find_subspace(z, _rounding(x, scale, answer_error))


def _plainly_independent(z: np.ndarray, least: float) -> bool:
    """Do the first rows of z (N, V) show that every direction spreads by more than ``least``?

    Of fewer rows the sum of squares about their mean is smaller, so what they show holds for all.
    """
    count = min(len(z), _ROWS_PER_COLUMN * z.shape[1] + _LEAST_ROWS)
    few = z[:count] - z[:count].mean(axis=0)
    smallest = float(np.linalg.eigvalsh(few.T @ few / len(z))[0])
    return smallest > least**2


def find_subspace(z: np.ndarray, unit: np.ndarray) -> Subspace | None:
    """The affine subspace in which standardised inputs z (N, V) lie, None if students see z itself.

    unit (V,) : spread of each column that is but rounding. A direction c, of length one in these
        units, is redundant if z spreads along it by less than one: singular values of z / unit.
    Few rows span no space; what they miss is not taken for a relation.

    >>> one, two = np.random.default_rng(0).standard_normal((2, 50))
    >>> space = find_subspace(np.stack([one, two, -one], axis=1), np.full(3, 1e-13))
    >>> space.kept.tolist(), np.allclose(space.relation, [[-1, 0]])
    ([0, 1], True)
    """
    rows, columns = z.shape
    centred = (z - z.mean(axis=0)) / np.sqrt(rows)
    factor = np.asarray(np.linalg.qr(centred / unit, mode="r"))
    rank = int((np.linalg.svd(factor, compute_uv=False) > 1.0).sum())
    factor = factor * unit
    if rows - 1 - rank < CONFIRMED or rank == 0:
        return None
    kept = _chosen(factor, rank, unit)
    dropped = np.setdiff1d(np.arange(columns), kept)
    spread = np.linalg.svd(factor[:, kept], compute_uv=False)
    uneven = bool(spread[0] > UNEVEN * spread[-1])
    if not len(dropped) and not uneven:
        return None
    relation = np.linalg.lstsq(factor[:, kept], factor[:, dropped], rcond=None)[0].T
    mixing = np.asarray(np.linalg.qr(factor[:, kept], mode="r")).T if uneven else None
    miss = np.abs(z[:, dropped] - z[:, kept] @ relation.T).max(axis=0, initial=0.0)
    return Subspace(kept, dropped, relation, mixing, miss)


def _chosen(factor: np.ndarray, rank: int, unit: np.ndarray) -> np.ndarray:
    """(rank,) columns of factor (·, V) that span all, ascending: the first that will do.

    Gram-Schmidt, which takes a column only if enough of it is not spanned yet, so that what is kept
    is nearly as well conditioned as can be; of columns that are the same but for the rounding of
    their numbers, the more exact.
    """
    left, kept = factor.copy(), np.zeros(0, dtype=np.int64)
    for _ in range(rank):
        size = np.linalg.norm(left, axis=0)
        size[kept] = 0.0
        worthy = size >= _WORTHY * size.max()
        exact = unit <= _AS_EXACT * unit[worthy].min()
        pick = int(np.flatnonzero(worthy & exact)[0])
        direction = left[:, pick] / size[pick]
        # twice is enough (Kahan, in Parlett 1980): once loses what cancels
        for _again in range(2):
            left = left - np.outer(direction, direction @ left)
        kept = np.append(kept, pick)
    return np.sort(kept)
