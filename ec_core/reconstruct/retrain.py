"""Deep students: what is above a layer that was set is trained again.

Students that are stuck profit most: long before they converge they agree on the first layer to a
few per cent, and with that layer given the rest is a shallower problem. Since such clusters are
only nearly right, a layer that was set keeps learning with the others.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ec_core.cluster.layer import LayerView, view_layer
from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.events import Event, LayerStep, relay
from ec_core.expand.config import ExpandConfig
from ec_core.expand.learning import make_problem
from ec_core.expand.students import StudentEnsemble, ensemble_of, initial_theta
from ec_core.expand.trainer import expand
from ec_core.leastsquares.loss import losses
from ec_core.networks.parameters import unpack
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.carry import carried
from ec_core.reconstruct.collapse import collapse
from ec_core.reconstruct.prune import STAGE
from ec_core.reconstruct.walk import EXACT, Risen, Walked

ROUGH = 0.35
"""Where students are stuck there is no plateau: vectors closer than this share of their length are
one neuron. Seen on 6-4-4-4-2 g: the best students, at 1e-3 to 2e-4, held the first layer's vectors
to 2 to 15 % of their length. Not tuned."""

SHARP = 1e-15
"""Below this loss copies of a neuron lie so close that plateaus are long."""

_ITERATIONS = 60
"""For students whose upper layers start anew; by then their order hardly changes any more."""

_WORSE = 5.0
"""A layer is not taken over if the best student's loss rises by this factor."""

PASSAGES = 3
"""From the first layer to the last, while no student is exact. A later one helped where the first
ended short; each takes as long as the first."""

_PROMISING = 3.0
"""Stuck students within this factor of the best keep what they have above the layer."""


