"""Many networks of one shape as one batch of float64 tensors.

A batch is a single matrix theta (S, P): one row of parameters per student, cut into one block per
layer. Axes: S students, N probes, D inputs, H hidden, K outputs. What the columns of a block read
is said in ``architecture``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.networks.architecture import Architecture
from ec_core.networks.network import Network


@dataclass(frozen=True)
class Layers:
    """Views into theta: ``blocks[l]`` (S, H_{l+1}, width of phi_l)."""

    blocks: tuple[Tensor, ...]

    @property
    def incoming(self) -> Tensor:
        """(S, H, D+1): the first layer's weight vectors."""
        return self.blocks[0]

    @property
    def outgoing(self) -> Tensor:
        """(S, K, H): what the last layer reads from the last hidden one."""
        return self.weight(len(self.blocks) - 1)

    def _width(self, layer: int) -> int:
        if layer:
            return self.blocks[layer - 1].shape[1]
        return self.blocks[0].shape[2] - 1

    def weight(self, layer: int) -> Tensor:
        """(S, H_{l+1}, H_l): layer l's own weights."""
        return self.blocks[layer][..., : self._width(layer)]

    def bias(self, layer: int) -> Tensor:
        """(S, H_{l+1})."""
        return self.blocks[layer][..., self._width(layer)]

    def skip(self, layer: int) -> Tensor:
        """(S, H_{l+1}, H_{l-1} + … + D): what layer l reads past the layer below it."""
        return self.blocks[layer][..., self._width(layer) + 1 :]


def unpack(shape: Architecture, theta: Tensor) -> Layers:
    """Cut theta (S, P) into layers, without copying."""
    students, at, blocks = theta.shape[0], 0, []
    for a, b in shape.shapes:
        blocks.append(theta[:, at : at + a * b].view(students, a, b))
        at += a * b
    return Layers(tuple(blocks))


def pack(blocks: Sequence[Tensor]) -> Tensor:
    """The inverse of ``unpack``: theta (S, P)."""
    return torch.cat([block.flatten(1) for block in blocks], dim=1)


def random_parameters(
    shape: Architecture,
    students: int,
    generator: torch.Generator,
    norm: float = 2.0,
    spread: float = 1.0,
) -> Tensor:
    """Fresh weights theta (S, P), float64 on the generator's device.

    Incoming directions are Gaussian with norm about ``norm`` and biases of spread ``spread``, so
    that neurons switch within the cloud of standardised probes; outgoing weights shrink with the
    fan-in; the skip path starts at zero.
    """
    device, blocks = generator.device, []
    for i, (out, width) in enumerate(shape.shapes):
        block = torch.zeros(students, out, width, dtype=torch.float64, device=device)
        own, last = shape.sizes[i] + 1, i + 1 == len(shape.shapes)
        drawn = (students, out, own)
        block[..., :own].copy_(
            torch.randn(*drawn, generator=generator, dtype=torch.float64, device=device)
        )
        block[..., : own - 1] *= (1.0 if last else norm) / math.sqrt(own - 1)
        block[..., own - 1] *= 0.0 if last else spread
        if not last and shape.entry.centre:
            block[..., own - 1] += shape.entry.centre
        blocks.append(block)
    return pack(blocks)


def to_network(shape: Architecture, theta: Tensor) -> Network:
    """One student's parameters (P,) as a Network; a skip path must have been explained away."""
    row = theta.detach().to("cpu", torch.float64).reshape(1, -1)
    layers = unpack(shape, row)
    return Network(
        shape.activation,
        tuple(layers.weight(i)[0].numpy().copy() for i in range(len(layers.blocks))),
        tuple(layers.bias(i)[0].numpy().copy() for i in range(len(layers.blocks))),
    )


def from_network(network: Network, skip: bool = False) -> tuple[Architecture, Tensor]:
    """A Network as a batch of one: its architecture and theta (1, P); skip paths start at zero."""
    shape = Architecture(network.sizes, network.activation, skip)
    blocks = []
    for (out, width), w, b in zip(shape.shapes, network.weights, network.biases, strict=True):
        block = torch.zeros(1, out, width, dtype=torch.float64, device="cpu")
        block[0, :, : w.shape[1]] = torch.from_numpy(w)
        block[0, :, w.shape[1]] = torch.from_numpy(b)
        blocks.append(block)
    return shape, pack(blocks)
