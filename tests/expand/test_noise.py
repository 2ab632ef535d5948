"""The answers' error is read off students that end alike, and off no others."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ec_core.expand.noise import common_error, ending_alike
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.parameters import from_network, random_parameters
from ec_core.probing.presets import make_teacher

FLAT = [np.array([1e-8, 1.05e-8, 1e-3])] * 9


def test_students_that_still_fall_do_not_end_alike() -> None:
    falling = [0.8**i * losses for i, losses in enumerate(FLAT)]
    assert ending_alike(FLAT, np.full(3, 9)).any()
    assert not ending_alike(falling, np.full(3, 9)).any()


def test_one_student_alone_or_one_just_begun_shows_nothing() -> None:
    alone = [np.array([1e-8, 1e-5, 1e-3])] * 9
    assert not ending_alike(alone, np.full(3, 9)).any()
    assert not ending_alike(FLAT, np.array([9, 2, 9])).any()
    assert not ending_alike(FLAT[:3], np.full(3, 3)).any()
    assert not ending_alike([np.full(3, np.nan)] * 9, np.full(3, 9)).any()


def _problem(noise: float) -> tuple[Problem, torch.Tensor]:
    """A teacher's answers with noise, and two copies of the teacher, each a little off."""
    teacher = make_teacher("synthetic", sizes=(3, 4, 2), activation="tanh", seed=0).network
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2000, 3))
    y = teacher(x) + noise * rng.standard_normal((2000, 2))
    shape, theta = from_network(teacher)
    problem = Problem(shape, torch.from_numpy(x), torch.from_numpy(y))
    return problem, torch.cat([theta, theta * (1 + 1e-3 * noise)])


@pytest.mark.parametrize("noise", [1e-2, 1e-6])
def test_the_error_found_is_the_noise(noise: float) -> None:
    problem, theta = _problem(noise)
    assert common_error(problem, theta) == pytest.approx(noise**2, rel=0.1)


def test_what_stuck_students_leave_over_is_no_error_of_the_answers() -> None:
    problem, theta = _problem(1e-6)
    generator = torch.Generator().manual_seed(0)
    strangers = random_parameters(problem.shape, 2, generator)
    assert common_error(problem, strangers) is None, "residuals that differ"
    off = theta.clone()
    off[:, 0] += 0.05
    assert common_error(problem, off) is None, "residuals alike, but smooth"


def test_what_float64_leaves_over_is_no_error_of_the_answers() -> None:
    problem, theta = _problem(0.0)
    assert common_error(problem, theta) is None


def test_a_student_with_skip_paths_can_be_asked_too() -> None:
    problem, _ = _problem(1e-3)
    wide = Problem(Architecture((3, 4, 2), "softplus", skip=True), problem.x, problem.y)
    theta = random_parameters(wide.shape, 2, torch.Generator().manual_seed(1))
    assert common_error(wide, theta) is None
