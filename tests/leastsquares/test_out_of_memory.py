"""Memory that runs out in the middle of an iteration: fewer students at a time, and on.

The error is raised where a card raises it, in the sums over probes; the rest is the CPU's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ec_core.leastsquares import cholesky, truncated_newton
from ec_core.leastsquares.levenberg_marquardt import Batch, start
from ec_core.leastsquares.normal_equations import normal_equations
from ec_core.leastsquares.problem import Problem
from ec_core.leastsquares.stepping import Stepper
from ec_core.networks.architecture import Architecture

SHAPE = Architecture((3, 4, 1), "tanh")


def _problem(count: int) -> tuple[Problem, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count, 3, dtype=torch.float64, generator=generator)
    y = torch.tanh(x @ torch.randn(3, 1, dtype=torch.float64, generator=generator))
    theta = torch.randn(8, SHAPE.parameter_count, dtype=torch.float64, generator=generator)
    return Problem(SHAPE, x, y), theta


def _scarce(work: Callable[..., Any], most: int, tried: list[int]) -> Callable[..., Any]:
    """The same work, for no more than so many students at a time."""

    def limited(problem: Problem, theta: Tensor, *rest: Any) -> Any:
        tried.append(len(theta))
        if len(theta) > most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return work(problem, theta, *rest)

    return limited


def _iterated(problem: Problem, theta: Tensor, stepper: Stepper) -> Batch:
    batch = start(problem, theta)
    for _ in range(3):
        batch = stepper(batch)
    return batch


@pytest.mark.parametrize(("most", "count"), [(1, 200), (3, 3000)])
def test_students_are_halved_and_end_with_the_same_numbers(
    most: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To rounding and not to the bit: products of fewer matrices, and functions of fewer numbers,
    are computed in other groups by the libraries, and fewer students have larger chunks of probes.
    """
    problem, theta = _problem(count)
    plenty = _iterated(problem, theta, Stepper(problem))
    tried: list[int] = []
    monkeypatch.setattr(cholesky, "normal_equations", _scarce(normal_equations, most, tried))
    stepper = Stepper(problem)
    scarce = _iterated(problem, theta, stepper)
    assert tried[:2] == [8, 4] and max(tried[4:]) <= most and stepper.group <= most
    torch.testing.assert_close(scarce.theta, plenty.theta, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(scarce.loss, plenty.loss, rtol=1e-8, atol=1e-12)


def test_matrix_free_steps_are_halved_too(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, theta = _problem(200)
    stepper = Stepper(problem)
    stepper.step, tried = truncated_newton.iterate, list[int]()

    def limited(problem: Problem, batch: Batch) -> Batch:
        tried.append(len(batch.loss))
        if len(batch.loss) > 2:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return truncated_newton.iterate(problem, batch)

    monkeypatch.setattr(stepper, "step", limited)
    after = stepper(start(problem, theta))
    assert tried == [8, 4, 2, 2, 2, 2] and torch.isfinite(after.loss).all()
