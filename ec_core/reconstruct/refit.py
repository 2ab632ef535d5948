"""Levenberg-Marquardt on a few candidates until one is good enough or all are stuck."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ec_core.control import Control
from ec_core.expand.stopping import ROCK_BOTTOM
from ec_core.leastsquares.marks import put_down, taken_up
from ec_core.leastsquares.problem import Problem
from ec_core.leastsquares.stepping import Stepper

_WINDOW, _DROP = 12, 0.1
"""A candidate that loses less than ``_DROP`` decades in ``_WINDOW`` iterations is stuck."""
_LAST, _FALLING = 4, 0.6
"""A candidate that loses more than ``_FALLING`` decades in ``_LAST`` iterations is let run on,
goal or not: it is on its way to the floor."""


@dataclass(frozen=True)
class Fitted:
    """theta (C, P) and loss (C,) of the candidates after a refit, and the iterations it took."""

    theta: Tensor
    loss: np.ndarray
    iterations: int

    def take(self, rows: np.ndarray) -> Fitted:
        """These candidates alone."""
        where = torch.from_numpy(rows).to(self.theta.device)
        return Fitted(self.theta[where], self.loss[rows], self.iterations)


def fitting(
    problem: Problem,
    theta: Tensor,
    iterations: int,
    goal: float,
    control: Control,
    bottom: float = ROCK_BOTTOM,
) -> Iterator[Fitted]:
    """Iterate candidates theta (C, P); yields after every iteration.

    Candidates too large for a dense step take matrix-free ones. Ends when one is at ``bottom``, or
    at ``goal`` and no longer falling fast, when all are stuck, or when the work is over. Where it
    goes on from a mark, the iterations of before are yielded again with their losses, and with
    theta as it is now.
    """
    mark = control.marks.open(f"fit {problem.shape} {len(theta)}")
    batch, past = taken_up(mark.values, problem, theta)
    step = Stepper(problem)
    yield Fitted(batch.theta, past[0], 0)
    for iteration in range(1, iterations + 1):
        if iteration == len(past):
            control.take_requests()
            if control.over:
                return
            batch = step(batch)
            past.append(batch.loss.cpu().numpy())
            mark.tick(partial(put_down, batch, past))
        yield Fitted(batch.theta, past[iteration], iteration)
        if _ended(past[: iteration + 1], goal, bottom):
            break
    mark.end(put_down(batch, past))


def _ended(past: list[np.ndarray], goal: float, bottom: float) -> bool:
    """Is a candidate good enough, or are all stuck? past : losses (C,), the newest last"""
    loss, iteration = past[-1], len(past) - 1
    if (loss <= bottom).any():
        return True
    if (loss <= goal).any() and iteration >= _LAST:
        best = int(np.argmin(loss))
        if np.log10(past[-1 - _LAST][best] / max(loss[best], 1e-300)) < _FALLING:
            return True
    if iteration >= _WINDOW:
        drop = np.log10(past[-1 - _WINDOW] / np.maximum(loss, 1e-300))
        return not (drop >= _DROP).any()
    return False


def refit(
    problem: Problem,
    theta: Tensor,
    iterations: int,
    goal: float,
    control: Control,
    bottom: float = ROCK_BOTTOM,
) -> Fitted:
    """The last of ``fitting``."""
    *_, last = fitting(problem, theta, iterations, goal, control, bottom)
    return last
