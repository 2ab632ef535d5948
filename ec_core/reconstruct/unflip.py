"""Skip paths explained away, layer by layer from the inputs.

A flipped neuron of layer l leaves, in every later layer that reads it, a linear function of all
that the neuron itself reads. In a teacher without skip paths only what ends one layer further is
left to explain: T = sum_j t_j · linear · a_j (w_j, u_j)', where w_j, u_j are what the neuron reads
directly and past the layer below (see ``signs``). Undoing a layer's flips moves what they leave in
later layers one layer down, where the next search finds it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ec_core.networks.mlp import Architecture, pack, unpack
from ec_core.reconstruct.signs import Signs, find_signs


def resolve_signs(shape: Architecture, theta: Tensor) -> tuple[Tensor, Signs | None]:
    """theta (1, P) of the same network without skip paths, and the flips of all hidden layers.

    ``Signs.flipped`` lists the hidden layers one after the other; residual and runner-up are the
    worst of all layers. None if a layer is too large for an exact search.
    """
    blocks = [block[0].numpy().copy() for block in unpack(shape, theta).blocks]
    flags: list[np.ndarray] = []
    residual, runner_up = 0.0, np.inf
    complete = True
    for layer in range(len(blocks) - 1):
        neurons, above = blocks[layer], blocks[layer + 1]
        own = shape.sizes[layer] + 1
        # what the neuron reads, in the order in which the layer above reads past it, bias last
        reads = np.concatenate(
            [neurons[:, : own - 1], neurons[:, own:], neurons[:, own - 1 : own]], axis=1
        )
        leftover = above[:, shape.sizes[layer + 1] + 1 :]
        outgoing = above[:, shape.columns(layer + 1, layer + 1)]
        signs = find_signs(reads, outgoing, leftover, shape.entry)
        if signs is None:
            complete = False
            flags.append(np.zeros(len(neurons), dtype=bool))
            continue
        flags.append(signs.flipped)
        residual, runner_up = max(residual, signs.residual), min(runner_up, signs.runner_up)
        _flip(shape, blocks, layer, np.flatnonzero(signs.flipped))
    plain = [
        torch.from_numpy(block[:, : shape.sizes[i] + 1].copy())[None]
        for i, block in enumerate(blocks)
    ]
    found = Signs(np.concatenate(flags), residual, float(runner_up)) if complete else None
    return pack(plain), found


def line_as_neurons(shape: Architecture, theta: Tensor) -> tuple[Architecture, Tensor]:
    """The same function (one hidden layer) without skip path, its linear map in extra neurons.

    Where no signs explain the map T = sum_i s_i u_i v_i', each of its terms is a pair of mirror
    images: linear · z = s(-z) - s(z) with z = v_i·x, from identity (*) of ``activations``.
    """
    incoming, outer = (block[0].numpy() for block in unpack(shape, theta).blocks)
    own = shape.sizes[1] + 1
    u, scale, v = np.linalg.svd(outer[:, own:], full_matrices=False)
    count = int((scale > 1e-14 * max(1.0, float(np.abs(outer).max()))).sum())
    a = u[:, :count] * scale[:count] / shape.entry.linear
    flat = np.concatenate([v[:count], np.zeros((count, 1))], axis=1)
    incoming = np.concatenate([incoming, flat, -flat])
    outer = np.concatenate([outer[:, : own - 1], -a, a, outer[:, own - 1 : own]], axis=1)
    sizes = (shape.sizes[0], len(incoming), shape.sizes[2])
    plain = Architecture(sizes, shape.activation)
    return plain, pack([torch.from_numpy(block)[None] for block in (incoming, outer)])


def _flip(shape: Architecture, blocks: list[np.ndarray], layer: int, which: np.ndarray) -> None:
    """Write neurons of a hidden layer with the opposite sign; later layers take up what is left."""
    entry, neurons, own = shape.entry, blocks[layer], shape.sizes[layer] + 1
    for m in range(layer + 1, len(blocks)):
        column = shape.columns(m, layer + 1).start
        bias = shape.sizes[m]
        for j in which:
            # a·s(z) = a'·s(-z) - a'·linear·z - a'·constant, with a' = parity·a
            flipped = entry.parity * blocks[m][:, column + j]
            blocks[m][:, column + j] = flipped
            left = -entry.linear * flipped
            blocks[m][:, bias] += left * neurons[j, own - 1] - flipped * entry.constant
            for source in range(layer + 1):
                there, here = shape.columns(m, source), shape.columns(layer, source)
                blocks[m][:, there] += np.outer(left, neurons[j, here])
    neurons[which] *= -1
