"""Loss, gradient, Gauss-Newton matrix and bending of a batch of students.

With r = f(x) - y (standardised), loss = mean r²; the matrix is ``gram``'s. Axes: S students,
N probes, D inputs, H hidden, K outputs, P parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.expand.backward import pull, run, second_derivative
from ec_core.expand.gram import Gram, numbers_per_probe
from ec_core.expand.problem import Problem
from ec_core.networks.mlp import Architecture, forward, pack, unpack

_PROBES_TOGETHER = 512
"""Probes that should go into one matrix product before fewer students are taken at once."""

_SLOPE_STEP = 1e-4
"""Step of the central difference of s' that stands for s'': accurate to 1e-8, enough here."""


def losses(problem: Problem, theta: Tensor) -> Tensor:
    """Mean squared error (S,) of students theta (S, P)."""
    total = torch.zeros(len(theta), dtype=theta.dtype, device=theta.device)
    size = problem.chunk(len(theta), 3 * max(problem.shape.sizes))
    for x, y in zip(problem.x.split(size), problem.y.split(size), strict=True):
        total += (forward(problem.shape, theta, x) - y).square().sum(dim=(1, 2))
    return total / problem.y.numel()


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
    gram = Gram(shape, layers)
    gradient = [torch.zeros_like(block) for block in layers.blocks]
    loss = theta.new_zeros(len(theta))
    size = problem.chunk(len(theta), numbers_per_probe(shape))
    for x, y in zip(problem.x.split(size), problem.y.split(size), strict=True):
        passed = run(shape, layers, x)
        r = passed.answers - y
        loss += r.square().sum(dim=(1, 2))
        for total, part in zip(gradient, pull(shape, layers, passed, r), strict=True):
            total += part
        gram.add(passed)
    gram.matrix(matrix)
    matrix.div_(answers)
    return pack(gradient) / answers, loss / answers


def bending(problem: Problem, theta: Tensor, step: Tensor) -> Tensor:
    """J'f''/n (S, P), f'' the second derivative of the answers along ``step`` (S, P).

    By Taylor arithmetic, not by differences of answers, which would drown in rounding near the
    floor.
    """
    shape = problem.shape
    layers, moves = unpack(shape, theta), unpack(shape, step)
    gradient = [torch.zeros_like(block) for block in layers.blocks]
    for x in problem.x.split(problem.chunk(len(theta), 8 * max(shape.sizes))):
        passed = run(shape, layers, x)
        bends = [_bend(shape, z) for z in passed.z]
        second = second_derivative(layers, moves, shape, passed, bends)
        for total, part in zip(gradient, pull(shape, layers, passed, second), strict=True):
            total += part
    return pack(gradient) / problem.y.numel()


def _bend(shape: Architecture, z: Tensor) -> Tensor:
    """s''(z), zero at a kink: the spike there means nothing for a finite step."""
    slope = shape.entry.derivative
    bend = (slope(z + _SLOPE_STEP) - slope(z - _SLOPE_STEP)) / (2 * _SLOPE_STEP)
    return torch.where(z.abs() > _SLOPE_STEP, bend, 0.0) if shape.entry.kink else bend
