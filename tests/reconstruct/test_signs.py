"""Exact sign search against plain enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ec_core.networks.activations import activation
from ec_core.reconstruct.signs import find_signs


def _case(
    hidden: int, inputs: int, outputs: int, seed: int, name: str = "softplus"
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    incoming = rng.standard_normal((hidden, inputs + 1))
    outgoing = rng.standard_normal((outputs, hidden))
    truth = rng.random(hidden) < 0.5
    linear = activation(name).linear
    skip = linear * np.einsum("kh,hd->kd", outgoing * truth, incoming[:, :-1])
    return incoming, outgoing, skip, truth


@pytest.mark.parametrize("name", ["softplus", "leaky_relu"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (8, 2, 1), (9, 1, 1), (6, 4, 3), (11, 3, 1)])
def test_signs_and_runner_up_equal_enumeration(shape: tuple[int, int, int], name: str) -> None:
    incoming, outgoing, skip, truth = _case(*shape, seed=sum(shape), name=name)
    entry = activation(name)
    found = find_signs(incoming, outgoing, skip, entry)
    assert found is not None and found.unique
    np.testing.assert_array_equal(found.flipped, truth)
    maps = entry.linear * np.einsum("kh,hd->hkd", outgoing, incoming[:, :-1])
    maps = maps.reshape(shape[0], -1)
    typical = np.median(np.linalg.norm(maps, axis=1))
    leftovers = sorted(
        float(np.linalg.norm(np.array(bits) @ maps - skip.ravel())) / typical
        for bits in itertools.product([0.0, 1.0], repeat=shape[0])
    )
    assert abs(found.residual - leftovers[0]) < 1e-12
    # exact where enumerated, a lower bound where least squares decided
    assert found.residual < found.runner_up <= leftovers[1] + 1e-12


def test_large_problems_are_solved_by_either_way() -> None:
    for hidden, inputs, outputs in ((30, 2, 1), (200, 64, 10)):
        incoming, outgoing, skip, truth = _case(hidden, inputs, outputs, seed=1)
        found = find_signs(incoming, outgoing, skip, activation("gelu"))
        assert found is not None and found.explained
        np.testing.assert_array_equal(found.flipped, truth)


def test_ambiguous_signs_are_called_ambiguous() -> None:
    incoming = np.array([[1.0, 0.3], [-1.0, 0.1], [2.5, 0.2]])
    outgoing = np.array([[1.0, 1.0, 1.0]])
    # flipping the first two cancels: both or neither explain a zero map
    found = find_signs(incoming, outgoing, np.zeros((1, 1)), activation("softplus"))
    assert found is not None and found.explained and not found.unique


def test_a_map_that_no_signs_explain_is_said_so() -> None:
    incoming, outgoing, skip, _ = _case(6, 3, 2, seed=4)
    found = find_signs(incoming, outgoing, skip + 0.3, activation("silu"))
    assert found is not None and not found.explained


def test_too_many_neurons_for_too_few_equations_is_none() -> None:
    incoming, outgoing, skip, _ = _case(64, 2, 1, seed=0)
    assert find_signs(incoming, outgoing, skip, activation("relu")) is None
