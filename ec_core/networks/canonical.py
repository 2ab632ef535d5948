"""The canonical form of weight vectors: one representative per symmetry class.

A vector is (w, b), incoming weights and bias in standardised inputs. Only the symmetries of its
own activation are divided out: the sign where s(2c - z) is s(z) up to sign, line and constant, the
norm only where s is positively homogeneous (relu, leaky_relu), whole periods of the bias where s
has one (sin). Source: Martinelli et al.,
ICML 2024, symmetries; docs/method.md#symmetries.
"""

from __future__ import annotations

import numpy as np

from ec_core.networks.activations import Activation

TINY_NORM = 1e-12
"""Below this norm a vector has no direction; the neuron is a constant."""

_CANDIDATES = 128
"""Random reference directions tried; the safest one is kept."""


_SAFE = 1e-140, 1e140
"""Between these, squares and their sums stay within float64."""


def quiet() -> np.errstate:
    """Numbers at the ends of float64 lose digits; that is no reason to warn."""
    return np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore")


def lengths(vectors: np.ndarray) -> np.ndarray:
    """Euclidean norms (M,) of rows (M, F), right also where squares leave the range of float64.

    >>> norms = lengths(np.array([[3.0, 4.0], [3e200, 4e200], [0.0, 0.0]]))
    >>> bool(np.allclose(norms, [5.0, 5e200, 0.0], rtol=1e-14, atol=0.0))
    True
    >>> float(lengths(np.array([[3.0, 4.0]], dtype=np.float32))[0])
    5.0
    """
    # a snapshot of training is float32, which knows no number as large as the limit
    peak = np.abs(vectors).max(axis=1, initial=0.0).astype(np.float64)
    safe = ((peak > _SAFE[0]) & (peak < _SAFE[1])) | (peak == 0)
    if safe.all():
        return np.asarray(np.linalg.norm(vectors, axis=1))
    with quiet():
        unit = np.where(safe, 1.0, peak)
        return np.asarray(unit * np.linalg.norm(vectors / unit[:, None], axis=1))


def reference_direction(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """A unit vector r (D+1,) such that few of the vectors (M, D+1) are nearly orthogonal to it.

    The sign of a vector is fixed by v·r > 0. A fixed coordinate in place of r fails when that
    coordinate is near zero: rounding then flips copies of one neuron apart. Among random
    directions the one with the widest margin on the given vectors is taken: the 1 % quantile
    of |v·r| / |v| is largest.
    """
    rng = np.random.default_rng(seed)
    directions = rng.standard_normal((_CANDIDATES, vectors.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    if len(vectors) == 0:
        return np.asarray(directions[0])
    units = vectors / np.maximum(lengths(vectors), TINY_NORM)[:, None]
    margins = np.quantile(np.abs(units @ directions.T), 0.01, axis=0)
    return np.asarray(directions[int(np.argmax(margins))])


def mirrored(vectors: np.ndarray, entry: Activation) -> np.ndarray:
    """Vectors (…, D+1) of the same neurons with the opposite incoming sign: (-w, 2c - b).

    >>> from ec_core.networks.activations import activation
    >>> mirrored(np.array([1.0, 2.0]), activation("relu6")).tolist()
    [-1.0, 4.0]
    """
    result = -vectors
    if entry.centre:
        result[..., -1] += 2 * entry.centre
    return result


def centred(vectors: np.ndarray, entry: Activation) -> np.ndarray:
    """Vectors (…, D+1) with biases from the point of symmetry, where a mirror image is -v."""
    if not entry.centre:
        return vectors
    result = vectors.copy()
    result[..., -1] -= entry.centre
    return result


def turns(biases: np.ndarray, entry: Activation) -> np.ndarray:
    """How many whole periods bring biases (M,) next to the centre; zeros where there is none."""
    if not entry.period:
        return np.zeros(np.shape(biases))
    with quiet():
        count = np.round((biases - entry.centre) / entry.period)
    return np.asarray(np.where(np.isfinite(count), count, 0.0))


def folded(vectors: np.ndarray, entry: Activation) -> np.ndarray:
    """Vectors (M, D+1) with their biases next to the centre, by whole periods."""
    if not entry.period:
        return vectors
    result = vectors.copy()
    result[:, -1] -= entry.period * turns(vectors[:, -1], entry)
    return result


def canonical(
    vectors: np.ndarray, entry: Activation, reference: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Canonical vectors (M, D+1), the signs (M,) and the norms (M,) that were divided out.

    ``vectors = sign · scale · canonical`` holds with scale = norm for homogeneous activations and
    1 for all others; a sign of -1 stands for ``mirrored``, and whole periods are left out.
    Without ``reference`` one is chosen from the vectors themselves.

    >>> from ec_core.networks.activations import activation
    >>> v, sign, norm = canonical(np.array([[3.0, 4.0], [-3.0, -4.0]]), activation("relu"))
    >>> bool(np.allclose(v[0], v[1])), norm.tolist()
    (True, [5.0, 5.0])
    """
    vectors = folded(vectors, entry)
    norms = lengths(vectors)
    signs = np.ones(len(vectors))
    if entry.parity != 0:
        around = centred(vectors, entry)
        r = reference_direction(around) if reference is None else reference
        with quiet():
            signs = np.where(around @ r < 0, -1.0, 1.0)
    result = vectors * signs[:, None]
    if entry.centre:
        result[signs < 0] = mirrored(vectors[signs < 0], entry)
    if entry.homogeneous:
        result = result / np.maximum(norms, TINY_NORM)[:, None]
    return result, signs, norms


def flip(
    weight: np.ndarray, bias: float, outgoing: np.ndarray, entry: Activation
) -> tuple[np.ndarray, float, np.ndarray, np.ndarray, np.ndarray]:
    """Write a·s(w·x + b) with the opposite incoming sign.

    weight (D,), bias, outgoing (K,). From identity (*) of ``activations``:
    a·s(z) = a'·s(2c - z) - a'·linear·(z - c) - a'·constant with a' = parity·a.
    Returns -w, 2c - b, a' (K,), the skip map (K, D) and the constant (K,) to be added.
    """
    flipped = entry.parity * outgoing
    skip = -entry.linear * np.outer(flipped, weight)
    constant = -flipped * (entry.linear * (bias - entry.centre) + entry.constant)
    return -weight, 2 * entry.centre - bias if entry.centre else -bias, flipped, skip, constant


def pairwise_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances (A, B) from differences; dot-product formulas lose all below 1e-8."""
    out = np.empty((len(a), len(b)))
    for i, row in enumerate(a):
        out[i] = np.linalg.norm(b - row, axis=1)
    return out
