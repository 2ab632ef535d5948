"""The Levenberg-Marquardt iteration for students whose Gauss-Newton matrix does not fit.

The same direction, step control and acceleration as ``levenberg_marquardt.iterate`` on the same
state; only the linear systems (G + mu · mean(diag G) · 1) step = -gradient are solved otherwise, by
preconditioned conjugate gradients on products (``products``), and not further than the loss is
worth: a truncated Newton step (Dembo, Eisenstat & Steihaug 1982).
"""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.devices import memory_bound
from ec_core.expand import levenberg_marquardt as dense
from ec_core.expand.conjugate_gradients import solve
from ec_core.expand.curvature import bending, losses
from ec_core.expand.estimate import dense_bytes
from ec_core.expand.kronecker import Preconditioner, preconditioner
from ec_core.expand.levenberg_marquardt import Batch
from ec_core.expand.problem import Problem
from ec_core.expand.products import Linearised, linearise, product
from ec_core.networks.mlp import Architecture

PRODUCTS = 30
"""Most products spent on one direction. Measured after 15 s on 16-16-2 g (1,218 parameters) and
32-16-2 tanh (2,242): 1e-5 and 1e-29, without preconditioner 1e-3 and 1e-8; with 60 or 100 products
the losses were higher on one or both. Adam was at 5e-2.
"""

LOOSEST = 0.1
"""Share of the gradient that a direction may leave unexplained while the loss is high."""


def explain(shape: Architecture, device: torch.device) -> str:
    """Why the trainer changes its step, in one sentence."""
    return (
        f"Each student has {shape.parameter_count:,} parameters, a dense Levenberg-Marquardt step "
        f"would need {dense_bytes(shape) / 2**30:.1f} GiB of the "
        f"{memory_bound(device) / 2**30:.1f} GiB allowed; training takes matrix-free steps, which "
        "need more iterations."
    )


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
    """One damped step each: trial weights (S, P), the loss there and the decrease expected (S,)."""
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
