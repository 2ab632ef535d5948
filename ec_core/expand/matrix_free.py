"""The Levenberg-Marquardt iteration for students whose Gauss-Newton matrix does not fit.

The same direction, step control and acceleration as ``levenberg_marquardt.iterate`` on the same
state; only the linear systems (G + mu · mean(diag G) · 1) step = -gradient are solved otherwise, by
preconditioned conjugate gradients on products (``products``), and not further than the loss is
worth: a truncated Newton step (Dembo, Eisenstat & Steihaug 1982).
"""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.expand import levenberg_marquardt as dense
from ec_core.expand.conjugate_gradients import solve
from ec_core.expand.curvature import bending, losses
from ec_core.expand.kronecker import LARGEST_FACTOR, Preconditioner, preconditioner
from ec_core.expand.levenberg_marquardt import Batch
from ec_core.expand.problem import Problem
from ec_core.expand.products import Linearised, linearise, product
from ec_core.networks.mlp import Architecture

PRODUCTS = 100
"""Most products spent on one direction."""

LOOSEST = 0.1
"""Share of the gradient that a direction may leave unexplained while the loss is high."""

_VECTORS = 12
"""Copies of all weights an iteration holds: state, gradient, conjugate directions, trial."""


def student_bytes(shape: Architecture) -> int:
    """Bytes an iteration needs per student, forward passes not counted."""
    sides = [n for pair in shape.shapes for n in pair]
    factors = sum(2 * n**2 if n <= LARGEST_FACTOR else n for n in sides)
    return 8 * (_VECTORS * shape.parameter_count + factors)


def _direction(
    at: Linearised, inverse: Preconditioner, shift: Tensor, target: Tensor, loss: Tensor
) -> tuple[Tensor, Tensor]:
    """x (S, P) with (G + shift) x ≈ target, and what is left; the lower the loss the closer."""
    return solve(
        lambda v: product(at, v) + shift[:, None] * v,
        lambda v: inverse.solve(shift, v),
        target,
        loss.sqrt().clamp_max(LOOSEST),
        PRODUCTS,
    )


def _attempt(problem: Problem, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """One damped step for every student: trial weights (S, P), loss there and loss expected (S,)."""
    at, gradient, loss = linearise(problem, batch.theta)
    inverse = preconditioner(at)
    shift = batch.damping * inverse.mean.clamp_min(1e-300)
    step, left = _direction(at, inverse, shift, -gradient, loss)
    bent, _ = _direction(at, inverse, shift, -bending(problem, batch.theta, step), loss)
    short = 2 * bent.norm(dim=1) <= dense._TRUSTED * step.norm(dim=1)
    trial = batch.theta + step + 0.5 * torch.where(short[:, None], bent, 0.0)
    # -2 g·x - x'Gx with G x = -g - shift x - left
    expected = (step * (shift[:, None] * step - gradient + left)).sum(dim=1)
    return trial, losses(problem, trial), expected


def iterate(problem: Problem, batch: Batch) -> Batch:
    """One iteration for every student of the batch; returns the new state."""
    theta, best = batch.theta.clone(), batch.loss.clone()
    damping, growth = batch.damping.clone(), batch.growth.clone()
    rows = torch.arange(len(theta), device=theta.device)
    for _ in range(dense._TRIES):
        here = Batch(batch.theta[rows], batch.loss[rows], damping[rows], growth[rows])
        trial, after, expected = _attempt(problem, here)
        good = after < here.loss
        ratio = (here.loss - after) / expected.clamp_min(1e-300)
        shrink = (1 - (2 * ratio - 1) ** 3).clamp(dense._FASTEST_SHRINK, 2.0)
        kept = rows[good]
        theta[kept], best[kept] = trial[good], after[good]
        damping[kept] = (damping[kept] * shrink[good]).clamp_min(dense.SMALLEST_DAMPING)
        growth[kept] = 2.0
        rows = rows[~good]
        damping[rows] = (damping[rows] * growth[rows]).clamp_max(dense.LARGEST_DAMPING)
        growth[rows] = (growth[rows] * 2).clamp_max(dense.LARGEST_DAMPING)
        if len(rows) == 0:
            break
    return Batch(theta, best, damping, growth)
