"""Reconstruct: from students and clusters to one network of exactly the right size.

Collapse the clusters, prune what the answers do not need, resolve the signs, refine. Where the
clusters lead nowhere, the best students themselves are pruned. Clusters are the evidence, verified
pruning is the decision.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ec_core.cluster.layer import LayerView
from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.events import Event, LayerStep, Note, PruneStep, RefineProgress, SignsFound, relay
from ec_core.expand.learning import make_problem
from ec_core.expand.noise import error_of
from ec_core.expand.regimes import regime_of
from ec_core.expand.students import StudentEnsemble
from ec_core.leastsquares.problem import Problem
from ec_core.networks.activations import parameters
from ec_core.networks.equal_writings import READ_OFF
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network, to_network
from ec_core.probing.probes import ROUNDING_FLOOR, ProbeSet
from ec_core.reconstruct.climb import Climbed, climb
from ec_core.reconstruct.collapse import collapse
from ec_core.reconstruct.output_layer import solve_output
from ec_core.reconstruct.plain import best_student, with_lines, without_skip_paths
from ec_core.reconstruct.polish import affordable, loss_of, polish
from ec_core.reconstruct.prune import STAGE, Pruned
from ec_core.reconstruct.refit import fitting, refit
from ec_core.reconstruct.significance import IMPRECISE, to_size, variance_of
from ec_core.reconstruct.slope import other_slope, with_slope
from ec_core.reconstruct.twins import untwine

_COLLAPSE_ITERATIONS = 40
_REFINE_ITERATIONS = 60

_FELL = 1e-2
"""A network that falls below this share of the loss at which it was given up was given up early."""

_ALL_DIGITS = ROUNDING_FLOOR
"""A floor of no more is that of answers with all their digits: many more of them than weights say
nothing new, and with thousands of weights every iteration on all of them takes a minute."""


@dataclass(frozen=True)
class ReconstructConfig:
    """attempts : students pruned, best first, before giving up; device as everywhere
    chosen : a person chose the cut, so that it is built from as it is. An automatic one (rule
        "plateau", no edits) of which nobody says so may give way to one that suits stuck students.
    """

    attempts: int = 5
    device: str = "auto"
    chosen: bool = False


@dataclass(frozen=True)
class Learning:
    """How a network with learnt curves came about, from which it can be judged again (``curves``).

    rows (N,) : of the probes, those learnt from; knots : of every curve, level by level, and the
    losses there; less : the loss with one neuron less
    """

    rows: np.ndarray
    knots: tuple[tuple[int, ...], ...]
    losses: tuple[float, ...]
    less: float


@dataclass(frozen=True)
class Reconstruction:
    """The recovered network and how it was reached.

    network : in the teacher's coordinates; standard : in the students' coordinates
    loss, heldout_loss : mean squared error of standardised answers
    steps : every removal tried; signs : how flips were resolved (None if there was nothing to)
    from_clusters : first-layer neurons the clusters proposed; started, pruned : neurons pruning
    began with and removed, all layers together; removed : those removed from each layer
    layers : what the students said about each hidden layer of a deep network, as far as that went
    exact : pruning came to its end at the floor; history (T,) : loss during the refinement
    error : mean squared error of the answers, where the network's residuals show one and nothing
    else; confidence : in the size, 0 to 1, where that error leaves a doubt
    slope : of relu and leaky_relu, where the answers show another than the students'
    learning : where the activation was learnt
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
    layers: tuple[LayerView, ...] = ()
    error: float | None = None
    confidence: float | None = None
    slope: float | None = None
    learning: Learning | None = None

    @property
    def own_slope(self) -> bool:
        """Is the network written with the slope that the answers show?"""
        return self.slope in (None, *parameters(self.network.activation).values())


