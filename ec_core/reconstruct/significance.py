"""The smallest network that is not significantly worse, where the answers themselves err.

Answers y = f(x) + e with errors of variance s²: taking a neuron of q parameters away raises the sum
of squares by about s² q if it was superfluous, and by n times what it was worth if it was not. It
goes if  (RSS_smaller - RSS) / s² <= q log n,  the step of the Bayesian information criterion
(Schwarz 1978). A superfluous neuron may look for the errors it fits best, which is worth more than
the q of a fixed one, so that the usual quantiles of the F test would keep too many; how often this
rule errs is measured by ``tests/benchmarks/size_test.py``.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from ec_core.control import Control
from ec_core.events import Event, PruneStep
from ec_core.expand.noise import unfitted
from ec_core.expand.students import initial_theta
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.marks import put_down, taken_up
from ec_core.leastsquares.problem import Problem
from ec_core.leastsquares.stepping import Stepper
from ec_core.networks.forward import forward
from ec_core.networks.parameters import pack, unpack
from ec_core.probing.arithmetic import TYPES
from ec_core.probing.probes import ProbeSet
from ec_core.probing.structure import SUSPICIOUS, SUSPICIOUS_SHORT, fresh_limit, structure
from ec_core.reconstruct.prune import STAGE, Pruned, prune
from ec_core.reconstruct.removal import Removal, rank, remove

_ITERATIONS = 80
_WINDOW, _RESOLUTION = 4, 0.5
"""A fit has ended when it gains less than so many units of the test in so many iterations."""
_CANDIDATES = 4
_MOST, _TWINS = 1e3, 10.0
"""Removals that cost more than so many times the answers' error s², or so many times s, before any
fit, are not tried. Two neurons c1 a(w + d) + c2 a(w - e) in place of one fit errors s by their
second order, c d² ~ s; without one of them it is the first order that is missed until the other is
moved: (c d)² ~ s."""
_NEAR = 2.0
"""A network whose loss is within this factor of the answers' error is at it."""
IMPRECISE = 100.0
"""What float64 arithmetic leaves over is below so many times its floor."""
_GROWN = 3
"""Starts of additional neurons in the search for what a network lacks."""


Number = TypeVar("Number", float, np.ndarray)


@dataclass(frozen=True)
class Errors:
    """The yardstick: answers n = N·K of a problem, and the variance s² of their errors."""

    variance: float
    answers: int

    def worth(self, more: Number, less: Number) -> Number:
        """How far losses ``less`` lie below ``more``, as sums of squares in units of s²."""
        worth: Number = (more - less) * self.answers / self.variance
        return worth

    def bought(self, parameters: int) -> float:
        """What so many parameters must be worth to be kept."""
        return parameters * float(np.log(self.answers))


def converged(problem: Problem, theta: Tensor, errors: Errors, control: Control) -> Pruned:
    """The best of the candidates theta (C, P), fitted until they gain nothing that counts."""
    fitted, loss = fit(problem, theta, errors, control)
    best = int(np.argmin(loss))
    return Pruned(problem, fitted[best : best + 1], float(loss[best]))


def fit(
    problem: Problem, theta: Tensor, errors: Errors, control: Control
) -> tuple[Tensor, np.ndarray]:
    """All candidates theta (C, P) and their losses (C,) once no promising one gains any more."""
    mark = control.marks.open(f"fit to errors {problem.shape} {len(theta)}")
    batch, past = taken_up(mark.values, problem, theta)
    step = Stepper(problem)
    while not mark.done and len(past) <= _ITERATIONS:
        control.take_requests()
        if control.over:
            return batch.theta, past[-1]
        batch = step(batch)
        past.append(batch.loss.cpu().numpy())
        if _settled(past, errors):
            break
        mark.tick(partial(put_down, batch, past))
    mark.end(put_down(batch, past))
    return batch.theta, past[-1]


def _settled(past: list[np.ndarray], errors: Errors) -> bool:
    """Does no promising candidate gain any more? past : losses (C,), the newest last"""
    if len(past) <= _WINDOW + 1:
        return False
    gain = errors.worth(past[-1 - _WINDOW], past[-1])
    # what is far off and slow will not be the best one
    near = past[-1] <= 2.0 * past[-1].min() + errors.variance
    return not ((gain > _RESOLUTION) & near).any() and not _falling(past, errors)


