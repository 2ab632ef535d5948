"""Small steps: their gradient against automatic differentiation, repeatability, what they spare."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import ec_core as ec
from ec_core.control import Control
from ec_core.events import Note, TrainingProgress
from ec_core.expand.config import ExpandConfig
from ec_core.expand.learning import make_problem
from ec_core.expand.minibatch_adam import (
    fresh_students,
    gradient,
    minibatch_adam,
    without_skip,
)
from ec_core.expand.regimes import BLOCK, KINKED
from ec_core.expand.students import initial_theta
from ec_core.expand.trainer import expand
from ec_core.leastsquares.problem import Problem
from ec_core.networks.forward import forward
from ec_core.networks.parameters import unpack
from tests.regimes import change

CPU = torch.device("cpu")


def deep_problem(activation: str = "relu", hidden: int = 6, count: int = 600) -> Problem:
    teacher = ec.make_teacher("synthetic", sizes=(3, 4, 3, 4, 2), activation=activation, seed=1)
    probes = ec.probe(ec.Teacher(teacher.network), count=count, seed=0)
    return make_problem(probes, activation, (hidden,) * 3, CPU)


@pytest.mark.parametrize("activation", ["relu", "tanh", "g"])
def test_gradient_is_that_of_automatic_differentiation(activation: str) -> None:
    problem = deep_problem(activation)
    theta = initial_theta(problem.shape, 0, 3)
    x, y = problem.x[:50], problem.y[:50]
    loss, slope = gradient(problem.shape, theta, x, y)
    variable = theta.clone().requires_grad_(True)
    slow = (forward(problem.shape, variable, x) - y).square().mean(dim=(1, 2))
    expected = torch.autograd.grad(slow.sum(), variable)[0]
    torch.testing.assert_close(loss, slow.detach(), rtol=1e-12, atol=0)
    torch.testing.assert_close(slope, expected, rtol=1e-10, atol=1e-13)


def test_losses_fall_and_are_those_of_the_students() -> None:
    problem = deep_problem()
    start = initial_theta(problem.shape, 0, 4)
    blocks = list(minibatch_adam(problem, start, 0, 10 * BLOCK + 1, 3e-3))
    assert len(blocks) == 11
    theta, reported = blocks[-1]
    assert theta.dtype == reported.dtype == torch.float64
    after = (forward(problem.shape, theta, problem.x) - problem.y).square().mean(dim=(1, 2))
    before = (forward(problem.shape, start, problem.x) - problem.y).square().mean(dim=(1, 2))
    assert (after < before / 5).all()
    # the last block is a single batch of the questions, drawn with repetition
    assert (reported / after).log().abs().max() < 1


def test_one_seed_one_result_and_students_do_not_disturb_one_another() -> None:
    problem = deep_problem()
    start = initial_theta(problem.shape, 0, 4)

    def end(theta: torch.Tensor, seed: int) -> torch.Tensor:
        *_, (last, _) = minibatch_adam(problem, theta, seed, 2 * BLOCK, 3e-3)
        return last

    first = end(start, 5)
    assert torch.equal(first, end(start, 5))
    assert not torch.equal(first, end(start, 6))
    torch.testing.assert_close(first[1:3], end(start[1:3], 5), rtol=1e-3, atol=1e-3)


def test_skip_paths_stay_at_zero() -> None:
    problem = deep_problem()
    assert problem.shape.skip
    *_, (theta, _) = minibatch_adam(problem, initial_theta(problem.shape, 0, 2), 0, BLOCK, 3e-3)
    layers = unpack(problem.shape, theta)
    assert all(not layers.skip(i).any() for i in range(len(layers.blocks)))
    mask = unpack(problem.shape, without_skip(problem.shape, theta)[None])
    assert all(not mask.skip(i).any() and mask.weight(i).all() for i in range(len(mask.blocks)))
    assert all(mask.bias(i).all() for i in range(len(mask.blocks)))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Small steps of so many blocks of small batches."""
    monkeypatch.setattr("ec_core.expand.minibatch_adam.BATCH", 64)
    change(monkeypatch, KINKED, 12 * BLOCK)
    return 12


def test_a_run_says_that_it_takes_small_steps_shows_it_and_ends_lower(short: int) -> None:
    teacher = ec.make_teacher("synthetic", sizes=(3, 4, 3, 4, 2), activation="relu", seed=1)
    probes = ec.probe(ec.Teacher(teacher.network), count=600, seed=0)
    config = ExpandConfig(students=3, width=6, iterations=1, hidden_layers=3, device="cpu")
    events = list(expand(probes, "relu", config, Control(None)))
    notes = [event.message for event in events if isinstance(event, Note)]
    assert any("batches of questions" in message for message in notes)
    progress = [event for event in events if isinstance(event, TrainingProgress)]
    assert len(progress) == short + 1
    assert progress[-1].iterations.tolist() == [1, 1, 1]
    assert np.nanmax(progress[-1].losses) < np.nanmin(progress[0].losses) / 10


def test_a_person_who_stops_is_obeyed_during_small_steps() -> None:
    control = Control(None)
    teacher = ec.make_teacher("synthetic", sizes=(3, 4, 3, 4, 2), activation="relu", seed=1)
    probes = ec.probe(ec.Teacher(teacher.network), count=600, seed=0)
    config = ExpandConfig(students=3, width=6, iterations=5, hidden_layers=3, device="cpu")
    seen = 0
    for event in expand(probes, "relu", config, control):
        if isinstance(event, TrainingProgress):
            seen += 1
            control.stop()
    assert seen == 1


@pytest.mark.long
def test_the_better_thirds_go_on_and_the_best_come_first(
    short: int,
) -> None:
    problem = deep_problem()
    start = initial_theta(problem.shape, 0, 18)
    sizes, last = [], None
    for theta, loss in minibatch_adam(problem, start, 0, 9 * BLOCK, 3e-3, keep=2):
        sizes.append(len(loss))
        assert theta.shape == (len(loss), problem.shape.parameter_count)
        last = theta
    assert sizes == [18] * 2 + [6] * 3 + [2] * 4
    # those that went on learned the same as if they had been alone
    *_, (whole, _) = minibatch_adam(problem, start, 0, 9 * BLOCK, 3e-3)
    assert last is not None
    for one in last:
        assert (whole - one).abs().max(dim=1).values.min() < 1e-3
    *_, (best, losses) = fresh_students(problem, 0, 2)
    assert len(best) == 2 and losses[0] <= losses[1]
