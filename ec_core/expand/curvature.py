"""Loss, gradient and Gauss-Newton matrix of a batch of students with one hidden layer.

With r = f(x) - y (standardised), loss = mean r². For one hidden layer the Jacobian has structure:
Z = s'(z) ⊗ (x, 1) and phi = (s(z), 1, x) do not depend on the output, so one product M'M with
M = [Z, phi] serves every output:

    incoming × incoming   (Z'Z) ∘ (A'A ⊗ 1)
    incoming × outgoing   A_kh · (Z'phi)
    outgoing × outgoing   I_K ⊗ (phi'phi)

Its cost does not grow with K. Axes: S students, N probes, D inputs, H hidden, K outputs.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.expand.problem import Problem
from ec_core.networks.mlp import Architecture, forward, unpack

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
    """total (S, P, P) += m'm for m (S, n, P); of large matrices only the upper half."""
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
    students, outputs = len(theta), shape.sizes[-1]
    layers = unpack(shape, theta)
    w, a = layers.incoming, layers.outgoing
    hidden, inputs1 = w.shape[1], w.shape[2]
    incoming = hidden * inputs1
    features = hidden + 1 + (inputs1 - 1 if shape.skip else 0)
    columns = incoming + features
    gram = theta.new_zeros(students, columns, columns)
    gradient_w = theta.new_zeros(students, hidden, inputs1)
    gradient_f = theta.new_zeros(students, outputs, features)
    loss = theta.new_zeros(students)
    outer = layers.blocks[-1]
    if layers.skip is not None:
        outer = torch.cat([outer, layers.skip], dim=2)  # (S, K, F), in the order of phi
    size = problem.chunk(students, 2 * columns)
    for x, y in zip(problem.x.split(size), problem.y.split(size), strict=True):
        ones = x.new_ones(len(x), 1)
        x1 = torch.cat([x, ones], dim=1)
        z = torch.matmul(x1, w.transpose(1, 2))
        m = theta.new_empty(students, len(x), columns)
        slope = shape.entry.derivative(z)
        torch.mul(
            slope.unsqueeze(-1),
            x1[None, :, None, :],
            out=m[..., :incoming].unflatten(-1, (hidden, inputs1)),
        )
        phi = m[..., incoming:]
        phi[..., :hidden] = shape.entry.function(z)
        phi[..., hidden] = 1.0
        if shape.skip:
            phi[..., hidden + 1 :] = x
        r = torch.matmul(phi, outer.transpose(1, 2)) - y
        loss += r.square().sum(dim=(1, 2))
        _add_gram(gram, m)
        gradient_f += torch.matmul(r.transpose(1, 2), phi)
        pulled = torch.matmul(r, a) * slope  # (S, n, H)
        gradient_w += torch.matmul(pulled.transpose(1, 2), x1)
    _mirror(gram)
    count = problem.y.numel()
    matrix = _assemble(shape, gram, a, incoming)
    gradient = torch.cat([gradient_w.flatten(1), *_split_outer(shape, gradient_f)], dim=1)
    return matrix.div_(count), gradient.div_(count), loss / count


def bending(problem: Problem, theta: Tensor, step: Tensor) -> Tensor:
    """J'f''/n (S, P), f'' the second derivative of the answers along ``step`` (S, P).

    For one hidden layer f'' = A (s''(z) dz²) + 2 dA (s'(z) dz), with dz and dA the step's part in
    the pre-activations and in the outgoing weights: exact where a difference of answers would
    drown in rounding near the floor.
    """
    shape = problem.shape
    layers, moves = unpack(shape, theta), unpack(shape, step)
    w, a, dw, da = layers.incoming, layers.outgoing, moves.incoming, moves.outgoing
    students, hidden = w.shape[:2]
    inputs = w.shape[2] - 1
    features = hidden + 1 + (inputs if shape.skip else 0)
    gradient_w = torch.zeros_like(w)
    gradient_f = theta.new_zeros(students, a.shape[1], features)
    s, slope_of = shape.entry.function, shape.entry.derivative
    for x in problem.x.split(problem.chunk(students, 8 * hidden)):
        x1 = torch.cat([x, x.new_ones(len(x), 1)], dim=1)
        z, dz = torch.matmul(x1, w.transpose(1, 2)), torch.matmul(x1, dw.transpose(1, 2))
        slope = slope_of(z)
        bend = (slope_of(z + _SLOPE_STEP) - slope_of(z - _SLOPE_STEP)) / (2 * _SLOPE_STEP)
        if shape.entry.kink:
            # at the kink s'' is a spike that means nothing for a finite step
            bend = torch.where(z.abs() > _SLOPE_STEP, bend, 0.0)
        second = torch.matmul(bend * dz.square(), a.transpose(1, 2))
        second += 2 * torch.matmul(slope * dz, da.transpose(1, 2))
        gradient_w += torch.matmul((torch.matmul(second, a) * slope).transpose(1, 2), x1)
        fixed = torch.cat([x1[:, -1:], x], dim=1) if shape.skip else x1[:, -1:]
        phi = torch.cat([s(z), fixed.expand(students, -1, -1)], dim=2)
        gradient_f += torch.matmul(second.transpose(1, 2), phi)
    gradient = torch.cat([gradient_w.flatten(1), *_split_outer(shape, gradient_f)], dim=1)
    return gradient / problem.y.numel()


def _split_outer(shape: Architecture, outer: Tensor) -> list[Tensor]:
    """(S, K, F) into the blocks of theta's order: last layer (S, K·(H+1)), then skip (S, K·D)."""
    hidden1 = shape.sizes[-2] + 1
    parts = [outer[..., :hidden1].flatten(1)]
    if shape.skip:
        parts.append(outer[..., hidden1:].flatten(1))
    return parts


def _assemble(shape: Architecture, gram: Tensor, a: Tensor, incoming: int) -> Tensor:
    """The full matrix (S, P, P) from M'M (S, C, C) and outgoing weights a (S, K, H)."""
    students, outputs, hidden = a.shape
    inputs1, hidden1 = shape.sizes[0] + 1, hidden + 1
    matrix = gram.new_zeros(students, shape.parameter_count, shape.parameter_count)
    coupling = torch.matmul(a.transpose(1, 2), a)  # (S, H, H)
    by_neuron = (hidden, inputs1)
    torch.mul(
        gram[:, :incoming, :incoming].unflatten(2, by_neuron).unflatten(1, by_neuron),
        coupling[:, :, None, :, None],
        out=matrix[:, :incoming, :incoming].unflatten(2, by_neuron).unflatten(1, by_neuron),
    )
    cross = gram[:, :incoming, incoming:].unflatten(1, (hidden, inputs1))
    inner = gram[:, incoming:, incoming:]
    end = incoming + outputs * hidden1
    width = shape.sizes[0]
    for k in range(outputs):
        spans = [(incoming + k * hidden1, incoming + (k + 1) * hidden1, slice(0, hidden1))]
        if shape.skip:
            spans.append((end + k * width, end + (k + 1) * width, slice(hidden1, hidden1 + width)))
        for low, high, rows in spans:
            block = (cross[..., rows] * a[:, k, :, None, None]).flatten(1, 2)
            matrix[:, :incoming, low:high] = block
            matrix[:, low:high, :incoming] = block.transpose(1, 2)
            for low2, high2, rows2 in spans:
                matrix[:, low:high, low2:high2] = inner[:, rows, rows2]
    return matrix
