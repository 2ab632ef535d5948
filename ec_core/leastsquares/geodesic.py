"""How the answers bend along a step, pulled back to the weights: for geodesic acceleration.

Axes: S students, N probes, K outputs, P parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward_pass, second_jvp, vjp
from ec_core.networks.parameters import pack, unpack

_SLOPE_STEP = 1e-4
"""Step of the central difference of s' that stands for s'': accurate to 1e-8, enough here."""


def bending(problem: Problem, theta: Tensor, step: Tensor) -> Tensor:
    """J'f''/n (S, P), f'' the second derivative of the answers along ``step`` (S, P).

    By Taylor arithmetic, not by differences of answers, which would drown in rounding near the
    floor.
    """
    shape = problem.shape
    layers, moves = unpack(shape, theta), unpack(shape, step)
    gradient = [torch.zeros_like(block) for block in layers.blocks]
    for x, _ in problem.chunks(len(theta), 8 * max(shape.sizes)):
        passed = forward_pass(shape, layers, x)
        bends = [_bend(shape, z) for z in passed.z]
        second = second_jvp(shape, layers, moves, passed, bends)
        for total, part in zip(gradient, vjp(shape, layers, passed, second), strict=True):
            total += part
    return pack(gradient) / problem.y.numel()


def _bend(shape: Architecture, z: Tensor) -> Tensor:
    """s''(z), zero at a kink: the spike there means nothing for a finite step."""
    slope = shape.entry.derivative
    bend = (slope(z + _SLOPE_STEP) - slope(z - _SLOPE_STEP)) / (2 * _SLOPE_STEP)
    for kink in shape.entry.kinks:
        bend = torch.where((z - kink).abs() > _SLOPE_STEP, bend, 0.0)
    return bend
