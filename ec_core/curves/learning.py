"""Least squares for one network with curves: weights and coefficients together.

The steps are those of ``leastsquares``, Levenberg-Marquardt with damping by the identity and
geodesic acceleration. The identity also keeps still what nothing determines: the gauge of every
curve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from torch import Tensor

from ec_core.checkpoints import Plain
from ec_core.control import Control
from ec_core.curves.students import jacobian, row_of, with_row
from ec_core.leastsquares.levenberg_marquardt import (
    FIRST_DAMPING,
    FIRST_GROWTH,
    LARGEST_DAMPING,
    Batch,
    Rows,
    advance,
    trusted,
)
from ec_core.networks.network import Network

_NUMBERS = 3e7
"""Of the Jacobian held at once, 240 MB: more answers than fit are left to the verdict."""

_BEND = 0.1
"""Share of a step after which its bend is measured."""

_PATIENCE, _GAIN = 8, 0.02
"""So many iterations that lower the loss by less than this share end a fit."""


@dataclass(frozen=True)
class Lesson:
    """What is learnt from: standardised x (N, D) and y (N, K)."""

    x: np.ndarray
    y: np.ndarray

    def loss(self, network: Network) -> float:
        """Mean squared error."""
        return float(np.mean((network(self.x) - self.y) ** 2))

    def first(self, network: Network, per_number: float) -> Lesson:
        """The first rows, ``per_number`` answers for every number of the network, where there are
        so many and they fit into memory.
        """
        numbers, outputs = len(row_of(network)), self.y.shape[1]
        wanted = int(max(_LEAST, per_number * numbers / outputs))
        most = int(_NUMBERS / (numbers * outputs))
        rows = max(1, min(len(self.x), wanted, most))
        return Lesson(self.x[:rows], self.y[:rows])


_LEAST = 600
"""Rows that are learnt from in any case."""


@dataclass(frozen=True)
class Fitted:
    """A network, its loss, and how Levenberg-Marquardt stands, to go on from."""

    network: Network
    loss: float
    damping: float = FIRST_DAMPING
    growth: float = FIRST_GROWTH
    iterations: int = 0


def fitting(
    start: Fitted, lesson: Lesson, iterations: int, control: Control, enough: float = 0.0
) -> Iterator[Fitted]:
    """The state after every iteration, until the loss is ``enough`` or nothing is gained. Where it
    goes on from a mark, iterations of before are yielded again with their losses alone.
    """
    mark = control.marks.open(f"curve {start.network.sizes}")
    state, path = _taken_up(mark.values, start, lesson)
    for number in range(1, iterations + 1):
        newest = number >= len(path) - 1
        if number == len(path):
            control.take_requests()
            state = _iterate(state, lesson)
            path.append(state.loss)
            mark.tick(partial(_put_down, state, path))
        yield state if newest else replace(state, loss=path[number])
        stuck = number >= _PATIENCE and path[number] > (1 - _GAIN) * path[number - _PATIENCE]
        if stuck or path[number] <= enough or (newest and state.damping >= LARGEST_DAMPING):
            break
        if control.over:
            return
    mark.end(_put_down(state, path))


def _put_down(state: Fitted, path: list[float]) -> Plain:
    """Where a fit stands. path : the loss at first and after every iteration"""
    numbers = np.array([state.damping, state.growth])
    return {"row": row_of(state.network).copy(), "numbers": numbers, "path": np.array(path)}


def _taken_up(plain: Plain | None, start: Fitted, lesson: Lesson) -> tuple[Fitted, list[float]]:
    """The inverse of ``_put_down``; where nothing was put down, what one starts with."""
    if plain is None:
        state = replace(start, loss=lesson.loss(start.network))
        return state, [state.loss]
    path = [float(loss) for loss in plain["path"]]
    damping, growth = (float(number) for number in plain["numbers"])
    network = with_row(start.network, plain["row"].copy())
    made = start.iterations + len(path) - 1
    return Fitted(network, path[-1], damping, growth, made), path


def fit(
    start: Fitted, lesson: Lesson, iterations: int, control: Control, enough: float = 0.0
) -> Fitted:
    """The last of these states."""
    state = replace(start, loss=lesson.loss(start.network))
    for each in fitting(start, lesson, iterations, control, enough):
        state = each
    return state


def _iterate(state: Fitted, lesson: Lesson) -> Fitted:
    network = state.network
    answers, rows = jacobian(network, lesson.x)
    rows = rows.reshape(-1, rows.shape[2])
    residual = (answers - lesson.y).ravel()
    matrix, gradient = rows.T @ rows / len(rows), rows.T @ residual / len(rows)
    mean, origin = float(np.trace(matrix)) / len(matrix), row_of(network)
    identity = np.eye(len(matrix))

    def answered(row: np.ndarray) -> np.ndarray:
        return with_row(network, row)(lesson.x)

    def attempt(_: Rows, damping: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        shift = float(damping[0]) * mean
        try:
            factor = cho_factor(matrix + shift * identity)
        except (LinAlgError, ValueError):
            return torch.from_numpy(origin)[None], torch.tensor([np.inf]), torch.ones(1)
        step = -cho_solve(factor, gradient)
        with np.errstate(over="ignore", invalid="ignore"):
            try:
                # f'' = 2 ((f(v h) - f) / h - J v) / h
                moved = (answered(origin + _BEND * step) - answers).ravel()
                second = 2 / _BEND * (moved / _BEND - rows @ step)
                bent = -cho_solve(factor, np.nan_to_num(rows.T @ second / len(rows)))
                steps = torch.from_numpy(np.stack([step, bent]))
                trial = origin + trusted(steps[:1], steps[1:])[0].numpy()
                after = float(np.mean((answered(trial) - lesson.y) ** 2))
            except ValueError:  # a step out of all numbers
                trial, after = origin, np.inf
        expected = float(-(gradient @ step) + shift * (step @ step))
        return (
            torch.from_numpy(trial)[None],
            torch.tensor([after if np.isfinite(after) else np.inf], dtype=torch.float64),
            torch.tensor([expected], dtype=torch.float64),
        )

    numbers = (state.loss, state.damping, state.growth)
    batch = Batch(
        torch.from_numpy(origin)[None],
        *(torch.tensor([number], dtype=torch.float64) for number in numbers),
    )
    batch = advance(batch, attempt)
    loss, damping, growth = (float(value[0]) for value in (batch.loss, batch.damping, batch.growth))
    found = with_row(network, batch.theta[0].numpy().copy())
    return Fitted(found, loss, damping, growth, state.iterations + 1)
