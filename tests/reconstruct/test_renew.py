"""A new last layer on lower layers that are right, and small batches against dents."""

from __future__ import annotations

import torch

import ec_core as ec
from ec_core.control import Control
from ec_core.events import Event, LayerStep, TrainingProgress
from ec_core.expand.problem import Problem, make_problem
from ec_core.expand.students import ensemble_of, initial_theta
from ec_core.networks.mlp import from_network, unpack
from ec_core.networks.network import Network
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.prune import Pruned, _out_of_dents, prune
from ec_core.reconstruct.renew import renew

CPU = torch.device("cpu")


def near_teacher(
    activation: str, noise: float, seed: int = 2
) -> tuple[ProbeSet, Problem, torch.Tensor]:
    """Probes, the problem of the teacher's own size, and its weights with some noise on them.

    Only a test may start there.
    """
    teacher = ec.make_teacher("synthetic", sizes=(3, 3, 3, 3, 2), activation=activation, seed=seed)
    probes = ec.probe(ec.Teacher(teacher.network), count=3000, seed=0)
    problem = make_problem(probes, activation, (3, 3, 3), CPU)
    standard = probes.to_standard(teacher.network)
    assert isinstance(standard, Network)
    shape, theta = from_network(standard, problem.shape.skip)
    assert shape == problem.shape
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(theta.shape, generator=generator, dtype=torch.float64)
    return probes, problem, theta * (1 + noise * drawn)


def test_a_new_last_layer_is_found_on_lower_layers_that_are_nearly_right() -> None:
    probes, problem, theta = near_teacher("relu", 1e-3)
    # the last hidden layer is spoilt
    wrong = initial_theta(problem.shape, 9, 1)
    unpack(problem.shape, theta).blocks[2][:] = unpack(problem.shape, wrong).blocks[2]
    wide = problem.at_size(6, 6, 6)
    like = ensemble_of(
        wide.shape, initial_theta(wide.shape, 0, 4).numpy(), torch.ones(4).numpy(), 0
    )
    work = renew(problem, theta, like, probes, Control(None))
    events: list[Event] = []
    while True:
        try:
            events.append(next(work))
        except StopIteration as end:
            wider, drawn = end.value
            break
    assert wider.shape.sizes == (3, 3, 3, 6, 2)
    assert drawn.shape == (1, wider.shape.parameter_count)
    assert isinstance(events[0], LayerStep) and events[0].layer == 3
    assert all(event.stage == "reconstruct" for event in events)
    losses = [event.losses for event in events if isinstance(event, TrainingProgress)]
    assert losses[-1].min() < losses[0].min() / 100


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


def test_what_is_not_exact_names_the_smallest_network_that_is_near() -> None:
    probes, problem, _ = near_teacher("tanh", 0.0)
    spare = problem.at_size(2, 3, 3)
    start = initial_theta(spare.shape, 1, 1)
    work = prune(spare, start, probes.floor, Control(None))
    while True:
        try:
            next(work)
        except StopIteration as end:
            found = end.value
            break
    assert not found.exact and found.near is not None
    assert found.near.size <= found.size and found.near.loss <= 10 * found.loss
