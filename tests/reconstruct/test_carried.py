"""Students carried onto a layer that all of them now share, against a loop in NumPy.

For every student alone: what its later layers used to receive from the old layer and from below,
fitted by least squares on the new features, with each feature named, so that no column can be
taken for another.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from ec_core.expand.students import StudentEnsemble, ensemble_of
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.parameters import random_parameters, unpack
from ec_core.reconstruct.carry import carried

Block = dict[tuple[int, int] | str, np.ndarray]
"""Weights (H,) of a layer by what they read: neuron j of layer l as (l, j) (0: inputs), "bias"."""


def _blocks(shape: Architecture, theta: torch.Tensor) -> list[Block]:
    """One student's weights by name; phi_l = (h_l, 1, h_{l-1}, …, x), see ``architecture``."""
    found: list[Block] = []
    for layer, block in enumerate(unpack(shape, theta).blocks):
        names: list[tuple[int, int] | str] = [(layer, j) for j in range(shape.sizes[layer])]
        names.append("bias")
        for below in range(layer - 1, -1, -1) if shape.skip else ():
            names += [(below, j) for j in range(shape.sizes[below])]
        assert len(names) == block.shape[2]
        found.append({name: block[0, :, i].numpy() for i, name in enumerate(names)})
    return found


def _values(shape: Architecture, blocks: list[Block], x: np.ndarray) -> Block:
    """What every feature of a network is on the probes (N,)."""
    values: Block = {(0, j): x[:, j] for j in range(x.shape[1])} | {"bias": np.ones(len(x))}
    for layer, block in enumerate(blocks[:-1]):
        z = sum(values[name][:, None] * weights for name, weights in block.items())
        h = shape.entry.function(torch.from_numpy(np.asarray(z))).numpy()
        values |= {(layer + 1, j): h[:, j] for j in range(h.shape[1])}
    return values


def _slow(
    old: Architecture,
    was: list[Block],
    new: Architecture,
    now: list[Block],
    layer: int,
    x: np.ndarray,
) -> Iterator[tuple[int, Block]]:
    """(m, weights by name) of every layer above hidden layer ``layer`` + 1, as it should be."""
    before, after = _values(old, was, x), _values(new, now, x)
    for m in range(layer + 1, len(now)):
        below = [name for name in now[m] if name == "bias" or int(name[0]) <= layer + 1]
        upper = {name: was[m][name] for name in now[m] if name not in below}
        if not any(name != "bias" for name in below):
            yield m, was[m]  # without skip paths nothing but the next layer reads it
            continue
        received = sum(
            before[name][:, None] * weights
            for name, weights in was[m].items()
            if name == "bias" or int(name[0]) <= layer + 1
        )
        features = np.column_stack([after[name] for name in below])
        fitted = np.linalg.lstsq(features, np.asarray(received), rcond=1e-12)[0]
        yield m, upper | dict(zip(below, fitted, strict=True))


def _students(shape: Architecture, count: int, seed: int) -> torch.Tensor:
    theta = random_parameters(shape, count, torch.Generator().manual_seed(seed))
    # skip paths start at zero, where a mistake in them would not show
    return theta + 0.3 * torch.randn(
        theta.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed + 1)
    )


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("name", ["tanh", "gelu"])
def test_carrying_students_onto_a_layer_is_a_least_squares_fit_of_each(
    name: str, layer: int
) -> None:
    skip = name == "gelu"
    old = Architecture((3, 5, 4, 4, 2), name, skip)
    sizes = [3, 5, 4, 4, 2]
    sizes[layer + 1] = 3
    new = Architecture(tuple(sizes), name, skip)
    students: StudentEnsemble = ensemble_of(old, _students(old, 3, 0).numpy(), np.ones(3), 0)
    which = np.array([2, 0])
    theta = _students(new, 2, 5)
    for block in unpack(new, theta).blocks[: layer + 1]:
        block[1] = block[0]  # up to the new layer all students are alike
    x = torch.randn(200, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    problem = Problem(new, x, torch.zeros(200, 2, dtype=torch.float64))
    found = carried(students, which, problem, theta.clone(), layer)
    for place, student in enumerate(which):
        was = _blocks(old, torch.from_numpy(students.theta[student : student + 1]))
        now = _blocks(new, theta[place : place + 1])
        after = _blocks(new, found[place : place + 1])
        for m in range(layer + 1):
            assert all(np.array_equal(after[m][k], now[m][k]) for k in now[m])
        for m, expected in _slow(old, was, new, now, layer, x.numpy()):
            assert set(after[m]) == set(expected)
            for k, weights in expected.items():
                np.testing.assert_allclose(after[m][k], weights, rtol=1e-9, atol=1e-9)
