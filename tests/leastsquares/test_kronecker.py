"""The preconditioner against Kronecker products written out, and against the dense matrix."""

from __future__ import annotations

import pytest
import torch

from ec_core.leastsquares import kronecker
from ec_core.leastsquares.kronecker import preconditioner
from ec_core.leastsquares.normal_equations import normal_equations
from ec_core.leastsquares.problem import Problem
from ec_core.leastsquares.products import linearise
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward_pass
from ec_core.networks.parameters import random_parameters, unpack

SIZES = [(3, 4, 2), (2, 3, 4, 2)]


def _case(sizes: tuple[int, ...], skip: bool) -> tuple[Problem, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(60, sizes[0], dtype=torch.float64, generator=generator)
    y = torch.randn(60, sizes[-1], dtype=torch.float64, generator=generator)
    shape = Architecture(sizes, "gelu", skip)
    return Problem(shape, x, y), random_parameters(shape, 3, generator)


def _dense(of: kronecker.Preconditioner, shift: torch.Tensor) -> torch.Tensor:
    """The damped matrix (S, P, P) that ``of.solve`` inverts, column by column."""
    count = of.shape.parameter_count
    eye = torch.eye(count, dtype=torch.float64)
    columns = [of.solve(shift, row.expand(len(shift), -1)) for row in eye]
    dense: torch.Tensor = torch.linalg.inv(torch.stack(columns, dim=2))
    return dense


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_it_is_exact_for_the_last_layer_and_block_diagonal(
    sizes: tuple[int, ...], skip: bool
) -> None:
    problem, theta = _case(sizes, skip)
    shift = torch.tensor([1e-2, 1.0, 1e-3], dtype=torch.float64)
    found = _dense(preconditioner(linearise(problem, theta)[0]), shift)
    matrix = normal_equations(problem, theta)[0]
    last = problem.shape.shapes[-1][0] * problem.shape.shapes[-1][1]
    eye = torch.eye(last, dtype=torch.float64) * shift[:, None, None]
    expected = matrix[:, -last:, -last:] + eye
    torch.testing.assert_close(found[:, -last:, -last:], expected, rtol=1e-8, atol=1e-9)
    assert float(found[:, :-last, -last:].abs().max()) < 1e-9


def test_hidden_layers_are_the_product_of_the_means_and_the_diagonal_mean_is_exact() -> None:
    problem, theta = _case((2, 3, 4, 2), True)
    shift = torch.full((3,), 0.1, dtype=torch.float64)
    found = preconditioner(linearise(problem, theta)[0])
    matrix = normal_equations(problem, theta)[0]
    torch.testing.assert_close(found.mean, matrix.diagonal(dim1=1, dim2=2).mean(dim=1))
    dense = _dense(found, shift)
    shape, n, k = problem.shape, 60, 2
    for s in range(3):
        layers = unpack(shape, theta[s : s + 1])
        passed = forward_pass(shape, layers, problem.x)
        at = 0
        for i, (rows, columns) in enumerate(shape.shapes[:-1]):
            phi = passed.phi[i].reshape(n, columns)
            # delta: answers by pre-activations, through the biases of layer i
            bias = at + shape.sizes[i] + columns * torch.arange(rows)

            def answers(shifted: torch.Tensor, s: int = s, bias: torch.Tensor = bias):  # type: ignore[no-untyped-def]
                moved = theta[s].index_put((bias,), shifted)
                return forward_pass(shape, unpack(shape, moved[None]), problem.x).answers[0]

            delta = torch.func.jacrev(answers)(theta[s][bias])  # (n, K, rows)
            b = torch.einsum("nki,nkj->ij", delta, delta) / (n * k)
            expected = torch.kron(b, phi.T @ phi / n) + 0.1 * torch.eye(rows * columns)
            block = dense[s, at : at + rows * columns, at : at + rows * columns]
            torch.testing.assert_close(block, expected, rtol=1e-8, atol=1e-9)
            at += rows * columns


def test_large_factors_are_replaced_by_their_diagonals(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, theta = _case((3, 4, 2), False)
    exact = preconditioner(linearise(problem, theta)[0])
    monkeypatch.setattr(kronecker, "LARGEST_FACTOR", 3)
    found = preconditioner(linearise(problem, theta)[0])
    left, right = found.factors[0]
    assert left.vectors is None and right.vectors is None
    whole = exact.factors[0][1]
    assert whole.vectors is not None
    matrix = whole.vectors @ torch.diag_embed(whole.values) @ whole.vectors.transpose(1, 2)
    torch.testing.assert_close(right.values, matrix.diagonal(dim1=1, dim2=2))
    v = torch.ones_like(theta)
    small = found.solve(torch.ones(3, dtype=torch.float64), v)
    assert bool((small > 0).all()) and bool((small <= 1).all())
