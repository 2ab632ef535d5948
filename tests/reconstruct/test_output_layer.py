"""The last layer and the cost of removing a neuron against removing it and solving again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import features, hidden_outputs
from ec_core.networks.parameters import random_parameters
from ec_core.reconstruct.output_layer import solve_output
from ec_core.reconstruct.removal import rank, remove


@pytest.mark.parametrize("skip", [False, True])
def test_cost_is_the_rise_of_the_loss(skip: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(60, 2, dtype=torch.float64, generator=generator)
    y = torch.randn(60, 2, dtype=torch.float64, generator=generator)
    problem = Problem(Architecture((2, 5, 2), "gelu", skip), x, y)
    incoming = torch.randn(5, 3, dtype=torch.float64, generator=generator)
    solved = solve_output(problem, incoming)
    phi = features(problem.shape, hidden_outputs(problem.shape, [incoming], x)).numpy()
    reference = np.linalg.lstsq(phi, y.numpy(), rcond=None)[0]
    assert abs(solved.loss - np.mean((phi @ reference - y.numpy()) ** 2)) < 1e-12
    assert abs(float(losses(problem, solved.theta)[0]) - solved.loss) < 1e-12
    for j in range(5):
        left = [i for i in range(5) if i != j]
        without = solve_output(problem.at_size(4), incoming[left])
        assert abs(without.loss - solved.loss - float(solved.cost[j])) < 1e-10


def test_copies_cost_nothing_and_share_their_weight() -> None:
    x = torch.randn(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    incoming = torch.tensor([[1.0, 2.0, 0.5], [1.0, 2.0, 0.5], [-1.0, 0.3, 0.1]]).double()
    problem = Problem(Architecture((2, 3, 1), "tanh"), x, torch.tanh(x @ torch.ones(2, 1).double()))
    solved = solve_output(problem, incoming)
    assert float(solved.cost[0]) < 1e-12 and float(solved.cost[2]) > 1e-4
    a = solved.theta[0, 9:12]
    assert abs(float(a[0] - a[1])) < 1e-8


@pytest.mark.parametrize("sizes", [(2, 8, 2), (2, 8, 7, 2)])
def test_fewer_probes_than_features_break_nothing(sizes: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    shape = Architecture(sizes, "gelu", skip=True)
    problem = Problem(
        shape,
        torch.randn(5, 2, dtype=torch.float64, generator=generator),
        torch.randn(5, 2, dtype=torch.float64, generator=generator),
    )
    theta = random_parameters(shape, 1, generator)
    cheapest = rank(problem, theta)[0]
    smaller, fitted = remove(problem, theta, cheapest)
    # with so few answers some neuron can always be spared
    assert float(losses(smaller, fitted)[0]) <= float(losses(problem, theta)[0]) + 1e-8
    assert sum(smaller.shape.sizes) == sum(sizes) - 1
