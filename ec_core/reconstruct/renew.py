"""Re-expansion: a new, wide last hidden layer on what a pruned network has below it.

A student may hold every layer but the last right, and still be stuck: a neuron too many in one
layer stands for one that is wrong above it. With what is below given, a new last layer is a problem
of one hidden layer, which students solve from scratch.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import torch
from torch import Tensor

from ec_core.control import Control
from ec_core.events import Event, LayerStep, relay
from ec_core.expand.config import ExpandConfig
from ec_core.expand.curvature import losses
from ec_core.expand.problem import Problem
from ec_core.expand.students import StudentEnsemble, ensemble_of, initial_theta
from ec_core.expand.trainer import expand
from ec_core.networks.mlp import unpack
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.prune import STAGE

_ITERATIONS = 40
_PLACE = 100
"""Keeps these starts apart from all others of the same seed."""


def renew(
    problem: Problem, theta: Tensor, like: StudentEnsemble, probes: ProbeSet, control: Control
) -> Generator[Event, None, tuple[Problem, Tensor]]:
    """Students with the hidden layers of theta (1, P) but the last, which is new; returns the best.

    like : the run's students, as many as are trained and as wide as the new layer is
    """
    shape, width = problem.shape, like.shape.sizes[-2]
    depth = len(shape.sizes) - 2
    wider = problem.at_size(*shape.sizes[1:-2], width)
    message = f"Not exact yet: a new layer {depth} of {width} neurons on what was found below it."
    yield LayerStep(STAGE, depth, depth, "retrain", message)
    drawn = initial_theta(wider.shape, like.seed, like.students, _PLACE).to(theta.device)
    blocks, known = unpack(wider.shape, drawn).blocks, unpack(shape, theta).blocks
    for layer in range(depth - 1):
        blocks[layer][:] = known[layer]
    fresh = ensemble_of(
        wider.shape, drawn.cpu().numpy(), losses(wider, drawn).cpu().numpy(), like.seed
    )
    config = ExpandConfig(
        students=like.students,
        iterations=_ITERATIONS,
        restarts=0,
        seed=like.seed,
        device=theta.device.type,
        hidden_layers=depth,
    )
    training = expand(probes, shape.activation, config, control, fresh)
    trained = yield from relay(training, lambda event: replace(event, stage=STAGE))
    best = int(trained.losses.argmin())
    return wider, torch.from_numpy(trained.theta[best : best + 1]).to(theta.device)
