"""Pruning with verification: find the exact size by removing neurons and fitting again.

From one student, even one that has not converged: remove the neurons whose removal costs least
once the last layer is solved again, refit, keep the smaller network if the loss comes back. Far
above the floor the loss need not come back at once: a student is often stuck *because* of its
superfluous neurons, and falls to the floor when the last of them goes.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ec_core.control import Control
from ec_core.events import Event, PruneStep
from ec_core.expand.problem import Problem
from ec_core.networks.mlp import unpack
from ec_core.reconstruct.output_layer import solve_output
from ec_core.reconstruct.refit import refit

STAGE = "reconstruct"
_ITERATIONS = 40
_CANDIDATES = 4
_TOLERATED = 10.0
"""A loss may rise by this factor and still count as having come back."""
_GIVE_UP = 1e-4
"""Above this loss a network explains too little to be worth making smaller."""
_NEEDED = 1e-3
"""At the floor: a neuron whose removal alone raises the loss beyond this is not tried."""
_FREE = 1e-9
"""Neurons may go together while the loss after solving the last layer stays below this."""


@dataclass(frozen=True)
class Pruned:
    """The network found: theta (1, P) with H hidden neurons, its loss, and whether the search
    came to its own end at the floor (``exact``).
    """

    problem: Problem
    theta: Tensor
    loss: float
    exact: bool

    @property
    def size(self) -> int:
        return self.problem.shape.sizes[1]


def _incoming(problem: Problem, theta: Tensor) -> Tensor:
    return unpack(problem.shape, theta).incoming[0]


def _removable_together(problem: Problem, incoming: Tensor, limit: float) -> list[int]:
    """Neurons to remove at once, cheapest first, while the loss without refit stays low."""
    left = list(range(len(incoming)))
    gone: list[int] = []
    while len(left) > 1:
        solved = solve_output(problem.at_size(len(left)), incoming[left])
        place = int(torch.argmin(solved.cost))
        if solved.loss + float(solved.cost[place]) > limit:
            break
        gone.append(left.pop(place))
    return gone


def _without(problem: Problem, incoming: Tensor, gone: list[int]) -> tuple[Problem, Tensor]:
    keep = [j for j in range(len(incoming)) if j not in set(gone)]
    smaller = problem.at_size(len(keep))
    return smaller, solve_output(smaller, incoming[keep]).theta


def prune(
    problem: Problem, theta: Tensor, floor: float, control: Control
) -> Generator[Event, None, Pruned]:
    """Shrink one student theta (1, P) to the size that the answers demand.

    Yields a PruneStep per attempt; returns the smallest network at the floor, or, if none got
    there, the one with the lowest loss.
    """
    first = solve_output(problem, _incoming(problem, theta))
    current = Pruned(problem, first.theta, first.loss, False)
    fitted = refit(problem, theta, _ITERATIONS, floor, control, floor)
    if fitted.loss[0] < current.loss:
        current = Pruned(problem, fitted.theta, float(fitted.loss[0]), False)
    best = current
    while current.size > 1 and not control.over:
        smaller = yield from _bulk(current, floor, control)
        if smaller is None:
            smaller = yield from _single(current, floor, control)
        if smaller is None:
            break
        current = smaller
        if current.loss <= max(floor, best.loss):
            best = current
    done = best.loss <= floor and not control.over
    return Pruned(best.problem, best.theta, best.loss, done)


def _bulk(current: Pruned, floor: float, control: Control) -> Generator[Event, None, Pruned | None]:
    """Remove many replaceable neurons at once; half as many if the loss does not come back."""
    incoming = _incoming(current.problem, current.theta)
    limit = max(_FREE, _TOLERATED * current.loss)
    gone = _removable_together(current.problem, incoming, limit)
    goal = max(floor, current.loss)
    while len(gone) > 1:
        smaller, theta = _without(current.problem, incoming, gone)
        fitted = refit(smaller, theta, _ITERATIONS, goal, control, floor)
        loss = float(fitted.loss[0])
        accepted = loss <= max(floor, _TOLERATED * current.loss)
        size = smaller.shape.sizes[1]
        yield PruneStep(
            STAGE,
            current.size,
            size,
            loss,
            accepted,
            f"{len(gone)} neurons that the others can replace were removed together",
        )
        if accepted:
            return Pruned(smaller, fitted.theta, loss, False)
        gone = gone[: len(gone) // 2]
        if control.over:
            return None
    return None


def _single(
    current: Pruned, floor: float, control: Control
) -> Generator[Event, None, Pruned | None]:
    """Remove one neuron: the cheapest few are tried side by side."""
    incoming = _incoming(current.problem, current.theta)
    cost = solve_output(current.problem, incoming).cost.cpu().numpy()
    order = np.argsort(cost, kind="stable")
    exact = current.loss <= floor
    if exact:
        order = order[cost[order] <= _NEEDED]
    refused = float("inf")
    for at in range(0, len(order), _CANDIDATES):
        chosen = order[at : at + _CANDIDATES]
        pairs = [_without(current.problem, incoming, [int(j)]) for j in chosen]
        smaller = pairs[0][0]
        theta = torch.cat([pair[1] for pair in pairs])
        goal = max(floor, current.loss)
        fitted = refit(smaller, theta, _ITERATIONS, goal, control, floor)
        place = int(np.argmin(fitted.loss))
        loss = float(fitted.loss[place])
        limit = max(floor, _TOLERATED * current.loss) if exact else _GIVE_UP
        accepted = loss <= limit
        refused = min(refused, loss)
        if accepted:
            yield PruneStep(
                STAGE,
                current.size,
                current.size - 1,
                loss,
                True,
                "the loss came back"
                if loss <= _TOLERATED * current.loss or loss <= floor
                else "the loss rose, but nothing is lost above the floor",
            )
            return Pruned(smaller, fitted.theta[place : place + 1], loss, False)
        if not exact or control.over or at + _CANDIDATES >= 2 * _CANDIDATES:
            break
    lowest = refused if np.isfinite(refused) else current.loss + float(cost.min())
    yield PruneStep(STAGE, current.size, current.size - 1, lowest, False, "no neuron can be spared")
    return None
