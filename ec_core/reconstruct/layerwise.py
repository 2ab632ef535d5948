"""Deep networks, layer by layer: what the students agree on becomes the layer of all of them.

The first layer's clusters replace every student's first layer; what is above is trained again on
top of them; now all students read the same neurons, so that the second layer's vectors compare,
and so on (Martinelli et al., ICML 2024). Students that are stuck profit most: long before they
converge they agree on the first layer to a few per cent, and with that layer given the rest is a
shallower problem. Since such clusters are only nearly right, a layer that was set keeps learning
with the others.
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
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import features, forward_pass
from ec_core.networks.parameters import Layers, unpack
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.collapse import collapse

STAGE = "reconstruct"

ROUGH = 0.35
"""Where students are stuck there is no plateau: vectors closer than this share of their length are
one neuron. Seen on 6-4-4-4-2 g: the best students, at 1e-3 to 2e-4, held the first layer's vectors
to 2 to 15 % of their length. Not tuned."""

EXACT = 1e-9
"""A student below this loss is on its way to the floor, and pruning takes it there."""

SHARP = 1e-15
"""Below this loss copies of a neuron lie so close that plateaus are long."""

_ITERATIONS = 60
"""For students whose upper layers start anew; by then their order hardly changes any more."""

_WORSE = 5.0
"""A layer is not taken over if the best student's loss rises by this factor."""

_PASSAGES = 3
"""From the first layer to the last, while no student is exact. A later one helped where the first
ended short; each takes as long as the first."""

_PROMISING = 3.0
"""Stuck students within this factor of the best keep what they have above the layer."""

_RCOND = 1e-12
"""Directions of the features below this share are rounding."""

_PROBES = 2000
"""Enough to map a student's weights onto new features below."""


