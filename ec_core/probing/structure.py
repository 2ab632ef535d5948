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

CHANCE = 6.0
"""Standard deviations by which errors on fresh questions may be larger than expected."""

_NEIGHBOURS = 3
_PLANES = (2, 3)
"""Among many inputs no two probes are close; seen along the few directions in which the neurons
look, they are, and what a network misses is smooth there too."""


def structure(x: np.ndarray, residual: np.ndarray, rows: np.ndarray) -> float:
    """The largest ``neighbour_correlation`` of residuals (N, K): among the inputs x (N, D) and
    along the principal directions of the neurons' incoming weights, ``rows`` (H, D).
    """
    correlations = [neighbour_correlation(x, residual)]
    if x.shape[1] > _PLANES[0] and rows.size:
        axes = np.linalg.svd(rows, full_matrices=False)[2]
        for count in _PLANES:
            if min(len(axes), x.shape[1] - 1) >= count:
                correlations.append(neighbour_correlation(x @ axes[:count].T, residual))
    return max(correlations)


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


def fresh_limit(learnt: np.ndarray, parameters: int, fresh: int, least: float = 0.0) -> float:
    """The mean square that residuals on ``fresh`` other questions may have, if all is the answers'
    error: of residuals (N, K) of a fit with so many parameters to answers that err by ``least``, a
    mean square, or more.

    With P parameters fitted to n answers the expected mean squares are s² (1 - P/n) and
    s² (1 + P/n). How far chance takes a mean of squares is read off the residuals: errors of short
    arithmetic are larger where numbers are, and a few questions hold much of the sum.

    >>> errors = np.random.default_rng(0).standard_normal((10_000, 1))
    >>> round(fresh_limit(errors, 0, 800), 1)   # 1 + 6 sqrt(2 / 800)
    1.3
    """
    squares = np.mean(learnt**2, axis=1)
    mean, taken = float(squares.mean()), min(parameters / learnt.size, 0.5)
    spread = float(np.sqrt(2.0 / learnt.shape[1]))
    if mean > 0.0:
        spread = max(spread, float(squares.std()) / mean)
    chance = 1.0 + CHANCE * spread / float(np.sqrt(fresh))
    return max(mean, least) * (1.0 + taken) / (1.0 - taken) * chance
