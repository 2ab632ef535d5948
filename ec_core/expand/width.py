"""How wide must students be? Double until most of a few converge in a short run."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from ec_core.control import Control
from ec_core.events import CONVERGED, TRAINING, Event, Note, TrainingProgress, WidthTried
from ec_core.expand.config import ExpandConfig
from ec_core.expand.minibatch_adam import fresh_students
from ec_core.expand.noise import common_error, ending_alike
from ec_core.expand.regimes import regime_of
from ec_core.expand.students import initial_theta
from ec_core.leastsquares.levenberg_marquardt import Batch
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.marks import put_down, taken_up
from ec_core.leastsquares.memory import fits_densely
from ec_core.leastsquares.problem import Problem
from ec_core.leastsquares.stepping import Stepper

STAGE = "expand"
_ITERATIONS = 40
_CONVERGED = 1e-6
"""Loss that counts as "on its way down": too narrow students stay orders of magnitude above."""
_HOPELESS_AFTER, _HOPELESS = 20, 1e-3
"""A width whose median student is above this loss after so many iterations is too narrow."""
_LOST = 1e-2
"""Deep students often stay stuck at any width, and are helped layer by layer: there a short run is
not worth waiting for whose best student is above this loss."""
_WIDEST = 1024
_SAME = 0.9
"""A width twice as large that leaves this share of what the last one left has gained nothing."""
_LEARNT_BY_HEART = 2.0
"""Students that miss other questions by so much more than those they learn from fit errors, or know
too few answers; wider ones would do more of it."""


@dataclass(frozen=True)
class WidthFound:
    """The width, and the few students that showed it, to go on with: their state and history."""

    width: int
    batch: Batch
    history: tuple[np.ndarray, ...]


def could_interpolate(problem: Problem) -> bool:
    """Have students more parameters than there are answers?

    Up to that many they help. Of ten 4-4-1 g teachers asked 75 and 100 questions, a fifth of them
    held out, all were recovered; six and five where students could have half as many parameters
    (``tests/benchmarks/few_probes.py``). What students make of it is checked in the end.
    """
    return problem.shape.parameter_count > problem.y.numel()


def find_width(
    make: Callable[[int], Problem], floor: float, config: ExpandConfig, control: Control
) -> Generator[Event, None, WidthFound]:
    """The first of 2, 4, 8, … hidden neurons at which most students of a short run get there.

    The regime may begin with wider ones, where every width takes long; what is too wide is pruned.

    make : builds the training problem for a width. Ends early at the width beyond which students
    could interpolate, or whose matrix does not fit into memory.
    """
    width = regime_of(make(2).shape).search.first
    error: float | None = None
    unseen = np.inf
    while True:
        problem = make(width)
        tried, arrived = yield from _short_run(problem, width, floor, config, control)
        # wider students that leave as much over, without structure: it is the answers' own error
        before, error = error, _left_over(problem, tried)
        if before is not None and error is not None and error > _SAME * before:
            arrived = len(tried.batch.loss)
        students = len(tried.batch.loss)
        best = float(tried.batch.loss.min())
        if config.hidden_layers > 1:
            last, unseen = unseen, _unseen(problem, tried)
            if best <= _LOST and unseen > max(_SAME * last, _LEARNT_BY_HEART * best):
                arrived = students
        promising = best <= regime_of(problem.shape).search.promising
        enough = 2 * arrived > students or promising
        yield WidthTried(STAGE, width, arrived, students, best, enough, config.hidden(width))
        if enough or control.over:
            return tried
        wider = make(2 * width)
        if could_interpolate(wider):
            yield Note(
                STAGE,
                f"Stopped at width {width}: twice as wide students would have "
                f"{wider.shape.parameter_count:,} parameters for {wider.y.numel():,} answers, "
                "and could interpolate; more probes allow wider students.",
                warning=True,
            )
            return tried
        if 2 * width > _WIDEST or not fits_densely(wider.shape, wider.x.device):
            yield Note(STAGE, f"Stopped at width {width}, the widest that fits.", warning=True)
            return tried
        width *= 2


def _left_over(problem: Problem, tried: WidthFound) -> float | None:
    """The answers' error if the students of a short run ended alike at what looks like one."""
    if len(tried.history) == 0:
        return None
    alike = ending_alike(tried.history, np.full(len(tried.batch.loss), len(tried.history)))
    if not alike.any():
        return None
    rows = torch.from_numpy(np.flatnonzero(alike)).to(tried.batch.theta.device)
    return common_error(problem.thinned(), tried.batch.theta[rows])


def _unseen(problem: Problem, tried: WidthFound) -> float:
    """The lowest loss of the students on what they did not learn from; 0 if that is nothing."""
    learnt = problem.thinned()
    more = len(problem.x) - len(learnt.x)
    if more == 0:
        return 0.0
    whole = len(problem.x) * losses(problem, tried.batch.theta)
    return float((whole - len(learnt.x) * losses(learnt, tried.batch.theta)).min()) / more


def _short_run(
    problem: Problem, width: int, floor: float, config: ExpandConfig, control: Control
) -> Generator[Event, None, tuple[WidthFound, int]]:
    """A few students for a few iterations, and how many of them got there."""
    regime = regime_of(problem.shape)
    small, students = regime.small_steps, min(regime.search.students, config.students)
    whole = small is not None and small.whole
    goal = max(_CONVERGED, 10 * floor)
    theta = initial_theta(problem.shape, config.seed, students).to(problem.x.device)
    warming = fresh_students(problem, config.seed, students, marks=control.marks)
    for block, (moved, blurred) in enumerate(warming, 1):
        theta = moved
        yield _progress(problem, block, blurred.cpu().numpy(), goal)
        control.take_requests()
        if control.over:
            break
    problem = problem.thinned()
    mark = control.marks.open(f"short run {problem.shape} {len(theta)}")
    batch, past = taken_up(mark.values, problem, theta)
    step, loss = Stepper(problem), past[0]
    for iteration in range(0 if whole else _ITERATIONS):
        if iteration + 1 == len(past):
            control.take_requests()
            if control.over:
                break
            batch = step(batch)
            past.append(batch.loss.cpu().numpy())
            mark.tick(partial(put_down, batch, past))
        loss = past[iteration + 1]
        yield _progress(problem, iteration + 1, loss, goal)
        deep = config.hidden_layers > 1
        slow = loss.min() > _LOST if deep else np.median(loss) > _HOPELESS
        hopeless = iteration >= _HOPELESS_AFTER and slow
        if 2 * int((loss <= goal).sum()) > students or hopeless:
            break
    if not control.over:
        mark.end(put_down(batch, past))
    history = past if whole else past[1:]
    return WidthFound(width, batch, tuple(history)), int((loss <= goal).sum())


def _progress(problem: Problem, iteration: int, loss: np.ndarray, goal: float) -> TrainingProgress:
    """What the students of a short run have come to; (S,) losses."""
    taken = np.full(len(loss), iteration)
    return TrainingProgress(
        STAGE,
        iteration=iteration,
        losses=loss.copy(),
        statuses=tuple(CONVERGED if arrived else TRAINING for arrived in loss <= goal),
        iterations=taken,
        restarts=np.zeros(len(loss), dtype=np.int64),
        width=problem.shape.sizes[1],
        seconds=0.0,
        throughput=0.0,
        searching=True,
        steps=taken,
    )
