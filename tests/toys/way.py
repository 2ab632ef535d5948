"""A new way through the layers: nothing is trained above a layer that was set.

Every student keeps what it has above; the layer below becomes, for all of them, what they share.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ec_core.cluster.layer import LayerView, view_layer
from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.events import Event
from ec_core.expand.learning import make_problem
from ec_core.expand.students import StudentEnsemble
from ec_core.probing import ProbeSet
from ec_core.reconstruct.carry import on_shared
from ec_core.reconstruct.climb import Route
from ec_core.reconstruct.collapse import collapse
from ec_core.reconstruct.walk import Risen, Walked


@dataclass(frozen=True)
class Keep:
    """Students from layer to layer; one passage."""

    probes: ProbeSet
    device: str
    passages: int = 1
    goal: float = 0.0

    def begun(self, state: StudentEnsemble, first: LayerView) -> Walked:
        return Walked((first,), math.inf)

    def rise(
        self, state: StudentEnsemble, seen: LayerView, layer: int, control: Control
    ) -> Generator[Event, None, Risen[StudentEnsemble] | None]:
        yield from ()
        hidden = list(state.shape.sizes[1:-1])
        if layer + 1 == len(hidden):
            return None
        rows = collapse(state, seen.cloud, seen.clusters, layer)
        hidden[layer] = len(rows)
        where = resolve_device(self.device)
        problem = make_problem(self.probes, state.shape.activation, tuple(hidden), where)
        risen = on_shared(state, rows, layer, problem)
        above = view_layer(risen, layer + 1, seen.cut.gamma, seen.cut.beta)
        return Risen(risen, seen, (above,))

    def end(
        self, state: StudentEnsemble, views: tuple[LayerView, ...], passage: int, control: Control
    ) -> Generator[Event, None, Walked]:
        yield from ()
        return Walked(views, float(np.nanmin(state.losses)), state)

    def better(self, ended: Walked, best: Walked) -> bool:
        return True

    def again(self, *_: Any) -> Generator[Event, None, None]:
        yield from ()


KEEP = Route(lambda students, first, probes, device: (Keep(probes, device), students))
