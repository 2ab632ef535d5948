"""Loss, gradient and Gauss-Newton matrix of a batch of students.

With r = f(x) - y (standardised), loss = mean r²; the matrix is ``gauss_newton``'s.
Axes: S students, N probes, D inputs, H hidden, K outputs, P parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.leastsquares.gauss_newton import GaussNewton, numbers_per_probe
from ec_core.leastsquares.problem import Problem
from ec_core.networks.forward import forward_pass, vjp
from ec_core.networks.parameters import pack, unpack

_PROBES_TOGETHER = 512
"""Probes that should go into one matrix product before fewer students are taken at once."""


def normal_equations(problem: Problem, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gauss-Newton matrix J'J/n (S, P, P), gradient J'r/n (S, P) and loss (S,), n = N·K.

    J is the Jacobian of the answers with respect to theta (S, P); the gradient is that of half
    the loss.
    """
    students, count = len(theta), problem.shape.parameter_count
    matrix = theta.new_empty(students, count, count)
    gradient, loss = torch.empty_like(theta), theta.new_empty(students)
    # few students with many probes each: the sums over probes are large, and so written seldom
    room = problem.chunk(1, numbers_per_probe(problem.shape))
    group = max(1, room // min(len(problem.x), _PROBES_TOGETHER))
    for at in range(0, students, group):
        rows = slice(at, at + group)
        gradient[rows], loss[rows] = _accumulate(problem, theta[rows], matrix[rows])
    return matrix, gradient, loss


def _accumulate(problem: Problem, theta: Tensor, matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Gradient and loss of some students, their Gauss-Newton matrices written into ``matrix``."""
    shape, answers = problem.shape, problem.y.numel()
    layers = unpack(shape, theta)
    gram = GaussNewton(shape, layers)
    gradient = [torch.zeros_like(block) for block in layers.blocks]
    loss = theta.new_zeros(len(theta))
    for x, y in problem.chunks(len(theta), numbers_per_probe(shape)):
        passed = forward_pass(shape, layers, x)
        r = passed.answers - y
        loss += r.square().sum(dim=(1, 2))
        for total, part in zip(gradient, vjp(shape, layers, passed, r), strict=True):
            total += part
        gram.add(passed)
    gram.matrix(matrix)
    matrix.div_(answers)
    return pack(gradient) / answers, loss / answers
