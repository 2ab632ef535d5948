"""Batched networks against a loop over neurons."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from ec_core.networks.architecture import Architecture
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network, pack, random_parameters, to_network, unpack

SIZES = [(2, 3, 1), (3, 4, 2), (4, 3, 5, 2), (1, 1, 1)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("skip", [False, True])
def test_pack_undoes_unpack_and_counts_add_up(sizes: tuple[int, ...], skip: bool) -> None:
    shape = Architecture(sizes, "gelu", skip)
    theta = torch.arange(2.0 * shape.parameter_count, dtype=torch.float64).reshape(2, -1)
    layers = unpack(shape, theta)
    assert torch.equal(pack(layers.blocks), theta)
    assert layers.incoming.shape == (2, sizes[1], sizes[0] + 1)
    assert layers.outgoing.shape == (2, sizes[-1], sizes[-2])
    plain = sum(out * (inp + 1) for inp, out in pairwise(sizes))
    extra = sum(sum(sizes[:i]) * sizes[i + 1] for i in range(len(sizes) - 1))
    assert shape.parameter_count == plain + (extra if skip else 0)


def test_a_network_survives_the_way_into_a_batch_and_back() -> None:
    rng = np.random.default_rng(0)
    weights = (rng.standard_normal((3, 2)), rng.standard_normal((2, 3)))
    network = Network("erf", weights, (rng.standard_normal(3), rng.standard_normal(2)))
    for skip in (False, True):
        shape, theta = from_network(network, skip)
        back = to_network(shape, theta[0])
        assert all(
            np.array_equal(a, b)
            for a, b in zip(
                (*network.weights, *network.biases), (*back.weights, *back.biases), strict=True
            )
        )


def test_random_parameters_depend_on_the_generator_alone() -> None:
    shape = Architecture((5, 6, 2), "tanh", True)
    first, second, third = (
        random_parameters(shape, 4, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, second) and not torch.equal(first, third)
    assert float(unpack(shape, first).skip(1).abs().max()) == 0.0
