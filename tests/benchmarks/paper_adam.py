"""Adam on the whole batch: the paper's recipe, the baseline of the benchmarks.

Kingma & Ba (2015), with the step size halved for a student whenever its loss has not fallen for
a while (the plateau schedule of the paper, arXiv 2304.12794). No run trains with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.leastsquares.problem import Problem
from ec_core.networks.forward import forward

LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8
PATIENCE = 100


@dataclass(frozen=True)
class Moments:
    """Adam's running moments (S, P), steps, step sizes, best losses and waiting times (S,)."""

    first: Tensor
    second: Tensor
    steps: Tensor
    rate: Tensor
    best: Tensor
    waited: Tensor


def begin(theta: Tensor) -> Moments:
    """Moments for students theta (S, P) that have taken no step yet."""
    one = theta[:, 0]
    return Moments(
        torch.zeros_like(theta),
        torch.zeros_like(theta),
        torch.zeros_like(one),
        torch.full_like(one, LEARNING_RATE),
        torch.full_like(one, float("inf")),
        torch.zeros_like(one),
    )


def value_and_gradient(problem: Problem, theta: Tensor) -> tuple[Tensor, Tensor]:
    """Loss (S,) and its gradient (S, P), by automatic differentiation over chunks of probes."""
    theta = theta.detach().requires_grad_(True)
    total = theta.new_zeros(len(theta))
    gradient = torch.zeros_like(theta)
    for x, y in problem.chunks(len(theta), 6 * max(problem.shape.sizes)):
        loss = (forward(problem.shape, theta, x) - y).square().sum(dim=(1, 2))
        gradient += torch.autograd.grad(loss.sum(), theta)[0]
        total += loss.detach()
    return total / problem.y.numel(), gradient / problem.y.numel()


def adam_step(problem: Problem, theta: Tensor, moments: Moments) -> tuple[Tensor, Tensor]:
    """One step for every student: new theta (S, P) and the loss (S,) before it.

    ``moments`` is updated in place.
    """
    loss, gradient = value_and_gradient(problem, theta)
    moments.steps.add_(1)
    moments.first.mul_(BETA1).add_(gradient, alpha=1 - BETA1)
    moments.second.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
    better = loss < moments.best * (1 - 1e-4)
    moments.waited.copy_(torch.where(better, 0.0, moments.waited + 1))
    moments.best.copy_(torch.minimum(moments.best, loss))
    tired = moments.waited > PATIENCE
    moments.rate.mul_(torch.where(tired, 0.5, 1.0))
    moments.waited.mul_((~tired).to(theta.dtype))
    first = moments.first / (1 - BETA1**moments.steps)[:, None]
    second = moments.second / (1 - BETA2**moments.steps)[:, None]
    return theta - moments.rate[:, None] * first / (second.sqrt() + EPSILON), loss
