"""From a student with skip paths to a plain network that answers no worse.

Signs explain the skip paths away if the student is the teacher, and then nothing is lost. If it is
not, or if there is no time to find out, the linear maps become neurons: the network is larger than
it need be, but it knows all that the student knew. Whatever is tried, the better network is kept.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.events import SignsFound
from ec_core.expand.learning import make_problem
from ec_core.expand.students import StudentEnsemble
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.prune import STAGE, Pruned
from ec_core.reconstruct.refit import refit
from ec_core.reconstruct.sign_trials import signs_by_fit, try_signs, undecided
from ec_core.reconstruct.significance import Errors
from ec_core.reconstruct.signs import MIDDLE_LIMIT
from ec_core.reconstruct.unflip import line_as_neurons, resolve_signs, together

_ITERATIONS = 60
"""In which a network with the right signs falls to where the student was."""

_SEARCH_SECONDS = 10.0
"""To search the signs of as many neurons of one layer as can be; two fewer take half of it."""


def _search_seconds(neurons: int) -> float:
    return _SEARCH_SECONDS * float(2.0 ** ((min(neurons, MIDDLE_LIMIT) - MIDDLE_LIMIT) / 2))


def with_lines(pruned: Pruned) -> tuple[Problem, Tensor]:
    """The same function without skip paths, whatever they hold; see ``line_as_neurons``."""
    if not pruned.problem.shape.skip:
        return pruned.problem, pruned.theta
    shape, theta = line_as_neurons(pruned.problem.shape, pruned.theta.cpu())
    return replace(pruned.problem, shape=shape), theta.to(pruned.theta.device)


def without_skip_paths(
    pruned: Pruned, probes: ProbeSet, control: Control
) -> tuple[Problem, Tensor, SignsFound | None]:
    """The problem without skip paths, theta (1, P) for it, and what the search for signs said.

    The loss is at most that of ``pruned``, or the floor, or what does not count where answers err.
    """
    shape, floor = pruned.problem.shape, probes.floor
    if not shape.skip:
        return pruned.problem, pruned.theta, None
    if not control.room_for(_search_seconds(max(shape.sizes[1:-1]))):
        return (*with_lines(pruned), None)
    if pruned.exact and probes.error is not None and len(shape.sizes) == 3:
        errors = Errors(probes.error, pruned.problem.y.numel())
        by_fit = signs_by_fit(pruned.problem, pruned.theta, errors, control)
        if by_fit is not None:
            flat = Architecture(shape.sizes, shape.activation, skip=False)
            return replace(pruned.problem, shape=flat), *by_fit
    theta, searched = resolve_signs(shape, pruned.theta.cpu())
    signs = together(searched)
    explained = signs is not None and signs.explained
    deep = len(shape.sizes) > 3
    if deep and pruned.exact and not explained:
        tried = try_signs(pruned.problem, pruned.theta, searched, floor, control)
        theta, signs = (theta, signs) if tried is None else tried
    report = None
    if signs is not None:
        flipped = tuple(int(j) for j in np.flatnonzero(signs.flipped))
        report = SignsFound(STAGE, flipped, signs.residual, signs.runner_up, signs.unique)
    if explained or deep or not undecided(searched):
        plain = Architecture(shape.sizes, shape.activation, skip=False)
        problem, goal = replace(pruned.problem, shape=plain), max(floor, pruned.loss)
        fitted = refit(problem, theta.to(pruned.theta.device), _ITERATIONS, goal, control)
        if fitted.loss[0] <= goal:
            return problem, fitted.theta, report
    return (*with_lines(pruned), report)


def best_student(ensemble: StudentEnsemble, probes: ProbeSet, device: str) -> Pruned:
    """The student with the lowest loss, as it is, and its loss on all probes to learn from."""
    shape = ensemble.shape
    problem = make_problem(probes, shape.activation, shape.sizes[1:-1], resolve_device(device))
    row = int(np.nanargmin(ensemble.losses))
    theta = torch.from_numpy(ensemble.theta[row : row + 1]).to(problem.x.device)
    return Pruned(problem, theta, float(losses(problem, theta)[0]))
