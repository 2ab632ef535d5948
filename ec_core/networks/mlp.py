"""Many networks of one shape as one batch of float64 tensors.

A batch is a single matrix theta (S, P): one row of parameters per student. Axes: S students,
N probes, D inputs, H hidden, K outputs. Layer l holds (H_l, H_{l-1} + 1) numbers, the bias in
the last column; a linear skip path T (K, D), where the activation needs one, comes last.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ec_core.networks.activations import Activation, activation
from ec_core.networks.network import Network


@dataclass(frozen=True)
class Architecture:
    """The shape of a student: sizes (D, H1, …, K), activation, with or without skip path.

    >>> Architecture((2, 3, 1), "tanh").parameter_count
    13
    """

    sizes: tuple[int, ...]
    activation: str
    skip: bool = False

    @property
    def entry(self) -> Activation:
        return activation(self.activation)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """The shape of each layer's block of parameters, bias column included."""
        return tuple((out, inp + 1) for inp, out in zip(self.sizes, self.sizes[1:], strict=False))

    @property
    def skip_shape(self) -> tuple[int, int]:
        return (self.sizes[-1], self.sizes[0])

    @property
    def parameter_count(self) -> int:
        skip = self.sizes[0] * self.sizes[-1] if self.skip else 0
        return sum(a * b for a, b in self.shapes) + skip

    def with_hidden(self, *hidden: int) -> Architecture:
        """The same shape with other hidden sizes."""
        return replace(self, sizes=(self.sizes[0], *hidden, self.sizes[-1]))


@dataclass(frozen=True)
class Layers:
    """Views into theta: ``blocks[l]`` (S, H_l, H_{l-1} + 1) and ``skip`` (S, K, D) or None."""

    blocks: tuple[Tensor, ...]
    skip: Tensor | None

    @property
    def incoming(self) -> Tensor:
        """(S, H, D+1): the first layer's weight vectors."""
        return self.blocks[0]

    @property
    def outgoing(self) -> Tensor:
        """(S, K, H): the last layer without its bias."""
        return self.blocks[-1][..., :-1]


def unpack(shape: Architecture, theta: Tensor) -> Layers:
    """Cut theta (S, P) into layers, without copying."""
    students, at, blocks = theta.shape[0], 0, []
    for a, b in shape.shapes:
        blocks.append(theta[:, at : at + a * b].view(students, a, b))
        at += a * b
    skip = theta[:, at:].view(students, *shape.skip_shape) if shape.skip else None
    return Layers(tuple(blocks), skip)


def pack(layers: Layers) -> Tensor:
    """The inverse of ``unpack``: theta (S, P)."""
    parts = [block.flatten(1) for block in layers.blocks]
    if layers.skip is not None:
        parts.append(layers.skip.flatten(1))
    return torch.cat(parts, dim=1)


def _affine(h: Tensor, block: Tensor) -> Tensor:
    """h (N, I) or (S, N, I) through block (S, O, I+1): (S, N, O)."""
    weight, bias = block[..., :-1].transpose(1, 2), block[..., -1].unsqueeze(1)
    if h.ndim == 2:
        return torch.matmul(h, weight) + bias
    return torch.baddbmm(bias, h, weight)


def pre_activations(shape: Architecture, layers: Layers, x: Tensor) -> list[Tensor]:
    """z of every layer for inputs x (N, D): each (S, N, H_l), the last the answers (S, N, K)."""
    s, h, out = shape.entry.function, x, []
    for i, block in enumerate(layers.blocks):
        z = _affine(h, block)
        out.append(z)
        h = s(z) if i + 1 < len(layers.blocks) else z
    if layers.skip is not None:
        out[-1] = out[-1] + torch.matmul(x, layers.skip.transpose(1, 2))
    return out


def forward(shape: Architecture, theta: Tensor, x: Tensor) -> Tensor:
    """Answers (S, N, K) of every student in theta (S, P) to inputs x (N, D)."""
    return pre_activations(shape, unpack(shape, theta), x)[-1]


def random_parameters(shape: Architecture, students: int, generator: torch.Generator) -> Tensor:
    """Fresh weights theta (S, P), float64 on the generator's device.

    Incoming directions are Gaussian with norm about 2 and biases of spread 1, so that neurons
    switch within the cloud of standardised probes; outgoing weights shrink with the fan-in; the
    skip path starts at zero.
    """
    options = {"generator": generator, "dtype": torch.float64, "device": generator.device}
    blocks = []
    for i, (out, width) in enumerate(shape.shapes):
        block = torch.randn(students, out, width, **options)  # type: ignore[call-overload]
        gain = 1.0 if i + 1 == len(shape.shapes) else 2.0
        block[..., :-1] *= gain / math.sqrt(width - 1)
        if i + 1 == len(shape.shapes):
            block[..., -1] = 0.0
        blocks.append(block)
    skip = None
    if shape.skip:
        skip = torch.zeros(
            students, *shape.skip_shape, dtype=torch.float64, device=generator.device
        )
    return pack(Layers(tuple(blocks), skip))


def to_network(shape: Architecture, theta: Tensor) -> Network:
    """One student's parameters (P,) as a Network; a skip path must have been explained away."""
    row = theta.detach().to("cpu", torch.float64).reshape(1, -1)
    layers = unpack(shape, row)
    return Network(
        shape.activation,
        tuple(block[0, :, :-1].numpy().copy() for block in layers.blocks),
        tuple(block[0, :, -1].numpy().copy() for block in layers.blocks),
    )


def from_network(network: Network, skip: bool = False) -> tuple[Architecture, Tensor]:
    """A Network as a batch of one: architecture and theta (1, P); a skip path starts at zero."""
    shape = Architecture(network.sizes, network.activation, skip)
    blocks = tuple(
        torch.from_numpy(np.concatenate([w, b[:, None]], axis=1))[None]
        for w, b in zip(network.weights, network.biases, strict=True)
    )
    extra = torch.zeros(1, *shape.skip_shape, dtype=torch.float64) if skip else None
    return shape, pack(Layers(blocks, extra))