def _falling(past: list[np.ndarray], errors: Errors) -> bool:
    """Is a candidate above the errors losing half of its excess in a window?"""
    before, now = past[-1 - _WINDOW] - errors.variance, past[-1] - errors.variance
    return bool(((now > errors.variance) & (now < 0.5 * before)).any())


def to_size(
    problem: Problem, theta: Tensor, probes: ProbeSet, control: Control, seed: int
) -> Generator[Event, None, Pruned]:
    """Shrink one student theta (1, P) to the size that the answers demand, whether they err or not.

    Yields a PruneStep per attempt. ``exact`` means: at the floor, or at an error of the answers
    that has no structure, also on questions not learnt from, and that more neurons do not lower.
    """
    error, loss = probes.error, float(losses(problem, theta)[0])
    if error is None or loss > _NEAR * error:
        pruned = yield from prune(problem, theta, probes.floor, control)
        if pruned.loss <= IMPRECISE * probes.rounding or control.over:
            return pruned
    else:
        pruned = Pruned(problem, theta, loss)
    if error is None or pruned.loss > _NEAR * error:
        if not at_errors(pruned, probes, seed, control):
            return pruned
        error = variance_of(pruned)
    return (yield from prune_noisy(pruned.problem, pruned.theta, error, control))


def at_errors(pruned: Pruned, probes: ProbeSet, seed: int, control: Control) -> bool:
    """Is what a network leaves over the answers' own error, and nothing else?"""
    problem, shape = pruned.problem, pruned.problem.shape
    x = torch.from_numpy(probes.standard_inputs(probes.x_heldout)).to(problem.x.device)
    y = torch.from_numpy(probes.standard_answers(probes.y_heldout)).to(problem.x.device)
    fresh = (forward(shape, pruned.theta, x)[0] - y).cpu().numpy()
    learnt = (forward(shape, pruned.theta, problem.x)[0] - problem.y).cpu().numpy()
    if np.mean(fresh**2) > fresh_limit(learnt, shape.parameter_count, len(fresh)):
        return False
    inputs = np.concatenate([problem.x.cpu().numpy(), x.cpu().numpy()])
    rows = unpack(shape, pruned.theta).incoming[0, :, :-1].cpu().numpy()
    limit = SUSPICIOUS_SHORT if probes.looks in TYPES else SUSPICIOUS
    if structure(inputs, np.concatenate([learnt, fresh]), rows) > limit:
        return False
    return not lacks_something(pruned, seed, control)


def prune_noisy(
    problem: Problem, theta: Tensor, variance: float, control: Control
) -> Generator[Event, None, Pruned]:
    """Shrink one network theta (1, P) at the answers' error of this variance.

    Yields a PruneStep per attempt; the result is ``exact`` unless the work was ended before. Its
    ``confidence`` is the criterion's own (weights exp(-BIC/2)), against one neuron more or less.
    """
    errors = Errors(variance, problem.y.numel())
    current = converged(problem, theta, errors, control)
    spare = needed = np.inf
    while not current.smallest and not control.over:
        smaller, margin = yield from _bulk(current, errors, control)
        if smaller is None:
            smaller, margin = yield from _single(current, errors, control)
        if smaller is None:
            needed = -margin
            break
        current, spare = smaller, margin
    odds = float(np.exp(-0.5 * max(needed, 0.0)) + np.exp(-0.5 * max(spare, 0.0)))
    return replace(current, exact=not control.over, confidence=1.0 / (1.0 + odds))


def _margin(current: Pruned, smaller: Pruned, errors: Errors) -> float:
    """What the parameters saved may cost, less what their removal did cost: 0 or more to go on."""
    saved = current.problem.shape.parameter_count - smaller.problem.shape.parameter_count
    return errors.bought(saved) - errors.worth(smaller.loss, current.loss)


