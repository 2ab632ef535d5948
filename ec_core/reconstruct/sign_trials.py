"""Signs by trial: where the leftover linear maps do not tell, the fit without skip paths does.

In a deep network what a layer reads can be linearly dependent where few of its neurons bend: a relu
of the second layer that is active in a corner, in which no first-layer neuron changes sides, reads
(h, 1, x) of rank D + 1. Its row is then one of many, and leaves a map that no signs explain.
Without skip paths the row is unique again, so the undecided layers' sign patterns are tried: of the
right one the fit returns to the floor.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import torch
from torch import Tensor

from ec_core.control import Control
from ec_core.events import SignsFound
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.canonical import pairwise_distances
from ec_core.networks.parameters import unpack
from ec_core.reconstruct.prune import STAGE
from ec_core.reconstruct.refit import Fitted, refit
from ec_core.reconstruct.significance import Errors, fit
from ec_core.reconstruct.signs import Signs, likely_signs
from ec_core.reconstruct.unflip import resolve_signs, together

_CLEAR = 0.1
"""A layer is decided if its best signs leave less than this share of what the second best leave."""

_MOST_BITS = 10
_TOGETHER = 64
"""Patterns fitted, those with the lowest loss before the fit."""

_ITERATIONS = 60

_PATTERNS = 16
_SAME = 0.1
"""Unit vectors closer than this are one neuron: with the opposite sign they would be 2 apart."""
_IDLE = 1e-6
"""A neuron that the next layer reads by less than this share of the strongest is not there."""
_LEAST = 1e-300
"""Stands for the length of a vector that has none."""
_APART = 30.0
"""The second-best signs must be worse by so much, in units of the answers' errors."""


def undecided(signs_of_layers: tuple[Signs | None, ...]) -> list[int]:
    """Layers whose search left several choices."""
    return [
        layer
        for layer, signs in enumerate(signs_of_layers)
        if signs is None or not (signs.explained or signs.residual < _CLEAR * signs.runner_up)
    ]


def signs_by_fit(
    problem: Problem, theta: Tensor, errors: Errors, control: Control
) -> tuple[Tensor, SignsFound] | None:
    """One hidden layer, answers that err: theta (1, P') without skip path and its signs.

    What the errors leave of the linear map is no longer zero for the right signs, so the likely
    patterns are fitted, and the lowest loss decides. None if none is as good as with the skip path.
    The signs' residual and runner-up are the roots of the losses.
    """
    shape = problem.shape
    plain = replace(problem, shape=Architecture(shape.sizes, shape.activation))
    neurons, outer = (block[0].numpy() for block in unpack(shape, theta.cpu()).blocks)
    own = shape.sizes[1] + 1
    patterns = likely_signs(neurons, outer[:, : own - 1], outer[:, own:], shape.entry, _PATTERNS)
    thetas = [resolve_signs(shape, theta.cpu(), {0: flags})[0] for flags in patterns]
    fitted, loss = fit(plain, torch.cat(thetas).to(theta.device), errors, control)
    best = int(np.argmin(loss))
    rows = unpack(plain.shape, fitted).incoming.cpu().numpy()
    others = [loss[i] for i in range(len(loss)) if not _same_neurons(rows[i], rows[best])]
    second = float(min(others, default=np.inf))
    with_skip = float(losses(problem, theta)[0])
    saved = shape.parameter_count - plain.shape.parameter_count
    if errors.worth(float(loss[best]), with_skip) > errors.bought(saved):
        return None
    signs = SignsFound(
        STAGE,
        tuple(int(j) for j in np.flatnonzero(patterns[best])),
        float(np.sqrt(loss[best])),
        float(np.sqrt(second)),
        unique=errors.worth(second, float(loss[best])) > _APART,
    )
    return fitted[best : best + 1], signs


def _same_neurons(a: np.ndarray, b: np.ndarray) -> bool:
    """Do fits that began with different signs hold the same neurons (H, D+1) in the end?

    Compared by direction: the length of a relu neuron's vector is free.
    """
    a, b = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (a, b))
    return bool(pairwise_distances(a, b).min(axis=1).max() < _SAME)


