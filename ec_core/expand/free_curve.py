"""Students that learn their activation's numbers together with their weights.

One curve s(z; p), shared by all neurons of a student: its numbers p are further unknowns of the
same least squares, each with a column of the Jacobian, the sum over the layers of what a change of
p in that layer does to the answers. The steps are those of ``leastsquares``, Levenberg-Marquardt
with damping by the identity and geodesic acceleration; the curvature is dense, since such students
are small.

Axes: S students, n probes, H neurons of a layer, K outputs, P weights, m numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.leastsquares.levenberg_marquardt import (
    FIRST_DAMPING,
    FIRST_GROWTH,
    Batch,
    Rows,
    advance,
    trusted,
)
from ec_core.networks import formulas
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import Pass, deltas, features
from ec_core.networks.parameters import Layers, unpack

_CHUNK = 2e6
"""Numbers of the Jacobian held at once, times the students."""

_BEND = 0.1
"""Share of a step after which its bend is measured: f'' = 2 ((f(v h) - f) / h - J v) / h."""


@dataclass(frozen=True)
class Curve:
    """An activation with numbers.

    value, slope : (z (S, n, H), p (S, m)) to s(z) and s'(z), (S, n, H)
    partials : to the derivatives of s(z) by the numbers, (S, n, H, m)
    """

    value: Callable[[Tensor, Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]
    partials: Callable[[Tensor, Tensor], Tensor]


def _number(p: Tensor) -> Tensor:
    return p[:, 0, None, None]


ELU = Curve(
    lambda z, p: torch.clamp(z, min=0) + torch.exp(_number(p)) * torch.expm1(torch.clamp(z, max=0)),
    lambda z, p: torch.where(
        z > 0, 1.0, torch.exp(_number(p)) * formulas.elu_slope(torch.clamp(z, max=0))
    ),
    lambda z, p: (torch.exp(_number(p)) * torch.expm1(torch.clamp(z, max=0)))[..., None],
)
"""elu whose number is the logarithm of alpha, so that alpha stays above zero."""


def passed_through(shape: Architecture, curve: Curve, layers: Layers, p: Tensor, x: Tensor) -> Pass:
    """One forward pass for inputs x (n, D); p (S, m) the numbers."""
    below: list[Tensor] = [x]
    zs, slopes, phis = [], [], []
    for i, block in enumerate(layers.blocks):
        phis.append(features(shape, below))
        z = torch.matmul(phis[-1], block.mT)
        if i + 1 < len(layers.blocks):
            zs.append(z)
            slopes.append(curve.slope(z, p))
            below.append(curve.value(z, p))
    return Pass(tuple(zs), tuple(slopes), tuple(phis), z)


def by_numbers(
    shape: Architecture, curve: Curve, layers: Layers, p: Tensor, passed: Pass
) -> Tensor:
    """The answers' derivatives by the numbers, (S, n, K, m)."""
    moved: dict[int, Tensor] = {}
    for i, block in enumerate(layers.blocks):
        dz: Tensor | None = None
        for j in shape.sources(i):
            if j:
                part = torch.einsum("snhm,skh->snkm", moved[j], block[..., shape.columns(i, j)])
                dz = part if dz is None else dz + part
        if i == len(passed.z):
            assert dz is not None
            return dz
        own = curve.partials(passed.z[i], p)
        moved[i + 1] = own if dz is None else own + passed.slopes[i][..., None] * dz
    raise AssertionError("a network has a last layer")


