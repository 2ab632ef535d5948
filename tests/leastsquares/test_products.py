"""Products without a matrix, against the dense matrix and automatic differentiation."""

from __future__ import annotations

import pytest
import torch

from ec_core.leastsquares import products
from ec_core.leastsquares.normal_equations import normal_equations
from ec_core.leastsquares.problem import Problem
from ec_core.leastsquares.products import linearise, product
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.architecture import Architecture
from ec_core.networks.parameters import random_parameters

SIZES = [(1, 1, 1), (3, 5, 2), (3, 4, 2, 2), (2, 3, 2, 3, 1)]


def _case(
    name: str, sizes: tuple[int, ...], skip: bool, students: int = 3
) -> tuple[Problem, torch.Tensor, torch.Tensor]:
    """A problem, students theta (S, P) with skip paths that are not zero, and vectors (S, P)."""
    generator = torch.Generator().manual_seed(1)
    options = {"generator": generator, "dtype": torch.float64}
    x = torch.randn(37, sizes[0], **options)  # type: ignore[call-overload]
    y = torch.randn(37, sizes[-1], **options)  # type: ignore[call-overload]
    problem = Problem(Architecture(sizes, name, skip), x, y)
    theta = random_parameters(problem.shape, students, generator)
    theta = theta + 0.1 * torch.randn(theta.shape, **options)  # type: ignore[call-overload]
    v = torch.randn(theta.shape, **options)  # type: ignore[call-overload]
    return problem, theta, v


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_product_gradient_and_loss_are_those_of_the_dense_matrix(
    name: str, sizes: tuple[int, ...], skip: bool
) -> None:
    problem, theta, v = _case(name, sizes, skip)
    matrix, gradient, loss = normal_equations(problem, theta)
    at, found, again = linearise(problem, theta)
    expected = (matrix @ v[..., None])[..., 0]
    torch.testing.assert_close(product(at, v), expected, rtol=1e-10, atol=1e-11)
    torch.testing.assert_close(found, gradient, rtol=1e-11, atol=1e-13)
    torch.testing.assert_close(again, loss, rtol=1e-12, atol=0)


@pytest.mark.parametrize("skip", [False, True])
def test_chunks_and_passes_kept_or_not_change_nothing(
    skip: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, theta, v = _case("g", (3, 4, 2, 2), skip)
    whole = product(linearise(problem, theta)[0], v)
    small = Problem(problem.shape, problem.x, problem.y, chunk_bytes=1)
    kept = linearise(small, theta)[0]
    assert len(kept.passes) == 3
    torch.testing.assert_close(product(kept, v), whole, rtol=1e-12, atol=1e-13)
    monkeypatch.setattr(products, "memory_bound", lambda device: 0)
    anew = linearise(small, theta)[0]
    assert anew.passes == ()
    torch.testing.assert_close(product(anew, v), whole, rtol=1e-12, atol=1e-13)
