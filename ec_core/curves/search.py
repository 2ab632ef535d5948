"""From answers to a network with learnt curves: widen, learn, prune, refine, name, judge.

Depth after depth and width after width. What is refined is first written with named functions,
where each neuron's part of its curve is near one: such a network falls to rounding or it does not,
and then nothing has to be believed of a curve. Else the curve is judged as what it is.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ec_core.control import Control
from ec_core.curves.learning import Fitted, Lesson, fit
from ec_core.curves.names import Named, names_of, nearest, written
from ec_core.curves.prune import Pruned, prune, removals
from ec_core.curves.refine import FIRST, Refined, refine
from ec_core.curves.starts import Pace, learnt
from ec_core.curves.verdict import Found, Judged, judge
from ec_core.events import CandidateProgress, Event, Note, PruneStep, RefineProgress
from ec_core.networks.network import Network
from ec_core.probing.asking import Asker
from ec_core.probing.probes import ProbeSet

STAGE = "reconstruct"

FREE = "free"
"""Stands for an activation that is learnt, where one is told."""

WIDTHS = {1: (8, 16)}
DEEP = (6, 12)
"""Neurons per hidden layer of students with curves, tried in this order."""

TRIALS = 3
"""Other starts at one width, where the first all but explain the answers."""

FIRST_QUESTIONS, QUESTIONS = 3_000, 12_000
"""Asked for where they can be asked: to learn from, and to tell a curve to 1e-7 once there is
one.
"""

ROUGH, FINE = 12.0, 24.0
"""Answers per number that students learn from, and pruning."""

HOPELESS = 2e-2
"""A loss at which students are no imitation: a curve with a step in it is at 2e-3 with its first
knots."""

PROMISING = 1e-5
"""A refined network below this is worth other starts."""

_ENOUGH = 1e-16
"""A loss of refinement at which its error is a hundredth of what is claimed."""

_NAMED = 2e-2
"""How far a curve may lie from a named function that is tried in its place, over its spread."""

_NAMED_ITERATIONS = 80


@dataclass(frozen=True)
class Learnt:
    """A network with curves, or with the named functions that they turned out to be.

    found, judged : what was judged, in the students' coordinates, and how
    nearest : the named function nearest to each curve, with its numbers; () where names stand in
        the network itself
    begun : hidden sizes of the students; steps : every removal; history : losses, level by level
    """

    found: Found
    judged: Judged
    nearest: tuple[Named, ...]
    begun: tuple[int, ...]
    steps: tuple[PruneStep, ...]
    history: tuple[float, ...]
    probes: ProbeSet

    @property
    def network(self) -> Network:
        return self.found.network

    @property
    def worth(self) -> tuple[bool, float]:
        """Verified first, then by loss; more is better."""
        return self.judged.certificate.verified, -self.found.loss


def _asked(source: ProbeSet | Asker, count: int) -> ProbeSet:
    return source if isinstance(source, ProbeSet) else source(max(source.first, count))


def search(
    source: ProbeSet | Asker,
    depths: Sequence[int],
    width: int | tuple[int, ...] | None,
    precision: float | None,
    seed: int,
    control: Control,
) -> Generator[Event, None, Learnt | None]:
    """The best network with curves that was found; None where no student came near the answers.

    width : of the students, where it is told
    """
    best: Learnt | None = None
    for depth in depths:
        hidden = [(w,) * depth for w in WIDTHS.get(depth, DEEP)]
        if width is not None:
            hidden = [width if isinstance(width, tuple) else (width,) * depth]
        for sizes in hidden:
            for trial in range(TRIALS):
                if control.over:
                    return best
                attempt = _attempt(source, sizes, precision, seed + trial, best is None, control)
                found = yield from _watched(attempt, sizes)
                if found is None:
                    break
                best = found if best is None or found.worth > best.worth else best
                if best.judged.certificate.verified:
                    return best
                if found.found.loss > PROMISING:
                    break
    return best


def _watched(
    work: Generator[Event, None, Learnt | None], hidden: tuple[int, ...]
) -> Generator[Event, None, Learnt | None]:
    """The same events, and beside every step of learning the least loss so far: the curve's own
    line beside those of the candidates that raced.
    """
    at, least = 0, np.inf
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            learnt_: Learnt | None = end.value
            return learnt_
        yield event
        if isinstance(event, RefineProgress):
            at, least = at + 1, min(least, event.loss)
            yield CandidateProgress(STAGE, FREE, len(hidden), hidden[0], at, least)


def _attempt(
    source: ProbeSet | Asker,
    hidden: tuple[int, ...],
    precision: float | None,
    seed: int,
    first: bool,
    control: Control,
) -> Generator[Event, None, Learnt | None]:
    """Students of one width, and the networks that they lead to; the best of these.

    first : nothing else was found, so that even what explains little is returned
    """
    probes = _asked(source, FIRST_QUESTIONS).told(precision)
    lesson = Lesson(probes.inputs, probes.answers)
    sizes = (lesson.x.shape[1], *hidden, lesson.y.shape[1])
    student = yield from _students(sizes, lesson, seed, control)
    if student.loss > HOPELESS and not first:
        return None
    steps: list[PruneStep] = []
    work = prune(student, lesson.first(student.network, FINE), FIRST, control)
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            edges: list[Pruned] = end.value
            break
        if isinstance(event, PruneStep):
            steps.append(event)
        yield event
    if edges[0].fitted.loss < HOPELESS:
        probes = _asked(source, QUESTIONS).told(precision)
        lesson = Lesson(probes.inputs, probes.answers)
    best: Learnt | None = None
    for edge in edges:
        found = yield from _refined(edge, lesson, probes, hidden, tuple(steps), control)
        best = found if best is None or found.worth > best.worth else best
        if best.judged.certificate.verified or control.over:
            break
    return best


def _students(
    sizes: tuple[int, ...], lesson: Lesson, seed: int, control: Control
) -> Generator[Event, None, Fitted]:
    depth, width, at = len(sizes) - 2, sizes[1], (0, float("inf"))
    numbers = sum((a + 1) * b for a, b in pairwise(sizes)) + 16 * depth
    rows = max(600, int(ROUGH * numbers / sizes[-1]))
    few = Lesson(lesson.x[:rows], lesson.y[:rows])
    work = learnt(sizes, ("gelu", "tanh"), few, seed, Pace(), control)
    while True:
        try:
            at = next(work)
        except StopIteration as end:
            student: Fitted = end.value
            break
        yield RefineProgress(STAGE, *at, depth * width)
    neurons = " and ".join(str(own) for own in sizes[1:-1])
    yield Note(
        STAGE,
        f"Students with {neurons} neurons and a curve of their own come to {student.loss:.1e}.",
    )
    return student


def _refined(
    edge: Pruned,
    lesson: Lesson,
    probes: ProbeSet,
    hidden: tuple[int, ...],
    steps: tuple[PruneStep, ...],
    control: Control,
) -> Generator[Event, None, Learnt]:
    enough = max(_ENOUGH, probes.floor)
    refined = yield from refine(edge.fitted.network, lesson, enough, control)
    less = edge.less.loss if edge.less is not None else _constant(lesson)
    if edge.less is not None and refined.loss < PROMISING:
        smaller = yield from refine(edge.less.network, lesson, enough, control)
        less = min(less, smaller.loss)
    history = tuple(level.loss for level in refined.levels)
    named: tuple[tuple[Named, ...], ...] = ()
    if refined.loss < PROMISING and not control.over:
        named = names_of(refined.network, lesson.x[refined.rows], _NAMED)
    if named:
        called = " and ".join(dict.fromkeys(own[0].activation for own in named))
        yield Note(STAGE, f"The learnt curve looks like {called}, which is tried in its place.")
        found = _with_names(refined, named, lesson, probes, control)
        judged = judge(found, probes)
        if judged.certificate.verified:
            history = (*history, found.loss)
            return Learnt(found, judged, (), hidden, steps, history, probes)
    found = Found(refined.network, refined.rows, refined.loss, refined.levels, less)
    near = tuple(nearest(curve) for curve in refined.network.curves)
    return Learnt(found, judge(found, probes), near, hidden, steps, history, probes)


def _constant(lesson: Lesson) -> float:
    """The loss without any neuron."""
    return float(np.mean((lesson.y - lesson.y.mean(axis=0)) ** 2))


def _with_names(
    refined: Refined,
    named: tuple[tuple[Named, ...], ...],
    lesson: Lesson,
    probes: ProbeSet,
    control: Control,
) -> Found:
    """The network with named functions, fitted to the last digit, and that with one neuron less."""
    start = written(refined.network, named)
    few = lesson.first(start, FINE)
    fitted = fit(Fitted(start, np.inf, 1e-6), few, _NAMED_ITERATIONS, control)
    less = _constant(lesson)
    for _, _, smaller in removals(fitted.network, few)[:_FEW]:
        less = min(less, fit(Fitted(smaller, np.inf), few, _NAMED_ITERATIONS, control).loss)
    rows = np.arange(len(few.x))
    return Found(fitted.network, rows, lesson.loss(fitted.network), (), less)


_FEW = 3
"""Removals tried of a network with names, cheapest first."""
