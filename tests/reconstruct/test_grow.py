"""Grow: above given layers the same network is seen, and agreement is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from ec_core.cluster.layer import view_layer
from ec_core.control import Control
from ec_core.events import LayerStep
from ec_core.expand.learning import make_problem
from ec_core.expand.students import ensemble_of
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.networks.parameters import random_parameters, unpack
from ec_core.probing.asking import ask
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import make_probes
from ec_core.probing.teacher import Teacher
from ec_core.reconstruct import grow as module
from ec_core.reconstruct.grow import Grow, Grown, ground
from ec_core.reconstruct.walk import EXACT, Walked, walk
from tests.steps import drain

FULL = Architecture((3, 4, 2, 5, 2), "leaky_relu", skip=True)


def _problem() -> Problem:
    generator = torch.Generator().manual_seed(0)
    x = 2 * torch.randn(300, 3, generator=generator, dtype=torch.float64) + 1
    return Problem(FULL, x, torch.zeros(300, 2, dtype=torch.float64))


def _theta(shape: Architecture, seed: int) -> Tensor:
    """No zero anywhere, skip paths included."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, shape.parameter_count, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("given", [1, 2])
@pytest.mark.parametrize("skip", [False, True])
def test_a_student_above_given_layers_is_a_whole_network(given: int, skip: bool) -> None:
    problem = _problem()
    blocks = tuple(block[0] for block in unpack(FULL, _theta(FULL, 1)).blocks[:given])
    base = ground(problem, blocks)
    above = base.problem((3, 2)[: 3 - given], skip)
    theta = _theta(above.shape, 2)
    whole, together = base.whole(above.shape, theta)
    assert whole.shape.sizes == (3, *(4, 2)[:given], *(3, 2)[: 3 - given], 2)
    answers = forward(whole.shape, together, problem.x)
    torch.testing.assert_close(answers, forward(above.shape, theta, above.x), rtol=1e-11, atol=1e-9)


def test_rows_come_back_as_they_went_in() -> None:
    base = ground(_problem(), (unpack(FULL, _theta(FULL, 1)).blocks[0][0],))
    rows = torch.randn(6, 8, dtype=torch.float64)
    torch.testing.assert_close(base.outside(base.inside(rows)), rows)
    # by hand: what a neuron receives does not depend on who counts
    raw = base.x * base.spread + base.mean
    outside = torch.cat([raw[:, :4], torch.ones(300, 1, dtype=torch.float64), raw[:, 4:]], dim=1)
    inside = torch.cat([base.x, torch.ones(300, 1, dtype=torch.float64)], dim=1)
    torch.testing.assert_close(inside @ base.inside(rows).T, outside @ rows.T)


def _run(
    full: Problem, first: Tensor, control: Control | None = None
) -> tuple[Walked, list[LayerStep]]:
    """The first layer's rows (H, F) given, whatever was seen of it."""
    theta = random_parameters(full.shape, 1, torch.Generator().manual_seed(0)).expand(2, -1)
    seen = view_layer(ensemble_of(full.shape, theta.numpy(), np.zeros(2), 0), 0, 0.5, 30.0)
    way = Grow(full, 1e-24, 0)
    events, found = drain(walk(Grown(None, first), seen, way, control or Control()))
    return found, [event for event in events if isinstance(event, LayerStep)]


def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"STUDENTS": 8, "STARTS": 8, "STEPS": 800, "SPARE": 4, "ABOVE": 4}
    for name, value in few.items():
        monkeypatch.setattr(module, name, value)


def _small() -> tuple[Problem, Tensor]:
    """A leaky teacher 3-2-2-2-1, as a problem, and its first layer's rows."""
    network = make_teacher(
        "synthetic", sizes=(3, 2, 2, 2, 1), activation="leaky_relu", seed=0
    ).network
    x, y = ask(Teacher(network), 5000, "gaussian", 3, 0)
    probes = make_probes(x, y, 0)
    inside = probes.to_standard(network)
    rows = np.column_stack([inside.weights[0], inside.biases[0]])
    problem = make_problem(probes, "leaky_relu", (4, 4, 4), torch.device("cpu"))
    return problem, torch.from_numpy(rows)


@pytest.mark.long
def test_a_deep_network_is_found_on_its_first_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    _quick(monkeypatch)
    full, first = _small()
    generator = torch.Generator().manual_seed(5)
    noise = torch.randn(first.shape, generator=generator, dtype=torch.float64)
    found, steps = _run(full, first + 1e-3 * noise)
    network = found.network
    assert network is not None
    assert network.loss <= EXACT
    assert len(found.views) == 3
    assert network.problem.shape.sizes[:2] == (3, 2)
    residual = forward(network.problem.shape, network.theta, full.x)[0] - full.y
    assert float(residual.square().mean()) <= EXACT
    assert {step.layer for step in steps} == {2, 3}


def test_where_nothing_is_shared_there_is_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    _quick(monkeypatch)
    monkeypatch.setattr(module, "STEPS", 100)
    monkeypatch.setattr(module, "_ITERATIONS", 1)
    full, first = _small()
    noise = torch.randn(full.y.shape, generator=torch.Generator().manual_seed(1))
    found, steps = _run(replace(full, y=noise.to(torch.float64)), first)
    assert found.network is None
    assert [step.phase for step in steps] == ["retrain", "cluster"]


def test_it_ends_when_the_work_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    _quick(monkeypatch)
    control = Control()
    control.stop()
    full, first = _small()
    found, _ = _run(full, first, control)
    assert found.network is None


def test_random_starts_have_the_given_rows_first() -> None:
    """The layout the warm-up relies on: rows of a first layer come before all others."""
    shape = Architecture((4, 3, 2, 1), "relu")
    theta = random_parameters(shape, 2, torch.Generator().manual_seed(0))
    unpack(shape, theta).blocks[0][:, :2] = 7.0
    assert torch.equal(theta[:, :10], torch.full((2, 10), 7.0, dtype=torch.float64))
