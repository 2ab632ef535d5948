"""Steps on small batches against dents, in pruning."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import ec_core as ec
from ec_core.control import Control
from ec_core.expand.learning import make_problem
from ec_core.expand.students import initial_theta
from ec_core.leastsquares.problem import Problem
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.prune import Pruned, _out_of_dents, prune
from ec_core.reconstruct.refit import refit
from tests.often import long
from tests.steps import drain


def near_teacher(activation: str, noise: float) -> tuple[ProbeSet, Problem, torch.Tensor]:
    """Probes, the problem of the teacher's own size, and its weights with some noise on them.

    Only a test may start there.
    """
    teacher = ec.make_teacher("synthetic", sizes=(3, 3, 3, 3, 2), activation=activation, seed=2)
    probes = ec.probe(ec.Teacher(teacher.network), count=3000, seed=0)
    problem = make_problem(probes, activation, (3, 3, 3), torch.device("cpu"))
    standard = probes.to_standard(teacher.network)
    assert isinstance(standard, Network)
    shape, theta = from_network(standard, problem.shape.skip)
    assert shape == problem.shape
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(theta.shape, generator=generator, dtype=torch.float64)
    return probes, problem, theta * (1 + noise * drawn)


@pytest.mark.long
def test_small_batches_only_ever_lower_the_loss_and_only_where_there_are_kinks() -> None:
    probes, problem, theta = near_teacher("leaky_relu", 0.1)
    loss = float((problem.y.var(dim=0, unbiased=False)).mean())
    found = _out_of_dents(Pruned(problem, theta, loss), probes.floor, Control(None))
    assert found is not None and found.loss < 0.3 * loss and found.problem is problem
    assert _out_of_dents(Pruned(problem, theta, probes.floor), probes.floor, Control(None)) is None
    over = Control(None)
    over.stop()
    assert _out_of_dents(Pruned(problem, theta, loss), probes.floor, over) is None
    probes, problem, theta = near_teacher("tanh", 0.1)
    assert _out_of_dents(Pruned(problem, theta, loss), probes.floor, Control(None)) is None


@pytest.mark.parametrize("sizes", [(3, 3, 1), *long(((3, 3, 2, 1),))])
def test_at_an_error_that_nobody_knows_of_the_network_without_idle_neurons_is_returned(
    sizes: tuple[int, ...],
) -> None:
    """Every neuron too many fits some of the errors, so the lowest loss would keep them all."""
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation="tanh", seed=0).network
    x = np.random.default_rng(0).standard_normal((1500, 3))
    y = teacher(x)
    y = y + 1e-3 * y.std(axis=0) * np.random.default_rng(1).standard_normal(y.shape)
    probes = ec.make_probes(x, y)
    wide = make_problem(probes, "tanh", tuple(2 * h for h in sizes[1:-1]), torch.device("cpu"))
    rows = initial_theta(wide.shape, 0, 4)
    fitted = refit(wide, rows, 100, 0.0, Control())
    best = int(np.argmin(fitted.loss))
    theta = fitted.theta[best : best + 1]
    found = drain(prune(wide, theta, probes.floor, Control()))[1]
    assert fitted.loss[best] < found.loss < 1.1e-6
    assert found.problem.shape.sizes == sizes and not found.exact
