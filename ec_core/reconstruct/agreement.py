"""Large networks: what students agree on, put together by linear algebra and refined as one.

A large student is trained by small steps (``expand/warm_up.py``). It then has nearly all of the
teacher's neurons to a part in a thousand, beside others that do little, and no two students miss
the same. So the neurons that enough students share are taken as one layer for all of them; what
every student does above is carried over by least squares, whereupon the next layer's vectors
compare, and so on to the top (Martinelli et al., ICML 2024, without training in between). The
network so composed has the teacher's size or nearly so, and Levenberg-Marquardt takes it to the
floor in a few iterations. If a neuron is missing it does not get there: then students that hold
everything known, and other neurons drawn anew, are trained, and what they agree on is composed.
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
from ec_core.networks.parameters import unpack
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.collapse import collapse
from ec_core.reconstruct.harvest import Harvest
from ec_core.reconstruct.layerwise import carried
from ec_core.reconstruct.prune import STAGE, Pruned, approach, without_idle

NEAR = 0.15
"""Vectors closer than this share of their length are one neuron. After a whole warm-up the copies
of a neuron lie 0.001 to 0.05 apart, and vectors of 33 random numbers further than 0.5."""

ROUNDS = 4
"""How often students are trained around what is known before the best network is all there is."""

SPARE = 8
"""Neurons drawn anew in every layer, at least."""


def rough_view(ensemble: StudentEnsemble, layer: int, gamma: float, beta: float) -> LayerView:
    """One hidden layer of all students, cut at ``NEAR``."""
    return view_layer(ensemble, layer, gamma, beta, share=NEAR)


@dataclass(frozen=True)
class Agreement:
    """The questions, and where the work is done."""

    probes: ProbeSet
    device: str

    def problem(self, like: Architecture, hidden: tuple[int, ...]) -> Problem:
        """All questions, for students of these hidden sizes."""
        return make_problem(self.probes, like.activation, hidden, resolve_device(self.device))

    def search(
        self, ensemble: StudentEnsemble, first: LayerView, control: Control
    ) -> Generator[Event, None, Harvest | None]:
        """The network that warmed-up students agree on, as near to the floor as it gets.

        first : how the first layer is cut
        Returns None where they agree on nothing in some layer.
        """
        floor, wide = self.probes.floor, ensemble.shape.sizes[1:-1]
        depth, best = len(wide), None
        for trial in range(1 + ROUNDS):
            yield LayerStep(STAGE, 1, depth, "cluster", "Composing what students share.")
            composed = self.compose(ensemble, first)
            if composed is None:
                break
            known, views = composed
            size = "-".join(map(str, known.problem.shape.sizes[1:-1]))
            yield LayerStep(STAGE, depth, depth, "refine", f"Fitting a network of {size} neurons.")
            fitted = approach(known.problem, known.theta, floor, control)
            if best is None or fitted.loss < best.found.loss:
                best = Harvest(fitted, views[1:])
            if best.found.loss <= floor or control.over or trial == ROUNDS:
                break
            message = f"Students with the {size} neurons known, and others drawn anew."
            yield LayerStep(STAGE, 1, depth, "retrain", message)
            ensemble = yield from self._regrow(known, wide, ensemble, trial, control)
            first = rough_view(ensemble, 0, first.cut.gamma, first.cut.beta)
        return best

    def compose(
        self, ensemble: StudentEnsemble, first: LayerView
    ) -> tuple[Pruned, tuple[LayerView, ...]] | None:
        """One network of the neurons that are shared in every layer, as the best student reads
        them, without those it does not need; and how every layer was seen.

        None where nothing is shared in one.
        """
        views = [first]
        for layer in range(len(ensemble.shape.sizes) - 2):
            if layer:
                views.append(rough_view(ensemble, layer, first.cut.gamma, first.cut.beta))
            if not views[-1].clusters.kept:
                return None
            rows = collapse(ensemble, views[-1].cloud, views[-1].clusters, layer)
            ensemble = self._on_shared(ensemble, rows, layer)
        best = int(np.nanargmin(ensemble.losses))
        problem = self.problem(ensemble.shape, ensemble.shape.sizes[1:-1]).thinned()
        theta = torch.from_numpy(ensemble.theta[best : best + 1]).to(problem.x.device)
        return without_idle(problem, theta), tuple(views)

    def _on_shared(self, old: StudentEnsemble, rows: Tensor, layer: int) -> StudentEnsemble:
        """All students with the rows (C, F) as hidden layer ``layer``; those below are shared."""
        hidden = list(old.shape.sizes[1:-1])
        hidden[layer] = len(rows)
        problem = self.problem(old.shape, tuple(hidden))
        count = problem.shape.parameter_count
        theta = torch.zeros(old.students, count, dtype=torch.float64, device="cpu")
        blocks = unpack(problem.shape, theta).blocks
        for below, were in zip(
            blocks[:layer], unpack(old.shape, torch.from_numpy(old.theta)).blocks, strict=False
        ):
            below[:] = were
        blocks[layer][:] = rows
        theta = carried(old, np.arange(old.students), problem, theta, layer)
        loss = losses(problem, theta.to(problem.x.device)).cpu().numpy()
        return ensemble_of(problem.shape, theta.numpy(), loss, old.seed)

    def _regrow(
        self,
        known: Pruned,
        wide: tuple[int, ...],
        old: StudentEnsemble,
        trial: int,
        control: Control,
    ) -> Generator[Event, None, StudentEnsemble]:
        """New students as wide as the old ones were at first, around the known network."""
        small = known.problem.shape
        hidden = tuple(max(w, c + SPARE) for w, c in zip(wide, small.sizes[1:-1], strict=True))
        problem = self.problem(small, hidden)
        drawn = initial_theta(problem.shape, old.seed, old.students, 1 + trial)
        theta = around(small, known.theta.cpu(), problem.shape, drawn)
        start = losses(problem, theta.to(problem.x.device)).cpu().numpy()
        config = ExpandConfig(
            students=old.students,
            seed=old.seed + trial,
            device=self.device,
            hidden_layers=len(hidden),
        )
        fresh = ensemble_of(problem.shape, theta.numpy(), start, old.seed)
        training = expand(self.probes, small.activation, config, control, fresh)
        return (yield from relay(training, lambda event: replace(event, stage=STAGE)))


def around(small: Architecture, known: Tensor, shape: Architecture, drawn: Tensor) -> Tensor:
    """Students drawn (S, P) of ``shape`` that begin with the neurons of known (1, P') of ``small``.

    What is known does not read what is new: every student answers as the known network does.
    """
    theta = drawn.clone()
    for m, (block, part) in enumerate(
        zip(unpack(shape, theta).blocks, unpack(small, known).blocks, strict=True)
    ):
        count = part.shape[1]
        block[:, :count] = 0.0
        block[:, :count, shape.sizes[m]] = part[..., small.sizes[m]]
        for source in range(m + 1) if shape.skip else (m,):
            into, out_of = shape.columns(m, source).start, small.columns(m, source)
            block[:, :count, into : into + small.sizes[source]] = part[..., out_of]
    return theta
