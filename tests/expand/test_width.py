"""Where a search for a width ends that would go on for ever: students that learn by heart."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from ec_core.control import Control
from ec_core.events import Event
from ec_core.expand import width as module
from ec_core.expand.config import ExpandConfig
from ec_core.expand.students import initial_theta
from ec_core.expand.width import WidthFound, find_width
from ec_core.leastsquares.levenberg_marquardt import start
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from tests.steps import drain


def _search(monkeypatch: pytest.MonkeyPatch, unseen: list[float], layers: int) -> int:
    """The width found where the best student leaves 2e-4 of what it learns from, at any width."""
    left = iter(unseen)

    def short_run(
        problem: Problem, width: int, *_: Any
    ) -> Generator[Event, None, tuple[WidthFound, int]]:
        yield from ()
        batch = start(problem.thinned(), initial_theta(problem.shape, 0, 3))
        batch = replace(batch, loss=torch.full_like(batch.loss, 2e-4))
        return WidthFound(width, batch, ()), 0

    monkeypatch.setattr(module, "_short_run", short_run)
    monkeypatch.setattr(module, "_unseen", lambda *_: next(left))
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((4000, 3)))

    def make(width: int) -> Problem:
        return Problem(Architecture((3, *[width] * layers, 1), "tanh"), x, x[:, :1])

    config = ExpandConfig(hidden_layers=layers)
    return drain(find_width(make, 1e-26, config, Control()))[1].width


@pytest.mark.parametrize(
    ("unseen", "found"),
    [
        ([2e-3, 9e-4, 1e-3], 8),  # wider is no better on other questions, five times worse there
        ([2e-3, 9e-4, 4e-4, 1.9e-4, 1.9e-4, 1.9e-4], 32),  # as good there: it is not by heart
    ],
)
def test_students_that_learn_by_heart_are_wide_enough(
    monkeypatch: pytest.MonkeyPatch, unseen: list[float], found: int
) -> None:
    assert _search(monkeypatch, unseen, 2) == found


def test_what_was_not_learnt_from_is_what_thinning_left_out() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3000, 3, dtype=torch.float64, generator=generator)
    problem = Problem(Architecture((3, 2, 1), "tanh"), x, torch.sin(x[:, :1]))
    thin = problem.thinned()
    theta = initial_theta(problem.shape, 0, 4)
    rest = replace(problem, x=problem.x[len(thin.x) :], y=problem.y[len(thin.x) :])
    assert 0 < len(thin.x) < len(x)
    found = module._unseen(problem, WidthFound(2, start(thin, theta), ()))
    assert found == pytest.approx(float(losses(rest, theta).min()), rel=1e-9)
    assert module._unseen(thin, WidthFound(2, start(thin, theta), ())) == 0.0
