"""Deep piecewise linear networks: above a layer that was set new students are grown.

Stuck students are not wrong everywhere. Each has some of the teacher's neurons, to a per cent or
better, beside others that only stand in for those it lacks; and while two students hardly ever
stand in alike, what is true they have in common. So the neurons that several students share are
taken as given, new students draw the rest anew, and so on until nothing new is found in a layer.
What is above a layer that is given is a network of its own, which reads the layer's outputs and
everything below.

Neurons may be given with their sign flipped, which leaves a linear map of what they read. That is
why students read everything below, not the last layer alone; the signs are resolved at the end.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ec_core.cluster.layer import LayerView, view_layer
from ec_core.control import Control
from ec_core.events import TRAINING, Event, LayerStep, TrainingProgress
from ec_core.expand.minibatch_adam import Steps, minibatch_adam, without_skip
from ec_core.expand.regimes import regime_of
from ec_core.expand.students import ensemble_of
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import hidden_outputs
from ec_core.networks.parameters import pack, random_parameters, unpack
from ec_core.reconstruct.prune import STAGE, Pruned, approach
from ec_core.reconstruct.refit import fitting, refit
from ec_core.reconstruct.walk import EXACT, Risen, Walked
from ec_core.seeding import stage_seed

STUDENTS, STARTS = 20, 60
"""How many students are compared, and how many are started: the better third goes on."""

STEPS, LAST_STEPS, RATE = 9_000, 3_000, 3e-3
"""Small steps each of them takes, those of the last layer, and their first step size."""

SPARE, ABOVE = 8, 12
"""Neurons drawn anew beside those that are given, and neurons of each layer above."""

AGREE, WITNESSES, BETA = 0.08, 4, 30.0
"""Weight vectors of unit length closer than this are one neuron, if so many students have it."""

ROUNDS = 4
"""How often a layer is looked at. Two or three were enough on 6-4-4-4-2."""

_ITERATIONS = 60
_PROBES = 4_000
"""Of the Levenberg-Marquardt steps that follow."""


@dataclass(frozen=True)
class Ground:
    """Hidden layers that are given, and what is read above them.

    full : the whole problem, with skip paths; blocks : the given layers' rows (H, F) of its shape
    x (N, F'), mean, spread (F',) : the features (h_l, …, h_1, x), standardised, and how
    """

    full: Problem
    blocks: tuple[Tensor, ...]
    x: Tensor
    mean: Tensor
    spread: Tensor

    def problem(self, hidden: tuple[int, ...], skip: bool) -> Problem:
        """What students with these hidden sizes above the given layers learn."""
        sizes = (self.x.shape[1], *hidden, self.full.y.shape[1])
        shape = Architecture(sizes, self.full.shape.activation, skip)
        return replace(self.full, shape=shape, x=self.x)

    def outside(self, rows: Tensor) -> Tensor:
        """Rows (…, F'+1) of a first layer above as rows of the full shape, which reads (h_l, 1, …)
        and features that are not standardised.
        """
        weight, at = rows[..., :-1] / self.spread, self.blocks[-1].shape[0]
        bias = rows[..., -1:] - (weight * self.mean).sum(-1, keepdim=True)
        return torch.cat([weight[..., :at], bias, weight[..., at:]], dim=-1)

    def inside(self, rows: Tensor) -> Tensor:
        """The inverse of ``outside``."""
        at = self.blocks[-1].shape[0]
        weight = torch.cat([rows[..., :at], rows[..., at + 1 :]], dim=-1)
        bias = rows[..., at : at + 1] + (weight * self.mean).sum(-1, keepdim=True)
        return torch.cat([weight * self.spread, bias], dim=-1)

    def whole(self, shape: Architecture, theta: Tensor) -> tuple[Problem, Tensor]:
        """The given layers and a student theta (1, P) of ``shape`` above them, as one network."""
        given = [block.shape[0] for block in self.blocks]
        problem = self.full.at_size(*given, *shape.sizes[1:-1])
        first, *above = unpack(shape, theta).blocks
        parts = [block[None] for block in self.blocks] + [self.outside(first)]
        for at, block in enumerate(above, start=1):
            columns = problem.shape.features(len(self.blocks) + at)
            wide = block.new_zeros(1, block.shape[1], columns)
            wide[..., : block.shape[2]] = block
            if shape.skip:
                inputs = slice(block.shape[2] - shape.sizes[0], block.shape[2])
                wide[..., inputs] /= self.spread
                wide[..., shape.sizes[at]] -= (wide[..., inputs] * self.mean).sum(2)
            parts.append(wide)
        return problem, pack(parts)


def ground(full: Problem, blocks: tuple[Tensor, ...]) -> Ground:
    """The problem above given layers, whose rows (H, F) read (h, 1, everything below)."""
    shape = full.shape.with_hidden(*(block.shape[0] for block in blocks))
    x = torch.cat(hidden_outputs(shape, blocks, full.x)[::-1], dim=1)
    mean, spread = x.mean(0), x.std(0)
    spread = torch.where(spread > 0, spread, torch.ones_like(spread))
    return Ground(full, blocks, (x - mean) / spread, mean, spread)


@dataclass(frozen=True)
class Grown:
    """base : the layers that were set, None before the first; known (C, F): rows of the next one

    network : the best whole network on the way, once the last layer was reached
    """

    base: Ground | None
    known: Tensor
    network: Pruned | None = None


@dataclass(frozen=True)
class Grow:
    """A way up, see ``walk``: above the layers that are set new students are grown.

    full : the whole problem, with skip paths; of its shape the number of layers counts
    floor : of the probes
    """

    full: Problem
    floor: float
    seed: int
    passages: int = 1

    @property
    def goal(self) -> float:
        """Exact, or the floor if that is higher."""
        return max(self.floor, EXACT)

    @property
    def depth(self) -> int:
        """Hidden layers."""
        return len(self.full.shape.sizes) - 2

    def begun(self, state: Grown, first: LayerView) -> Walked:
        """Nothing is put together yet."""
        return Walked((first,), math.inf)

    def rise(
        self, state: Grown, layer_view: LayerView, layer: int, control: Control
    ) -> Generator[Event, None, Risen[Grown] | None]:
        """The layer above is looked at until nothing new is found in it; below the last one that is
        grown too, each time.
        """
        if layer + 2 >= self.depth or control.over:
            return None
        below = () if state.base is None else state.base.blocks
        base, next_up = ground(self.full, (*below, state.known)), layer + 1
        work = _Layer(self.full, next_up, self.depth, self.seed)
        known = base.x.new_empty(0, base.x.shape[1] + 1)
        above: tuple[LayerView, ...] = ()
        best: Pruned | None = None
        for trial in range(ROUNDS):
            base, rows, view = yield from work.look(base, known, trial, control)
            if len(rows) <= len(known):
                break
            known = rows
            above = above if best is not None else (view,)
            if next_up + 2 == self.depth and not control.over:
                whole, theta, top = yield from work.finish(base, known, trial, control)
                fitted = approach(whole, theta, self.floor, control)
                if best is None or fitted.loss < best.loss:
                    best, above = fitted, (view, top)
                if best.loss <= self.goal:
                    break
        return Risen(Grown(base, known, best), layer_view, above) if above else None

    def end(
        self, state: Grown, views: tuple[LayerView, ...], passage: int, control: Control
    ) -> Generator[Event, None, Walked | None]:
        """The whole network; None where no layer is in between, or nothing is agreed on in one."""
        yield from ()
        network = state.network
        return None if network is None else Walked(views, network.loss, network=network)

    def better(self, ended: Walked, best: Walked) -> bool:
        """There is one passage only."""
        return True

    def again(
        self, state: Grown, ended: Walked, passage: int, control: Control
    ) -> Generator[Event, None, None]:
        """Nothing more to begin with."""
        yield from ()


@dataclass(frozen=True)
class _Layer:
    """Hidden layer ``layer`` (0: the first) of ``layers``, on top of those given."""

    full: Problem
    layer: int
    layers: int
    seed: int

    def look(
        self, base: Ground, known: Tensor, trial: int, control: Control
    ) -> Generator[Event, None, tuple[Ground, Tensor, LayerView]]:
        """New students with the known rows (C, F) in this layer, and what they agree on.

        Returns the ground as the best student has it after it was fitted as a whole, the rows that
        are shared, and how that was seen.
        """
        message = f"New students on what was found of layer {self.layer}."
        if len(known):
            message = f"{_neurons(len(known))} given, {SPARE} drawn anew."
        yield self._step("retrain", message)
        above = (ABOVE,) * (self.layers - self.layer - 1)
        problem = base.problem((len(known) + SPARE, *above), skip=False)
        place = (self.layer, trial)
        generator = torch.Generator().manual_seed(stage_seed(self.seed, "harvest", *place))
        theta = _drawn(problem, STARTS, generator)
        held = torch.ones_like(theta[:1])
        unpack(problem.shape, theta).blocks[0][:, : len(known)] = base.inside(known)
        unpack(problem.shape, held).blocks[0][:, : len(known)] = 0.0
        batches = stage_seed(self.seed, "harvest batches", *place)
        warm = minibatch_adam(
            problem, theta, batches, STEPS, RATE, STUDENTS, held[0], control.marks
        )
        theta, loss = yield from _train(problem, theta, warm, control)
        yield self._step("cluster", f"Comparing the students' layer {self.layer + 1}.")
        view = _shared(problem, theta, loss, self.seed, base)
        best = int(np.argmin(loss))
        whole, together = base.whole(problem.shape, theta[best : best + 1])
        fitted = refit(whole.thinned(), together, _ITERATIONS, 0.0, control)
        blocks = [block[0] for block in unpack(whole.shape, fitted.theta).blocks]
        rows = base.outside(unpack(problem.shape, theta).blocks[0])
        rows[best] = blocks[self.layer]
        chosen = [cluster.best for cluster in view.clusters.kept]
        shared = rows[view.cloud.student[chosen], view.cloud.neuron[chosen]]
        return ground(self.full, tuple(blocks[: self.layer])), shared, view

    def finish(
        self, base: Ground, known: Tensor, trial: int, control: Control
    ) -> Generator[Event, None, tuple[Problem, Tensor, LayerView]]:
        """The last layer, on top of this one's known rows: students with one hidden layer.

        Returns the best of them as a whole network theta (1, P), and how their layer looks.
        """
        top = _Layer(self.full, self.layer + 1, self.layers, self.seed)
        below = f"{_neurons(len(known))} of layer {self.layer + 1}"
        yield top._step("retrain", f"New students on {below}.")
        base = ground(self.full, (*base.blocks, known))
        problem = base.problem((ABOVE,), skip=True)
        place = (top.layer, trial)
        generator = torch.Generator().manual_seed(stage_seed(self.seed, "harvest", *place))
        theta = _drawn(problem, STUDENTS, generator)
        batches = stage_seed(self.seed, "harvest batches", *place)
        mask = without_skip(problem.shape, theta)
        warm = minibatch_adam(
            problem, theta, batches, LAST_STEPS, RATE, mask=mask, marks=control.marks
        )
        theta, loss = yield from _train(problem, theta, warm, control)
        best = int(np.argmin(loss))
        whole, together = base.whole(problem.shape, theta[best : best + 1])
        return whole, together, _shared(problem, theta, loss, self.seed, base)

    def _step(self, phase: str, message: str) -> LayerStep:
        return LayerStep(STAGE, self.layer + 1, self.layers, phase, message)


def _drawn(problem: Problem, students: int, generator: torch.Generator) -> Tensor:
    """Fresh students theta (S, P) above what is given, as their regime has them start."""
    how = regime_of(problem.shape).starts
    theta = random_parameters(problem.shape, students, generator, how.norm, how.spread)
    return theta.to(problem.x.device)


def _neurons(count: int) -> str:
    return "1 neuron" if count == 1 else f"{count} neurons"


def _train(
    problem: Problem, theta: Tensor, warming: Steps, control: Control
) -> Generator[Event, None, tuple[Tensor, np.ndarray]]:
    """Students theta (S, P) warmed up, then fitted on few probes; theta (S', P) and loss (S',)."""
    began, done, width = time.monotonic(), 0, problem.shape.sizes[1]
    for warm, loss in warming:
        theta, done = warm, done + 1
        yield _progress(done, loss.cpu().numpy(), width, began)
        control.take_requests()
        if control.over:
            break
    few = replace(problem, x=problem.x[:_PROBES], y=problem.y[:_PROBES])
    for fitted in fitting(few, theta, _ITERATIONS, 0.0, control):
        yield _progress(done + fitted.iterations, fitted.loss, width, began)
    return fitted.theta, fitted.loss


def _progress(iteration: int, loss: np.ndarray, width: int, began: float) -> TrainingProgress:
    """Losses (S,) after one block of small steps or one iteration."""
    seconds = time.monotonic() - began
    return TrainingProgress(
        STAGE,
        iteration=iteration,
        losses=loss,
        statuses=(TRAINING,) * len(loss),
        iterations=np.full(len(loss), iteration),
        restarts=np.zeros(len(loss), dtype=np.int64),
        width=width,
        seconds=seconds,
        throughput=iteration * len(loss) / max(seconds, 1e-9),
    )


def _shared(
    problem: Problem, theta: Tensor, loss: np.ndarray, seed: int, base: Ground
) -> LayerView:
    """The first hidden layer of students theta (S, P), clustered: what enough of them have."""
    ensemble = ensemble_of(problem.shape, theta.cpu().numpy(), loss, seed)
    view = view_layer(ensemble, 0, WITNESSES / len(loss), BETA, share=AGREE)
    # the given layers are the same for all students
    below = tuple(block.cpu().expand(len(loss), -1, -1).numpy().copy() for block in base.blocks)
    return replace(view, below=below, standardised=True)
