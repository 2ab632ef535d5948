"""The batched optimiser against scipy's, and the contract of its state."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import least_squares

from ec_core.leastsquares.cholesky import iterate
from ec_core.leastsquares.levenberg_marquardt import start
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.networks.parameters import random_parameters


def _truth(shape: Architecture) -> torch.Tensor:
    assert shape.sizes == (2, 2, 1)
    return torch.tensor([[2.0, 0.5, 0.3, -0.5, 1.5, -0.4, 1.0, -1.2, 0.1]], dtype=torch.float64)


def _problem(noise: float) -> Problem:
    generator = torch.Generator().manual_seed(0)
    shape = Architecture((2, 2, 1), "tanh")
    x = torch.randn(80, 2, dtype=torch.float64, generator=generator)
    y = forward(shape, _truth(shape), x)[0]
    y = y + noise * torch.randn(y.shape, dtype=torch.float64, generator=generator)
    return Problem(shape, x, y)


def test_minimum_of_a_noisy_fit_is_scipys() -> None:
    # near the truth: elsewhere the noise has minima at infinity, which no method reaches
    problem = _problem(noise=0.1)
    theta = _truth(problem.shape) + 0.05
    batch = start(problem, theta)
    for _ in range(60):
        batch = iterate(problem, batch)

    def residual(row: np.ndarray) -> np.ndarray:
        answers = forward(problem.shape, torch.from_numpy(row)[None], problem.x)[0]
        return np.asarray((answers - problem.y).numpy().ravel())

    result = least_squares(residual, theta[0].numpy(), xtol=1e-15, ftol=1e-15, gtol=1e-15)
    np.testing.assert_allclose(batch.theta[0].numpy(), result.x, rtol=1e-5, atol=1e-6)
    assert abs(float(batch.loss[0]) / float(np.mean(result.fun**2)) - 1) < 1e-10


def test_loss_never_rises_and_is_the_loss_of_theta() -> None:
    problem = _problem(noise=0.0)
    batch = start(problem, random_parameters(problem.shape, 5, torch.Generator().manual_seed(1)))
    for _ in range(30):
        after = iterate(problem, batch)
        assert bool((after.loss <= batch.loss).all())
        torch.testing.assert_close(after.loss, losses(problem, after.theta), rtol=1e-6, atol=1e-30)
        batch = after


def test_students_do_not_influence_one_another() -> None:
    problem = _problem(noise=0.0)
    theta = random_parameters(problem.shape, 4, torch.Generator().manual_seed(3))
    together, alone = start(problem, theta), start(problem, theta[2:3])
    for _ in range(5):
        together, alone = iterate(problem, together), iterate(problem, alone)
    torch.testing.assert_close(together.theta[2], alone.theta[0], rtol=1e-7, atol=1e-9)
