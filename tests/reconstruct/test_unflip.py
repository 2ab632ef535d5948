"""Flips at any depth: they keep the function, and are found and undone exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ec_core.networks.mlp import Architecture, forward, from_network, pack, unpack
from ec_core.probing.presets import make_teacher
from ec_core.reconstruct.unflip import _flip, line_as_neurons, resolve_signs


@pytest.mark.parametrize("sizes", [(3, 5, 2), (4, 4, 5, 2), (3, 4, 3, 4, 2)])
@pytest.mark.parametrize("name", ["softplus", "gelu", "silu", "relu", "leaky_relu"])
def test_random_flips_keep_the_function_and_are_undone(name: str, sizes: tuple[int, ...]) -> None:
    teacher = make_teacher("synthetic", sizes=sizes, activation=name, seed=3).network
    shape, plain = from_network(teacher, skip=True)
    x = torch.randn(40, sizes[0], dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rng = np.random.default_rng(1)
    blocks = [block[0].numpy().copy() for block in unpack(shape, plain).blocks]
    chosen = [np.flatnonzero(rng.random(hidden) < 0.5) for hidden in sizes[1:-1]]
    for layer in reversed(range(len(chosen))):
        _flip(shape, blocks, layer, chosen[layer])
    theta = pack([torch.from_numpy(block)[None] for block in blocks])
    before = forward(shape, plain, x)
    torch.testing.assert_close(forward(shape, theta, x), before, rtol=1e-10, atol=1e-10)
    found, signs = resolve_signs(shape, theta)
    assert signs is not None and signs.unique
    assert signs.flipped.sum() == sum(map(len, chosen))
    simple = Architecture(sizes, name)
    torch.testing.assert_close(forward(simple, found, x), before, rtol=1e-9, atol=1e-9)
    original = from_network(teacher)[1]
    torch.testing.assert_close(found, original, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["softplus", "gelu", "silu", "relu", "leaky_relu"])
def test_a_line_that_no_signs_explain_is_kept_in_neurons(name: str) -> None:
    shape = Architecture((3, 4, 2), name, skip=True)
    theta = torch.randn(
        1, shape.parameter_count, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    x = torch.randn(30, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    plain, flat = line_as_neurons(shape, theta)
    assert plain.sizes == (3, 8, 2) and not plain.skip
    torch.testing.assert_close(forward(plain, flat, x), forward(shape, theta, x))