def _bulk(
    current: Pruned, errors: Errors, control: Control
) -> Generator[Event, None, tuple[Pruned | None, float]]:
    """Remove several neurons that the others can replace; half as many if too much is lost."""
    path: list[tuple[Problem, Tensor]] = []
    problem, theta = current.problem, current.theta
    while max(problem.shape.sizes[1:-1]) > 1:
        cheapest = rank(problem, theta)[0]
        if not cheapest.loss <= current.loss + errors.variance:
            break
        problem, theta = remove(problem, theta, cheapest)
        path.append((problem, theta))
    while len(path) > 1 and not control.over:
        smaller = converged(*path[-1], errors, control)
        margin = _margin(current, smaller, errors)
        reason = f"{len(path)} neurons that the others can replace were removed together"
        yield _step(current, smaller, margin >= 0.0, reason)
        if margin >= 0.0:
            return smaller, margin
        path = path[: len(path) // 2]
    return None, -np.inf


def _single(
    current: Pruned, errors: Errors, control: Control
) -> Generator[Event, None, tuple[Pruned | None, float]]:
    """Remove one neuron: the cheapest few are tried side by side."""
    most = max(_MOST * errors.variance, _TWINS * float(np.sqrt(errors.variance)))
    ranked = [r for r in rank(current.problem, current.theta) if r.loss <= most]
    best, margin = None, -np.inf
    for at in (0, _CANDIDATES):
        for smaller in _fitted(current, ranked[at : at + _CANDIDATES], errors, control):
            if (so_far := _margin(current, smaller, errors)) > margin:
                best, margin = smaller, so_far
        if margin >= 0.0 and best is not None:
            yield _step(current, best, True, "without it nothing is lost that counts")
            return best, margin
    if best is not None:
        yield _step(current, best, False, "every neuron is worth more than chance")
    return None, margin


def _fitted(
    current: Pruned, chosen: list[Removal], errors: Errors, control: Control
) -> list[Pruned]:
    """The best candidate of every layer after its fit, best first; those of a layer as a batch."""
    fitted = []
    by_layer = sorted(chosen, key=lambda removal: removal.layer)
    for _, group in groupby(by_layer, key=lambda removal: removal.layer):
        pairs = [remove(current.problem, current.theta, removal) for removal in group]
        thetas = torch.cat([pair[1] for pair in pairs])
        fitted.append(converged(pairs[0][0], thetas, errors, control))
    return sorted(fitted, key=lambda pruned: pruned.loss)


def _step(current: Pruned, smaller: Pruned, accepted: bool, reason: str) -> PruneStep:
    return PruneStep(STAGE, current.size, smaller.size, smaller.loss, accepted, reason)


def variance_of(pruned: Pruned) -> float:
    """The variance of the errors that a network leaves over."""
    problem = pruned.problem
    return unfitted(pruned.loss, problem.shape.parameter_count, problem.y.numel())


def lacks_something(pruned: Pruned, seed: int, control: Control) -> bool:
    """Would more neurons explain part of what the network leaves over?

    Half as many again in every hidden layer, from several starts. What is noise gains no more than
    chance from them; what an approximation leaves over falls by a factor.
    """
    problem = pruned.problem
    hidden = problem.shape.sizes[1:-1]
    wider = problem.at_size(*(size + max(1, size // 2) for size in hidden))
    theta = torch.cat([_widened(pruned, wider, seed, start) for start in range(_GROWN)])
    errors = Errors(variance_of(pruned), problem.y.numel())
    grown = converged(wider, theta.to(problem.x.device), errors, control)
    more = wider.shape.parameter_count - problem.shape.parameter_count
    return errors.worth(pruned.loss, grown.loss) > 2.0 * errors.bought(more)


def _widened(pruned: Pruned, wider: Problem, seed: int, start: int) -> Tensor:
    """theta (1, P') of a wider network with the same answers: nothing reads what is new yet."""
    old, new = pruned.problem.shape, wider.shape
    blocks = unpack(old, pruned.theta.cpu())
    theta = initial_theta(new, seed, 1, 0, start)
    grown = [block.clone() for block in unpack(new, theta).blocks]
    for layer, (block, was) in enumerate(zip(grown, blocks.blocks, strict=True)):
        rows = was.shape[1]
        block[:, :rows] = 0.0
        for source in new.sources(layer):
            there, here = new.columns(layer, source), old.columns(layer, source)
            block[:, :rows, there.start : there.start + old.sizes[source]] = was[..., here]
        block[:, :rows, new.bias(layer)] = was[..., old.bias(layer)]
    return pack(grown)
