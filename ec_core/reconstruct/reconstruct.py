"""Reconstruct: from students and clusters to one network of exactly the right size.

Collapse the clusters, prune what the answers do not need, resolve the signs, refine. Where the
clusters lead nowhere, the best students themselves are pruned. Clusters are the evidence, verified
pruning is the decision.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from ec_core.cluster.cloud import WeightCloud
from ec_core.cluster.cut import Clusters
from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.events import Event, Note, PruneStep, RefineProgress, SignsFound
from ec_core.expand.problem import Problem, make_problem
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.mlp import Architecture, to_network
from ec_core.networks.network import Network
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.collapse import collapse
from ec_core.reconstruct.output_layer import solve_output
from ec_core.reconstruct.prune import STAGE, Pruned, prune
from ec_core.reconstruct.refit import fitting, refit
from ec_core.reconstruct.unflip import line_as_neurons, resolve_signs

_COLLAPSE_ITERATIONS = 40
_REFINE_ITERATIONS = 60


@dataclass(frozen=True)
class ReconstructConfig:
    """attempts : students pruned, best first, before giving up; device as everywhere."""

    attempts: int = 5
    device: str = "auto"


@dataclass(frozen=True)
class Reconstruction:
    """The recovered network and how it was reached.

    network : in the teacher's coordinates; standard : in the students' coordinates
    loss, heldout_loss : mean squared error of standardised answers
    steps : every removal tried; signs : how flips were resolved (None if there was nothing to)
    from_clusters : first-layer neurons the clusters proposed; started, pruned : neurons pruning
    began with and removed, all layers together; removed : those removed from each layer
    exact : pruning came to its end at the floor; history (T,) : loss during the refinement
    """

    network: Network
    standard: Network
    loss: float
    heldout_loss: float
    steps: tuple[PruneStep, ...]
    signs: SignsFound | None
    from_clusters: int
    started: int
    pruned: int
    exact: bool
    notes: tuple[str, ...]
    history: np.ndarray
    removed: tuple[int, ...] = ()


def _starts(
    ensemble: StudentEnsemble,
    clusters: Clusters | None,
    cloud: WeightCloud | None,
    problem: Problem,
    floor: float,
    attempts: int,
    control: Control,
) -> Iterator[tuple[str, Problem, torch.Tensor]]:
    """Networks to prune, most promising first: the collapsed clusters, then the best students."""
    device = problem.x.device
    shallow = len(ensemble.shape.sizes) == 3
    if shallow and clusters is not None and cloud is not None and clusters.kept:
        incoming = torch.from_numpy(collapse(ensemble, cloud, clusters)).to(device)
        smaller = problem.at_size(len(incoming))
        theta = solve_output(smaller, incoming).theta
        fitted = refit(smaller, theta, _COLLAPSE_ITERATIONS, floor, control, floor)
        if fitted.loss[0] <= floor:
            yield "clusters", smaller, fitted.theta
    for student in np.argsort(ensemble.losses, kind="stable")[:attempts]:
        row = torch.from_numpy(ensemble.theta[student : student + 1]).to(device)
        yield f"student {int(student) + 1}", problem, row


def reconstruct(
    ensemble: StudentEnsemble,
    clusters: Clusters | None,
    cloud: WeightCloud | None,
    probes: ProbeSet,
    config: ReconstructConfig,
    control: Control,
) -> Generator[Event, None, Reconstruction]:
    """Find the exact size, the signs and the weights; yields events, returns the result.

    Always returns the best network there is, also when it is not the teacher.
    """
    device = resolve_device(config.device)
    problem = make_problem(probes, ensemble.shape.activation, ensemble.shape.sizes[1:-1], device)
    steps: list[PruneStep] = []
    notes: list[str] = []
    best: Pruned | None = None
    begun = ensemble.shape.sizes[1:-1]
    for source, start_problem, theta in _starts(
        ensemble, clusters, cloud, problem, probes.floor, config.attempts, control
    ):
        count = sum(start_problem.shape.sizes[1:-1])
        notes.append(f"Pruning began with {source}, {count} neurons.")
        yield Note(STAGE, notes[-1])
        path: list[PruneStep] = []
        search = prune(start_problem, theta, probes.floor, control)
        pruned = yield from _collect(search, path)
        if best is None or (pruned.exact, -pruned.loss) > (best.exact, -best.loss):
            best, steps, begun = pruned, path, start_problem.shape.sizes[1:-1]
        if best.exact or control.over:
            break
    assert best is not None
    kept = len(clusters.kept) if clusters is not None else 0
    first = best.problem.shape.sizes[1]
    if clusters is not None and best.exact and kept != first:
        notes.append(
            f"The clusters suggest {kept} neurons, the answers demand {first}; the answers decide."
        )
        yield Note(STAGE, notes[-1])
    plain, theta, signs = _resolve_signs(best)
    if signs is not None:
        yield signs
    history = []
    for fitted in fitting(plain, theta, _REFINE_ITERATIONS, 0.0, control):
        theta = fitted.theta
        history.append(float(fitted.loss[0]))
        yield RefineProgress(STAGE, fitted.iterations, history[-1], best.size)
    standard = to_network(plain.shape, theta)
    network = probes.to_original(standard)
    held = probes.standard_answers(network(probes.x_heldout)) - probes.standard_answers(
        probes.y_heldout
    )
    return Reconstruction(
        network=network,
        standard=standard,
        loss=history[-1],
        heldout_loss=float(np.mean(held**2)),
        steps=tuple(steps),
        signs=signs,
        from_clusters=kept,
        started=sum(begun),
        pruned=sum(begun) - best.size,
        exact=best.exact,
        notes=tuple(notes),
        history=np.array(history),
        removed=tuple(
            int(before - after)
            for before, after in zip(begun, best.problem.shape.sizes[1:-1], strict=True)
        ),
    )


def _collect(
    search: Generator[Event, None, Pruned], path: list[PruneStep]
) -> Generator[Event, None, Pruned]:
    """Pass the events of a search on, keeping its steps."""
    while True:
        try:
            event = next(search)
        except StopIteration as end:
            result: Pruned = end.value
            return result
        if isinstance(event, PruneStep):
            path.append(event)
        yield event


def _resolve_signs(found: Pruned) -> tuple[Problem, torch.Tensor, SignsFound | None]:
    """The problem without skip paths, theta (1, P) for it, and what the search said."""
    shape = found.problem.shape
    if not shape.skip:
        return found.problem, found.theta, None
    theta, signs = resolve_signs(shape, found.theta.cpu())
    plain = Architecture(shape.sizes, shape.activation, skip=False)
    if (signs is None or not signs.explained) and len(shape.sizes) == 3:
        # not the teacher, but the best network there is should not lose what it knows
        plain, theta = line_as_neurons(shape, found.theta.cpu())
    problem = replace(found.problem, shape=plain)
    report = None
    if signs is not None:
        flipped = tuple(int(j) for j in np.flatnonzero(signs.flipped))
        report = SignsFound(STAGE, flipped, signs.residual, signs.runner_up, signs.unique)
    return problem, theta.to(found.theta.device), report
