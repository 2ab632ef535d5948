"""Forward and backward passes of a batch of students over one chunk of probes, any depth.

Axes: S students, n probes of a chunk, K outputs, P parameters; phi_l is what layer l reads (see
``networks.architecture``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.networks.architecture import Architecture
from ec_core.networks.parameters import Layers, unpack


@dataclass(frozen=True)
class Pass:
    """One forward pass: z, s'(z) of every hidden layer (S, n, H_l), phi of every layer
    ((n, F) for the first, else (S, n, F)) and the answers (S, n, K).
    """

    z: tuple[Tensor, ...]
    slopes: tuple[Tensor, ...]
    phi: tuple[Tensor, ...]
    answers: Tensor


def forward_pass(shape: Architecture, layers: Layers, x: Tensor) -> Pass:
    """Forward through every layer for inputs x (n, D), keeping what a backward pass needs."""
    below, zs, slopes, phis = [x], [], [], []
    last = len(layers.blocks) - 1
    for i, block in enumerate(layers.blocks):
        phi = features(shape, below)
        z = torch.matmul(phi, block.transpose(1, 2))
        phis.append(phi)
        if i < last:
            zs.append(z)
            slopes.append(shape.entry.derivative(z))
            below.append(shape.entry.function(z))
    return Pass(tuple(zs), tuple(slopes), tuple(phis), z)


def deltas(shape: Architecture, layers: Layers, passed: Pass, v: Tensor) -> list[Tensor]:
    """v (S, …, n, K) pulled back to the pre-activations of every layer: (S, …, n, H_l) each."""
    found = [v]
    extra = v.ndim - passed.answers.ndim
    for layer in range(len(layers.blocks) - 1, 0, -1):
        total = None
        # h_layer is read by every later layer m that has columns for it
        for m in range(layer, len(layers.blocks)):
            if m > layer and not shape.skip:
                break
            weight = layers.blocks[m][..., shape.columns(m, layer)]
            part = torch.matmul(found[len(layers.blocks) - 1 - m], _lift(weight, extra))
            total = part if total is None else total + part
        assert total is not None
        found.append(total * _lift(passed.slopes[layer - 1], extra))
    return found[::-1]


def _lift(tensor: Tensor, extra: int) -> Tensor:
    """Room for ``extra`` axes behind the students'."""
    for _ in range(extra):
        tensor = tensor.unsqueeze(1)
    return tensor


def vjp(shape: Architecture, layers: Layers, passed: Pass, v: Tensor) -> list[Tensor]:
    """J'v for v (S, n, K): one (S, H_{l+1}, F) block per layer."""
    return [
        torch.matmul(delta.transpose(1, 2), phi)
        for delta, phi in zip(deltas(shape, layers, passed, v), passed.phi, strict=True)
    ]


def jvp(shape: Architecture, layers: Layers, moves: Layers, passed: Pass) -> Tensor:
    """Jv (S, n, K): how fast the answers change when the weights move along v, ``moves``.

    dz_l = dW_l phi_l + W_l dphi_l, dh_l = s'(z_l) dz_l, layer by layer.
    """
    moved: list[Tensor] = []
    last = len(layers.blocks) - 1
    for i, (block, move) in enumerate(zip(layers.blocks, moves.blocks, strict=True)):
        dz = torch.matmul(passed.phi[i], move.transpose(1, 2))
        # without skip paths a layer reads only the one below
        for j in range(1 if shape.skip else max(1, i), i + 1):
            weight = block[..., shape.columns(i, j)]
            dz = dz + torch.matmul(moved[j - 1], weight.transpose(1, 2))
        if i < last:
            moved.append(passed.slopes[i] * dz)
    return dz


def second_jvp(
    shape: Architecture, layers: Layers, moves: Layers, passed: Pass, bends: Sequence[Tensor]
) -> Tensor:
    """d²/dt² of the answers (S, n, K) along theta + t·step, ``moves`` being the step's layers.

    The first and second derivatives of every layer are carried forward together:
    dz = dW phi + W dphi, ddz = 2 dW dphi + W ddphi, dh = s' dz, ddh = s'' dz² + s' ddz.
    bends : s''(z) of every hidden layer.
    """
    first: list[Tensor] = []
    second: list[Tensor] = []
    last = len(layers.blocks) - 1
    for i, (block, move) in enumerate(zip(layers.blocks, moves.blocks, strict=True)):
        dz = torch.matmul(passed.phi[i], move.transpose(1, 2))
        ddz = torch.zeros_like(dz)
        for j in range(1, i + 1):
            if j < i and not shape.skip:
                continue
            columns = shape.columns(i, j)
            weight, moving = (part[..., columns].transpose(1, 2) for part in (block, move))
            dh, ddh = first[j - 1], second[j - 1]
            dz = dz + torch.matmul(dh, weight)
            ddz = ddz + 2 * torch.matmul(dh, moving) + torch.matmul(ddh, weight)
        if i == last:
            return ddz
        first.append(passed.slopes[i] * dz)
        second.append(bends[i] * dz.square() + passed.slopes[i] * ddz)
    raise AssertionError("a network has a last layer")


def features(shape: Architecture, below: Sequence[Tensor]) -> Tensor:
    """phi_l from ``below`` = (x, h_1, …, h_l): (N, F) for layer 0, else (S, N, F)."""
    own = below[-1]
    parts = [own, torch.ones_like(own[..., :1])]
    if shape.skip:
        # only x is shared by all students
        parts += [h if h.ndim == own.ndim else h.expand(len(own), -1, -1) for h in below[-2::-1]]
    return torch.cat(parts, dim=-1)


def pre_activations(shape: Architecture, layers: Layers, x: Tensor) -> list[Tensor]:
    """z of every layer for inputs x (N, D); each (S, N, H_l), the last the answers (S, N, K)."""
    s, below, out = shape.entry.function, [x], []
    for i in range(len(layers.blocks)):
        z = torch.matmul(below[-1], layers.weight(i).transpose(1, 2)) + layers.bias(i)[:, None]
        if shape.skip and i:
            at = 0
            for h in below[-2::-1]:
                part = layers.skip(i)[..., at : at + h.shape[-1]]
                z = z + torch.matmul(h, part.transpose(1, 2))
                at += h.shape[-1]
        out.append(z)
        if i + 1 < len(layers.blocks):
            below.append(s(z))
    return out


def forward(shape: Architecture, theta: Tensor, x: Tensor) -> Tensor:
    """Answers (S, N, K) of every student in theta (S, P) to inputs x (N, D)."""
    return pre_activations(shape, unpack(shape, theta), x)[-1]
