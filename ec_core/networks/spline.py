"""Cubic B-splines: a curve that is not one of the named functions, as knots and coefficients.

s(z) = sum_k c_k B_k(z) on knots t_0 < … < t_I, the ends repeated four times, so that there are I +
3 coefficients and four basis functions differ from zero anywhere (de Boor, "A Practical Guide to
Splines", chapter IX). Beyond the outermost knots the curve goes on as a line.

Every piece is kept as a polynomial in u = (z - t_i) / (t_{i+1} - t_i), so that a value is one
look-up and one Horner scheme.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ec_core.errors import InputError

DEGREE = 3


@dataclass(frozen=True)
class Pieces:
    """The basis on some knots: two lines and I polynomials between them.

    powers (I+2, 4, 4) : of u, for each of the piece's four basis functions
    start, width (I+2,) : u = (z - start) / width; first (I+2,) : the first of the four
    """

    knots: np.ndarray
    powers: np.ndarray
    start: np.ndarray
    width: np.ndarray
    first: np.ndarray

    def locate(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Piece and u of every number; of any shape."""
        piece = np.searchsorted(self.knots, z, side="right")
        piece = np.where(z == self.knots[-1], len(self.knots) - 1, piece)
        return piece, (z - self.start[piece]) / self.width[piece]


def _polynomials(knots: np.ndarray) -> np.ndarray:
    """(I, 4, 4) powers of u for the four basis functions of every interval, by their recurrence."""
    t = np.concatenate([np.repeat(knots[0], DEGREE), knots, np.repeat(knots[-1], DEGREE)])
    intervals = len(knots) - 1
    at = np.arange(intervals) + DEGREE
    a, h = knots[:-1], np.diff(knots)
    # of degree d the functions at - d … at are not zero there
    basis = [np.zeros((intervals, DEGREE + 1))]
    basis[0][:, 0] = 1.0
    for degree in range(1, DEGREE + 1):
        raised = []
        for back in range(degree, -1, -1):
            j = at - back
            poly = np.zeros((intervals, DEGREE + 1))
            if back < degree:  # B_j of the degree below rises …
                q, span = basis[degree - 1 - back], t[j + degree] - t[j]
                poly += q * ((a - t[j]) / span)[:, None]
                poly[:, 1:] += q[:, :-1] * (h / span)[:, None]
            if back > 0:  # … and B_{j+1} falls
                q, span = basis[degree - back], t[j + degree + 1] - t[j + 1]
                poly += q * ((t[j + degree + 1] - a) / span)[:, None]
                poly[:, 1:] -= q[:, :-1] * (h / span)[:, None]
            raised.append(poly)
        basis = raised
    return np.stack(basis, axis=2)


@lru_cache(maxsize=128)
def _pieces(raw: bytes) -> Pieces:
    knots = np.frombuffer(raw)
    inner, h = _polynomials(knots), np.diff(knots)
    left, right = np.zeros((1, 4, 4)), np.zeros((1, 4, 4))
    left[0, :2] = inner[0, :2]
    right[0, 0] = inner[-1].sum(axis=0)
    right[0, 1] = np.arange(4) @ inner[-1]
    last = len(h) - 1
    return Pieces(
        knots,
        np.concatenate([left, inner, right]),
        np.concatenate([knots[:1], knots[:-1], knots[-1:]]),
        np.concatenate([h[:1], h, h[-1:]]),
        np.concatenate([[0], np.arange(last + 1), [last]]),
    )


