"""The walk through the layers, by ways that only write down what is asked of them."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch

import ec_core as ec
from ec_core.cluster.layer import LayerView, view_layer
from ec_core.control import Control
from ec_core.events import Event, Note
from ec_core.expand.learning import make_problem
from ec_core.expand.regimes import SMALL
from ec_core.expand.students import StudentEnsemble, ensemble_of
from ec_core.networks.parameters import from_network
from ec_core.reconstruct import climb as module
from ec_core.reconstruct.climb import Route, climb
from ec_core.reconstruct.prune import Pruned
from ec_core.reconstruct.reconstruct import ReconstructConfig, reconstruct
from ec_core.reconstruct.walk import Risen, Walked, walk
from tests.regimes import change
from tests.steps import drain

TEACHER = ec.make_teacher("synthetic", sizes=(3, 2, 2, 1), activation="tanh", seed=0).network
PROBES = ec.probe(ec.Teacher(TEACHER), count=400)


def _students(losses: tuple[float, ...] = (1e-3, 1e-4)) -> StudentEnsemble:
    """The teacher, as often as there are losses."""
    shape, theta = from_network(PROBES.to_standard(TEACHER))
    rows = theta.expand(len(losses), -1).numpy().copy()
    return ensemble_of(shape, rows, np.array(losses), 0)


def _view(kept: bool = True) -> LayerView:
    seen = view_layer(_students(), 0, 0.5, 30.0)
    if kept:
        return seen
    none = tuple(replace(cluster, kept=False) for cluster in seen.clusters.clusters)
    return replace(seen, clusters=replace(seen.clusters, clusters=none))


@dataclass(frozen=True)
class Diary:
    """Sets ``height`` layers; its passages end at ``losses``, None where nothing comes of one."""

    asked: list[Any]
    losses: tuple[float | None, ...]
    height: int = 2
    kept: tuple[bool, ...] = (True, True)
    goal: float = 1e-9

    @property
    def passages(self) -> int:
        return len(self.losses)

    def begun(self, state: int, first: LayerView) -> Walked:
        return Walked((first,), math.inf)

    def rise(
        self, state: int, seen: LayerView, layer: int, control: Control
    ) -> Generator[Event, None, Risen[int] | None]:
        yield Note("reconstruct", f"rise {layer}")
        self.asked.append(("rise", state, layer))
        if layer == self.height:
            return None
        return Risen(state + 1, seen, (_view(self.kept[layer]),))

    def end(
        self, state: int, views: tuple[LayerView, ...], passage: int, control: Control
    ) -> Generator[Event, None, Walked | None]:
        yield from ()
        self.asked.append(("end", state, len(views)))
        loss = self.losses[passage - 1]
        return None if loss is None else Walked(views, loss)

    def better(self, ended: Walked, best: Walked) -> bool:
        return ended.loss < best.loss

    def again(
        self, state: int, ended: Walked, passage: int, control: Control
    ) -> Generator[Event, None, tuple[int, LayerView]]:
        yield from ()
        return 10 * passage, _view()


def test_layers_are_set_one_after_the_other_until_one_cannot_be() -> None:
    diary = Diary([], (1.0,))
    events, walked = drain(walk(0, _view(), diary, Control()))
    assert diary.asked == [("rise", 0, 0), ("rise", 1, 1), ("rise", 2, 2), ("end", 2, 3)]
    assert [str(event.message) for event in events if isinstance(event, Note)] == [
        "rise 0",
        "rise 1",
        "rise 2",
    ]
    assert len(walked.views) == 3


def test_a_layer_of_which_nothing_is_kept_is_not_set() -> None:
    diary = Diary([], (1.0,), kept=(False, True))
    drain(walk(0, _view(), diary, Control()))
    assert diary.asked == [("rise", 0, 0), ("end", 1, 2)]


@pytest.mark.parametrize(
    ("losses", "made", "best"),
    [
        ((1.0, 0.5, 0.7), 3, 0.5),
        ((1.0, 1e-10, 1e-12), 2, 1e-10),
        ((1.0, None, 1e-12), 2, 1.0),
        ((None, 0.5), 1, math.inf),
    ],
)
def test_it_is_made_again_until_the_goal_is_reached_and_the_best_is_kept(
    losses: tuple[float | None, ...], made: int, best: float
) -> None:
    diary = Diary([], losses)
    _, walked = drain(walk(0, _view(), diary, Control()))
    assert sum(name == "end" for name, *_ in diary.asked) == made
    assert walked.loss == best
    begun = [state for name, state, layer in diary.asked if name == "rise" and layer == 0]
    assert begun == [0, 10, 20][:made]


def test_who_stops_stops_the_walk() -> None:
    control = Control()
    control.stop()
    diary = Diary([], (1.0, 0.5))
    _, walked = drain(walk(0, _view(), diary, control))
    assert walked.loss == 1.0


def test_a_way_of_ones_own_is_one_more_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A toy that puts the teacher's network together at once; the chain begins with it."""
    shape, theta = from_network(PROBES.to_standard(TEACHER))
    problem = make_problem(PROBES, "tanh", (2, 2), torch.device("cpu"))

    class Toy(Diary):
        def end(
            self, state: int, views: tuple[LayerView, ...], passage: int, control: Control
        ) -> Generator[Event, None, Walked | None]:
            yield from ()
            return Walked(views, 0.0, network=Pruned(problem, theta, 0.0))

    route = Route(lambda students, first, probes, device: (Toy([], (0.0,)), 0))
    monkeypatch.setitem(module.ROUTES, "toy", route)
    change(monkeypatch, SMALL, walk="toy")
    students = ensemble_of(shape, np.zeros_like(_students().theta), np.ones(2), 0)
    config = ReconstructConfig(device="cpu", chosen=True)
    _, found = drain(reconstruct(students, _view(), PROBES, config, Control()))
    assert any("what students agree on" in note for note in found.notes)
    assert found.network.sizes == TEACHER.sizes and found.loss < 1e-28


@pytest.mark.parametrize(
    ("losses", "walk_name", "taken"),
    [
        # stuck students go the way of their regime, others are retrained
        ((1e-3, 1e-4), "compose", "compose"),
        ((1e-3, 1e-4), "grow", "grow"),
        ((1e-3, 1e-4), "retrain", "retrain"),
        ((1e-3, 1e-12), "grow", "retrain"),
        ((1e-3, 1e-12), "compose", "compose"),
        ((1e-3, 1e-31), "compose", "retrain"),
    ],
)
def test_which_way_is_taken(
    losses: tuple[float, ...], walk_name: str, taken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []
    for name, route in list(module.ROUTES.items()):

        def begin(*_: Any, name: str = name) -> tuple[Any, int]:
            begun.append(name)
            return Diary([], (1.0,)), 0

        monkeypatch.setitem(module.ROUTES, name, replace(route, begin=begin))
    change(monkeypatch, SMALL, walk=walk_name)
    assert 1e-31 < PROBES.floor < 1e-12
    drain(climb(_students(losses), _view(), True, PROBES, "cpu", Control()))
    assert begun == [taken]
