"""The answers' own error, read off independent students that end alike.

Students that start apart and are stuck end at different losses, with different residuals. Where
the answers carry an error e, all that get far enough end at its mean square, less the share of it
that they fit, and what each of them leaves over is that same e. So: losses that agree and fall no
more, residuals that agree, and no structure in them (``probing.structure``).
Axes: S students, N probes, K outputs, T iterations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ec_core.expand.learning import make_problem
from ec_core.expand.students import StudentEnsemble
from ec_core.leastsquares.problem import Problem
from ec_core.networks.forward import forward
from ec_core.networks.parameters import unpack
from ec_core.probing.probes import ROUNDING_FLOOR, ProbeSet
from ec_core.probing.structure import SUSPICIOUS_SHORT, structure

AGREE = 0.15
"""Losses at the answers' error differ by less than this share of the lowest. At the same width:
float32 answers of 4-4-1 and 5-6-2, six students each, within a few per cent."""

_WINDOW, _FLAT = 6, 0.03
"""Such students lose less than this share in so many iterations."""

_ALIKE = 0.6
"""Least correlation of the residuals. Students that each fit a quarter of the errors, every one a
quarter of its own, still agree to 0.75."""

_SHARE, _LEAST = 1 / 3, 2
"""Students that must end alike: this share, and so many."""

_ABOVE_ROUNDING = 100.0
"""Below so many times the rounding floor, float64 arithmetic of the students is to blame."""

_PAIRS = 4
"""Students whose residuals are compared."""


def ending_alike(history: Sequence[np.ndarray], iterations: np.ndarray) -> np.ndarray:
    """(S,) bool: students at the lowest loss, together, that fall no more; all False if too few.

    history : losses (S,) after every iteration; iterations (S,) since each one's start

    >>> same = [np.array([1e-8, 1.01e-8, 1e-3])] * 9
    >>> ending_alike(same, np.full(3, 8)).tolist()
    [True, True, False]
    """
    none = np.zeros(len(iterations), dtype=bool)
    if len(history) <= _WINDOW:
        return none
    now, before = history[-1], history[-1 - _WINDOW]
    if not np.isfinite(now).any():
        return none
    with np.errstate(invalid="ignore"):
        near = now <= (1.0 + AGREE) * np.nanmin(now)
        flat = (iterations > _WINDOW) & (before <= (1.0 + _FLAT) * now)
    alike = near & flat
    enough = max(_LEAST, int(np.ceil(_SHARE * len(now))))
    return alike if alike.sum() >= enough and flat[np.nanargmin(now)] else none


def common_error(problem: Problem, theta: torch.Tensor) -> float | None:
    """The mean squared error of the answers if that is what students theta (S, P) leave over.

    None where their residuals differ, or look like a function that they lack.
    """
    few = theta[:_PAIRS]
    residual = (forward(problem.shape, few, problem.x) - problem.y).cpu().numpy()
    loss = np.mean(residual**2, axis=(1, 2))
    if loss.min() <= _ABOVE_ROUNDING * ROUNDING_FLOOR:
        return None
    flat = residual.reshape(len(few), -1)
    if len(few) > 1 and np.corrcoef(flat)[0, 1:].min() < _ALIKE:
        return None
    weights = unpack(problem.shape, few).incoming[0, :, :-1].cpu().numpy()
    if (
        structure(problem.x.cpu().numpy(), residual[int(np.argmin(loss))], weights)
        > SUSPICIOUS_SHORT
    ):
        return None
    return unfitted(float(loss.min()), problem.shape.parameter_count, residual[0].size)


def error_of(ensemble: StudentEnsemble, probes: ProbeSet) -> float | None:
    """The answers' mean squared error as a trained ensemble shows it, None if it does not."""
    alike = ending_alike(list(ensemble.history), ensemble.iterations)
    if not alike.any():
        return None
    shape = ensemble.shape
    problem = make_problem(probes, shape.activation, shape.sizes[1:-1], torch.device("cpu"))
    return common_error(problem.thinned(), torch.from_numpy(ensemble.theta[alike]))


def unfitted(loss: float, parameters: int, answers: int) -> float:
    """The mean squared error of answers of which a fit with so many parameters leaves ``loss``.

    A fit of P parameters to n answers takes P of n degrees of freedom: loss = error (1 - P/n).

    >>> unfitted(0.9, 10, 100)
    1.0
    """
    return loss / max(1.0 - parameters / answers, 0.5)
