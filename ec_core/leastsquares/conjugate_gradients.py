"""Preconditioned conjugate gradients for a batch of positive definite systems, one per student.

Hestenes & Stiefel (1952). Ended early, the result is still a descent direction: every iterate
from zero lowers the quadratic model further (Steihaug 1983, theorem 2.1).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_LOOK = 8
"""Iterations between two looks at whether all systems are done: each look waits for the device."""


def solve(
    product: Callable[[Tensor], Tensor],
    precondition: Callable[[Tensor], Tensor],
    target: Tensor,
    tolerance: Tensor,
    limit: int,
) -> tuple[Tensor, Tensor]:
    """x (S, P) with M x ≈ target (S, P), and what is left, target - M x (S, P).

    product : v (S, P) → M v; precondition : an approximate inverse of M
    tolerance : (S,) share of the target, in the preconditioner's norm, that may be left
    limit : iterations at most; systems that are done stand still while others go on

    >>> diagonal = torch.tensor([[1.0, 4.0]])
    >>> solve(lambda v: diagonal * v, lambda v: v, torch.ones(1, 2), torch.zeros(1), 5)[0].tolist()
    [[1.0, 0.25]]
    """
    x, left = torch.zeros_like(target), target.clone()
    z = precondition(left)
    direction, size = z, (left * z).sum(dim=1)
    goal = tolerance.square() * size
    for iteration in range(limit):
        going = size > goal
        if iteration % _LOOK == 0 and not bool(going.any()):
            break
        moved = product(direction)
        bend = (direction * moved).sum(dim=1)
        going = going & (bend > 0)
        step = torch.where(going, size / bend, 0.0)[:, None]
        x, left = x + step * direction, left - step * moved
        z = precondition(left)
        before, after = size, (left * z).sum(dim=1)
        turn = torch.where(going, after / before, 0.0)[:, None]
        direction = torch.where(going[:, None], z + turn * direction, direction)
        size = torch.where(going, after, size)
    return x, left
