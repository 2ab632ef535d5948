"""Forward and backward passes of a batch of students over one chunk of probes, any depth.

Axes: S students, n probes of a chunk, K outputs, P parameters; phi_l is what layer l reads (see
``networks.mlp``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.networks.mlp import Architecture, Layers, features


@dataclass(frozen=True)
class Pass:
    """One forward pass: z, s'(z) of every hidden layer (S, n, H_l), phi of every layer
    ((n, F) for the first, else (S, n, F)) and the answers (S, n, K).
    """

    z: tuple[Tensor, ...]
    slopes: tuple[Tensor, ...]
    phi: tuple[Tensor, ...]
    answers: Tensor


def run(shape: Architecture, layers: Layers, x: Tensor) -> Pass:
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


def deltas(shape: Architecture, layers: Layers, forward: Pass, v: Tensor) -> list[Tensor]:
    """v (S, …, n, K) pulled back to the pre-activations of every layer: (S, …, n, H_l) each."""
    found = [v]
    extra = v.ndim - forward.answers.ndim
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
        found.append(total * _lift(forward.slopes[layer - 1], extra))
    return found[::-1]


def _lift(tensor: Tensor, extra: int) -> Tensor:
    """Room for ``extra`` axes behind the students'."""
    for _ in range(extra):
        tensor = tensor.unsqueeze(1)
    return tensor


def pull(shape: Architecture, layers: Layers, forward: Pass, v: Tensor) -> list[Tensor]:
    """J'v for v (S, n, K): one (S, H_{l+1}, F) block per layer."""
    return [
        torch.matmul(delta.transpose(1, 2), phi)
        for delta, phi in zip(deltas(shape, layers, forward, v), forward.phi, strict=True)
    ]


def second_derivative(
    layers: Layers, moves: Layers, shape: Architecture, forward: Pass, bends: Sequence[Tensor]
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
        dz = torch.matmul(forward.phi[i], move.transpose(1, 2))
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
        first.append(forward.slopes[i] * dz)
        second.append(bends[i] * dz.square() + forward.slopes[i] * ddz)
    raise AssertionError("a network has a last layer")
