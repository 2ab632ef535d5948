"""One batched Levenberg-Marquardt iteration: every student with its own damping.

Direction: (G + mu · mean(diag G) · I) step = -gradient, G the Gauss-Newton matrix. The damping is
by the identity, not by G's own diagonal (Marquardt): overparameterised students have nearly dead
directions, which diagonal scaling would leave undamped. Step control: Nielsen (1999), "Damping
parameter in Marquardt's method": mu shrinks smoothly with the ratio of actual to predicted
decrease and grows ever faster while steps fail.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.expand.curvature import Problem, losses, normal_equations

FIRST_DAMPING = 1e-2
SMALLEST_DAMPING = 1e-15
_TRIES = 4
"""Damping values tried in one iteration before the curvature is computed again."""


@dataclass(frozen=True)
class Batch:
    """The running state of S students.

    theta (S, P); loss, damping, growth (S,): damping is mu above, growth Nielsen's nu;
    improved (S,) bool: did the last iteration lower the loss.
    """

    theta: Tensor
    loss: Tensor
    damping: Tensor
    growth: Tensor
    improved: Tensor

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
        torch.ones_like(loss, dtype=torch.bool),
    )


def _solve(matrix: Tensor, shift: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """Steps (S, P) and a flag (S,) where the shifted matrix was positive definite."""
    shifted = matrix.clone()
    shifted.diagonal(dim1=1, dim2=2).add_(shift[:, None])
    factor, info = torch.linalg.cholesky_ex(shifted)
    step = torch.cholesky_solve(gradient.unsqueeze(-1), factor).squeeze(-1).neg_()
    return step, (info == 0) & torch.isfinite(step).all(dim=1)


def iterate(problem: Problem, batch: Batch) -> Batch:
    """One iteration for every student of the batch; returns the new state."""
    matrix, gradient, loss = normal_equations(problem, batch.theta)
    scale = matrix.diagonal(dim1=1, dim2=2).mean(dim=1).clamp_min(1e-300)
    theta, best = batch.theta.clone(), loss.clone()
    damping, growth = batch.damping.clone(), batch.growth.clone()
    improved = torch.zeros_like(batch.improved)
    rows = torch.arange(len(theta), device=theta.device)
    for _ in range(_TRIES):
        everyone = len(rows) == len(theta)
        shift = damping[rows] * scale[rows]
        step, solved = _solve(
            matrix if everyone else matrix[rows], shift, gradient[rows]
        )
        trial = batch.theta[rows] + torch.where(solved[:, None], step, 0.0)
        after = losses(problem, trial)
        # predicted decrease of the loss: step·(shift·step - gradient)
        expected = (step * (shift[:, None] * step - gradient[rows])).sum(dim=1)
        good = solved & (after < loss[rows])
        ratio = (loss[rows] - after) / expected.clamp_min(1e-300)
        shrink = (1 - (2 * ratio - 1) ** 3).clamp(1 / 3, 2.0)
        kept = rows[good]
        theta[kept], best[kept], improved[kept] = trial[good], after[good], True
        damping[kept] = (damping[kept] * shrink[good]).clamp_min(SMALLEST_DAMPING)
        growth[kept] = 2.0
        rows = rows[~good]
        damping[rows] *= growth[rows]
        growth[rows] *= 2
        if len(rows) == 0:
            break
    return Batch(theta, best, damping, growth, improved)
