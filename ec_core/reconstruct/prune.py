"""Pruning with verification: find the exact size by removing neurons and fitting again.

From one student, even one that has not converged: remove the neurons whose removal costs least
once the layers above are solved again, refit, keep the smaller network if the loss comes back. Far
above the floor the loss need not come back at once: a student is often stuck *because* of its
superfluous neurons, and falls to the floor when the last of them goes.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from ec_core.control import Control
from ec_core.events import Event, PruneStep
from ec_core.expand.minibatch_adam import shaken
from ec_core.expand.regimes import regime_of
from ec_core.leastsquares.problem import Problem
from ec_core.reconstruct.refit import refit
from ec_core.reconstruct.removal import Removal, rank, remove, settle

STAGE = "reconstruct"
_ITERATIONS = 40
_CANDIDATES = 4
_TOLERATED = 10.0
"""A loss may rise by this factor and still count as having come back."""
_GIVE_UP = 1e-4
"""Above this loss a network explains too little to be worth making smaller."""
_IDLE = 1e-5
"""Above this loss it is not asked which neurons are idle. Without the least of its 64 neurons the
loss of a 32-64-1 g teacher is 5e-4 or more (five seeds)."""
_LOWER = 0.3
"""Out of a dent: a loss lower by this factor, so that trying again comes to an end."""
_FREE = 1e-9
"""Neurons may go together while the loss after solving the layers above stays below this."""


@dataclass(frozen=True)
class Pruned:
    """The network found: theta (1, P) of ``problem``'s shape and its loss.

    ``exact``: the search came to its own end at the floor. ``confidence``: in the size, 0 to 1,
    where the answers' errors leave a doubt (see ``significance``).
    """

    problem: Problem
    theta: Tensor
    loss: float
    exact: bool = False
    confidence: float | None = None

    @property
    def size(self) -> int:
        """Hidden neurons of all layers together."""
        return sum(self.problem.shape.sizes[1:-1])

    @property
    def smallest(self) -> bool:
        return max(self.problem.shape.sizes[1:-1]) == 1


def prune(
    problem: Problem, theta: Tensor, floor: float, control: Control
) -> Generator[Event, None, Pruned]:
    """Shrink one student theta (1, P) to the size that the answers demand.

    Yields a PruneStep per attempt; returns the smallest network at the floor, or, if none got
    there, the one whose neurons are worth their parameters (``_criterion``).
    """
    how = regime_of(problem.shape).pruning
    best = current = approach(problem, theta, floor, control)
    while not current.smallest and not control.over:
        if not how.stuck and current.loss > floor:
            break
        if current.size < best.size and current.loss > how.hopeless:
            break
        smaller = yield from _bulk(current, floor, control)
        if smaller is None:
            smaller = yield from _single(current, floor, control)
        if smaller is None:
            smaller = _out_of_dents(current, floor, control)
        if smaller is None:
            break
        current = smaller
        missed = min(current.loss, best.loss) > floor
        if current.loss <= floor or (missed and _criterion(current) <= _criterion(best)):
            best = current
    done = best.loss <= floor and not control.over
    return replace(best, exact=done)


def _criterion(pruned: Pruned) -> float:
    """n log(loss) + P log n, to be low, for P parameters and n answers (Schwarz 1978).

    What errors are left over is not known here. The lowest loss alone would go to the network that
    fits most of them, which is wrong wherever it was not asked.
    """
    answers = pruned.problem.y.numel()
    missed = float(answers * np.log(max(pruned.loss, 1e-300)))
    return missed + pruned.problem.shape.parameter_count * float(np.log(answers))


def approach(problem: Problem, theta: Tensor, floor: float, control: Control) -> Pruned:
    """One student theta (1, P), as near to the floor as it gets at its own size."""
    current = Pruned(problem, *settle(problem, theta))
    fitted = refit(problem, theta, _ITERATIONS, floor, control, floor)
    if fitted.loss[0] < current.loss:
        current = Pruned(problem, fitted.theta, float(fitted.loss[0]))
    return _out_of_dents(current, floor, control) or current


def without_idle(problem: Problem, theta: Tensor) -> Pruned:
    """The network theta (1, P) without the neurons that it does as well without, to a factor.

    Not where so much is missing that everything else seems idle beside it.
    """
    current = Pruned(problem, *settle(problem, theta))
    path = _free_path(current, _TOLERATED * current.loss) if current.loss <= _IDLE else []
    return Pruned(*path[-1], current.loss) if path else current


def _out_of_dents(current: Pruned, floor: float, control: Control) -> Pruned | None:
    """The same size with a lower loss, where steps on small batches lead out of a dent."""
    shakes = regime_of(current.problem.shape).pruning.shakes
    if current.loss <= floor or control.over or shakes is None:
        return None
    problem = current.problem
    theta = shaken(problem, current.theta, current.size, shakes, control)
    fitted = refit(problem, theta, _ITERATIONS, floor, control, floor)
    loss = float(fitted.loss[0])
    return Pruned(problem, fitted.theta, loss) if loss < _LOWER * current.loss else None


def _free_path(
    current: Pruned, limit: float, control: Control | None = None
) -> list[tuple[Problem, Tensor]]:
    """Ever smaller networks, one neuron less each, while the loss without refit stays low."""
    problem, theta = current.problem, current.theta
    path: list[tuple[Problem, Tensor]] = []
    while max(problem.shape.sizes[1:-1]) > 1 and not (control and control.over):
        cheapest = rank(problem, theta)[0]
        if not cheapest.loss <= limit:
            break
        problem, theta = remove(problem, theta, cheapest)
        path.append((problem, theta))
    return path


def _bulk(current: Pruned, floor: float, control: Control) -> Generator[Event, None, Pruned | None]:
    """Remove many replaceable neurons at once; half as many if the loss does not come back."""
    path = _free_path(current, max(_FREE, _TOLERATED * current.loss), control)
    goal = max(floor, current.loss)
    while len(path) > 1:
        smaller, theta = path[-1]
        fitted = refit(smaller, theta, _ITERATIONS, goal, control, floor)
        pruned = Pruned(smaller, fitted.theta, float(fitted.loss[0]))
        accepted = pruned.loss <= max(floor, _TOLERATED * current.loss)
        yield PruneStep(
            STAGE,
            current.size,
            pruned.size,
            pruned.loss,
            accepted,
            f"{len(path)} neurons that the others can replace were removed together",
        )
        if accepted:
            return pruned
        path = path[: len(path) // 2]
        if control.over:
            return None
    return None


def _single(
    current: Pruned, floor: float, control: Control
) -> Generator[Event, None, Pruned | None]:
    """Remove one neuron: the cheapest few are tried side by side."""
    ranked = rank(current.problem, current.theta)
    exact = current.loss <= floor
    how = regime_of(current.problem.shape).pruning
    needed = max(how.needed, how.needed_floors * floor)
    tried = [r for r in ranked if r.loss <= needed][: 2 * _CANDIDATES] if exact else ranked
    lowest = ranked[0].loss if not tried else float("inf")
    for chosen in (tried[:_CANDIDATES], tried[_CANDIDATES:] if exact else []):
        smaller = _best_of(current, chosen, floor, control)
        if smaller is None:
            continue
        lowest = min(lowest, smaller.loss)
        back = max(floor, _TOLERATED * current.loss)
        if smaller.loss <= (back if exact else max(back, _GIVE_UP)):
            reason = "the loss came back"
            if smaller.loss > back:
                reason = "the loss rose, but nothing is lost above the floor"
            yield PruneStep(STAGE, current.size, smaller.size, smaller.loss, True, reason)
            return smaller
        if control.over:
            break
    yield PruneStep(STAGE, current.size, current.size - 1, lowest, False, "no neuron can be spared")
    return None


def _best_of(
    current: Pruned, chosen: list[Removal], floor: float, control: Control
) -> Pruned | None:
    """The candidate with the lowest loss after a refit; those of one layer share a batch."""
    goal = max(floor, current.loss)
    best: Pruned | None = None
    by_layer = sorted(chosen, key=lambda removal: removal.layer)
    for _, group in groupby(by_layer, key=lambda removal: removal.layer):
        pairs = [remove(current.problem, current.theta, removal) for removal in group]
        smaller, theta = pairs[0][0], torch.cat([pair[1] for pair in pairs])
        fitted = refit(smaller, theta, _ITERATIONS, goal, control, floor)
        place = int(np.argmin(fitted.loss))
        loss = float(fitted.loss[place])
        if best is None or loss < best.loss:
            best = Pruned(smaller, fitted.theta[place : place + 1], loss)
    return best
