"""Which networks are pruned, in which order; the dear pieces are replaced by fakes."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import torch

from ec_core.cluster.cloud import pool
from ec_core.cluster.cut import Cut, apply_cut
from ec_core.cluster.dendrogram import build_tree
from ec_core.cluster.layer import LayerView
from ec_core.control import Control
from ec_core.events import Event
from ec_core.expand.students import StudentEnsemble, ensemble_of, initial_theta
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.reconstruct import reconstruct as module
from ec_core.reconstruct.climb import Climbed
from ec_core.reconstruct.prune import Pruned
from ec_core.reconstruct.reconstruct import ReconstructConfig, reconstruct
from ec_core.reconstruct.refit import Fitted
from ec_core.reconstruct.removal import settle
from tests.steps import drain


def _probes(activation: str) -> ProbeSet:
    teacher = make_teacher("synthetic", sizes=(2, 2, 1), activation=activation, seed=0).network
    x = np.random.default_rng(0).standard_normal((150, 2))
    return make_probes(x, teacher(x))


def _students(
    activation: str, *layers: int, losses: tuple[float, ...] = (3e-2, 1e-2, 4e-2, 2e-2)
) -> StudentEnsemble:
    shape = Architecture((2, *layers, 1), activation, skip=activation == "relu")
    theta = initial_theta(shape, len(layers), len(losses)).numpy()
    return ensemble_of(shape, theta, np.array(losses), 0)


def _seen(ensemble: StudentEnsemble) -> LayerView:
    """Everything within one cluster, which is kept."""
    cloud = pool(ensemble)
    tree = build_tree(cloud)
    cut = Cut(1e3, 0.5, 180.0)
    return LayerView(cloud, tree, cut, apply_cut(tree, cloud, cut))


def _tried(
    monkeypatch: pytest.MonkeyPatch,
    ensemble: StudentEnsemble,
    seen: LayerView | None,
    *,
    clusters_fit: bool = True,
    exact_at: int = 99,
    climbed: Climbed | None = None,
) -> list[str]:
    """What pruning began with, one after the other; it is exact at the ``exact_at``-th."""
    probes = _probes(ensemble.shape.activation)
    begun: list[int] = []

    def to_size(
        problem: Problem, theta: torch.Tensor, *_: object
    ) -> Generator[Event, None, Pruned]:
        yield from ()
        begun.append(1)
        return Pruned(problem, *settle(problem, theta), exact=len(begun) == exact_at)

    def climb(*_: object) -> Generator[Event, None, Climbed]:
        yield from ()
        return climbed or Climbed((ensemble,))

    def refit(problem: Problem, theta: torch.Tensor, *_: Any) -> Fitted:
        return Fitted(theta, np.array([0.0 if clusters_fit else 1.0]), 1)

    monkeypatch.setattr(module, "to_size", to_size)
    monkeypatch.setattr(module, "climb", climb)
    monkeypatch.setattr(module, "refit", refit)
    config = ReconstructConfig(attempts=3, device="cpu")
    _, found = drain(reconstruct(ensemble, seen, probes, config, Control()))
    return [note.split(": ")[1].rstrip(".") for note in found.notes if "Pruning began" in note]


def test_what_clusters_say_comes_before_the_best_students(monkeypatch: pytest.MonkeyPatch) -> None:
    students = _students("tanh", 3)
    best = ["student 2", "student 4", "student 1"]
    assert _tried(monkeypatch, students, _seen(students)) == ["clusters", *best]
    # not if they do not explain the answers, nor where nobody looked
    assert _tried(monkeypatch, students, _seen(students), clusters_fit=False) == best
    assert _tried(monkeypatch, students, None) == best


def test_the_first_that_is_exact_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    students = _students("tanh", 3)
    tried = _tried(monkeypatch, students, _seen(students), exact_at=2)
    assert tried == ["clusters", "student 2"]


def test_deep_students_that_went_through_the_layers_come_before_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = _students("tanh", 3, 3)
    after = _students("tanh", 2, 3, losses=(4e-3, 1e-3))
    tried = _tried(monkeypatch, before, _seen(before), climbed=Climbed((after, before)))
    # the first layer alone is no start of a deep network
    assert tried == ["student 2", "student 1", "student 2", "student 4", "student 1"]


def test_of_students_that_took_long_only_the_best_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    kinked = _students("relu", 3, 3, 3)
    assert _tried(monkeypatch, kinked, None) == ["student 2"]
