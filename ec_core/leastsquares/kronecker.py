"""An approximate inverse of the damped Gauss-Newton matrix, layer by layer: the preconditioner.

Layer l's block of J'J/n is the mean of (delta delta') ⊗ (phi phi') over probes and outputs; the
mean of the product is replaced by the product of the means A ⊗ B (K-FAC: Martens & Grosse 2015,
arXiv 1503.05671). For the last layer this is exact: delta does not depend on the probe. With the
eigenvectors of both factors at hand, A ⊗ B plus any multiple of the identity is inverted exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.leastsquares.products import Linearised
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import deltas
from ec_core.networks.parameters import pack, unpack

LARGEST_FACTOR = 1024
"""Of a factor with more rows only the diagonal is used: its eigenvectors would cost more than the
products they save."""


@dataclass(frozen=True)
class Factor:
    """Eigenvalues (S, F) and eigenvectors (S, F, F) of a factor; None: a diagonal matrix."""

    values: Tensor
    vectors: Tensor | None

    def into(self, blocks: Tensor) -> Tensor:
        """Rows of blocks (S, R, F) in the coordinates of the eigenvectors."""
        return blocks if self.vectors is None else torch.matmul(blocks, self.vectors)

    def back(self, blocks: Tensor) -> Tensor:
        """The inverse of ``into``."""
        if self.vectors is None:
            return blocks
        return torch.matmul(blocks, self.vectors.transpose(1, 2))


@dataclass(frozen=True)
class Preconditioner:
    """Per layer the factors B (H rows) and A (F columns); ``mean``: mean diagonal of J'J/n (S,)."""

    shape: Architecture
    factors: tuple[tuple[Factor, Factor], ...]
    mean: Tensor

    def solve(self, shift: Tensor, v: Tensor) -> Tensor:
        """(A ⊗ B + shift · 1)^-1 v (S, P) for shift (S,)."""
        solved = []
        for block, (left, right) in zip(unpack(self.shape, v).blocks, self.factors, strict=True):
            inner = left.into(right.into(block).transpose(1, 2)).transpose(1, 2)
            inner = inner / (left.values[:, :, None] * right.values[:, None] + shift[:, None, None])
            solved.append(right.back(left.back(inner.transpose(1, 2)).transpose(1, 2)))
        return pack(solved)


def _add(total: Tensor, rows: Tensor) -> None:
    """total += rows'rows, or its diagonal where ``total`` (S, F) has room for no more."""
    if total.ndim == 2:
        total += rows.square().sum(dim=-2)
    else:
        total += torch.matmul(rows.transpose(-1, -2), rows)


def _decompose(total: Tensor) -> Factor:
    if total.ndim == 2:
        return Factor(total, None)
    values, vectors = torch.linalg.eigh(total)
    return Factor(values.clamp_min(0.0), vectors)


def _room(theta: Tensor, size: int) -> Tensor:
    one = (size,) if size > LARGEST_FACTOR else (size, size)
    return theta.new_zeros(len(theta), *one)


def preconditioner(at: Linearised) -> Preconditioner:
    """The factors of every layer, from one pass over the probes and K backward passes."""
    shape, theta = at.problem.shape, at.theta
    layers = unpack(shape, theta)
    right = [_room(theta, columns) for _, columns in shape.shapes]
    left = [_room(theta, rows) for rows, _ in shape.shapes]
    trace = theta.new_zeros(len(theta))
    outputs = shape.sizes[-1]
    for passed, _ in at.chunks():
        sizes = [phi.square().sum(dim=-1) for phi in passed.phi]
        for total, phi in zip(right, passed.phi, strict=True):
            _add(total, phi)
        for k in range(outputs):
            seed = torch.zeros_like(passed.answers)
            seed[..., k] = 1.0
            for i, delta in enumerate(deltas(shape, layers, passed, seed)):
                _add(left[i], delta)
                trace += (delta.square().sum(dim=-1) * sizes[i]).sum(dim=-1)
    probes = len(at.problem.x)
    factors = tuple(
        (_decompose(b / (probes * outputs)), _decompose(a / probes))
        for b, a in zip(left, right, strict=True)
    )
    return Preconditioner(shape, factors, trace / (probes * outputs * shape.parameter_count))
