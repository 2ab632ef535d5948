"""The matrix-free iteration reaches what the dense one reaches."""

from __future__ import annotations

import pytest
import torch

from ec_core.leastsquares import cholesky as dense
from ec_core.leastsquares import truncated_newton
from ec_core.leastsquares.levenberg_marquardt import Batch, start
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.networks.parameters import random_parameters
from tests.often import long


def _problem(sizes: tuple[int, ...], name: str, noise: float = 0.0) -> tuple[Problem, torch.Tensor]:
    """Answers of a network of these sizes, and its weights (1, P)."""
    generator = torch.Generator().manual_seed(0)
    shape = Architecture(sizes, name, skip=name == "gelu")
    truth = random_parameters(shape, 1, generator)
    x = torch.randn(150, sizes[0], dtype=torch.float64, generator=generator)
    y = forward(shape, truth, x)[0]
    y = y + noise * torch.randn(y.shape, dtype=torch.float64, generator=generator)
    return Problem(shape, x, y), truth


def _many(problem: Problem, batch: Batch, iterations: int) -> Batch:
    for _ in range(iterations):
        batch = truncated_newton.iterate(problem, batch)
    return batch


@pytest.mark.parametrize(
    ("sizes", "name", "iterations"),
    [
        ((2, 2, 2), "g", 25),
        *long(
            ((3, 3, 2), "g", 25),
            ((3, 2, 3, 1), "g", 60),
            ((3, 3, 2), "tanh", 60),
            ((3, 2, 3, 1), "tanh", 60),
        ),
    ],
)
def test_minimum_of_a_noisy_fit_is_the_dense_one(
    sizes: tuple[int, ...], name: str, iterations: int
) -> None:
    # near the truth and with this seed the minimum is a point: others lie at infinity
    problem, truth = _problem(sizes, name, noise=0.01)
    near = truth + 0.03 * torch.randn(
        2, truth.shape[1], dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    expected = start(problem, near)
    for _ in range(iterations):
        expected = dense.iterate(problem, expected)
    found = _many(problem, start(problem, near), iterations)
    torch.testing.assert_close(found.loss, expected.loss, rtol=1e-12, atol=0)
    torch.testing.assert_close(found.theta, expected.theta, rtol=1e-5, atol=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("name", ["tanh", "gelu"])
def test_a_wider_student_reaches_rounding_level(name: str) -> None:
    problem, _ = _problem((3, 3, 1), name)
    wide = problem.at_size(7)
    students = random_parameters(wide.shape, 2, torch.Generator().manual_seed(1))
    found = _many(wide, start(wide, students), 40)
    assert float(found.loss.min()) < 1e-25


def test_loss_never_rises_and_is_the_loss_of_theta() -> None:
    problem, _ = _problem((3, 3, 2, 1), "tanh")
    wide = problem.at_size(5, 4)
    batch = start(wide, random_parameters(wide.shape, 4, torch.Generator().manual_seed(1)))
    for _ in range(15):
        after = truncated_newton.iterate(wide, batch)
        assert bool((after.loss <= batch.loss).all())
        torch.testing.assert_close(after.loss, losses(wide, after.theta), rtol=1e-6, atol=1e-30)
        batch = after


def test_students_do_not_influence_one_another() -> None:
    problem, _ = _problem((3, 3, 1), "g")
    theta = random_parameters(problem.shape, 4, torch.Generator().manual_seed(3))
    together = _many(problem, start(problem, theta), 4)
    alone = _many(problem, start(problem, theta[2:3]), 4)
    torch.testing.assert_close(together.theta[2], alone.theta[0], rtol=1e-6, atol=1e-8)


def test_a_student_that_cannot_improve_stays_and_is_damped_more() -> None:
    problem, truth = _problem((3, 3, 1), "tanh")
    batch = start(problem, truth)
    after = truncated_newton.iterate(problem, batch)
    assert float(after.loss[0]) == 0.0
    torch.testing.assert_close(after.theta, truth, rtol=0, atol=0)
    assert float(after.damping[0]) > float(batch.damping[0])


def test_every_tensor_is_made_where_its_inputs_are() -> None:
    problem, _ = _problem((3, 3, 2, 1), "gelu")
    batch = start(problem, random_parameters(problem.shape, 2, torch.Generator().manual_seed(1)))
    # on this device no arithmetic works: a tensor that lands there breaks the iteration
    torch.set_default_device("meta")
    try:
        after = truncated_newton.iterate(problem, batch)
    finally:
        torch.set_default_device("cpu")
    assert after.theta.device.type == "cpu" and bool((after.loss < batch.loss).all())
