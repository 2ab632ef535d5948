"""Exact size and exact weights from students, against the teacher that was hidden from them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ec_core.control import Control
from ec_core.events import PruneStep
from ec_core.expand.learning import make_problem
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network, to_network
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.reconstruct.output_layer import solve_output
from ec_core.reconstruct.prune import prune
from ec_core.verify.match import match
from tests.steps import drain


def _probes(teacher: Network, count: int = 600) -> ProbeSet:
    x = np.random.default_rng(3).standard_normal((count, teacher.sizes[0]))
    return make_probes(x, teacher(x))


@pytest.mark.parametrize("name", ["tanh", "gelu", "relu"])
def test_pruning_removes_copies_mirror_images_and_noise(name: str) -> None:
    teacher = make_teacher("synthetic", sizes=(3, 4, 1), activation=name, seed=2).network
    probes = _probes(teacher)
    problem = make_problem(probes, name, 9, torch.device("cpu"))
    _, truth = from_network(probes.to_standard(teacher))
    incoming = truth[0, :16].view(4, 4)
    extra = torch.randn(2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    crowd = torch.cat([incoming, incoming[:2], -incoming[2:3], extra])
    theta = solve_output(problem, crowd).theta
    steps, found = drain(prune(problem, theta, probes.floor, Control()))
    assert found.exact and found.size == 4 and found.loss <= probes.floor
    last = steps[-1]
    assert isinstance(last, PruneStep) and not last.accepted


def test_an_exact_network_loses_no_neuron() -> None:
    teacher = make_teacher("synthetic", sizes=(2, 5, 1), activation="g", seed=0).network
    probes = _probes(teacher)
    _, truth = from_network(probes.to_standard(teacher))
    problem = make_problem(probes, "g", 5, torch.device("cpu"))
    _, found = drain(prune(problem, truth, probes.floor, Control()))
    assert found.size == 5 and found.exact
    kept = probes.to_original(to_network(found.problem.shape, found.theta))
    error = match(teacher, kept).max_weight_error
    assert error is not None and error <= 1e-12
