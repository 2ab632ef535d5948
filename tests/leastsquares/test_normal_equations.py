"""The structured Gauss-Newton matrix against automatic differentiation, student by student."""

from __future__ import annotations

import pytest
import torch

from ec_core.leastsquares.geodesic import bending
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.normal_equations import normal_equations
from ec_core.leastsquares.problem import Problem
from ec_core.networks.activations import ACTIVATIONS, COMMON
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.networks.parameters import random_parameters
from tests.benchmarks.paper_adam import value_and_gradient
from tests.often import daily, long


def _problem(name: str, sizes: tuple[int, ...], skip: bool, probes: int = 37) -> Problem:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(probes, sizes[0], dtype=torch.float64, generator=generator)
    y = torch.randn(probes, sizes[-1], dtype=torch.float64, generator=generator)
    return Problem(Architecture(sizes, name, skip), x, y)


def _theta(problem: Problem, students: int = 3) -> torch.Tensor:
    theta = random_parameters(problem.shape, students, torch.Generator().manual_seed(2))
    noise = torch.randn(theta.shape, generator=torch.Generator().manual_seed(3))
    return theta + 0.1 * noise.double()


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize(
    "sizes", [(1, 1, 1), (2, 4, 3), (2, 3, 2, 3, 1), *long(((3, 5, 1),), ((3, 4, 2, 2),))]
)
@pytest.mark.parametrize("name", daily(ACTIVATIONS, *COMMON))
def test_matrix_gradient_and_loss_equal_autodiff(
    name: str, sizes: tuple[int, ...], skip: bool
) -> None:
    problem = _problem(name, sizes, skip)
    theta = _theta(problem, students=2)
    matrix, gradient, loss = normal_equations(problem, theta)
    for s in range(len(theta)):

        def answers(row: torch.Tensor) -> torch.Tensor:
            return forward(problem.shape, row[None], problem.x)[0].reshape(-1)

        j = torch.func.jacrev(answers)(theta[s])
        r = answers(theta[s]) - problem.y.reshape(-1)
        n = problem.y.numel()
        torch.testing.assert_close(matrix[s], j.T @ j / n, rtol=1e-11, atol=1e-12)
        torch.testing.assert_close(gradient[s], j.T @ r / n, rtol=1e-11, atol=1e-12)
        torch.testing.assert_close(loss[s], r.square().mean(), rtol=1e-12, atol=0.0)


def test_chunks_and_large_matrices_change_nothing() -> None:
    problem = _problem("tanh", (6, 130, 2), True, probes=90)
    theta = _theta(problem, students=2)
    small = Problem(problem.shape, problem.x, problem.y, chunk_bytes=1)
    for a, b in zip(normal_equations(problem, theta), normal_equations(small, theta), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-12)
    matrix = normal_equations(problem, theta)[0]
    torch.testing.assert_close(matrix, matrix.transpose(1, 2), rtol=0, atol=1e-14)
    torch.testing.assert_close(losses(problem, theta), losses(small, theta), rtol=1e-12, atol=0)


@pytest.mark.parametrize("sizes", [(25, 26, 2), (4, 25, 24, 1)])
def test_wide_layers_whose_pairs_are_formed_at_once_equal_autodiff(sizes: tuple[int, ...]) -> None:
    problem = _problem("g", sizes, False, probes=30)
    theta = _theta(problem, students=2)
    matrix = normal_equations(problem, theta)[0]
    for s in range(len(theta)):

        def answers(row: torch.Tensor) -> torch.Tensor:
            return forward(problem.shape, row[None], problem.x)[0].reshape(-1)

        j = torch.func.jacrev(answers)(theta[s])
        torch.testing.assert_close(matrix[s], j.T @ j / problem.y.numel(), rtol=1e-11, atol=1e-12)


def test_first_order_gradient_is_twice_the_gauss_newton_gradient() -> None:
    problem = _problem("g", (3, 5, 2), False)
    theta = _theta(problem)
    loss, gradient = value_and_gradient(problem, theta)
    _, half, again = normal_equations(problem, theta)
    torch.testing.assert_close(gradient, 2 * half)
    torch.testing.assert_close(loss, again)


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("sizes", [(3, 4, 2), (3, 3, 4, 2), (2, 3, 2, 2, 1)])
@pytest.mark.parametrize("name", ["tanh", "g", "mish", "elu", "relu"])
def test_bending_equals_autodiff(name: str, sizes: tuple[int, ...], skip: bool) -> None:
    problem = _problem(name, sizes, skip)
    theta, step = _theta(problem), 0.1 * _theta(problem).flip(0)
    result = bending(problem, theta, step)
    for s in range(len(theta)):

        def answers(row: torch.Tensor) -> torch.Tensor:
            return forward(problem.shape, row[None], problem.x)[0].reshape(-1)

        def along(t: torch.Tensor, s: int = s) -> torch.Tensor:
            return answers(theta[s] + t * step[s])

        second = torch.func.jacrev(torch.func.jacrev(along))(torch.zeros((), dtype=torch.float64))
        j = torch.func.jacrev(answers)(theta[s])
        expected = j.T @ second / problem.y.numel()
        torch.testing.assert_close(result[s], expected, rtol=1e-6, atol=1e-8)