def jacobian(shape: Architecture, curve: Curve, both: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Answers (S, n, K) and J (S, n, K, P + m) of students ``both`` (S, P + m)."""
    count = shape.parameter_count
    layers, p = unpack(shape, both[:, :count]), both[:, count:]
    passed = passed_through(shape, curve, layers, p, x)
    students, rows, outputs = passed.answers.shape
    each = torch.eye(outputs, dtype=x.dtype)[:, None, :].expand(students, outputs, rows, outputs)
    columns = []
    for delta, phi in zip(deltas(shape, layers, passed, each), passed.phi, strict=True):
        phi = phi.expand(students, *phi.shape[-2:])
        columns.append(torch.einsum("sknh,snf->snkhf", delta, phi).flatten(3))
    columns.append(by_numbers(shape, curve, layers, p, passed))
    return passed.answers, torch.cat(columns, dim=3)


@dataclass(frozen=True)
class Lesson:
    """What such students learn from: standardised x (N, D) and y (N, K)."""

    shape: Architecture
    curve: Curve
    x: Tensor
    y: Tensor

    def answers(self, both: Tensor) -> Tensor:
        """(S, N, K) of students ``both`` (S, P + m)."""
        count = self.shape.parameter_count
        layers = unpack(self.shape, both[:, :count])
        return passed_through(self.shape, self.curve, layers, both[:, count:], self.x).answers

    def losses(self, both: Tensor) -> Tensor:
        """(S,) mean squared errors."""
        return (self.answers(both) - self.y).square().mean(dim=(1, 2))

    def _pieces(self, columns: int) -> list[tuple[Tensor, Tensor]]:
        size = max(16, int(_CHUNK / (columns * self.y.shape[1])))
        return list(zip(self.x.split(size), self.y.split(size), strict=True))

    def curvature(self, both: Tensor) -> tuple[Tensor, Tensor]:
        """The Gauss-Newton matrix (S, P + m, P + m) and the gradient (S, P + m)."""
        students, width = both.shape
        matrix, gradient = torch.zeros(students, width, width).double(), torch.zeros_like(both)
        for x, y in self._pieces(width):
            answers, rows = jacobian(self.shape, self.curve, both, x)
            rows = rows.flatten(1, 2)
            matrix += rows.mT @ rows
            gradient += torch.einsum("srp,sr->sp", rows, (answers - y).flatten(1))
        return matrix / self.y.numel(), gradient / self.y.numel()

    def bend(self, both: Tensor, step: Tensor) -> Tensor:
        """J'f''/n (S, P + m) along ``step``, by differences."""
        origin, after = self.answers(both), self.answers(both + _BEND * step)
        pulled, at = torch.zeros_like(both), 0
        for x, _ in self._pieces(both.shape[1]):
            _, rows = jacobian(self.shape, self.curve, both, x)
            along = torch.einsum("snkp,sp->snk", rows, step)
            part = slice(at, at + len(x))
            second = 2 / _BEND * ((after[:, part] - origin[:, part]) / _BEND - along)
            pulled += torch.einsum("snkp,snk->sp", rows, second)
            at += len(x)
        return pulled / self.y.numel()


def begin(lesson: Lesson, both: Tensor) -> Batch:
    """The state of students ``both`` (S, P + m) that have not learnt yet."""
    loss = lesson.losses(both)
    return Batch(
        both, loss, torch.full_like(loss, FIRST_DAMPING), torch.full_like(loss, FIRST_GROWTH)
    )


def learn(lesson: Lesson, batch: Batch, iterations: int) -> Generator[Batch, None, Batch]:
    """The state after every iteration."""
    for _ in range(iterations):
        batch = _iterate(lesson, batch)
        yield batch
    return batch


def _iterate(lesson: Lesson, batch: Batch) -> Batch:
    matrix, gradient = lesson.curvature(batch.theta)
    mean = matrix.diagonal(dim1=1, dim2=2).mean(dim=1).clamp_min(1e-300)

    def attempt(rows: Rows, damping: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        origin, slope = batch.theta[rows], gradient[rows]
        shift = damping * mean[rows]
        damped = matrix[rows] + shift[:, None, None] * torch.eye(matrix.shape[1]).double()
        factor, flag = torch.linalg.cholesky_ex(damped)
        step = -torch.cholesky_solve(slope[..., None], factor)[..., 0]
        step = torch.where(flag[:, None] == 0, step, torch.zeros_like(step))
        bent = -torch.cholesky_solve(lesson.bend(origin, step)[..., None], factor)[..., 0]
        trial = origin + trusted(step, torch.nan_to_num(bent))
        after = torch.nan_to_num(lesson.losses(trial), nan=float("inf"))
        expected = -(slope * step).sum(dim=1) + shift * step.square().sum(dim=1)
        return trial, after, expected

    return advance(batch, attempt)
