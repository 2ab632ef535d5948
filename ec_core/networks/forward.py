"""One forward pass of a batch of networks, its two products and its second derivative; any depth.

    z_l = W_l phi_l,   h_{l+1} = s(z_l),   f(x) = z_L

phi_l is what layer l reads, see ``architecture``. J is the Jacobian of the answers with respect to
all parameters; ``jvp`` is Jv, ``vjp`` is J'v, and neither ever forms J.

Axes: S students, n probes of a chunk, D inputs, H neurons of a layer, F features it reads,
K outputs, P parameters. Inputs are shared by all students. One network alone, blocks (H, F)
without the students' axis, goes through the same functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.networks.architecture import Architecture
from ec_core.networks.parameters import Layers, unpack


@dataclass(frozen=True)
class Pass:
    """One forward pass, with what the products need.

    z, slopes : z and s'(z) of every hidden layer, (S, n, H) each
    phi : what every layer reads, (n, F) for the first, else (S, n, F)
    answers : (S, n, K)
    """

    z: tuple[Tensor, ...]
    slopes: tuple[Tensor, ...]
    phi: tuple[Tensor, ...]
    answers: Tensor


def features(shape: Architecture, below: Sequence[Tensor]) -> Tensor:
    """phi_l from ``below`` = (x, h_1, …, h_l): (n, F) for layer 0, else (S, n, F)."""
    own = below[-1]
    parts = [own, torch.ones_like(own[..., :1])]
    if shape.skip:
        # only x is shared by all students
        parts += [h if h.ndim == own.ndim else h.expand(len(own), -1, -1) for h in below[-2::-1]]
    return torch.cat(parts, dim=-1)


def sums(shape: Architecture, block: Tensor, below: Sequence[Tensor]) -> Tensor:
    """z_l (S, n, H) of one layer's block (S, H, F), phi_l never written out.

    Faster than the product with ``features`` where nobody needs those, equal up to rounding.
    """
    layer = len(below) - 1
    own = block[..., shape.columns(layer, layer)]
    z = torch.matmul(below[-1], own.mT) + block[..., shape.bias(layer)].unsqueeze(-2)
    for j in reversed(shape.sources(layer)[:-1]):
        z = z + torch.matmul(below[j], block[..., shape.columns(layer, j)].mT)
    return z


def forward_pass(shape: Architecture, layers: Layers, x: Tensor, keep: bool = True) -> Pass:
    """Through every layer of ``layers`` for inputs x (n, D).

    layers : all of the shape's, or the lowest of them, whose last z are then the answers
    keep : phi and slopes, which the products need; without them ``answers`` is all there is
    """
    below, zs, slopes, phis = [x], [], [], []
    last = len(layers.blocks) - 1
    for i, block in enumerate(layers.blocks):
        if keep:
            phis.append(features(shape, below))
            z = torch.matmul(phis[-1], block.mT)
        else:
            z = sums(shape, block, below)
        if i < last:
            if keep:
                zs.append(z)
                slopes.append(shape.entry.derivative(z))
            below.append(shape.entry.function(z))
    return Pass(tuple(zs), tuple(slopes), tuple(phis), z)


def forward(shape: Architecture, theta: Tensor, x: Tensor) -> Tensor:
    """Answers (S, N, K) of every student in theta (S, P) to inputs x (N, D)."""
    return forward_pass(shape, unpack(shape, theta), x, keep=False).answers


def hidden_outputs(shape: Architecture, blocks: Sequence[Tensor], x: Tensor) -> list[Tensor]:
    """(x, h_1, …, h_l) for the blocks ((S,) H, F) of the lowest l layers: ``below`` of the next.

    Their sizes are the blocks' own: of the shape, activation and skip paths count.
    """
    if not blocks:
        return [x]
    passed = forward_pass(shape, Layers(tuple(blocks)), x)
    widths = (x.shape[-1], *(block.shape[-2] for block in blocks))
    own = [phi[..., :width] for phi, width in zip(passed.phi, widths, strict=False)]
    return [*own, shape.entry.function(passed.answers)]


def deltas(shape: Architecture, layers: Layers, passed: Pass, v: Tensor) -> list[Tensor]:
    """v (S, …, n, K) pulled back to the pre-activations of every layer: (S, …, n, H) each.

    delta_l = s'(z_l) · sum_m W_m[h_{l+1}]' delta_m over the layers m that read h_{l+1}.
    """
    delta = {len(layers.blocks) - 1: v}
    extra = v.ndim - passed.answers.ndim
    for source in range(len(layers.blocks) - 1, 0, -1):
        total = None
        for m in shape.readers(source):
            weight = layers.blocks[m][..., shape.columns(m, source)]
            part = torch.matmul(delta[m], _lift(weight, extra))
            total = part if total is None else total + part
        assert total is not None
        delta[source - 1] = total * _lift(passed.slopes[source - 1], extra)
    return [delta[layer] for layer in sorted(delta)]


def _lift(tensor: Tensor, extra: int) -> Tensor:
    """Room for ``extra`` axes behind the students'."""
    for _ in range(extra):
        tensor = tensor.unsqueeze(1)
    return tensor


