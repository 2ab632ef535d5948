"""One batched Levenberg-Marquardt iteration: every student with its own damping.

Direction: (G + mu · mean(diag G) · I) step = -gradient, G the Gauss-Newton matrix. The damping is
by the identity, not by G's own diagonal (Marquardt): overparameterised students have nearly dead
directions, which diagonal scaling would leave undamped. Step control: Nielsen (1999), "Damping
parameter in Marquardt's method": mu shrinks smoothly with the ratio of actual to predicted
decrease and grows ever faster while steps fail.

Step: direction + acceleration / 2, the geodesic acceleration of Transtrum & Sethna (2012),
"Improvements to the Levenberg-Marquardt algorithm for nonlinear least-squares minimization":
the same matrix applied to the second derivative of the answers along the direction. Students
slide along curved canyons; a straight step leaves them at once, a bent one is three times longer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.expand.curvature import bending, losses, normal_equations
from ec_core.expand.problem import Problem

FIRST_DAMPING = 1e-2
SMALLEST_DAMPING, LARGEST_DAMPING = 1e-15, 1e12
_FASTEST_SHRINK = 0.1
"""Nielsen shrinks by a third at most; with accelerated steps a tenth ends the endgame sooner."""
_TRIES = 4
"""Damping values tried in one iteration before the curvature is computed again."""

_TRUSTED = 0.75
"""Longest acceleration, twice its length over the step's, that is followed (Transtrum & Sethna)."""


@dataclass(frozen=True)
class Batch:
    """The running state of S students.

    theta (S, P); loss, damping, growth (S,): damping is mu above, growth Nielsen's nu.
    """

    theta: Tensor
    loss: Tensor
    damping: Tensor
    growth: Tensor

    def take(self, rows: Tensor) -> Batch:
        """The students of the index tensor ``rows``."""
        return Batch(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def put(self, rows: Tensor, other: Batch) -> None:
        """Write ``other`` back into rows of this batch."""
        for name in self.__dataclass_fields__:
            getattr(self, name)[rows] = getattr(other, name)


def start(problem: Problem, theta: Tensor) -> Batch:
    """A fresh state for students theta (S, P)."""
    loss = losses(problem, theta)
    return Batch(
        theta.clone(),
        loss,
        torch.full_like(loss, FIRST_DAMPING),
        torch.full_like(loss, 2.0),
    )


def _solve(matrix: Tensor, shift: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Directions (S, P), the factors, and a flag (S,): was the shifted matrix positive definite."""
    shifted = matrix.clone()
    shifted.diagonal(dim1=1, dim2=2).add_(shift[:, None])
    factor, info = torch.linalg.cholesky_ex(shifted)
    step = torch.cholesky_solve(gradient.unsqueeze(-1), factor).squeeze(-1).neg_()
    return step, factor, (info == 0) & torch.isfinite(step).all(dim=1)


def _acceleration(problem: Problem, theta: Tensor, step: Tensor, factor: Tensor) -> Tensor:
    """The geodesic acceleration (S, P) along ``step``; zero where it is too long to be trusted."""
    bent = bending(problem, theta, step).unsqueeze(-1)
    result = torch.cholesky_solve(bent, factor).squeeze(-1).neg_()
    short = 2 * result.norm(dim=1) <= _TRUSTED * step.norm(dim=1)
    return torch.where(short[:, None], result, 0.0)


def iterate(problem: Problem, batch: Batch) -> Batch:
    """One iteration for every student of the batch; returns the new state."""
    matrix, gradient, loss = normal_equations(problem, batch.theta)
    scale = matrix.diagonal(dim1=1, dim2=2).mean(dim=1).clamp_min(1e-300)
    theta, best = batch.theta.clone(), loss.clone()
    damping, growth = batch.damping.clone(), batch.growth.clone()
    rows = torch.arange(len(theta), device=theta.device)
    for _ in range(_TRIES):
        everyone = len(rows) == len(theta)
        shift = damping[rows] * scale[rows]
        step, factor, solved = _solve(matrix if everyone else matrix[rows], shift, gradient[rows])
        origin = batch.theta[rows]
        step = torch.where(solved[:, None], step, 0.0)
        trial = origin + step + 0.5 * _acceleration(problem, origin, step, factor)
        after = losses(problem, trial)
        # predicted decrease of the loss: step·(shift·step - gradient)
        expected = (step * (shift[:, None] * step - gradient[rows])).sum(dim=1)
        good = solved & (after < loss[rows])
        ratio = (loss[rows] - after) / expected.clamp_min(1e-300)
        shrink = (1 - (2 * ratio - 1) ** 3).clamp(_FASTEST_SHRINK, 2.0)
        kept = rows[good]
        theta[kept], best[kept] = trial[good], after[good]
        damping[kept] = (damping[kept] * shrink[good]).clamp_min(SMALLEST_DAMPING)
        growth[kept] = 2.0
        rows = rows[~good]
        damping[rows] = (damping[rows] * growth[rows]).clamp_max(LARGEST_DAMPING)
        growth[rows] = (growth[rows] * 2).clamp_max(LARGEST_DAMPING)
        if len(rows) == 0:
            break
    return Batch(theta, best, damping, growth)
