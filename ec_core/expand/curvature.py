"""Loss, gradient, Gauss-Newton matrix and bending of a batch of students.

With r = f(x) - y (standardised), loss = mean r². For one hidden layer the Jacobian has structure:
Z = s'(z) ⊗ (x, 1) and phi = (s(z), 1, x) do not depend on the output, so one product M'M with
M = [Z, phi] serves every output:

    incoming × incoming   (Z'Z) ∘ (A'A ⊗ 1)
    incoming × outgoing   A_kh · (Z'phi)
    outgoing × outgoing   I_K ⊗ (phi'phi)

Its cost does not grow with K. Deeper networks form J chunk by chunk. Axes: S students, N probes,
D inputs, H hidden, K outputs, P parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.expand.backward import pull, rows, run, second_derivative
from ec_core.expand.problem import Problem
from ec_core.networks.mlp import Architecture, forward, pack, unpack

_SLOPE_STEP = 1e-4
"""Step of the central difference of s' that stands for s'': accurate to 1e-8, enough here."""

_BLOCK = 384
"""Columns of M handled at once in M'M, so that only the upper half is computed."""


def losses(problem: Problem, theta: Tensor) -> Tensor:
    """Mean squared error (S,) of students theta (S, P)."""
    total = torch.zeros(len(theta), dtype=theta.dtype, device=theta.device)
    size = problem.chunk(len(theta), 3 * max(problem.shape.sizes))
    for x, y in zip(problem.x.split(size), problem.y.split(size), strict=True):
        total += (forward(problem.shape, theta, x) - y).square().sum(dim=(1, 2))
    return total / problem.y.numel()


def _add_gram(total: Tensor, m: Tensor) -> None:
    """total (S, C, C) += m'm for m (S, n, C); of large matrices only the upper half."""
    width = m.shape[-1]
    if width <= 2 * _BLOCK:
        total.baddbmm_(m.transpose(1, 2), m)
        return
    for at in range(0, width, _BLOCK):
        left = m[..., at : at + _BLOCK].transpose(1, 2)
        total[:, at : at + _BLOCK, at:].baddbmm_(left, m[..., at:])


def _mirror(total: Tensor) -> None:
    """Fill the lower half of what ``_add_gram`` left out."""
    width = total.shape[-1]
    if width <= 2 * _BLOCK:
        return
    for at in range(_BLOCK, width, _BLOCK):
        total[:, at : at + _BLOCK, :at] = total[:, :at, at : at + _BLOCK].transpose(1, 2)


def normal_equations(problem: Problem, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gauss-Newton matrix J'J/n (S, P, P), gradient J'r/n (S, P) and loss (S,), n = N·K.

    J is the Jacobian of the answers with respect to theta (S, P); the gradient is that of half
    the loss.
    """
    shape = problem.shape
    shallow = len(shape.sizes) == 3
    columns = shape.shapes[0][0] * shape.shapes[0][1] + shape.shapes[1][1]
    width = columns if shallow else shape.parameter_count * shape.sizes[-1]
    layers = unpack(shape, theta)
    students = len(theta)
    gram_size = columns if shallow else shape.parameter_count
    gram = theta.new_zeros(students, gram_size, gram_size)
    gradient = [torch.zeros_like(block) for block in layers.blocks]
    loss = theta.new_zeros(students)
    size = problem.chunk(students, 2 * width)
    for x, y in zip(problem.x.split(size), problem.y.split(size), strict=True):
        passed = run(shape, layers, x)
        r = passed.answers - y
        loss += r.square().sum(dim=(1, 2))
        for total, part in zip(gradient, pull(shape, layers, passed, r), strict=True):
            total += part
        if shallow:
            z = passed.slopes[0].unsqueeze(-1) * passed.phi[0][None, :, None, :]
            _add_gram(gram, torch.cat([z.flatten(2), passed.phi[1]], dim=2))
        else:
            _add_gram(gram, rows(shape, layers, passed))
    _mirror(gram)
    matrix = _assemble(shape, gram, layers.outgoing) if shallow else gram
    count = problem.y.numel()
    return matrix.div_(count), pack(gradient).div_(count), loss / count


def _assemble(shape: Architecture, gram: Tensor, a: Tensor) -> Tensor:
    """The full matrix (S, P, P) from M'M (S, C, C) and outgoing weights a (S, K, H)."""
    students, outputs, _ = a.shape
    by_neuron = shape.shapes[0]
    incoming, features = by_neuron[0] * by_neuron[1], shape.shapes[1][1]
    matrix = gram.new_zeros(students, shape.parameter_count, shape.parameter_count)
    coupling = torch.matmul(a.transpose(1, 2), a)  # (S, H, H)
    torch.mul(
        gram[:, :incoming, :incoming].unflatten(2, by_neuron).unflatten(1, by_neuron),
        coupling[:, :, None, :, None],
        out=matrix[:, :incoming, :incoming].unflatten(2, by_neuron).unflatten(1, by_neuron),
    )
    cross = gram[:, :incoming, incoming:].unflatten(1, by_neuron)
    for k in range(outputs):
        span = slice(incoming + k * features, incoming + (k + 1) * features)
        block = (cross * a[:, k, :, None, None]).flatten(1, 2)
        matrix[:, :incoming, span] = block
        matrix[:, span, :incoming] = block.transpose(1, 2)
        matrix[:, span, span] = gram[:, incoming:, incoming:]
    return matrix


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