def vjp(shape: Architecture, layers: Layers, passed: Pass, v: Tensor) -> list[Tensor]:
    """J'v for v (S, n, K): one (S, H, F) block per layer, delta_l' phi_l."""
    return [
        torch.matmul(delta.transpose(1, 2), phi)
        for delta, phi in zip(deltas(shape, layers, passed, v), passed.phi, strict=True)
    ]


def jvp(shape: Architecture, layers: Layers, moves: Layers, passed: Pass) -> Tensor:
    """Jv (S, n, K): how fast the answers change when the weights move along v, ``moves``."""
    return _tangents(shape, layers, moves, passed)[0][-1]


def _moving(shape: Architecture, layer: int) -> Iterator[int]:
    """What layer l reads and moves with the weights: all but the inputs."""
    return (j for j in shape.sources(layer) if j)


def _tangents(
    shape: Architecture, layers: Layers, moves: Layers, passed: Pass
) -> tuple[list[Tensor], list[Tensor]]:
    """dz_l = dW_l phi_l + W_l dphi_l of every layer and dh_{l+1} = s'(z_l) dz_l, (S, n, H) each."""
    dzs: list[Tensor] = []
    dhs: list[Tensor] = []
    for i, (block, move) in enumerate(zip(layers.blocks, moves.blocks, strict=True)):
        dz = torch.matmul(passed.phi[i], move.mT)
        for j in _moving(shape, i):
            dz = dz + torch.matmul(dhs[j - 1], block[..., shape.columns(i, j)].mT)
        dzs.append(dz)
        if i < len(passed.slopes):
            dhs.append(passed.slopes[i] * dz)
    return dzs, dhs


def second_jvp(
    shape: Architecture, layers: Layers, moves: Layers, passed: Pass, bends: Sequence[Tensor]
) -> Tensor:
    """d²/dt² of the answers (S, n, K) along theta + t·v, v as ``moves``.

    ddz_l = 2 dW_l dphi_l + W_l ddphi_l, ddh_{l+1} = s''(z_l) dz_l² + s'(z_l) ddz_l.
    bends : s''(z) of every hidden layer, (S, n, H) each
    """
    dzs, dhs = _tangents(shape, layers, moves, passed)
    ddhs: list[Tensor] = []
    for i, (block, move) in enumerate(zip(layers.blocks, moves.blocks, strict=True)):
        ddz = torch.zeros_like(dzs[i])
        for j in _moving(shape, i):
            columns = shape.columns(i, j)
            ddz = ddz + 2 * torch.matmul(dhs[j - 1], move[..., columns].mT)
            ddz = ddz + torch.matmul(ddhs[j - 1], block[..., columns].mT)
        if i < len(bends):
            ddhs.append(bends[i] * dzs[i].square() + passed.slopes[i] * ddz)
    return ddz
