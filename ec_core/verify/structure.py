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

_NEIGHBOURS = 3


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
