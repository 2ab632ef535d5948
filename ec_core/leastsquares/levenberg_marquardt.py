"""Levenberg-Marquardt for a batch: every student with its own damping, whatever finds the steps.

Direction: (G + mu · mean(diag G) · I) step = -gradient, G the Gauss-Newton matrix; solved by
``cholesky`` where G fits into memory, else by ``truncated_newton``. The damping is by the identity,
not by G's own diagonal (Marquardt): overparameterised students have nearly dead directions, which
diagonal scaling would leave undamped. Step control, here: Nielsen (1999), "Damping parameter in
Marquardt's method": mu shrinks smoothly with the ratio of actual to predicted decrease and grows
ever faster while steps fail.

Step: direction + acceleration / 2, the geodesic acceleration of Transtrum & Sethna (2012),
"Improvements to the Levenberg-Marquardt algorithm for nonlinear least-squares minimization":
the same matrix applied to the second derivative of the answers along the direction. Students
slide along curved canyons; a straight step leaves them at once, a bent one is three times longer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.problem import Problem

FIRST_DAMPING, FIRST_GROWTH = 1e-2, 2.0
SMALLEST_DAMPING, LARGEST_DAMPING = 1e-15, 1e12
_FASTEST_SHRINK = 0.1
"""Nielsen shrinks by a third at most; with accelerated steps a tenth ends the endgame sooner."""
_TRIES = 4
"""Damping values tried in one iteration before the curvature is computed again."""

_TRUSTED = 0.75
"""Longest acceleration, twice its length over the step's, that is followed (Transtrum & Sethna)."""


@dataclass(frozen=True)
class Batch:
    """The running state of S students.

    theta (S, P); loss, damping, growth (S,): damping is mu above, growth Nielsen's nu.
    """

    theta: Tensor
    loss: Tensor
    damping: Tensor
    growth: Tensor

    def take(self, rows: Tensor) -> Batch:
        """The students of the index tensor ``rows``."""
        return Batch(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def part(self, first: int | None, last: int | None) -> Batch:
        """The students first … last - 1, as views."""
        return Batch(*(getattr(self, name)[first:last] for name in self.__dataclass_fields__))

    @staticmethod
    def joined(parts: Sequence[Batch]) -> Batch:
        """Several batches as one, the students in their order."""
        fields = Batch.__dataclass_fields__
        return Batch(*(torch.cat([getattr(part, name) for part in parts]) for name in fields))

    def put(self, rows: Tensor, other: Batch) -> None:
        """Write ``other`` back into rows of this batch."""
        for name in self.__dataclass_fields__:
            getattr(self, name)[rows] = getattr(other, name)


Rows = Tensor | slice
"""Some students by index, or all of them."""

Attempt = Callable[[Rows, Tensor], tuple[Tensor, Tensor, Tensor]]
"""(rows, damping (R,)) to the trial theta (R, P), the loss there and the decrease expected (R,)."""


def start(problem: Problem, theta: Tensor) -> Batch:
    """A fresh state for students theta (S, P)."""
    loss = losses(problem, theta)
    return Batch(
        theta.clone(),
        loss,
        torch.full_like(loss, FIRST_DAMPING),
        torch.full_like(loss, FIRST_GROWTH),
    )


def advance(batch: Batch, attempt: Attempt) -> Batch:
    """Nielsen's step control around any way to find a step.

    attempt(rows, damping) tries one step for the students ``rows``. Those whose loss does not fall
    are tried again with more damping, a few times. Looking which they are makes the host wait for
    a GPU, once per try; leaving it would cost another curvature per try, and make an iteration,
    by which everything is counted, worth less there than on a CPU.
    """
    result = _judged(batch, *attempt(slice(None), batch.damping))
    for _ in range(_TRIES - 1):
        rows = torch.nonzero(~(result.loss < batch.loss)).squeeze(1)
        if len(rows) == 0:
            break
        failed = result.take(rows)
        result.put(rows, _judged(failed, *attempt(rows, failed.damping)))
    return result


def _judged(batch: Batch, trial: Tensor, after: Tensor, expected: Tensor) -> Batch:
    """The state after one try: the trial and less damping where the loss fell, else more."""
    good = after < batch.loss
    ratio = (batch.loss - after) / expected.clamp_min(1e-300)
    shrink = (1 - (2 * ratio - 1) ** 3).clamp(_FASTEST_SHRINK, 2.0)
    less = (batch.damping * shrink).clamp_min(SMALLEST_DAMPING)
    more = (batch.damping * batch.growth).clamp_max(LARGEST_DAMPING)
    return Batch(
        torch.where(good[:, None], trial, batch.theta),
        torch.where(good, after, batch.loss),
        torch.where(good, less, more),
        torch.where(good, FIRST_GROWTH, (2 * batch.growth).clamp_max(LARGEST_DAMPING)),
    )


def trusted(step: Tensor, acceleration: Tensor) -> Tensor:
    """step + acceleration / 2 (S, P); without the acceleration where it is too long."""
    short = 2 * acceleration.norm(dim=1) <= _TRUSTED * step.norm(dim=1)
    return step + 0.5 * torch.where(short[:, None], acceleration, 0.0)
