"""The NumPy network against a loop over neurons, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ec_core.errors import InputError
from ec_core.networks.architecture import Architecture
from ec_core.networks.network import Network
from ec_core.networks.parameters import random_parameters, to_network
from tests.networks.slow_network import slow_forward

SIZES = [(2, 3, 1), (3, 4, 2), (4, 3, 5, 2), (1, 1, 1)]


@pytest.mark.parametrize("sizes", SIZES)
def test_network_equals_a_slow_loop(sizes: tuple[int, ...]) -> None:
    shape = Architecture(sizes, "silu")
    theta = random_parameters(shape, 1, torch.Generator().manual_seed(0))
    network = to_network(shape, theta[0])
    x = np.random.default_rng(1).standard_normal((5, sizes[0]))
    np.testing.assert_allclose(network(x), slow_forward(network, x), rtol=1e-12, atol=1e-13)


def test_every_layer_may_be_told_an_activation_of_its_own() -> None:
    shape = Architecture((3, 4, 5, 2), "tanh")
    theta = random_parameters(shape, 1, torch.Generator().manual_seed(0))
    network = to_network(shape, theta[0])
    x = np.random.default_rng(1).standard_normal((5, 3))
    (first, z), (second, _), (third, answers) = network.passes(x, ("relu", "sigmoid"))
    np.testing.assert_array_equal(first, x)
    np.testing.assert_allclose(second, np.maximum(z, 0.0))
    np.testing.assert_array_equal(z, network.hidden(x))
    expected = 1 / (1 + np.exp(-(second @ network.weights[1].T + network.biases[1])))
    np.testing.assert_allclose(third, expected, rtol=1e-13)
    np.testing.assert_allclose(answers, third @ network.weights[2].T + network.biases[2])
    assert np.abs(answers - network(x)).max() > 0.1


def test_permuting_neurons_keeps_the_function() -> None:
    shape = Architecture((3, 4, 5, 2), "g")
    theta = random_parameters(shape, 1, torch.Generator().manual_seed(5))
    network = to_network(shape, theta[0])
    x = np.random.default_rng(0).standard_normal((9, 3))
    for layer, size in ((0, 4), (1, 5)):
        order = np.random.default_rng(layer).permutation(size)
        np.testing.assert_allclose(network.permuted(order, layer)(x), network(x), atol=1e-13)


BAD = {
    "bias": (np.ones((2, 3)), np.ones(3)),
    "one dimension": (np.ones(3), np.ones(3)),
    "NaN": (np.full((2, 3), np.nan), np.ones(2)),
    "infinity": (np.ones((2, 3)), np.array([np.inf, 0.0])),
    "no neuron": (np.ones((0, 3)), np.ones(0)),
    "no input": (np.ones((2, 0)), np.ones(2)),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_networks_that_are_none_are_refused(case: str) -> None:
    weight, bias = BAD[case]
    with pytest.raises(InputError, match="Layer 0"):
        Network("tanh", (weight,), (bias,))


def test_layers_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(InputError, match=r"Layer 1 has weight \(1, 3\).*expected \(out, 2\)"):
        Network("tanh", (np.ones((2, 3)), np.ones((1, 3))), (np.ones(2), np.ones(1)))
    with pytest.raises(InputError, match="one bias per layer"):
        Network("tanh", (np.ones((2, 3)),), ())


def test_inputs_of_another_width_are_refused() -> None:
    network = Network("tanh", (np.ones((1, 3)),), (np.ones(1),))
    with pytest.raises(InputError, match=r"\(4, 2\); this network expects \(N, 3\)"):
        network(np.ones((4, 2)))
