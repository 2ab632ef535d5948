"""What removing a neuron costs, against really leaving it out and fitting again in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward_pass
from ec_core.networks.parameters import random_parameters, unpack
from ec_core.reconstruct.removal import Removal, rank, remove

SHALLOW, DEEP = (3, 5, 2), (3, 5, 4, 3, 2)


def _case(sizes: tuple[int, ...], name: str, seed: int = 0) -> tuple[Problem, torch.Tensor]:
    """A problem whose answers are nearly those of theta (1, P), skip paths at work."""
    shape = Architecture(sizes, name, skip=name == "gelu")
    draw = torch.Generator().manual_seed(seed)
    theta = random_parameters(shape, 1, draw)
    theta = theta + 0.3 * torch.randn(theta.shape, dtype=torch.float64, generator=draw)
    x = torch.randn(150, sizes[0], dtype=torch.float64, generator=draw)
    y = forward_pass(shape, unpack(shape, theta), x).answers[0]
    return Problem(shape, x, y + 0.1 * torch.randn(y.shape, generator=draw)), theta


def _really(problem: Problem, theta: torch.Tensor, layer: int, neuron: int) -> float:
    """The loss without a neuron of hidden layer ``layer``: every layer that read it is fitted again
    by least squares, the last one of a shallow network to the answers, others to what they gave.
    """
    shape, x = problem.shape, problem.x.numpy()
    blocks = [block[0].numpy() for block in unpack(shape, theta).blocks]
    features = [phi.reshape(len(x), -1).numpy() for phi in _features(problem, theta)]
    outputs: list[np.ndarray] = [x]  # h_0, h_1, … of the smaller network
    for m, block in enumerate(blocks):
        parts = [outputs[m], np.ones((len(x), 1))]
        parts += outputs[m - 1 :: -1] if shape.skip and m else []
        phi = np.concatenate(parts, axis=1)
        reads = m == layer + 1 or (m > layer + 1 and shape.skip)
        if reads:
            # to what it gave in the whole network, from the whole network's other features
            column = shape.columns(m, layer + 1).start + neuron
            others = np.delete(features[m], column, axis=1)
            wanted = features[m] @ block.T
            if len(blocks) == 2:
                wanted = problem.y.numpy()
            z = phi @ np.linalg.lstsq(others, wanted, rcond=1e-13)[0]
        else:
            z = phi @ block.T
        if m + 1 == len(blocks):
            return float(np.mean((z - problem.y.numpy()) ** 2))
        h = shape.entry.function(torch.from_numpy(z)).numpy()
        outputs.append(np.delete(h, neuron, axis=1) if m == layer else h)
    raise AssertionError("a network has a last layer")


def _features(problem: Problem, theta: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return forward_pass(problem.shape, unpack(problem.shape, theta), problem.x).phi


@pytest.mark.parametrize("name", ["tanh", "gelu"])
@pytest.mark.parametrize("sizes", [SHALLOW, DEEP])
def test_the_cost_of_a_removal_is_that_of_removing_and_fitting_again(
    sizes: tuple[int, ...], name: str
) -> None:
    problem, theta = _case(sizes, name)
    ranked = rank(problem, theta)
    assert {(r.layer, r.neuron) for r in ranked} == {
        (layer, j) for layer, hidden in enumerate(sizes[1:-1]) for j in range(hidden)
    }
    assert [r.loss for r in ranked] == sorted(r.loss for r in ranked)
    for removal in ranked:
        expected = _really(problem, theta, removal.layer, removal.neuron)
        assert removal.loss == pytest.approx(expected, rel=1e-8), removal


@pytest.mark.parametrize("name", ["tanh", "gelu"])
@pytest.mark.parametrize("sizes", [SHALLOW, DEEP])
def test_what_is_removed_has_the_loss_that_was_promised(sizes: tuple[int, ...], name: str) -> None:
    problem, theta = _case(sizes, name, seed=3)
    for removal in rank(problem, theta)[::2]:
        smaller, left = remove(problem, theta, removal)
        hidden = list(sizes[1:-1])
        hidden[removal.layer] -= 1
        assert smaller.shape.sizes == (sizes[0], *hidden, sizes[-1])
        answers = forward_pass(smaller.shape, unpack(smaller.shape, left), problem.x).answers[0]
        loss = float((answers - problem.y).square().mean())
        assert loss == pytest.approx(removal.loss, rel=1e-8)


def test_the_last_neuron_of_a_layer_stays() -> None:
    problem, theta = _case((2, 1, 3, 1), "tanh")
    assert {r.layer for r in rank(problem, theta)} == {1}


def test_a_copy_costs_nothing() -> None:
    problem, theta = _case(DEEP, "tanh")
    blocks = unpack(problem.shape, theta).blocks
    blocks[1][:, 2] = blocks[1][:, 0]
    whole = forward_pass(problem.shape, unpack(problem.shape, theta), problem.x).answers[0]
    loss = float((whole - problem.y).square().mean())
    first, second, third = rank(problem, theta)[:3]
    copies = {Removal(0.0, 1, 0), Removal(0.0, 1, 2)}
    assert {Removal(0.0, r.layer, r.neuron) for r in (first, second)} == copies
    assert first.loss == pytest.approx(loss, rel=1e-9) and second.loss == pytest.approx(loss)
    assert third.loss > 1.01 * loss