def view(ensemble: StudentEnsemble, layer: int, gamma: float, beta: float) -> LayerView:
    """Cluster one hidden layer of the better half of the students, or of all sharp ones.

    Sharp students are cut at the plateau, stuck ones at ``ROUGH``.
    """
    sharp = int((ensemble.losses <= SHARP).sum())
    best = max(2, ensemble.students // 2, sharp)
    return view_layer(ensemble, layer, gamma, beta, best, ROUGH if 2 * sharp < best else None)


def layer_by_layer(
    ensemble: StudentEnsemble, first: LayerView, probes: ProbeSet, device: str, control: Control
) -> Generator[Event, None, tuple[StudentEnsemble, tuple[LayerView, ...]]]:
    """Go up through the hidden layers of trained students, the first as seen in ``first``.

    As long as no student is exact this is done again, a few times: every passage leaves the lower
    layers better than it found them. Returns students whose hidden layers, as far up as that went
    well, are what the clusters say, and what was seen of each layer on the way.
    """
    wide = ensemble.shape.sizes[1:-1]
    best: StudentEnsemble = ensemble
    views: tuple[LayerView, ...] = (first,)
    for _ in range(_PASSAGES):
        found, seen = yield from _passage(ensemble, first, wide, probes, device, control)
        no_worse = np.nanmin(found.losses) <= max(EXACT, float(np.nanmin(best.losses)))
        if len(seen) >= len(views) and no_worse:
            best, views = found, seen
        if np.nanmin(best.losses) <= EXACT or control.over or len(seen) < len(wide):
            break
        ensemble, first = found, view(found, 0, first.cut.gamma, first.cut.beta)
    return best, views


def _passage(
    ensemble: StudentEnsemble,
    first: LayerView,
    wide: tuple[int, ...],
    probes: ProbeSet,
    device: str,
    control: Control,
) -> Generator[Event, None, tuple[StudentEnsemble, tuple[LayerView, ...]]]:
    """Once from the first layer to the last, or as far as it goes."""
    depth = len(wide)
    views = [first]
    for layer in range(depth - 1):
        if not views[-1].clusters.kept or control.over:
            break
        climb = _Climb(probes, device, ensemble, wide, layer)
        found = yield from climb.take_over(views[-1], control)
        if found is None and not control.over:
            # some neuron is missing: keep those known, draw the others anew, look again
            more = yield from climb.look_again(views[-1], control)
            again = view(more, layer, first.cut.gamma, first.cut.beta)
            if again.clusters.kept and not control.over:
                found = yield from replace(climb, ensemble=more).take_over(again, control)
                views[-1] = again if found is not None else views[-1]
        if found is None:
            break
        ensemble = found
        yield LayerStep(
            STAGE, layer + 2, depth, "cluster", f"Comparing the students' layer {layer + 2}."
        )
        views.append(view(ensemble, layer + 1, first.cut.gamma, first.cut.beta))
    return ensemble, tuple(views)


@dataclass(frozen=True)
class _Climb:
    """One layer's step up: students whose layers below are shared; above, ``wide`` ones."""

    probes: ProbeSet
    device: str
    ensemble: StudentEnsemble
    wide: tuple[int, ...]
    layer: int

    @property
    def depth(self) -> int:
        return len(self.wide)

    def take_over(
        self, seen: LayerView, control: Control
    ) -> Generator[Event, None, StudentEnsemble | None]:
        """All students with the layer that the clusters say; None if that loses too much."""
        count = len(seen.clusters.kept)
        neurons = "1 neuron" if count == 1 else f"{count} neurons"
        yield self._step("freeze", f"Layer {self.layer + 1} becomes {neurons} for all students.")
        found = yield from self._retrain(
            collapse(self.ensemble, seen.cloud, seen.clusters, self.layer), 0, control
        )
        best = float(np.nanmin(self.ensemble.losses))
        return found if float(np.nanmin(found.losses)) <= max(EXACT, _WORSE * best) else None

    def look_again(
        self, seen: LayerView, control: Control
    ) -> Generator[Event, None, StudentEnsemble]:
        """Students as wide as before that hold what is known and draw the rest anew."""
        known = collapse(self.ensemble, seen.cloud, seen.clusters, self.layer)
        spare = max(self.wide[self.layer] - len(known), 1)
        yield self._step("freeze", f"{len(known)} known neurons, {spare} drawn anew.")
        return (yield from self._retrain(known, spare, control))

    def _step(self, phase: str, message: str) -> LayerStep:
        return LayerStep(STAGE, self.layer + 1, self.depth, phase, message)

    def _retrain(
        self, rows: Tensor, spare: int, control: Control
    ) -> Generator[Event, None, StudentEnsemble]:
        """Train students whose layer begins with ``rows`` (C, F) and has ``spare`` more neurons."""
        old, layer = self.ensemble, self.layer
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
        yield self._step("retrain", f"Training what is above layer {layer + 1} again.")
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


def carried(
    old: StudentEnsemble, which: np.ndarray, problem: Problem, theta: Tensor, layer: int
) -> Tensor:
    """theta (S', P') with what students ``which`` do above hidden layer ``layer`` carried over.

    Every later layer m that reads the layer gets the least-squares fit of what it used to receive
    from there and from below, on the new features; what it reads from above stays.
    """
    x = problem.x[:_PROBES].cpu()
    layers = unpack(old.shape, torch.from_numpy(old.theta[which]))
    new, shape = unpack(problem.shape, theta), problem.shape
    below = _hidden(shape, Layers(tuple(block[:1] for block in new.blocks)), x, layer + 1)
    reads = features(shape, below).reshape(len(x), -1)  # (h, 1) or, with skip paths, (h, 1, …, x)
    passed = forward_pass(old.shape, layers, x)
    for m in range(layer + 1, len(new.blocks)):
        if m > layer + 1 and not shape.skip:
            new.blocks[m][:] = layers.blocks[m]
            continue
        # columns (before, after) of what is read from the layer and below, the bias included
        was, now = _from_below(old.shape, m, layer), _from_below(shape, m, layer)
        received = torch.matmul(passed.phi[m][..., was], layers.blocks[m][..., was].mT)
        fitted = torch.linalg.lstsq(
            reads, received.transpose(0, 1).flatten(1), rcond=_RCOND, driver="gelsd"
        ).solution
        new.blocks[m][..., now] = fitted.unflatten(1, received.shape[::2]).permute(1, 2, 0)
        for j in range(layer + 2, m + 1):
            new.blocks[m][..., shape.columns(m, j)] = layers.blocks[m][..., old.shape.columns(m, j)]
    return theta


def _from_below(shape: Architecture, m: int, layer: int) -> Tensor:
    """Columns of phi_m for hidden layer ``layer``, the bias and all below, as phi_{layer+1} has."""
    columns = torch.arange(shape.features(m), device="cpu")
    parts = [columns[shape.columns(m, layer + 1)], columns[shape.sizes[m] : shape.sizes[m] + 1]]
    if shape.skip:
        parts += [columns[shape.columns(m, j)] for j in range(layer, -1, -1)]
    return torch.cat(parts)


def _hidden(shape: Architecture, layers: Layers, x: Tensor, count: int) -> list[Tensor]:
    """(x, h_1, …, h_count), each (n, H), of one student."""
    below = [x]
    for block in layers.blocks[:count]:
        below.append(shape.entry.function(features(shape, below) @ block[0].T))
    return below
