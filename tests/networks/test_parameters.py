"""Batched networks against a loop over neurons."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pytest
import torch

from ec_core.errors import InputError
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network, pack, random_parameters, to_network, unpack

SIZES = [(2, 3, 1), (3, 4, 2), (4, 3, 5, 2), (1, 1, 1)]


def dot(a: Iterable[float], b: Iterable[float]) -> float:
    return math.fsum(u * v for u, v in zip(a, b, strict=True))


def slow_forward(
    network: Network, x: np.ndarray, skips: Sequence[np.ndarray] | None = None
) -> np.ndarray:
    """One number at a time; skips[l] (H_{l+1}, …) reads the layers below the one below, up to x."""
    s = ACTIVATIONS[network.activation].function
    answers = []
    for row in x:
        h = [float(value) for value in row]
        past: list[list[float]] = []
        for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            z = [dot(r, h) + c for r, c in zip(w, b, strict=True)]
            if skips is not None:
                seen = [value for earlier in past for value in earlier]
                z = [v + dot(r, seen) for v, r in zip(z, skips[layer], strict=True)]
            past.insert(0, h)
            if layer + 1 < len(network.weights):
                z = [float(s(torch.tensor(v, dtype=torch.float64))) for v in z]
            h = z
        answers.append(h)
    return np.array(answers)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("name", ["g", "tanh", "relu", "sigmoid"])
def test_forward_equals_a_slow_loop(sizes: tuple[int, ...], skip: bool, name: str) -> None:
    shape = Architecture(sizes, name, skip)
    generator = torch.Generator().manual_seed(3)
    theta = torch.randn(3, shape.parameter_count, generator=generator, dtype=torch.float64)
    x = np.random.default_rng(4).standard_normal((6, sizes[0]))
    got = forward(shape, theta, torch.from_numpy(x)).numpy()
    assert got.shape == (3, 6, sizes[-1])
    for student in range(3):
        network = to_network(shape, theta[student])
        layers = unpack(shape, theta)
        paths = [layers.skip(i)[student].numpy() for i in range(len(sizes) - 1)] if skip else None
        np.testing.assert_allclose(
            got[student], slow_forward(network, x, paths), rtol=1e-12, atol=1e-12
        )


@pytest.mark.parametrize("sizes", SIZES)
def test_network_equals_a_slow_loop(sizes: tuple[int, ...]) -> None:
    shape = Architecture(sizes, "silu")
    theta = random_parameters(shape, 1, torch.Generator().manual_seed(0))
    network = to_network(shape, theta[0])
    x = np.random.default_rng(1).standard_normal((5, sizes[0]))
    np.testing.assert_allclose(network(x), slow_forward(network, x), rtol=1e-12, atol=1e-13)


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


def test_with_hidden_changes_the_hidden_sizes_only() -> None:
    shape = Architecture((5, 6, 2), "tanh", True).with_hidden(3)
    assert shape == Architecture((5, 3, 2), "tanh", True)


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