def _starts(
    students: Climbed,
    view: LayerView | None,
    probes: ProbeSet,
    config: ReconstructConfig,
    control: Control,
) -> Iterator[tuple[str, Problem, torch.Tensor]]:
    """Networks to prune, most promising first: what students agree on, then the best of them.

    Of deep networks the students that were taken through the layers come before the others.
    """
    device, floor = resolve_device(config.device), probes.floor
    first = students.ensembles[0].shape
    agreed = None if students.walked is None else students.walked.network
    if agreed is not None:
        yield "what students agree on", agreed.problem, agreed.theta
    if len(first.sizes) == 3 and view is not None and view.clusters.kept:
        incoming = collapse(students.ensembles[0], view.cloud, view.clusters).to(device)
        problem = make_problem(probes, first.activation, len(incoming), device)
        theta = solve_output(problem, incoming).theta
        fitted = refit(problem, theta, _COLLAPSE_ITERATIONS, floor, control, floor)
        if fitted.loss[0] <= floor:
            yield "clusters", problem, fitted.theta
    for ensemble in students.ensembles:
        problem = make_problem(probes, first.activation, ensemble.shape.sizes[1:-1], device)
        attempts = regime_of(first).pruning.attempts or config.attempts
        for student in np.argsort(ensemble.losses, kind="stable")[:attempts]:
            row = torch.from_numpy(ensemble.theta[student : student + 1]).to(device)
            yield f"student {int(student) + 1}", problem, row


def _pruned(
    students: Climbed,
    view: LayerView | None,
    probes: ProbeSet,
    config: ReconstructConfig,
    control: Control,
) -> Generator[Event, None, tuple[Pruned, list[PruneStep], tuple[int, ...], list[str]]]:
    """The starts pruned one by one, until one is exact: the best network, its steps, the hidden
    sizes it began with, and what was begun with in words.
    """
    best: Pruned | None = None
    steps: list[PruneStep] = []
    notes: list[str] = []
    few = regime_of(students.ensembles[0].shape).pruning.thin and probes.floor <= _ALL_DIGITS
    for source, problem, theta in _starts(students, view, probes, config, control):
        if few:
            problem = problem.thinned()
        sizes = problem.shape.sizes[1:-1]
        notes.append(f"Pruning began with {sum(sizes)} neurons: {source}.")
        yield Note(STAGE, notes[-1])
        path: list[PruneStep] = []
        pruned = yield from _collect(
            to_size(problem, theta, probes, control, students.ensembles[0].seed), path
        )
        if best is None or (pruned.exact, -pruned.loss) > (best.exact, -best.loss):
            best, steps, begun = pruned, path, sizes
        if best.exact or control.over:
            break
    assert best is not None
    return best, steps, begun, notes


def reconstruct(
    ensemble: StudentEnsemble,
    first_view: LayerView | None,
    probes: ProbeSet,
    config: ReconstructConfig,
    control: Control,
) -> Generator[Event, None, Reconstruction]:
    """Find the exact size, the signs and the weights; yields events, returns the result.

    first_view : the first hidden layer of the students, None where nobody looked
    Always returns the best network there is, also when it is not the teacher.
    """
    probes = probes.measured(error_of(ensemble, probes))
    students = yield from climb(ensemble, first_view, config.chosen, probes, config.device, control)
    depth = len(ensemble.shape.sizes) - 2
    if depth > 1:
        message = "Removing what the answers do not need, from every layer."
        yield LayerStep(STAGE, depth, depth, "prune", message)
    search = _pruned(students, first_view, probes, config, control)
    best, steps, begun, notes = yield from search
    notes = [*students.notes, *notes]
    kept = len(first_view.clusters.kept) if first_view is not None else 0
    if first_view is not None and best.exact:
        proposed = [len(view.clusters.kept) for view in students.views] or [kept]
        for message in _disagreements(proposed, best.problem.shape.sizes[1:-1]):
            notes.append(message)
            yield Note(STAGE, message)
    probes = _measured(best, probes)
    best, slope = yield from _sloped(best, probes, notes)
    plain, theta, signs = without_skip_paths(best, probes, control)
    if signs is not None:
        yield signs
    if best.exact and best.problem.shape.skip and len(plain.shape.sizes) > 3:
        # skip paths of deep networks can hide a neuron that nothing but they need
        again = yield from _collect(to_size(plain, theta, probes, control, ensemble.seed), steps)
        if again.exact:
            best, plain, theta = again, again.problem, again.theta
    if depth > 1:
        yield LayerStep(STAGE, depth, depth, "refine", "Fitting the whole network once more.")
    standard, every, history = yield from _refined(plain, theta, best, probes, control)
    if not best.exact and every < _FELL * best.loss:
        # only without skip paths, or only now, did it get there: which neurons does it need?
        theta = from_network(standard)[1].to(theta.device)
        again = yield from _collect(to_size(plain, theta, probes, control, ensemble.seed), steps)
        if again.exact:
            best, probes = again, _measured(again, probes)
            refining = _refined(again.problem, again.theta, again, probes, control)
            standard, every, more = yield from refining
            history += more
    student = best_student(ensemble, probes, config.device)
    if not best.exact and not every <= max(probes.floor, student.loss):
        # the work was cut short, or did not lead anywhere: nothing is lost by it
        best, begun = student, student.problem.shape.sizes[1:-1]
        lined, theta = with_lines(student)
        standard = to_network(lined.shape, theta)
        every = _loss(standard, probes)
        notes.append("The best student as it was answers better, so it is what is written.")
        yield Note(STAGE, notes[-1])
    network = probes.to_original(standard)
    # what looked like an error of the answers may have been a fit that was not there yet
    errs = best.exact and every > IMPRECISE * probes.rounding
    # in the students' coordinates: a file's own may cost digits, which is not the network's fault
    held = standard(probes.standard_inputs(probes.x_heldout)) - probes.standard_answers(
        probes.y_heldout
    )
    return Reconstruction(
        network=network,
        standard=standard,
        loss=every,
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
        layers=students.views,
        error=probes.error if errs else None,
        confidence=best.confidence if errs else None,
        slope=slope,
    )


