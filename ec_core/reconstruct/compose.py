"""Large students: what they share is composed by linear algebra, and refined as one network.

A large student is trained by small steps (``expand/minibatch_adam.py``). It then has nearly all of
the teacher's neurons to a part in a thousand, beside others that do little, and no two students
miss the same. So the neurons that enough students share are taken as one layer for all of them;
what every student does above is carried over by least squares, whereupon the next layer's vectors
compare, and so on to the top, without training in between. The network so composed has the
teacher's size or nearly so, and Levenberg-Marquardt takes it to the floor in a few iterations. If a
neuron is missing it does not get there: then students that hold everything known, and other neurons
drawn anew, are trained, and what they agree on is composed.
"""

from __future__ import annotations

import math
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
from ec_core.reconstruct.carry import on_shared
from ec_core.reconstruct.collapse import collapse
from ec_core.reconstruct.prune import STAGE, Pruned, approach, without_idle
from ec_core.reconstruct.walk import Risen, Walked

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
class Shared:
    """students : S of them, of which more and more layers are the same; start : as they were before

    known : the network of what they share, once that is every layer
    """

    students: StudentEnsemble
    start: StudentEnsemble
    known: Pruned | None = None


@dataclass(frozen=True)
class Compose:
    """A way up, see ``walk``, for students as ``wide`` in every layer."""

    probes: ProbeSet
    device: str
    wide: tuple[int, ...]
    passages: int = 1 + ROUNDS

    @property
    def goal(self) -> float:
        """The floor."""
        return self.probes.floor

    @property
    def depth(self) -> int:
        """Hidden layers."""
        return len(self.wide)

    def problem(self, like: Architecture, hidden: tuple[int, ...]) -> Problem:
        """All questions, for students of these hidden sizes."""
        return make_problem(self.probes, like.activation, hidden, resolve_device(self.device))

    def begun(self, state: Shared, first: LayerView) -> Walked:
        """Nothing is put together yet."""
        return Walked((first,), math.inf)

    def rise(
        self, state: Shared, layer_view: LayerView, layer: int, control: Control
    ) -> Generator[Event, None, Risen[Shared]]:
        """The layer as it is shared, for all students; what they did above is carried over."""
        if layer == 0:
            message = "Composing what students share."
            yield LayerStep(STAGE, 1, self.depth, "cluster", message)
        rows = collapse(state.students, layer_view.cloud, layer_view.clusters, layer)
        hidden = list(state.students.shape.sizes[1:-1])
        hidden[layer] = len(rows)
        problem = self.problem(state.students.shape, tuple(hidden))
        students = on_shared(state.students, rows, layer, problem)
        if layer + 1 == self.depth:
            return Risen(replace(state, known=self._as_the_best_reads(students)), layer_view, ())
        above = rough_view(students, layer + 1, layer_view.cut.gamma, layer_view.cut.beta)
        return Risen(replace(state, students=students), layer_view, (above,))

    def end(
        self, state: Shared, views: tuple[LayerView, ...], passage: int, control: Control
    ) -> Generator[Event, None, Walked | None]:
        """The network of what is shared, as near to the floor as it gets; None where nothing is
        shared in some layer.
        """
        if state.known is None:
            return None
        message = f"Fitting a network of {_size(state.known)} neurons."
        yield LayerStep(STAGE, self.depth, self.depth, "refine", message)
        fitted = approach(state.known.problem, state.known.theta, self.goal, control)
        return Walked(views, fitted.loss, network=fitted)

    def better(self, ended: Walked, best: Walked) -> bool:
        """The network that answers better."""
        return ended.loss < best.loss

    def again(
        self, state: Shared, ended: Walked, passage: int, control: Control
    ) -> Generator[Event, None, tuple[Shared, LayerView] | None]:
        """New students around what is known."""
        if state.known is None:
            return None
        message = f"Students with the {_size(state.known)} neurons known, and others drawn anew."
        yield LayerStep(STAGE, 1, self.depth, "retrain", message)
        more = yield from self._regrown(state.known, state.start, passage - 1, control)
        cut = ended.views[0].cut
        return Shared(more, more), rough_view(more, 0, cut.gamma, cut.beta)

    def _as_the_best_reads(self, shared: StudentEnsemble) -> Pruned:
        """One network of students that share every layer, without neurons it does not need."""
        best = int(np.nanargmin(shared.losses))
        problem = self.problem(shared.shape, shared.shape.sizes[1:-1]).thinned()
        theta = torch.from_numpy(shared.theta[best : best + 1]).to(problem.x.device)
        return without_idle(problem, theta)

    def _regrown(
        self, known: Pruned, old: StudentEnsemble, trial: int, control: Control
    ) -> Generator[Event, None, StudentEnsemble]:
        """New students as wide as the old ones were at first, around the known network."""
        small = known.problem.shape
        hidden = tuple(max(w, c + SPARE) for w, c in zip(self.wide, small.sizes[1:-1], strict=True))
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


def _size(known: Pruned) -> str:
    return "-".join(map(str, known.problem.shape.sizes[1:-1]))


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
