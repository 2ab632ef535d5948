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
from ec_core.recording import Call, direct

ONE_BY_ONE, EACH = 1024, 256
"""From how many rows on, and how many per matrix, a card factors one matrix after the other: a
library's functions for many matrices are made for small ones (``gpu_machine.linear_algebra``; on an
H200 four matrices of 2,260 rows take 19 ms together and 7 ms in turn, each with two solutions)."""


def factored(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Lower Cholesky factors (S, P, P) of matrix (S, P, P), and a flag (S,): zero where it is one
    that is positive definite.
    """
    students, rows, _ = matrix.shape
    if matrix.device.type == "cuda" and rows >= max(ONE_BY_ONE, EACH * students):
        factors, flags = zip(*(torch.linalg.cholesky_ex(one) for one in matrix), strict=True)
        return torch.stack(factors), torch.stack(flags)
    factor, flag = torch.linalg.cholesky_ex(matrix)
    return factor, flag


def solved_for(factor: Tensor, right: Tensor) -> Tensor:
    """x (S, P) with L L' x = right (S, P)."""
    right = right.unsqueeze(-1)
    if factor.device.type != "cuda":
        return torch.cholesky_solve(right, factor).squeeze(-1)
    if factor.shape[1] >= ONE_BY_ONE:
        pairs = zip(right, factor, strict=True)
        return torch.stack([torch.cholesky_solve(b, one) for b, one in pairs]).squeeze(-1)
    # the function for several matrices asks the card for memory, which keeps the host waiting
    half = torch.linalg.solve_triangular(factor, right, upper=False)
    whole: Tensor = torch.linalg.solve_triangular(factor.mT, half, upper=True)
    return whole.squeeze(-1)


def _curvature(problem: Problem, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gauss-Newton matrix (S, P, P), gradient (S, P) and the matrix' mean diagonal (S,)."""
    matrix, gradient, _ = normal_equations(problem, theta)
    return matrix, gradient, matrix.diagonal(dim1=1, dim2=2).mean(dim=1).clamp_min(1e-300)


def tried(
    problem: Problem, origin: Tensor, matrix: Tensor, gradient: Tensor, shift: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The trial (R, P) from origin, the loss there and the decrease that was expected (R,)."""
    shifted = matrix.clone()
    shifted.diagonal(dim1=1, dim2=2).add_(shift[:, None])
    factor, flag = factored(shifted)
    step = solved_for(factor, gradient).neg_()
    solved = (flag == 0) & torch.isfinite(step).all(dim=1)
    step = torch.where(solved[:, None], step, 0.0)
    trial = origin + trusted(step, -solved_for(factor, bending(problem, origin, step)))
    after = torch.where(solved, losses(problem, trial), torch.inf)
    # predicted decrease of the loss: step·(shift·step - gradient)
    return trial, after, (step * (shift[:, None] * step - gradient)).sum(dim=1)


def iterate(problem: Problem, batch: Batch, call: Call = direct) -> Batch:
    """One iteration for every student of the batch; returns the new state.

    call : how the work is called; a Recorder where handing it over to a card takes longer than it
    """
    matrix, gradient, scale = call(_curvature, problem, batch.theta)

    def attempt(rows: Rows, damping: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        given = batch.theta[rows], matrix[rows], gradient[rows], damping * scale[rows]
        trial, after, expected = call(tried, problem, *given)
        return trial, after, expected

    return advance(batch, attempt)
