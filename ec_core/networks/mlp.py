"""Many networks of one shape as one batch of float64 tensors.

A batch is a single matrix theta (S, P): one row of parameters per student. Axes: S students,
N probes, D inputs, H hidden, K outputs. Layer l reads the features phi_l = (h_l, 1), h_0 = x; with
skip paths it reads all earlier layers too, phi_l = (h_l, 1, h_{l-1}, …, x): flipping the sign of an
even + linear neuron leaves a linear function of everything the neuron reads, and this set of
networks is closed under flips. Its block of parameters is (H_{l+1}, width of phi_l).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    def growing(self) -> bool:
        """Three or more hidden layers of a homogeneous activation, which need a start of their own.

        The kinks of each layer bend those of all above; with two layers that does no harm yet.
        """
        return self.entry.homogeneous and len(self.sizes) > 4

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """The shape of each layer's block of parameters."""
        return tuple((self.sizes[i + 1], self.features(i)) for i in range(len(self.sizes) - 1))

    def features(self, layer: int) -> int:
        """The width of phi_l, what layer l reads."""
        return self.sizes[layer] + 1 + (sum(self.sizes[:layer]) if self.skip else 0)

    @property
    def parameter_count(self) -> int:
        return sum(a * b for a, b in self.shapes)

    def columns(self, layer: int, source: int) -> slice:
        """Where phi_l holds h_source (source 0: the inputs)."""
        if source == layer:
            return slice(0, self.sizes[layer])
        at = self.sizes[layer] + 1 + sum(self.sizes[source + 1 : layer])
        return slice(at, at + self.sizes[source])

    def with_hidden(self, *hidden: int) -> Architecture:
        """The same shape with other hidden sizes."""
        return replace(self, sizes=(self.sizes[0], *hidden, self.sizes[-1]))


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


def random_parameters(shape: Architecture, students: int, generator: torch.Generator) -> Tensor:
    """Fresh weights theta (S, P), float64 on the generator's device.

    Incoming directions are Gaussian with norm about 2 and biases of spread 1, so that neurons
    switch within the cloud of standardised probes; outgoing weights shrink with the fan-in; the
    skip path starts at zero. Deep networks of homogeneous activations (``growing``), whose answers
    would grow with every layer, have norm sqrt(2) and no biases (He et al. 2015).
    """
    device, blocks = generator.device, []
    norm, spread = (math.sqrt(2), 0.0) if shape.growing else (2.0, 1.0)
    for i, (out, width) in enumerate(shape.shapes):
        block = torch.zeros(students, out, width, dtype=torch.float64, device=device)
        own, last = shape.sizes[i] + 1, i + 1 == len(shape.shapes)
        drawn = (students, out, own)
        block[..., :own].copy_(
            torch.randn(*drawn, generator=generator, dtype=torch.float64, device=device)
        )
        block[..., : own - 1] *= (1.0 if last else norm) / math.sqrt(own - 1)
        block[..., own - 1] *= 0.0 if last else spread
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