@dataclass(frozen=True)
class Spline:
    """A curve: knots (I+1,), increasing, and coefficients (I+3,).

    Raises InputError where these do not fit together or are not finite.

    >>> line = Spline(np.array([0.0, 1.0]), np.array([0.0, 1 / 3, 2 / 3, 1.0]))
    >>> line(np.array([-1.0, 0.25, 2.0])).round(12).tolist()
    [-1.0, 0.25, 2.0]
    """

    knots: np.ndarray
    coefficients: np.ndarray

    def __post_init__(self) -> None:
        knots, coefficients = self.knots, self.coefficients
        if knots.ndim != 1 or len(knots) < 2 or coefficients.shape != (len(knots) + 2,):
            raise InputError(
                f"A curve has knots {knots.shape} and coefficients {coefficients.shape}; expected "
                "at least two knots and two coefficients more than knots."
            )
        if not (np.isfinite(knots).all() and np.isfinite(coefficients).all()):
            raise InputError("A curve holds NaN or infinite numbers; expected finite ones.")
        if not (np.diff(knots) > 0).all():
            raise InputError("The knots of a curve do not increase; expected each above the last.")

    @property
    def pieces(self) -> Pieces:
        return _pieces(np.ascontiguousarray(self.knots, dtype=np.float64).tobytes())

    @property
    def range(self) -> tuple[float, float]:
        """From the first knot to the last; beyond it the curve is a line."""
        return float(self.knots[0]), float(self.knots[-1])

    def _polynomial(self) -> np.ndarray:
        """(I+2, 4): the powers of u on every piece."""
        pieces = self.pieces
        own = self.coefficients[pieces.first[:, None] + np.arange(4)]
        return np.asarray(np.einsum("ipk,ik->ip", pieces.powers, own))

    def both(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """s(z) and s'(z), in the shape of z."""
        pieces = self.pieces
        piece, u = pieces.locate(z)
        a, b, c, d = np.moveaxis(self._polynomial()[piece], -1, 0)
        return a + u * (b + u * (c + u * d)), (b + u * (2 * c + 3 * u * d)) / pieces.width[piece]

    def __call__(self, z: np.ndarray) -> np.ndarray:
        return self.both(z)[0]

    def slope(self, z: np.ndarray) -> np.ndarray:
        return self.both(z)[1]

    def basis(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The four basis functions at z, shape (…, 4), and which coefficient the first belongs
        to.
        """
        pieces = self.pieces
        piece, u = pieces.locate(z)
        powers = u[..., None] ** np.arange(4)
        return np.einsum("...p,...pk->...k", powers, pieces.powers[piece]), pieces.first[piece]

    def design(self, z: np.ndarray) -> np.ndarray:
        """(n, I+3) for numbers z (n,): s(z) = design @ coefficients."""
        values, first = self.basis(z)
        matrix = np.zeros((len(z), len(self.coefficients)))
        rows = np.arange(len(z))
        for k in range(4):
            matrix[rows, first + k] = values[:, k]
        return matrix

    def scaled(self, factor: float, offset: float) -> Spline:
        """factor · s(z) + offset."""
        return Spline(self.knots, factor * self.coefficients + offset)

    def moved(self, shift: float, scale: float) -> Spline:
        """The curve r with r((z - shift) / scale) = s(z); scale may be negative."""
        knots, coefficients = (self.knots - shift) / scale, self.coefficients
        if scale < 0:
            return Spline(knots[::-1].copy(), coefficients[::-1].copy())
        return Spline(knots, coefficients)

    def inserted(self, new: np.ndarray) -> Spline:
        """The same curve with more knots (Boehm's algorithm); ``new`` lie between the first and
        last.
        """
        knots, c = self.knots, self.coefficients
        for at in np.sort(new):
            t = np.concatenate([np.repeat(knots[0], 3), knots, np.repeat(knots[-1], 3)])
            i = int(np.searchsorted(knots, at, side="right")) + 2
            j = np.arange(i - 2, i + 1)
            share = (at - t[j]) / (t[j + 3] - t[j])
            middle = (1 - share) * c[j - 1] + share * c[j]
            c = np.concatenate([c[: i - 2], middle, c[i:]])
            knots = np.insert(knots, i - 2, at)
        return Spline(knots, c)

    def error_by_interval(self) -> np.ndarray:
        """(I,) how far a smooth curve may lie from this one: |s''''| h^4 / 384, with s'''' from the
        jumps of s''' at the knots (de Boor, chapter XII).
        """
        h = np.diff(self.knots)
        third = 6 * self._polynomial()[1:-1, 3] / h**3
        if len(h) < 2:
            return np.full(1, np.inf)
        fourth = np.abs(np.diff(third)) / (0.5 * (h[1:] + h[:-1]))
        worst = np.maximum(np.r_[fourth[0], fourth], np.r_[fourth, fourth[-1]])
        return np.asarray(worst * h**4 / 384)


def fitted(knots: np.ndarray, z: np.ndarray, values: np.ndarray, ridge: float = 1e-10) -> Spline:
    """The curve on these knots nearest to ``values`` at z (both (n,)), in least squares.

    ridge : of the mean diagonal of the normal equations, for knots that no z is near

    >>> z = np.linspace(-1, 1, 50)
    >>> curve = fitted(np.linspace(-1, 1, 9), z, np.tanh(z))
    >>> bool(np.abs(curve(z) - np.tanh(z)).max() < 1e-4)
    True
    """
    empty = Spline(knots, np.zeros(len(knots) + 2))
    design = empty.design(z)
    gram = design.T @ design
    gram += ridge * np.trace(gram) / len(gram) * np.eye(len(gram))
    return Spline(knots, np.linalg.solve(gram, design.T @ values))
