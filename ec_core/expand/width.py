"""How wide must students be? Double until most of a few converge in a short run."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np

from ec_core.control import Control
from ec_core.events import Event, Note, WidthTried
from ec_core.expand.config import ExpandConfig
from ec_core.expand.curvature import Problem
from ec_core.expand.estimate import fits_densely
from ec_core.expand.levenberg_marquardt import iterate, start
from ec_core.expand.students import initial_theta

STAGE = "expand"
_STUDENTS = 6
_ITERATIONS = 40
_CONVERGED = 1e-6
"""Loss that counts as "on its way down": too narrow students stay orders of magnitude above."""
_HOPELESS_AFTER, _HOPELESS = 20, 1e-3
"""A width whose median student is above this loss after so many iterations is too narrow."""
_ANSWERS_PER_PARAMETER = 4.0
"""Answers used in the search for every parameter; more would only cost time."""
_LEAST_PROBES = 400
_WIDEST = 1024


def _thinned(problem: Problem) -> Problem:
    """The problem on no more probes than the search needs."""
    outputs = problem.y.shape[1]
    needed = int(_ANSWERS_PER_PARAMETER * problem.shape.parameter_count / outputs)
    count = min(len(problem.x), max(_LEAST_PROBES, needed))
    return Problem(problem.shape, problem.x[:count], problem.y[:count], problem.chunk_bytes)


def find_width(
    make: Callable[[int], Problem], floor: float, config: ExpandConfig, control: Control
) -> Generator[Event, None, int]:
    """The first of 2, 4, 8, … hidden neurons at which most students of a short run get there.

    make : builds the problem for a width. Ends early at the width beyond which students would
    have more parameters than half of the answers, or whose matrix does not fit into memory.
    """
    students = min(_STUDENTS, max(3, config.students))
    goal = max(_CONVERGED, 10 * floor)
    width = 2
    while True:
        problem = _thinned(make(width))
        theta = initial_theta(problem.shape, config.seed, students).to(problem.x.device)
        batch = start(problem, theta)
        loss = np.full(students, np.inf)
        for iteration in range(_ITERATIONS):
            control.take_requests()
            if control.over:
                break
            batch = iterate(problem, batch)
            loss = batch.loss.cpu().numpy()
            arrived = int((loss <= goal).sum())
            hopeless = iteration >= _HOPELESS_AFTER and np.median(loss) > _HOPELESS
            if 2 * arrived > students or hopeless:
                break
        arrived = int((loss <= goal).sum())
        enough = 2 * arrived > students
        yield WidthTried(STAGE, width, arrived, students, float(loss.min()), enough)
        if enough or control.over:
            return width
        wider = make(2 * width)
        if 2 * wider.shape.parameter_count > wider.y.numel():
            yield Note(
                STAGE,
                f"Stopped at width {width}: twice as wide students would have "
                f"{wider.shape.parameter_count:,} parameters for {wider.y.numel():,} answers, "
                "and could interpolate; more probes allow wider students.",
                warning=True,
            )
            return width
        if 2 * width > _WIDEST or not fits_densely(wider.shape, wider.x.device):
            yield Note(STAGE, f"Stopped at width {width}, the widest that fits.", warning=True)
            return width
        width *= 2
