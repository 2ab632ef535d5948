"""Students taken through their layers, the way that suits them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ec_core.cluster.layer import LayerView
from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.events import Event, LayerStep
from ec_core.expand.learning import make_problem
from ec_core.expand.regimes import regime_of
from ec_core.expand.students import StudentEnsemble
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.collapse import collapse
from ec_core.reconstruct.compose import Compose, Shared, rough_view
from ec_core.reconstruct.grow import Grow, Grown
from ec_core.reconstruct.prune import STAGE
from ec_core.reconstruct.retrain import Retrain, view
from ec_core.reconstruct.walk import EXACT, Walked, Way, walk


@dataclass(frozen=True)
class Route:
    """One way up: how to begin it, how the first layer is looked at, and whom it is for.

    begin : of the students, their first layer, the probes and a device, makes the way and the state
        with which it begins
    look : how the students' first layer is looked at where nobody chose a cut
    stuck : the loss above which students go this way; others are retrained
    shallow : has it something to do for a single hidden layer?
    """

    begin: Callable[[StudentEnsemble, LayerView, ProbeSet, str], tuple[Way[Any], Any]]
    look: Callable[[StudentEnsemble, int, float, float], LayerView] = view
    stuck: Callable[[ProbeSet], float] = lambda probes: 0.0
    shallow: bool = False


def _retrain(
    students: StudentEnsemble, first: LayerView, probes: ProbeSet, device: str
) -> tuple[Way[Any], Any]:
    return Retrain(probes, device, students.shape.sizes[1:-1]), students


def _compose(
    students: StudentEnsemble, first: LayerView, probes: ProbeSet, device: str
) -> tuple[Way[Any], Any]:
    return Compose(probes, device, students.shape.sizes[1:-1]), Shared(students, students)


def _grow(
    students: StudentEnsemble, first: LayerView, probes: ProbeSet, device: str
) -> tuple[Way[Any], Any]:
    where, shape = resolve_device(device), students.shape
    full = make_problem(probes, shape.activation, shape.sizes[1:-1], where)
    rows = collapse(students, first.cloud, first.clusters).to(where)
    return Grow(full, probes.floor, students.seed), Grown(None, rows)


ROUTES: dict[str, Route] = {
    "retrain": Route(_retrain),
    "compose": Route(_compose, rough_view, lambda probes: probes.floor, shallow=True),
    "grow": Route(_grow, view, lambda probes: max(probes.floor, EXACT)),
}
"""By the name that a regime gives its walk; see docs/extending.md for adding one."""


@dataclass(frozen=True)
class Climbed:
    """Students, the most promising first, where the walk led, and what a person should know."""

    ensembles: tuple[StudentEnsemble, ...]
    walked: Walked | None = None
    notes: tuple[str, ...] = ()

    @property
    def views(self) -> tuple[LayerView, ...]:
        """How each hidden layer was seen, as far as that went; () where nobody looked again."""
        return () if self.walked is None else self.walked.views


def climb(
    ensemble: StudentEnsemble,
    given: LayerView | None,
    chosen: bool,
    probes: ProbeSet,
    device: str,
    control: Control,
) -> Generator[Event, None, Climbed]:
    """Take students through their layers: deep ones, and large ones that are stuck.

    given : how the first layer was looked at; chosen : a person chose its cut, which stays
    """
    depth, best = len(ensemble.shape.sizes) - 2, float(np.nanmin(ensemble.losses))
    route = ROUTES[regime_of(ensemble.shape).walk]
    if not best > route.stuck(probes):
        route = ROUTES["retrain"]
    if given is None or (depth == 1 and not route.shallow):
        return Climbed((ensemble,))
    cut, first = given.cut, given
    yield LayerStep(STAGE, 1, depth, "cluster", "Comparing the students' layer 1.")
    notes: tuple[str, ...] = ()
    if not chosen and cut.untouched(cut.gamma, cut.beta):
        first = route.look(ensemble, 0, cut.gamma, cut.beta)
        if (first.cut, first.cloud.students) != (cut, given.cloud.students):
            notes = (
                f"Layer 1 was compared once more, among the {first.cloud.students} best students "
                f"and cut at {first.cut.height:.1e}: the automatic cut of all of them "
                "was not used.",
            )
    if not first.clusters.kept:
        return Climbed((ensemble,), Walked((first,), best), notes)
    way, state = route.begin(ensemble, first, probes, device)
    walked = yield from walk(state, first, way, control)
    taken = walked.students
    ensembles = (ensemble,) if taken is None or taken is ensemble else (taken, ensemble)
    return Climbed(ensembles, walked, notes)
