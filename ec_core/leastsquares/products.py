"""Gauss-Newton products J'(Jv)/n of a batch of students, without ever forming J'J or J.

Jv carries tangents forward through the layers, J'u pulls them back (``vjp``); both in
chunks of probes and for all students at once. Cost: about two forward and backward passes per
product, whatever the number of parameters. Axes: S students, N probes, K outputs, P parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ec_core.devices import memory_bound
from ec_core.leastsquares.problem import Problem
from ec_core.networks.forward import Pass, forward_pass, jvp, vjp
from ec_core.networks.parameters import pack, unpack

_KEPT_SHARE = 0.25
"""Of the memory bound, for forward passes kept between products; larger ones are done again."""


@dataclass(frozen=True)
class Linearised:
    """The students theta (S, P) of a problem, ready for products; forward passes where kept."""

    problem: Problem
    theta: Tensor
    passes: tuple[Pass, ...] = ()

    def chunks(self) -> Iterator[tuple[Pass, Tensor]]:
        """One forward pass and the answers expected, chunk after chunk of probes."""
        problem, shape = self.problem, self.problem.shape
        layers = unpack(shape, self.theta)
        # z, s', phi and the tangents that pass through them
        for i, (x, y) in enumerate(problem.chunks(len(self.theta), 5 * sum(shape.sizes))):
            yield self.passes[i] if self.passes else forward_pass(shape, layers, x), y


def _pass_bytes(problem: Problem, students: int) -> int:
    shape = problem.shape
    per_probe = sum(size for size in shape.sizes[1:])
    per_probe += sum(shape.features(layer) for layer in range(1, len(shape.sizes) - 1))
    return 8 * students * len(problem.x) * per_probe


def linearise(problem: Problem, theta: Tensor) -> tuple[Linearised, Tensor, Tensor]:
    """Students theta (S, P) ready for products, the gradient J'r/n (S, P) and the loss (S,)."""
    layers = unpack(problem.shape, theta)
    keep = _pass_bytes(problem, len(theta)) <= _KEPT_SHARE * memory_bound(theta.device)
    kept: list[Pass] = []
    gradient = [torch.zeros_like(block) for block in layers.blocks]
    loss = theta.new_zeros(len(theta))
    for passed, y in Linearised(problem, theta).chunks():
        r = passed.answers - y
        loss += r.square().sum(dim=(1, 2))
        for total, part in zip(gradient, vjp(problem.shape, layers, passed, r), strict=True):
            total += part
        if keep:
            kept.append(replace(passed, z=()))
    count = problem.y.numel()
    ready = Linearised(problem, theta, tuple(kept))
    return ready, pack(gradient) / count, loss / count


def product(at: Linearised, v: Tensor) -> Tensor:
    """J'(Jv)/n (S, P) for v (S, P), one vector per student."""
    shape = at.problem.shape
    layers, moves = unpack(shape, at.theta), unpack(shape, v)
    total = [torch.zeros_like(block) for block in layers.blocks]
    for passed, _ in at.chunks():
        pulled = vjp(shape, layers, passed, jvp(shape, layers, moves, passed))
        for block, part in zip(total, pulled, strict=True):
            block += part
    return pack(total) / at.problem.y.numel()
