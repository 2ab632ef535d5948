"""What removing a neuron costs, before any refit, at any depth.

Every later layer m that reads the neuron is solved again by least squares to its old
pre-activations. With phi_m the features it reads and Q = phi_m'phi_m, removing column c changes its
weights W to W - W_c (Q^-1)_c / (Q^-1)_cc, column c dropped (optimal brain surgeon, Hassibi & Stork
1993). With one hidden layer the last layer is solved to the answers themselves, which is better.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ec_core.devices import small_svd
from ec_core.leastsquares.loss import losses
from ec_core.leastsquares.problem import Problem
from ec_core.networks.forward import forward_pass
from ec_core.networks.parameters import pack, unpack
from ec_core.reconstruct.output_layer import inverse_gram, solve_output

_RANKING_PROBES = 1000
"""Probes on which removals from deep networks are ranked."""


@dataclass(frozen=True)
class Removal:
    """Without neuron ``neuron`` of hidden layer ``layer`` (0: the first) the loss is ``loss``."""

    loss: float
    layer: int
    neuron: int


def settle(problem: Problem, theta: Tensor) -> tuple[Tensor, float]:
    """theta (1, P) with what can be solved exactly solved, and its loss."""
    if len(problem.shape.sizes) > 3:
        return theta, float(losses(problem, theta)[0])
    solved = solve_output(problem, unpack(problem.shape, theta).incoming[0])
    return solved.theta, solved.loss


def rank(problem: Problem, theta: Tensor) -> list[Removal]:
    """Every removal that leaves each hidden layer a neuron, cheapest first."""
    shape = problem.shape
    if len(shape.sizes) == 3:
        solved = solve_output(problem, unpack(shape, theta).incoming[0])
        costs = [solved.loss + cost for cost in solved.cost.tolist()]
        removals = [Removal(cost, 0, j) for j, cost in enumerate(costs)]
    else:
        few = replace(problem, x=problem.x[:_RANKING_PROBES], y=problem.y[:_RANKING_PROBES])
        removals = []
        for layer, hidden in enumerate(shape.sizes[1:-1]):
            if hidden == 1:
                continue
            smaller, thetas = _without_each(few, theta, layer)
            after = losses(smaller, thetas).tolist()
            removals += [Removal(loss, layer, j) for j, loss in enumerate(after)]
    return sorted(removals, key=lambda removal: removal.loss)


def remove(problem: Problem, theta: Tensor, removal: Removal) -> tuple[Problem, Tensor]:
    """The smaller problem and theta (1, P') without the neuron, later layers solved again."""
    smaller, thetas = _without_each(problem, theta, removal.layer, removal.neuron)
    return smaller, settle(smaller, thetas)[0]


def _smaller(problem: Problem, layer: int) -> Problem:
    hidden = list(problem.shape.sizes[1:-1])
    hidden[layer] -= 1
    return replace(problem, shape=problem.shape.with_hidden(*hidden))


def _without_each(
    problem: Problem, theta: Tensor, layer: int, only: int | None = None
) -> tuple[Problem, Tensor]:
    """theta (C, P') for every neuron of a hidden layer (or only one) removed in turn."""
    shape, layers = problem.shape, unpack(problem.shape, theta)
    passed = forward_pass(shape, layers, problem.x)
    inverses = {}
    for m in shape.readers(layer + 1):
        phi = passed.phi[m][0]
        _, s, vh = small_svd(torch.linalg.qr(phi, mode="r").R)
        inverses[m] = inverse_gram(s, vh)
    rows = []
    for j in range(shape.sizes[layer + 1]) if only is None else [only]:
        blocks = []
        for m, block in enumerate(layers.blocks):
            if m == layer:
                block = torch.cat([block[:, :j], block[:, j + 1 :]], dim=1)
            elif m in inverses:
                c, inverse = shape.columns(m, layer + 1).start + j, inverses[m]
                block = block - block[..., c : c + 1] * (inverse[c] / inverse[c, c])
                block = torch.cat([block[..., :c], block[..., c + 1 :]], dim=2)
            blocks.append(block)
        rows.append(pack(blocks))
    return _smaller(problem, layer), torch.cat(rows)