def try_signs(
    problem: Problem,
    theta: Tensor,
    signs_of_layers: tuple[Signs | None, ...],
    floor: float,
    control: Control,
) -> tuple[Tensor, Signs] | None:
    """theta (1, P') without skip paths and its signs, from theta (1, P) with them.

    signs_of_layers : what ``resolve_signs`` said. None where there are too many patterns to try.
    The signs' residual and runner-up are the roots of the best loss and of the best that is not at
    the floor.
    """
    shape = problem.shape
    layers = undecided(signs_of_layers) or [len(signs_of_layers) - 1]
    sizes = [shape.sizes[layer + 1] for layer in layers]
    if sum(sizes) > _MOST_BITS:
        return None
    plain = replace(problem, shape=Architecture(shape.sizes, shape.activation))
    thetas, flags = [], []
    for bits in product((False, True), repeat=sum(sizes)):
        parts = np.split(np.array(bits), np.cumsum(sizes)[:-1])
        flat, signs = resolve_signs(shape, theta.cpu(), dict(zip(layers, parts, strict=True)))
        everything = together(signs)
        if everything is not None:
            thetas.append(flat)
            flags.append(everything.flipped)
    if not thetas:
        return None
    start = torch.cat(thetas).to(theta.device)
    order = losses(plain, start).argsort()[:_TOGETHER]
    fitted = refit(plain, start[order], _ITERATIONS, floor, control, floor)
    best = int(np.argmin(fitted.loss))
    winner = fitted.theta[best : best + 1]
    flipped, residual = flags[int(order[best])], float(np.sqrt(fitted.loss[best]))
    others = np.delete(np.arange(len(order)), best)
    signs_found = Signs(flipped, residual, _second(plain, fitted.take(others), winner, floor))
    arrived = float(fitted.loss[best]) <= floor
    if len(others) and arrived and not signs_found.unique:
        # the fit ended where the winner arrived: others may have been on their way there too
        more = refit(plain, fitted.theta[others], _ITERATIONS, 0.0, control, 0.0)
        signs_found = Signs(flipped, residual, _second(plain, more, winner, floor))
    return winner, signs_found


def _second(problem: Problem, fitted: Fitted, winner: Tensor, floor: float) -> float:
    """The root of the lowest loss among fits that are not the network of ``winner`` (1, P).

    One at the floor may have turned its neurons around on the way and be the same; or it may need a
    neuron more, which imitates the line that its signs leave over.
    """
    neurons = _units(problem.shape, winner)
    others = [
        float(np.sqrt(loss))
        for loss, row in zip(fitted.loss, fitted.theta.split(1), strict=True)
        if np.isfinite(loss) and (loss > floor or _rivals(_units(problem.shape, row), neurons))
    ]
    return min(others, default=float("inf"))


def _rivals(units: list[np.ndarray], winner: list[np.ndarray]) -> bool:
    """Is this another network than the winner, with no more neurons? See ``_units``."""
    if sum(map(len, units)) > sum(map(len, winner)):
        return False
    order: np.ndarray | None = None
    for a, b in zip(units, winner, strict=True):
        if order is not None and len(order) + 1 == a.shape[1]:
            # what a reads, in the order of the neurons of b that these are
            a = a[:, [*order, len(order)]]
        if a.shape != b.shape:
            return True
        apart = pairwise_distances(a, b)
        order = apart.argmin(axis=0)
        if len(set(order.tolist())) < len(b) or apart.min(axis=0).max() > _SAME:
            return True
    return False


def _units(shape: Architecture, theta: Tensor) -> list[np.ndarray]:
    """Unit vectors (H, F) of the neurons of every hidden layer that are read by the next.

    Scales that the activation leaves free are divided out from below.
    """
    blocks = [block[0].numpy() for block in unpack(shape, theta.cpu()).blocks]
    units: list[np.ndarray] = []
    reads, lengths = np.arange(shape.sizes[0]), np.ones(shape.sizes[0])
    for block, above in pairwise(blocks):
        rows = block[:, [*reads, block.shape[1] - 1]] * np.r_[lengths, 1.0]
        norms = np.maximum(np.linalg.norm(rows, axis=1), _LEAST)
        scale = norms if shape.entry.homogeneous else np.ones(len(norms))
        worth = scale * np.linalg.norm(above[:, : len(rows)], axis=0)
        reads = np.flatnonzero(worth > _IDLE * worth.max())
        units.append(rows[reads] / norms[reads, None])
        lengths = scale[reads]
    return units
