"""The loss of a batch of students, and nothing else: what a trial step is judged by."""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.leastsquares.problem import Problem
from ec_core.networks.forward import forward


def losses(problem: Problem, theta: Tensor) -> Tensor:
    """Mean squared error (S,) of students theta (S, P)."""
    total = torch.zeros(len(theta), dtype=theta.dtype, device=theta.device)
    for x, y in problem.chunks(len(theta), 3 * max(problem.shape.sizes)):
        total += (forward(problem.shape, theta, x) - y).square().sum(dim=(1, 2))
    return total / problem.y.numel()
