"""The Levenberg-Marquardt iteration for students whose Gauss-Newton matrix fits into memory.

The damped matrix is factored once per try; the factor serves the step and its acceleration. Axes:
S students, R of them that are tried, P parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.leastsquares.geodesic import bending
from ec_core.leastsquares.levenberg_marquardt import Batch, Rows, advance, trusted
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.normal_equations import normal_equations
from ec_core.leastsquares.problem import Problem


def _solve(matrix: Tensor, shift: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Directions (S, P), the factors, and a flag (S,): was the shifted matrix positive definite."""
    shifted = matrix.clone()
    shifted.diagonal(dim1=1, dim2=2).add_(shift[:, None])
    factor, info = torch.linalg.cholesky_ex(shifted)
    step = torch.cholesky_solve(gradient.unsqueeze(-1), factor).squeeze(-1).neg_()
    return step, factor, (info == 0) & torch.isfinite(step).all(dim=1)


def iterate(problem: Problem, batch: Batch) -> Batch:
    """One iteration for every student of the batch; returns the new state."""
    matrix, gradient, _ = normal_equations(problem, batch.theta)
    scale = matrix.diagonal(dim1=1, dim2=2).mean(dim=1).clamp_min(1e-300)

    def attempt(rows: Rows, damping: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        shift, target, origin = damping * scale[rows], gradient[rows], batch.theta[rows]
        step, factor, solved = _solve(matrix[rows], shift, target)
        step = torch.where(solved[:, None], step, 0.0)
        bent = bending(problem, origin, step).unsqueeze(-1)
        trial = origin + trusted(step, -torch.cholesky_solve(bent, factor).squeeze(-1))
        after = torch.where(solved, losses(problem, trial), torch.inf)
        # predicted decrease of the loss: step·(shift·step - gradient)
        return trial, after, (step * (shift[:, None] * step - target)).sum(dim=1)

    return advance(batch, attempt)
