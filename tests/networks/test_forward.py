"""The forward pass against a loop over neurons; its products against automatic differentiation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import (
    Pass,
    features,
    forward,
    forward_pass,
    hidden_outputs,
    jvp,
    second_jvp,
    vjp,
)
from ec_core.networks.parameters import Layers, pack, random_parameters, to_network, unpack
from tests.networks.slow_network import slow_forward

SIZES = [(2, 3, 1), (3, 4, 2), (4, 3, 5, 2), (1, 1, 1)]
DEEP = [(1, 1, 1), (3, 5, 2), (3, 4, 2, 2), (2, 3, 2, 3, 1)]
GRID = [(sizes, skip) for sizes in DEEP for skip in (False, True)]


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


def _case(
    sizes: tuple[int, ...], skip: bool, name: str = "gelu"
) -> tuple[Architecture, Tensor, Tensor, Tensor]:
    """A shape, three students theta with skip paths that are not zero, vectors like it, inputs."""
    shape, generator = Architecture(sizes, name, skip), torch.Generator().manual_seed(1)
    theta = random_parameters(shape, 3, generator)
    theta = theta + 0.1 * torch.randn(theta.shape, generator=generator, dtype=torch.float64)
    v = torch.randn(theta.shape, generator=generator, dtype=torch.float64)
    return shape, theta, v, torch.randn(17, sizes[0], generator=generator, dtype=torch.float64)


def _passed(shape: Architecture, theta: Tensor, x: Tensor) -> tuple[Layers, Pass]:
    layers = unpack(shape, theta)
    return layers, forward_pass(shape, layers, x)


@pytest.mark.parametrize(("sizes", "skip"), GRID)
def test_a_pass_keeps_what_it_went_through(sizes: tuple[int, ...], skip: bool) -> None:
    shape, theta, _, x = _case(sizes, skip)
    layers, passed = _passed(shape, theta, x)
    torch.testing.assert_close(passed.answers, forward(shape, theta, x), rtol=1e-12, atol=1e-13)
    below = [x]
    for layer, phi in enumerate(passed.phi):
        for j in shape.sources(layer):
            held = phi[..., shape.columns(layer, j)]
            torch.testing.assert_close(held, below[j].expand_as(held), rtol=0, atol=0)
        assert bool((phi[..., shape.bias(layer)] == 1).all())
        assert phi.shape[-1] == shape.features(layer)
        z = passed.z[layer] if layer < len(passed.z) else passed.answers
        torch.testing.assert_close(z, phi @ layers.blocks[layer].mT)
        if layer < len(passed.z):
            below.append(shape.entry.function(z))
            at = z.clone().requires_grad_()
            (slope,) = torch.autograd.grad(shape.entry.function(at).sum(), at)
            torch.testing.assert_close(passed.slopes[layer], slope)
    assert len(passed.z) == len(passed.slopes) == len(sizes) - 2


@pytest.mark.parametrize(("sizes", "skip"), GRID)
def test_the_outputs_of_the_lowest_layers(sizes: tuple[int, ...], skip: bool) -> None:
    shape, theta, _, x = _case(sizes, skip)
    layers, passed = _passed(shape, theta, x)
    for count in range(len(sizes) - 1):
        below = hidden_outputs(shape, layers.blocks[:count], x)
        torch.testing.assert_close(features(shape, below), passed.phi[count], rtol=0, atol=0)
        # the layers may be those of a network of other sizes
        other = shape.with_hidden(*(size + 1 for size in sizes[1:-1]))
        again = hidden_outputs(other, layers.blocks[:count], x)
        assert all(torch.equal(a, b) for a, b in zip(again, below, strict=True))
        # one student alone, without the students' axis
        alone = hidden_outputs(shape, [block[1] for block in layers.blocks[:count]], x)
        read = features(shape, alone)
        assert read.ndim == 2
        both = passed.phi[count] if count == 0 else passed.phi[count][1]
        torch.testing.assert_close(read, both, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize(("sizes", "skip"), GRID)
def test_products_are_those_of_automatic_differentiation(
    sizes: tuple[int, ...], skip: bool, name: str
) -> None:
    shape, theta, v, x = _case(sizes, skip, name)
    layers, passed = _passed(shape, theta, x)

    weights = theta.requires_grad_()
    answers = forward(shape, weights, x)
    u = torch.randn(answers.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    (pulled,) = torch.autograd.grad(answers, weights, u.requires_grad_(), create_graph=True)
    # J'u is linear in u: the gradient of v'J'u is Jv
    (pushed,) = torch.autograd.grad(pulled, u, v)
    back = pack(vjp(shape, layers, passed, u.detach()))
    ahead = jvp(shape, layers, unpack(shape, v), passed)
    torch.testing.assert_close(back, pulled.detach(), rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(ahead, pushed, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("sizes", "skip"), GRID)
def test_the_second_derivative_along_a_line_is_that_of_central_differences(
    sizes: tuple[int, ...], skip: bool
) -> None:
    shape, theta, v, x = _case(sizes, skip, "tanh")
    layers, passed = _passed(shape, theta, x)
    bends = [-2 * torch.tanh(z) * (1 - torch.tanh(z) ** 2) for z in passed.z]
    found = second_jvp(shape, layers, unpack(shape, v), passed, bends)
    step = 1e-4
    up, at, down = (forward(shape, theta + t * v, x) for t in (step, 0.0, -step))
    # the fourth derivative times step²/12, and rounding over step²
    scale = float(found.abs().max())
    torch.testing.assert_close(found, (up - 2 * at + down) / step**2, rtol=1e-4, atol=1e-5 * scale)
