"""Do the residuals look like noise, or like a function that the network does not have?

Errors of rounding and of measurement are independent from one probe to the next; what a wrong
network leaves behind is smooth, so that probes that lie close together have residuals alike (the
idea of von Neumann's ratio, 1941, with nearest neighbours in place of an order).
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

SUSPICIOUS = 4.0
"""Standard deviations of the neighbours' correlation: by chance in 1 of 30,000 verdicts."""

SUSPICIOUS_SHORT = 12.0
"""The same where answers come from short arithmetic, whose errors have some structure of their own:
a constant rounded to float32 shifts an activation, and near questions are rounded alike."""

_NEIGHBOURS = 3
_PLANES = (2, 3)
"""Among many inputs no two probes are close; seen along the few directions in which the neurons
look, they are, and what a network misses is smooth there too."""


def structure(x: np.ndarray, residual: np.ndarray, rows: np.ndarray) -> float:
    """The largest ``neighbour_correlation`` of residuals (N, K): among the inputs x (N, D) and
    along the principal directions of the neurons' incoming weights, ``rows`` (H, D).
    """
    found = [neighbour_correlation(x, residual)]
    if x.shape[1] > _PLANES[0] and rows.size:
        axes = np.linalg.svd(rows, full_matrices=False)[2]
        for count in _PLANES:
            if min(len(axes), x.shape[1] - 1) >= count:
                found.append(neighbour_correlation(x @ axes[:count].T, residual))
    return max(found)


def neighbour_correlation(x: np.ndarray, residual: np.ndarray) -> float:
    """How many standard deviations the products of neighbours' residuals lie above zero.

    x (N, D) standardised inputs, residual (N, K). Every pair of neighbours counts once; with
    independent residuals of mean zero the sum of the products has mean zero and the variance of
    the sum of their squares.

    >>> x = np.linspace(0, 1, 50)[:, None]
    >>> bool(neighbour_correlation(x, np.sin(9 * x)) > 5)
    True
    """
    count = min(_NEIGHBOURS, len(x) - 1)
    if count < 1:
        return 0.0
    near = cKDTree(x).query(x, k=count + 1)[1][:, 1:]
    pairs = np.sort(np.stack([np.repeat(np.arange(len(x)), count), near.ravel()], axis=1), axis=1)
    a, b = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0).T
    product = residual[a] * residual[b]
    spread = float(np.sqrt(np.sum(product**2)))
    return float(product.sum()) / spread if spread > 0 else 0.0
