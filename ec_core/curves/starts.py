"""Students with curves: where they start, and how they learn before anything is known.

Random weights, and on a few even knots the curve of an activation: what it is hardly matters, the
students leave it in a few iterations. The knots follow the sums from round to round.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ec_core.control import Control
from ec_core.curves.gauge import bounds, fixed, on_even_knots
from ec_core.curves.learning import Fitted, Lesson, fitting
from ec_core.networks.network import LEARNT, Network, applied
from ec_core.networks.spline import fitted
from ec_core.seeding import stage_seed

COARSE = 14
"""Knots of a student that begins: enough for a bump or a step, and few enough to agree on."""

BEYOND = 1e-3
"""Share of the sums, on either side, that lie beyond the knots while students learn."""

_NORM, _BIAS = 1.5, 0.7
_RESTED = 1e-6
"""Least damping after the knots have moved, of a fit that was nearly done."""


def drawn(sizes: Sequence[int], activation: str, lesson: Lesson, seed: int, number: int) -> Network:
    """A student of these sizes that has not learnt yet; its last layer fits the answers.

    Every neuron's sum has a spread of about ``_NORM``, its bias one of ``_BIAS``.
    """
    rng = np.random.default_rng(stage_seed(seed, "curves", *sizes, number))
    weights, biases, curves, h = [], [], [], lesson.x
    for below, own in pairwise(sizes[:-1]):
        w = rng.standard_normal((own, below))
        w *= _NORM / (np.linalg.norm(w, axis=1, keepdims=True) * max(float(h.std()), 1e-9))
        b = _BIAS * rng.standard_normal(own) - w @ h.mean(axis=0)
        z = h @ w.T + b
        curve = fitted(
            np.linspace(*bounds(z, BEYOND), COARSE), z.ravel(), applied(activation, z).ravel()
        )
        weights.append(w)
        biases.append(b)
        curves.append(curve)
        h = curve(z)
    last = last_layer(h, lesson.y)
    network = Network(
        LEARNT, (*weights, last[:, :-1]), (*biases, last[:, -1]), curves=tuple(curves)
    )
    return fixed(network, lesson.x)


def last_layer(h: np.ndarray, values: np.ndarray, ridge: float = 1e-8) -> np.ndarray:
    """(K, H+1) rows, bias last, that make values (N, K) of h (N, H) best."""
    design = np.concatenate([h, np.ones((len(h), 1))], axis=1)
    gram = design.T @ design
    gram += ridge * np.trace(gram) / len(gram) * np.eye(len(gram))
    return np.asarray(np.linalg.solve(gram, design.T @ values).T)


def settled(
    start: Fitted, lesson: Lesson, rounds: Sequence[int], knots: int, control: Control
) -> Generator[Fitted, None, Fitted]:
    """Rounds of so many iterations; the gauge is fixed after each, and before each but the first
    the knots are laid anew over where the sums lie. Yields every iteration.
    """
    state = start
    for number, iterations in enumerate(rounds):
        if number:
            network = on_even_knots(state.network, lesson.x, knots, BEYOND)
            damping = max(state.damping, _RESTED)
            state = replace(state, network=network, damping=damping, growth=2.0)
        best = state
        for each in fitting(state, lesson, iterations, control):
            best = each
            yield each
        state = replace(best, network=fixed(best.network, lesson.x))
        if control.over:
            break
    return replace(state, loss=lesson.loss(state.network))


@dataclass(frozen=True)
class Pace:
    """How students learn: how many begin, in which rounds, and how many of them go on."""

    students: int = 4
    first: tuple[int, ...] = (10, 10)
    kept: int = 2
    then: tuple[int, ...] = (10, 10, 10, 20)


def learnt(
    sizes: Sequence[int],
    names: Sequence[str],
    lesson: Lesson,
    seed: int,
    pace: Pace,
    control: Control,
) -> Generator[tuple[int, float], None, Fitted]:
    """The best of some students that start with these activations, in turn; yields how many
    iterations were made and the least loss so far.
    """
    made, least, students = 0, float("inf"), []
    for number in range(pace.students):
        name = names[number % len(names)]
        network = drawn(sizes, name, lesson, seed, number)
        work = settled(Fitted(network, np.inf), lesson, pace.first, COARSE, control)
        while True:
            try:
                state = next(work)
            except StopIteration as end:
                students.append(end.value)
                break
            made, least = made + 1, min(least, state.loss)
            yield made, least
        if control.over:
            break
    students.sort(key=lambda state: state.loss)
    for number, student in enumerate(students[: pace.kept]):
        work = settled(student, lesson, (0, *pace.then), COARSE, control)
        while True:
            try:
                state = next(work)
            except StopIteration as end:
                students[number] = end.value
                break
            made, least = made + 1, min(least, state.loss)
            yield made, least
        if control.over:
            break
    best: Fitted = min(students, key=lambda state: state.loss)
    return best
