"""Batched conjugate gradients against torch's direct solver."""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.leastsquares.conjugate_gradients import solve


def _systems(students: int = 4, size: int = 12) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    root = torch.randn(students, size, size, dtype=torch.float64, generator=generator)
    target = torch.randn(students, size, dtype=torch.float64, generator=generator)
    return root @ root.transpose(1, 2) + 0.1 * torch.eye(size, dtype=torch.float64), target


def _times(matrix: Tensor, v: Tensor) -> Tensor:
    return (matrix @ v[..., None])[..., 0]


def test_it_solves_with_and_without_preconditioner() -> None:
    matrix, target = _systems()
    exact = torch.linalg.solve(matrix, target)
    scale = matrix.diagonal(dim1=1, dim2=2)
    tight = torch.full((4,), 1e-13, dtype=torch.float64)
    for inverse in (lambda v: v, lambda v: v / scale):
        x, left = solve(lambda v: _times(matrix, v), inverse, target, tight, 200)
        torch.testing.assert_close(x, exact, rtol=1e-9, atol=1e-10)
        torch.testing.assert_close(left, target - _times(matrix, x), rtol=0, atol=1e-9)


def test_an_exact_preconditioner_needs_one_product() -> None:
    matrix, target = _systems()
    calls = []

    def product(v: Tensor) -> Tensor:
        calls.append(1)
        return _times(matrix, v)

    loose = torch.full((4,), 1e-10, dtype=torch.float64)
    x, _ = solve(product, lambda v: torch.linalg.solve(matrix, v), target, loose, 1)
    torch.testing.assert_close(x, torch.linalg.solve(matrix, target), rtol=1e-9, atol=1e-11)
    assert len(calls) == 1


def test_every_early_end_lowers_the_model_further() -> None:
    matrix, target = _systems()
    nothing = torch.zeros(4, dtype=torch.float64)
    before = nothing
    for limit in range(1, 12):
        x, left = solve(lambda v: _times(matrix, v), lambda v: v, target, nothing, limit)
        model = 0.5 * (x * _times(matrix, x)).sum(dim=1) - (target * x).sum(dim=1)
        assert bool((model < before + 1e-9 * before.abs()).all())
        assert bool(((target * x).sum(dim=1) > 0).all())
        torch.testing.assert_close(left, target - _times(matrix, x), rtol=0, atol=1e-8)
        before = model


def test_students_do_not_influence_one_another_and_zero_is_solved_by_zero() -> None:
    matrix, target = _systems()
    target[1] = 0.0
    share = torch.tensor([0.5, 0.5, 1e-6, 0.5], dtype=torch.float64)
    together, _ = solve(lambda v: _times(matrix, v), lambda v: v, target, share, 40)
    assert not bool(together[1].any())
    alone, _ = solve(lambda v: _times(matrix[3:], v), lambda v: v, target[3:], share[3:], 40)
    torch.testing.assert_close(together[3], alone[0], rtol=1e-12, atol=1e-14)
