"""elu of which alpha is not known: students that learn it together with their weights.

elu is linear above zero and alpha (exp(z) - 1) below: no change of the weights makes up for another
alpha, so that students of a fixed wrong one stall, and those that learn it dive.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch

from ec_core.control import Control
from ec_core.expand.free_curve import ELU, Lesson, begin, learn
from ec_core.expand.learning import make_problem
from ec_core.expand.students import StudentEnsemble, ensemble_of, initial_theta
from ec_core.networks.activations import numbered
from ec_core.networks.rounding import short
from ec_core.probing.probes import ProbeSet

ITERATIONS = 32
"""Of 5-5-2 with alpha 0.5 and students of width 8 three of four are exact after 16."""

ENOUGH = 1e-26
"""Loss at which the number stands to thirteen digits."""

BOUNDS = 1e-3, 1e3
"""An alpha beyond is that of a curve which the probes do not show to be an elu."""


def learn_alpha(
    probes: ProbeSet,
    hidden: tuple[int, ...],
    students: int,
    seed: int,
    control: Control,
    until: float = 0.0,
) -> Generator[tuple[int, float], None, StudentEnsemble | None]:
    """Students of elu and the alpha of the best: an ensemble of "elu:alpha". Yields iteration and
    loss; None where it is late at once, or alpha is out of bounds.

    until : seconds that must be left
    """
    problem = make_problem(probes, "elu", hidden, torch.device("cpu")).thinned()
    theta = initial_theta(problem.shape, seed, students)
    lesson = Lesson(problem.shape, ELU, problem.x, problem.y)
    batch = state = begin(
        lesson, torch.cat([theta, torch.zeros(students, 1, dtype=theta.dtype)], dim=1)
    )
    enough = max(ENOUGH, probes.floor)
    for iteration, batch in enumerate(learn(lesson, state, ITERATIONS), start=1):
        control.take_requests()
        loss = float(np.nanmin(batch.loss.numpy()))
        yield iteration, loss
        if loss <= enough or control.over or control.remaining() < until:
            break
    losses = np.nan_to_num(batch.loss.numpy(), nan=np.inf)
    alpha = float(batch.theta[int(np.argmin(losses)), -1].exp())
    if not BOUNDS[0] < alpha < BOUNDS[1]:
        return None
    name = numbered("elu", short(alpha, max(1e-9, 1e2 * float(np.sqrt(probes.floor)))))
    shape = make_problem(probes, name, hidden, torch.device("cpu")).shape
    return ensemble_of(shape, batch.theta[:, :-1].numpy().copy(), losses, seed)
