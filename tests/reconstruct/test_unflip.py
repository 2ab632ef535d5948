"""Flips at any depth: they keep the function, and are found and undone exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ec_core.control import Control
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.networks.parameters import from_network, pack, unpack
from ec_core.probing.presets import make_teacher
from ec_core.reconstruct.sign_trials import try_signs, undecided
from ec_core.reconstruct.signs import Signs
from ec_core.reconstruct.unflip import _flip, line_as_neurons, resolve_signs, together


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
    found, searched = resolve_signs(shape, theta)
    signs = together(searched)
    assert signs is not None and signs.unique
    assert signs.flipped.sum() == sum(map(len, chosen))
    simple = Architecture(sizes, name)
    torch.testing.assert_close(forward(simple, found, x), before, rtol=1e-9, atol=1e-9)
    original = from_network(teacher)[1]
    torch.testing.assert_close(found, original, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [((3, 4, 2), (8,)), ((3, 4, 4, 2), (10, 8)), ((3, 4, 4, 5, 2), (10, 18, 9))],
)
@pytest.mark.parametrize("name", ["softplus", "gelu", "silu", "relu", "leaky_relu"])
def test_lines_that_no_signs_explain_are_kept_in_neurons(
    name: str, sizes: tuple[int, ...], hidden: tuple[int, ...]
) -> None:
    shape = Architecture(sizes, name, skip=True)
    theta = torch.randn(
        1, shape.parameter_count, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    x = torch.randn(30, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    plain, flat = line_as_neurons(shape, theta)
    # per layer one pair for every direction that the layers above read past it
    assert plain.sizes[1:-1] == hidden and not plain.skip
    torch.testing.assert_close(forward(plain, flat, x), forward(shape, theta, x))


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "gelu"])
def test_where_the_search_does_not_tell_the_fit_finds_the_signs(name: str) -> None:
    teacher = make_teacher("synthetic", sizes=(4, 3, 3, 2), activation=name, seed=5).network
    shape, plain = from_network(teacher, skip=True)
    x = torch.randn(400, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    blocks = [block[0].numpy().copy() for block in unpack(shape, plain).blocks]
    for layer, which in ((1, np.array([0, 2])), (0, np.array([1]))):
        _flip(shape, blocks, layer, which)
    theta = pack([torch.from_numpy(block)[None] for block in blocks])
    problem = Problem(shape, x, forward(shape, plain, x)[0])
    _, searched = resolve_signs(shape, theta)
    # as if the second layer's map had not told
    vague = (searched[0], Signs(np.zeros(3, dtype=bool), 0.8, 0.8))
    assert undecided(searched) == [] and undecided(vague) == [1]
    found = try_signs(problem, theta, vague, 1e-24, Control())
    assert found is not None
    best, signs = found
    assert signs.flipped.tolist() == [False, True, False, True, False, True]
    assert signs.unique
    torch.testing.assert_close(best, from_network(teacher)[1], rtol=1e-9, atol=1e-9)