def view(ensemble: StudentEnsemble, layer: int, gamma: float, beta: float) -> LayerView:
    """Cluster one hidden layer of the better half of the students, or of all sharp ones.

    Sharp students are cut at the plateau, stuck ones at ``ROUGH``.
    """
    sharp = int((ensemble.losses <= SHARP).sum())
    best = max(2, ensemble.students // 2, sharp)
    return view_layer(ensemble, layer, gamma, beta, best, ROUGH if 2 * sharp < best else None)


@dataclass(frozen=True)
class Retrain:
    """A way up, see ``walk``: students whose layers below are shared, above them ``wide`` ones."""

    probes: ProbeSet
    device: str
    wide: tuple[int, ...]
    passages: int = PASSAGES

    @property
    def goal(self) -> float:
        """Exact."""
        return EXACT

    @property
    def depth(self) -> int:
        """Hidden layers."""
        return len(self.wide)

    def begun(self, state: StudentEnsemble, first: LayerView) -> Walked:
        """The students as they are."""
        return Walked((first,), float(np.nanmin(state.losses)), state)

    def rise(
        self, state: StudentEnsemble, layer_view: LayerView, layer: int, control: Control
    ) -> Generator[Event, None, Risen[StudentEnsemble] | None]:
        """All students with the layer, trained above it; looked at again where a neuron is missing.

        The last hidden layer is only looked at.
        """
        if layer + 1 == self.depth or control.over:
            return None
        students = yield from self._take_over(state, layer_view, layer, control)
        if students is None and not control.over:
            # some neuron is missing: keep those known, draw the others anew, look again
            more = yield from self._look_again(state, layer_view, layer, control)
            again = view(more, layer, layer_view.cut.gamma, layer_view.cut.beta)
            if again.clusters.kept and not control.over:
                students = yield from self._take_over(more, again, layer, control)
                layer_view = again if students is not None else layer_view
        if students is None:
            return None
        message = f"Comparing the students' layer {layer + 2}."
        yield LayerStep(STAGE, layer + 2, self.depth, "cluster", message)
        return Risen(
            students,
            layer_view,
            (view(students, layer + 1, layer_view.cut.gamma, layer_view.cut.beta),),
        )

    def end(
        self,
        state: StudentEnsemble,
        views: tuple[LayerView, ...],
        passage: int,
        control: Control,
    ) -> Generator[Event, None, Walked]:
        """The students as they are."""
        yield from ()
        return Walked(views, float(np.nanmin(state.losses)), state)

    def better(self, ended: Walked, best: Walked) -> bool:
        """As high up, and no student lost that was exact or nearer to it."""
        return ended.deeper(best) and ended.loss <= max(EXACT, best.loss)

    def again(
        self, state: StudentEnsemble, ended: Walked, passage: int, control: Control
    ) -> Generator[Event, None, tuple[StudentEnsemble, LayerView] | None]:
        """The same students, if they came to the last layer."""
        yield from ()
        cut = ended.views[0].cut
        if len(ended.views) < self.depth:
            return None
        return state, view(state, 0, cut.gamma, cut.beta)

    def _take_over(
        self, old: StudentEnsemble, layer_view: LayerView, layer: int, control: Control
    ) -> Generator[Event, None, StudentEnsemble | None]:
        """All students with the layer that the clusters say; None if that loses too much."""
        count = len(layer_view.clusters.kept)
        neurons = "1 neuron" if count == 1 else f"{count} neurons"
        message = f"Layer {layer + 1} becomes {neurons} for all students."
        yield LayerStep(STAGE, layer + 1, self.depth, "freeze", message)
        rows = collapse(old, layer_view.cloud, layer_view.clusters, layer)
        students = yield from self._retrained(old, rows, 0, layer, control)
        best = float(np.nanmin(old.losses))
        return students if float(np.nanmin(students.losses)) <= max(EXACT, _WORSE * best) else None

    def _look_again(
        self, old: StudentEnsemble, layer_view: LayerView, layer: int, control: Control
    ) -> Generator[Event, None, StudentEnsemble]:
        """Students as wide as before that hold what is known and draw the rest anew."""
        known = collapse(old, layer_view.cloud, layer_view.clusters, layer)
        spare = max(self.wide[layer] - len(known), 1)
        message = f"{len(known)} known neurons, {spare} drawn anew."
        yield LayerStep(STAGE, layer + 1, self.depth, "freeze", message)
        return (yield from self._retrained(old, known, spare, layer, control))

    def _retrained(
        self, old: StudentEnsemble, rows: Tensor, spare: int, layer: int, control: Control
    ) -> Generator[Event, None, StudentEnsemble]:
        """Train students whose layer begins with ``rows`` (C, F) and has ``spare`` more neurons."""
        below, above = old.shape.sizes[1 : layer + 1], self.wide[layer + 1 :]
        hidden = (*below, len(rows) + spare, *above)
        problem = make_problem(
            self.probes, old.shape.activation, hidden, resolve_device(self.device)
        ).thinned()
        place = self.depth * (1 + min(spare, 1)) + layer
        theta = initial_theta(problem.shape, old.seed, old.students, place)
        order = np.argsort(old.losses, kind="stable")
        best = unpack(old.shape, torch.from_numpy(old.theta[order[:1]]))
        blocks = unpack(problem.shape, theta).blocks
        for m in range(layer):
            blocks[m][:] = best.blocks[m]
        blocks[layer][:, : len(rows)] = rows
        if not spare and above == old.shape.sizes[layer + 2 : -1]:
            # the better students keep what they know above; the others get a new chance
            warm = order[: max(1, old.students // 2)]
            warm = warm[old.losses[warm] <= max(EXACT, _PROMISING * old.losses[order[0]])]
            theta[warm] = carried(old, warm, problem, theta[warm], layer)
        message = f"Training what is above layer {layer + 1} again."
        yield LayerStep(STAGE, layer + 1, self.depth, "retrain", message)
        start = losses(problem, theta.to(problem.x.device)).cpu().numpy()
        config = ExpandConfig(
            students=old.students,
            iterations=_ITERATIONS,
            restarts=0,
            seed=old.seed,
            device=self.device,
            hidden_layers=self.depth,
        )
        fresh = ensemble_of(problem.shape, theta.numpy(), start, old.seed)
        training = expand(self.probes, old.shape.activation, config, control, fresh)
        return (yield from relay(training, lambda event: replace(event, stage=STAGE)))
