"""The grid of problems."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ec_core.benchmark import GRID, Grid, Problem, Settings
from ec_core.errors import InputError


def test_the_grid_is_the_papers() -> None:
    expected = set(itertools.product((2, 4, 8, 16, 32), (2, 4, 8), range(10)))
    problems = GRID.problems()
    assert {(p.inputs, p.hidden, p.seed) for p in problems} == expected
    assert len(problems) == 150
    assert {p.settings for p in problems} == {Settings("g", 4.0, 10, 1)}


def test_a_base_seed_shifts_all_and_sizes_named_twice_count_once() -> None:
    problems = Grid((4, 4), (3,), 2, first_seed=5).problems()
    assert [(p.inputs, p.hidden, p.seed) for p in problems] == [(4, 3, 5), (4, 3, 6)]


def test_names_tell_all_settings_apart() -> None:
    settings = [Settings(a, e, s) for a in ("g", "tanh") for e in (2.0, 2.5) for s in (5, 10)]
    settings.append(Settings(depth=2))
    names = {problem.name for one in settings for problem in Grid(seeds=2).problems(one)}
    assert len(names) == len(settings) * 5 * 3 * 2


def test_teacher_and_recovery_follow_the_settings() -> None:
    problem = Problem(4, 3, 7, Settings("tanh", 1.5, 6))
    teacher = problem.teacher()
    assert teacher.sizes == problem.sizes == (4, 3, 1) and teacher.activation == "tanh"
    # docs/method.md#the-synthetic-family: incoming weights of norm two
    np.testing.assert_allclose(np.linalg.norm(teacher.weights[0], axis=1), 2.0)
    config = problem.recover_config("cpu")
    assert (config.width, config.students, config.seed) == (round(1.5 * 3), 6, 7)
    assert (config.activation, config.hidden_layers, config.expansion) == ("tanh", 1, 1.0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Settings(activation="cube"),
        lambda: Settings(expansion=0.0),
        lambda: Settings(students=0),
        lambda: Settings(depth=0),
        lambda: Problem(0, 2, 0),
        lambda: Problem(2, 2, -1),
        lambda: Grid(inputs=()),
        lambda: Grid(seeds=0),
    ],
)
def test_what_makes_no_problem_is_refused(make: object) -> None:
    with pytest.raises(InputError, match="expected|choose|known"):
        make()  # type: ignore[operator]
