"""Skip paths explained away, layer by layer from the inputs.

A flipped neuron of layer l leaves, in every later layer that reads it, a linear function of all
that the neuron itself reads. In a teacher without skip paths only what ends one layer further is
left to explain: T = sum_j t_j · linear · a_j (w_j, u_j)', where w_j, u_j are what the neuron reads
directly and past the layer below (see ``signs``). Undoing a layer's flips moves what they leave in
later layers one layer down, where the next search finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ec_core.networks.architecture import Architecture
from ec_core.networks.parameters import pack, unpack
from ec_core.reconstruct.signs import Signs, find_signs

_NO_MAP = 1e-14
"""A linear map this small beside the weights it stands with is rounding."""


def resolve_signs(
    shape: Architecture, theta: Tensor, chosen: Mapping[int, np.ndarray] | None = None
) -> tuple[Tensor, tuple[Signs | None, ...]]:
    """theta (1, P) of the same network without skip paths, and what each layer's search said.

    None for a hidden layer that is too large for an exact search. ``chosen``: flips (H,) of layers
    that are not to be searched; nothing is compared there, and their residual is not a number.
    """
    blocks = [block[0].numpy().copy() for block in unpack(shape, theta).blocks]
    searched: list[Signs | None] = []
    for layer in range(len(blocks) - 1):
        neurons, above = blocks[layer], blocks[layer + 1]
        own = shape.sizes[layer] + 1
        # what the neuron reads, in the order in which the layer above reads past it, bias last
        reads = np.concatenate(
            [neurons[:, : own - 1], neurons[:, own:], neurons[:, own - 1 : own]], axis=1
        )
        leftover = above[:, shape.sizes[layer + 1] + 1 :]
        outgoing = above[:, shape.columns(layer + 1, layer + 1)]
        if chosen is not None and layer in chosen:
            signs: Signs | None = Signs(chosen[layer], np.nan, np.nan)
        else:
            signs = find_signs(reads, outgoing, leftover, shape.entry)
        searched.append(signs)
        if signs is not None:
            _flip(shape, blocks, layer, np.flatnonzero(signs.flipped))
    plain = [
        torch.from_numpy(block[:, : shape.sizes[i] + 1].copy())[None]
        for i, block in enumerate(blocks)
    ]
    return pack(plain), tuple(searched)


def together(signs_of_layers: Sequence[Signs | None]) -> Signs | None:
    """The flips of all hidden layers one after the other, residual and runner-up the worst.

    None if a layer could not be searched.
    """
    complete = [signs for signs in signs_of_layers if signs is not None]
    if len(complete) < len(signs_of_layers):
        return None
    return Signs(
        np.concatenate([signs.flipped for signs in complete]),
        max(signs.residual for signs in complete),
        float(min(signs.runner_up for signs in complete)),
    )


def line_as_neurons(shape: Architecture, theta: Tensor) -> tuple[Architecture, Tensor]:
    """The same function without skip paths, the linear maps they hold in extra neurons.

    Where no signs explain a map T = sum_i s_i u_i v_i' of what is read past layer m, each of its
    terms is a pair of mirror images in layer m: linear · z = s(-z) - s(z) with z = v_i·(h, …, x),
    from identity (*) of ``activations``. The pairs read past the layer below in their turn, and so
    on down to the inputs.
    """
    blocks = [block[0].numpy() for block in unpack(shape, theta).blocks]
    for m in range(len(blocks) - 1, 0, -1):
        block, own = blocks[m], shape.sizes[m] + 1
        u, scale, v = np.linalg.svd(block[:, own:], full_matrices=False)
        count = int((scale > _NO_MAP * max(1.0, float(np.abs(block).max()))).sum())
        a = u[:, :count] * scale[:count] / shape.entry.linear
        # v reads (h, …, x), a row of the layer below (h, 1, …, x)
        pair = np.insert(v[:count], shape.sizes[m - 1], 0.0, axis=1)
        blocks[m] = np.concatenate([block[:, : own - 1], -a, a, block[:, own - 1 : own]], axis=1)
        blocks[m - 1] = np.concatenate([blocks[m - 1], pair, -pair])
    sizes = (shape.sizes[0], *(len(block) for block in blocks))
    plain = Architecture(sizes, shape.activation)
    return plain, pack([torch.from_numpy(block)[None] for block in blocks])


def _flip(shape: Architecture, blocks: list[np.ndarray], layer: int, which: np.ndarray) -> None:
    """Write neurons of a hidden layer with the opposite sign; later layers take up what is left."""
    entry, neurons, own = shape.entry, blocks[layer], shape.sizes[layer] + 1
    for m in shape.readers(layer + 1):
        column = shape.columns(m, layer + 1).start
        bias = shape.bias(m)
        for j in which:
            # a·s(z) = a'·s(-z) - a'·linear·z - a'·constant, with a' = parity·a
            flipped = entry.parity * blocks[m][:, column + j]
            blocks[m][:, column + j] = flipped
            left = -entry.linear * flipped
            blocks[m][:, bias] += left * neurons[j, own - 1] - flipped * entry.constant
            for source in shape.sources(layer):
                there, here = shape.columns(m, source), shape.columns(layer, source)
                blocks[m][:, there] += np.outer(left, neurons[j, here])
    neurons[which] *= -1
