"""Whatever comes last, the written network answers at least as well as the best student."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import torch

from ec_core.cluster.layer import view_layer
from ec_core.control import Control
from ec_core.events import Event
from ec_core.expand.learning import make_problem
from ec_core.expand.students import StudentEnsemble, ensemble_of
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.reconstruct import reconstruct as module
from ec_core.reconstruct import significance
from ec_core.reconstruct.prune import Pruned
from ec_core.reconstruct.reconstruct import ReconstructConfig, Reconstruction, reconstruct
from tests.often import daily
from tests.steps import drain

SKIPS = [(3, 4, 2), (3, 4, 3, 2), (3, 4, 4, 3, 2)]


def _students(sizes: tuple[int, ...], name: str) -> tuple[ProbeSet, StudentEnsemble]:
    """Answers that one student explains, with skip paths that no signs explain, and two others."""
    generator = torch.Generator().manual_seed(len(sizes))
    shape = Architecture(sizes, name, skip=True)
    theta = 0.7 * torch.randn(3, shape.parameter_count, dtype=torch.float64, generator=generator)
    x = np.random.default_rng(0).standard_normal((400, sizes[0]))
    clear = make_probes(x, forward(shape, theta[:1], torch.from_numpy(x))[0].numpy())
    standard = torch.from_numpy(clear.standard_inputs(x))
    y = forward(shape, theta[:1], standard)[0].numpy()
    y = y + 1e-3 * y.std(axis=0) * np.random.default_rng(1).standard_normal(y.shape)
    probes = make_probes(x, y)
    problem = make_problem(probes, name, sizes[1:-1], torch.device("cpu"))
    # the same student in the coordinates of its answers
    own = theta.clone()
    last = own[:, -sizes[-1] * shape.features(len(sizes) - 2) :].view(3, sizes[-1], -1)
    last[..., sizes[-2]] -= torch.from_numpy(probes.y_mean)
    last /= torch.from_numpy(probes.y_scale)[:, None]
    loss = losses(problem, own).numpy()
    return probes, ensemble_of(problem.shape, own.numpy(), loss, 0)


def _written(probes: ProbeSet, ensemble: StudentEnsemble, control: Control) -> Reconstruction:
    seen = view_layer(ensemble, 0, 0.5, 30.0)
    config = ReconstructConfig(device="cpu")
    return drain(reconstruct(ensemble, seen, probes, config, control))[1]


@pytest.mark.parametrize("sizes", SKIPS)
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "gelu", "softplus"])
def test_when_the_budget_is_over_nothing_is_lost(sizes: tuple[int, ...], name: str) -> None:
    probes, ensemble = _students(sizes, name)
    assert ensemble.losses.min() < 1e-5
    control = Control()
    control.stop()
    found = _written(probes, ensemble, control)
    answers = found.network(probes.x)
    loss = float(np.mean((probes.standard_answers(answers) - probes.answers) ** 2))
    assert found.loss == pytest.approx(loss, rel=1e-6)
    assert loss <= 1.000001 * ensemble.losses.min()


class _After(Control):
    """Over after so many iterations, wherever they are spent."""

    def __init__(self, iterations: int) -> None:
        super().__init__()
        self.left = iterations

    def take_requests(self) -> tuple[tuple[str, int], ...]:
        self.left -= 1
        if self.left <= 0:
            self.stop()
        return super().take_requests()


@pytest.mark.parametrize("iterations", daily([2, 20, 60], 2, 20))
@pytest.mark.parametrize("name", ["relu", "gelu"])
def test_time_left_only_improves(name: str, iterations: int) -> None:
    probes, ensemble = _students((3, 4, 3, 2), name)
    found = _written(probes, ensemble, _After(iterations))
    assert found.loss <= ensemble.losses.min()


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_what_was_given_up_and_gets_there_after_all_is_pruned(
    noise: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pruning ends far from the floor; the last fit gets there, with a neuron too many."""
    teacher = make_teacher("synthetic", sizes=(3, 3, 1), activation="tanh", seed=0).network
    x = np.random.default_rng(0).standard_normal((900, 3))
    y = teacher(x) + noise * np.random.default_rng(1).standard_normal((900, 1))
    probes = make_probes(x, y)
    problem = make_problem(probes, "tanh", (4,), torch.device("cpu"))
    standard = probes.to_standard(teacher)
    hidden, outer = (
        np.column_stack([w, b]) for w, b in zip(standard.weights, standard.biases, strict=True)
    )
    hidden = 1.02 * np.concatenate([hidden, [[0.1, -0.2, 0.3, 0.4]]])
    outer = np.concatenate([outer[:, :3], [[0.05]], outer[:, 3:]], axis=1)
    theta = np.concatenate([hidden.ravel(), outer.ravel()])[None]
    loss = losses(problem, torch.from_numpy(theta)).numpy()
    ensemble = ensemble_of(problem.shape, theta, loss, 0)
    real, called = significance.to_size, []

    def to_size(
        problem: Problem, theta: torch.Tensor, *rest: Any
    ) -> Generator[Event, None, Pruned]:
        called.append(problem.shape.sizes)
        if len(called) == 1:
            return Pruned(problem, theta, float(losses(problem, theta)[0]))
        return (yield from real(problem, theta, *rest))

    monkeypatch.setattr(module, "to_size", to_size)
    monkeypatch.setattr(
        module, "_starts", lambda *_: [("a student", problem, torch.from_numpy(theta))]
    )
    found = _written(probes, ensemble, Control())
    assert called == [(3, 4, 1), (3, 4, 1)]
    assert found.exact and found.network.sizes == (3, 3, 1)
    assert found.loss < (1e-28 if noise == 0.0 else 1.1 * noise**2 / float(y.var()))