def _sloped(
    best: Pruned, probes: ProbeSet, notes: list[str]
) -> Generator[Event, None, tuple[Pruned, float | None]]:
    """The network with the slope that the answers show, if that is free, and what it is."""
    slope = other_slope(best, probes)
    if slope is None:
        return best, None
    notes.append(f"The answers show a slope of {slope:.10g} below zero.")
    yield Note(STAGE, notes[-1])
    return (with_slope(best, slope) if best.problem.shape.activation in READ_OFF else best), slope


def _measured(best: Pruned, probes: ProbeSet) -> ProbeSet:
    """The probes with their error, where that is what an exact network leaves over."""
    if best.exact and best.loss > IMPRECISE * probes.rounding:
        return probes.measured(variance_of(best))
    return probes


def _refined(
    problem: Problem, theta: Tensor, best: Pruned, probes: ProbeSet, control: Control
) -> Generator[Event, None, tuple[Network, float, list[float]]]:
    """theta (1, P) fitted to its last digit: the network, its loss on all probes, the history."""
    history = []
    for fitted in fitting(problem, theta, _REFINE_ITERATIONS, 0.0, control):
        theta = fitted.theta
        history.append(float(fitted.loss[0]))
        yield RefineProgress(STAGE, fitted.iterations, history[-1], best.size)
    standard = to_network(problem.shape, theta)
    # the refinement may have seen only some of the probes
    every = history[-1] if len(problem.x) == len(probes.x) else _loss(standard, probes)
    if best.exact and not control.over and affordable(standard, probes.inputs):
        polished = polish(standard, probes.inputs, probes.answers, control=control)
        standard, every = polished.network, min(every, polished.loss)
        history += polished.history
        if every > IMPRECISE * probes.rounding:
            divided = untwine(standard, probes.inputs, probes.answers, control)
            if divided is not None:
                standard, every = divided.network, divided.loss
                history += divided.history
    return standard, every, history


def _loss(standard: Network, probes: ProbeSet) -> float:
    """Mean squared error of standardised answers to all probes to learn from."""
    return loss_of(standard, probes.inputs, probes.answers)


def _disagreements(proposed: Sequence[int], sizes: Sequence[int]) -> Iterator[str]:
    """One sentence per hidden layer for which clusters and pruning differ."""
    for layer, (clusters, neurons) in enumerate(zip(proposed, sizes, strict=False)):
        if clusters != neurons:
            where = f" of layer {layer + 1}" if len(sizes) > 1 else ""
            yield (
                f"The clusters{where} suggest {clusters} neurons, the answers demand {neurons}; "
                "the answers decide."
            )


def _collect(
    search: Generator[Event, None, Pruned], path: list[PruneStep]
) -> Generator[Event, None, Pruned]:
    """Pass the events of a search on, keeping its steps."""

    def keep(event: Event) -> Event:
        if isinstance(event, PruneStep):
            path.append(event)
        return event

    return relay(search, keep)
