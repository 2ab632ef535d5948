"""Students on a new hidden layer: what they did above is carried over by least squares."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ec_core.expand.students import StudentEnsemble, ensemble_of
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import features, forward_pass, hidden_outputs
from ec_core.networks.parameters import unpack

_RCOND = 1e-12
"""Directions of the features below this share are rounding."""

_PROBES = 2000
"""Enough to map a student's weights onto new features below."""


def carried(
    old: StudentEnsemble, which: np.ndarray, problem: Problem, theta: Tensor, layer: int
) -> Tensor:
    """theta (S', P') with what students ``which`` do above hidden layer ``layer`` carried over.

    Every later layer m that reads the layer gets the least-squares fit of what it used to receive
    from there and from below, on the new features; what it reads from above stays.
    """
    x = problem.x[:_PROBES].cpu()
    layers = unpack(old.shape, torch.from_numpy(old.theta[which]))
    new, shape = unpack(problem.shape, theta), problem.shape
    below = hidden_outputs(shape, [block[0] for block in new.blocks[: layer + 1]], x)
    reads = features(shape, below).reshape(len(x), -1)  # (h, 1) or, with skip paths, (h, 1, …, x)
    passed = forward_pass(old.shape, layers, x)
    for m in range(layer + 1, len(new.blocks)):
        if m > layer + 1 and not shape.skip:
            new.blocks[m][:] = layers.blocks[m]
            continue
        # columns (before, after) of what is read from the layer and below, the bias included
        was, now = _from_below(old.shape, m, layer), _from_below(shape, m, layer)
        received = torch.matmul(passed.phi[m][..., was], layers.blocks[m][..., was].mT)
        fitted = torch.linalg.lstsq(
            reads, received.transpose(0, 1).flatten(1), rcond=_RCOND, driver="gelsd"
        ).solution
        new.blocks[m][..., now] = fitted.unflatten(1, received.shape[::2]).permute(1, 2, 0)
        for j in range(layer + 2, m + 1):
            new.blocks[m][..., shape.columns(m, j)] = layers.blocks[m][..., old.shape.columns(m, j)]
    return theta


def _from_below(shape: Architecture, m: int, layer: int) -> Tensor:
    """Columns of phi_m for hidden layer ``layer``, the bias and all below, as phi_{layer+1} has."""
    columns = torch.arange(shape.features(m), device="cpu")
    parts = [columns[shape.columns(m, layer + 1)], columns[shape.sizes[m] : shape.sizes[m] + 1]]
    if shape.skip:
        parts += [columns[shape.columns(m, j)] for j in range(layer, -1, -1)]
    return torch.cat(parts)


def on_shared(old: StudentEnsemble, rows: Tensor, layer: int, problem: Problem) -> StudentEnsemble:
    """All students with the rows (C, F) as hidden layer ``layer``; those below are shared already.

    problem : of their new sizes; what they did above is carried over, and nothing is trained
    """
    count = problem.shape.parameter_count
    theta = torch.zeros(old.students, count, dtype=torch.float64, device="cpu")
    blocks = unpack(problem.shape, theta).blocks
    were = unpack(old.shape, torch.from_numpy(old.theta)).blocks
    for below, same in zip(blocks[:layer], were, strict=False):
        below[:] = same
    blocks[layer][:] = rows
    theta = carried(old, np.arange(old.students), problem, theta, layer)
    loss = losses(problem, theta.to(problem.x.device)).cpu().numpy()
    return ensemble_of(problem.shape, theta.numpy(), loss, old.seed)
