"""Where to ask next: the questions on which students that know the same answers disagree most.

Query by committee (Seung, Opper & Sompolinsky 1992) with a spread rule, for questions are chosen
many at a time: the next one is where (disagreement) × (distance to the nearest question already
asked or chosen) is largest. Rescaling answers or inputs changes nothing. Axes: S students,
M candidates, N questions asked, D inputs, K outputs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial.distance import cdist

from ec_core.errors import InputError

_ROWS = 1024
"""Questions already asked whose distances are held at once."""


def disagreement(predictions: np.ndarray) -> np.ndarray:
    """(M,): the standard deviation of predictions (S, M, K) among students, outputs together.

    sqrt(mean over outputs of the variance over students)

    >>> disagreement(np.array([[[0.0], [1.0]], [[2.0], [1.0]]])).tolist()
    [1.0, 0.0]
    """
    return np.asarray(np.sqrt(np.var(predictions, axis=0).mean(axis=1)))


def _nearest(candidates: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """(M,): each candidate's distance to the nearest question already asked; 1 without any."""
    nearest = np.full(len(candidates), np.inf)
    for at in range(0, len(asked), _ROWS):
        distances = cdist(candidates, asked[at : at + _ROWS]).min(axis=1)
        nearest = np.minimum(nearest, distances)
    return nearest if len(asked) else np.ones(len(candidates))


def choose(
    predict: Callable[[np.ndarray], np.ndarray],
    candidates: np.ndarray,
    count: int,
    asked: np.ndarray | None = None,
) -> np.ndarray:
    """Rows (count,) of ``candidates`` (M, D) to ask next, in the order they were chosen.

    predict : x (M, D) → the students' answers (S, M, K)
    asked : (N, D) questions whose answers are known; chosen ones keep away from them
    Where nothing is left that students disagree on or that is new, the lowest rows are taken.
    Raises InputError if there are fewer candidates than ``count``, or predictions of another
    shape, from a single student, or not finite.

    >>> x = np.array([[0.0], [0.1], [3.0]])
    >>> choose(lambda x: np.stack([0 * x, 2 - 0.1 * x]), x, 2).tolist()
    [0, 2]
    """
    if not 1 <= count <= len(candidates):
        raise InputError(
            f"{count} questions are to be chosen among {len(candidates)} candidates; "
            f"expected 1 to {len(candidates)}."
        )
    predictions = np.asarray(predict(candidates))
    if predictions.ndim != 3 or predictions.shape[1] != len(candidates) or len(predictions) < 2:
        raise InputError(
            f"The students' answers have shape {predictions.shape}; expected "
            f"(students, {len(candidates)}, outputs) with at least two students."
        )
    if not np.isfinite(predictions).all():
        raise InputError("The students' answers hold NaN or infinity; expected finite numbers.")
    unsure = disagreement(predictions)
    nearest = _nearest(candidates, np.empty((0, candidates.shape[1])) if asked is None else asked)
    free = np.ones(len(candidates), dtype=bool)
    chosen = np.empty(count, dtype=np.int64)
    for place in range(count):
        row = int(np.argmax(np.where(free, unsure * nearest, -1.0)))
        chosen[place], free[row] = row, False
        distances = np.linalg.norm(candidates - candidates[row], axis=1)
        # the first choice of all is made without distances
        first = place == 0 and (asked is None or len(asked) == 0)
        nearest = distances if first else np.minimum(nearest, distances)
    return chosen
