"""The slope of leaky_relu, read off what its students' skip paths hold.

A student with linear skip paths imitates leaky_relu of any slope with relu or leaky_relu of any
other: only the kinks are of this class, A relu(w·x + b), and what is left is linear. Of a neuron
a·leaky_relu(z) of slope k the kink is A = a (1 - k) and the line A c z with c = k / (1 - k); of one
that is written with the opposite sign it is c = -1 - k / (1 - k). So c + 1/2 = ±m with one m for
all neurons of the network, and the linear map of the first layer is

    T + sum_j A_j w_j' / 2 = m sum_j s_j A_j w_j',   s_j = ±1,

K·D equations for H signs and m, from which k = (m - 1/2) / (m + 1/2), |k| < 1: slopes k and 1/k
write the same functions, with every neuron mirrored. m = 1/2 is relu.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from ec_core.networks.activations import numbered, parameters
from ec_core.networks.architecture import Architecture
from ec_core.networks.parameters import pack, unpack
from ec_core.networks.rounding import SHORT, short
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.prune import Pruned
from ec_core.reconstruct.signs import subset_sums

SEARCHED = 16
"""Neurons up to which all signs are tried; of more, the equations must tell them."""

EXPLAINED = 1e-6
"""What the signs may leave of the linear map, as a share of a neuron's own: or so much more as the
answers err."""

APART = 1e2
"""The next signs must leave so many times more."""

OTHER = 1e-8
"""A slope that differs from the one told by less is the same."""

_ERRORS = 1e3
"""Errors of the answers arrive in the linear map so many times larger, at most."""


def _own(activation: str) -> float:
    """The slope below zero of relu or leaky_relu."""
    return parameters(activation).get("slope", 0.0)


def solved(maps: np.ndarray, target: np.ndarray) -> tuple[float, float, float]:
    """m, what the best signs leave, and what the next leave; as shares of a typical map.

    maps (H, E), target (E,) : target = m sum_j s_j maps_j is solved for m > 0 and s_j = ±1
    """
    typical = float(np.median(np.linalg.norm(maps, axis=1))) or 1.0
    maps, target = maps / typical, target / typical
    count = len(maps)
    if count <= SEARCHED:
        # the sign of all together is that of m
        sums = 2.0 * subset_sums(maps[1:]) - maps[1:].sum(axis=0) + maps[0]
    else:
        guess = np.sign(np.linalg.lstsq(maps.T, target, rcond=None)[0])
        changed = [guess * np.where(np.arange(count) == j, -1.0, 1.0) for j in range(count)]
        sums = np.array([guess, *changed]) @ maps
    size = np.maximum(np.einsum("pe,pe->p", sums, sums), 1e-300)
    m = sums @ target / size
    left = np.linalg.norm(target - m[:, None] * sums, axis=1)
    order = np.argsort(left, kind="stable")
    second = float(left[order[1]]) if len(order) > 1 else float("inf")
    return abs(float(m[order[0]])), float(left[order[0]]), second


def other_slope(pruned: Pruned, probes: ProbeSet) -> float | None:
    """The slope that the answers show, where it is another than the students' own; else None.

    pruned : students of relu or leaky_relu with skip paths, of the exact size
    """
    shape = pruned.problem.shape
    if not (pruned.exact and shape.skip and shape.entry.degree == 1):
        return None
    blocks = [block[0].numpy() for block in unpack(shape, pruned.theta.cpu()).blocks]
    below, above = shape.columns(1, 1), shape.columns(1, 0)
    own = _own(shape.activation)
    kinks = (1.0 - own) * np.einsum(
        "kh,hd->hkd", blocks[1][:, below], blocks[0][:, : shape.sizes[0]]
    ).reshape(shape.sizes[1], -1)
    if kinks.shape[1] < 2 or not kinks.any():
        return None
    target = blocks[1][:, above].ravel() + (0.5 + own / (1.0 - own)) * kinks.sum(axis=0)
    m, left, second = solved(kinks, target)
    errors = _ERRORS * float(np.sqrt(probes.floor))
    if left > EXPLAINED + errors or second < APART * max(left, 1e-12):
        return None
    slope = short((m - 0.5) / (m + 0.5), SHORT + errors)
    slope = 0.0 if abs(slope) <= OTHER + errors else slope
    return slope if abs(slope - own) > OTHER + errors else None


def with_slope(pruned: Pruned, slope: float) -> Pruned:
    """The same function with leaky_relu of another slope: the skip paths take up the difference.

    a·s(z) = a'·s'(z) + (a k - a' k') z with a' = a (1 - k) / (1 - k'), from the last hidden layer
    down, so that every z is said by what is still to be rewritten.
    """
    shape = pruned.problem.shape
    blocks = [block[0].numpy().copy() for block in unpack(shape, pruned.theta.cpu()).blocks]
    own = _own(shape.activation)
    factor = (1.0 - own) / (1.0 - slope)
    for layer in range(len(blocks) - 2, -1, -1):
        neurons = blocks[layer]
        for m in shape.readers(layer + 1):
            columns = shape.columns(m, layer + 1)
            outgoing = blocks[m][:, columns]
            left = outgoing * (own - factor * slope)
            blocks[m][:, columns] = factor * outgoing
            blocks[m][:, shape.bias(m)] += left @ neurons[:, shape.bias(layer)]
            for source in shape.sources(layer):
                blocks[m][:, shape.columns(m, source)] += (
                    left @ neurons[:, shape.columns(layer, source)]
                )
    name = numbered("leaky_relu", slope) if slope else "relu"
    named = Architecture(shape.sizes, name, shape.skip)
    theta = pack([torch.from_numpy(block)[None] for block in blocks]).to(pruned.theta.device)
    return replace(pruned, problem=replace(pruned.problem, shape=named), theta=theta)
