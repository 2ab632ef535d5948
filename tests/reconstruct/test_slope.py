"""The slope of leaky_relu, read off the linear maps that its students leave."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import ec_core as ec
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.networks.parameters import pack
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.prune import Pruned
from ec_core.reconstruct.slope import SEARCHED, other_slope, solved, with_slope
from tests.often import daily


def _pruned(sizes: tuple[int, ...], activation: str, seed: int = 0) -> tuple[Pruned, ProbeSet]:
    """A random network with skip paths, and probes of it."""
    rng = np.random.default_rng(seed)
    probes = ec.probe(
        lambda x: x @ rng.standard_normal((sizes[0], sizes[-1])), count=50, inputs=sizes[0]
    )
    shape = Architecture(sizes, activation, True)
    theta = pack([torch.from_numpy(rng.standard_normal((1, *block))) for block in shape.shapes])
    x = torch.from_numpy(rng.standard_normal((40, sizes[0])))
    problem = Problem(shape, x, forward(shape, theta, x)[0])
    return Pruned(problem, theta, 0.0, True), probes


@pytest.mark.parametrize("sizes", [(3, 4, 2), (3, 4, 3, 2), (2, 3, 3, 2, 1)])
@pytest.mark.parametrize(
    ("before", "slope"), [("relu", 0.3), ("leaky_relu", -0.4), ("leaky_relu:0.3", 0.0)]
)
def test_another_slope_writes_the_same_function(
    sizes: tuple[int, ...], before: str, slope: float
) -> None:
    pruned, _ = _pruned(sizes, before)
    again = with_slope(pruned, slope)
    assert again.problem.shape.activation == (f"leaky_relu:{slope}" if slope else "relu")
    x = pruned.problem.x
    got = forward(again.problem.shape, again.theta, x)
    wanted = forward(pruned.problem.shape, pruned.theta, x)
    torch.testing.assert_close(got, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("slope", [0.3, -0.4, 0.123456789012])
@pytest.mark.parametrize("sizes", [(3, 4, 2), (2, 6, 1), (3, 4, 3, 2)])
def test_the_slope_of_a_network_written_otherwise_is_found(
    sizes: tuple[int, ...], slope: float
) -> None:
    name = f"leaky_relu:{slope}"
    pruned, probes = _pruned(sizes, name, 3)
    blocks = list(torch.split(pruned.theta, [a * b for a, b in pruned.problem.shape.shapes], dim=1))
    shapes = pruned.problem.shape.shapes
    for layer in range(1, len(blocks)):
        block = blocks[layer].view(1, *shapes[layer]).clone()
        block[..., sizes[layer] + 1 :] = 0.0  # a teacher has no skip paths
        blocks[layer] = block.flatten(1)
    teacher = Pruned(pruned.problem, torch.cat(blocks, dim=1), 0.0, True)
    assert other_slope(teacher, probes) is None
    for other in (0.0, 0.01, 0.7):
        written = with_slope(teacher, other)
        found = other_slope(written, probes)
        assert found is not None and abs(found - slope) < 1e-10


def test_many_neurons_need_as_many_equations() -> None:
    rng = np.random.default_rng(0)
    count = SEARCHED + 4
    maps = rng.standard_normal((count, 30))
    signs = rng.choice([-1.0, 1.0], count)
    m, left, second = solved(maps, 0.9 * signs @ maps)
    assert m == pytest.approx(0.9, rel=1e-12) and left < 1e-12 and second > 1e-2
    _, left, _ = solved(maps[:, :8], 0.9 * signs @ maps[:, :8])
    assert left > 1e-3


def test_a_linear_map_of_its_own_shows_no_slope() -> None:
    pruned, probes = _pruned((3, 4, 2), "relu")
    assert other_slope(pruned, probes) is None


@pytest.mark.parametrize("slope", daily([0.3, 0.123456789012], 0.123456789012))
def test_a_slope_that_nobody_told_is_recovered_with_the_network(slope: float) -> None:
    name = f"leaky_relu:{slope}"
    teacher = ec.make_teacher("synthetic", sizes=(4, 3, 2), activation=name, seed=1).network
    result = ec.recover(
        ec.Teacher(teacher),
        activation="leaky_relu",
        hidden_layers=1,
        probes=800,
        students=4,
        width=8,
    )
    report = result.report
    assert report["verified"], report["reasons"]
    assert report["activation"] == "leaky_relu"
    parameters = report["parameters"]
    assert isinstance(parameters, dict) and abs(parameters["slope"] - slope) <= 1e-10 * slope
    error = ec.match(teacher, result.network).max_weight_error
    assert error is not None and error < 1e-9


def test_relu_that_was_told_stays_and_the_slope_is_said() -> None:
    teacher = ec.make_teacher(
        "synthetic", sizes=(3, 2, 1), activation="leaky_relu:0.3", seed=0
    ).network
    result = ec.recover(
        ec.Teacher(teacher), activation="relu", hidden_layers=1, probes=600, students=4, width=6
    )
    assert not result.report["verified"]
    assert result.network.activation == "relu" and result.reconstruction.slope == 0.3
    assert "The answers show a slope of 0.3 below zero." in str(result.report["notes"])
