"""Exact sign search against plain enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ec_core.networks.activations import activation
from ec_core.reconstruct import signs
from ec_core.reconstruct.signs import Signs, find_signs, likely_signs


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
    maps = _maps(incoming, outgoing, name)
    typical = np.median(np.linalg.norm(maps, axis=1))
    leftovers = sorted(
        float(np.linalg.norm(np.array(bits) @ maps - skip.ravel())) / typical
        for bits in itertools.product([0.0, 1.0], repeat=shape[0])
    )
    assert abs(found.residual - leftovers[0]) < 1e-12
    # exact where enumerated, a lower bound where least squares decided
    assert found.residual < found.runner_up <= leftovers[1] + 1e-12


@pytest.mark.parametrize("shape", [(30, 2, 1), (60, 16, 5), (48, 8, 6)])
def test_large_problems_are_solved_by_either_way(shape: tuple[int, int, int]) -> None:
    """By enumeration; by more equations than neurons; by exactly as many."""
    incoming, outgoing, skip, truth = _case(*shape, seed=1)
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


def _maps(incoming: np.ndarray, outgoing: np.ndarray, name: str = "softplus") -> np.ndarray:
    """Each neuron's own linear map, in a row."""
    maps = np.einsum("kh,hd->hkd", outgoing, incoming[:, :-1])
    return np.asarray(activation(name).linear * maps.reshape(len(incoming), -1))


def _left(maps: np.ndarray, target: np.ndarray) -> list[tuple[float, tuple[bool, ...]]]:
    """(what it leaves, pattern) of all patterns, least first, by enumeration."""
    patterns = itertools.product([False, True], repeat=len(maps))
    return sorted(
        (float(np.linalg.norm(np.array(bits) @ maps - target)), bits) for bits in patterns
    )


@pytest.mark.parametrize("most", [2, 5])
@pytest.mark.parametrize("size", [1, 2, 6, 7, 9])
@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_the_best_patterns_are_those_of_enumeration(count: int, size: int, most: int) -> None:
    rng = np.random.default_rng(10 * count + size)
    maps, target = rng.standard_normal((count, size)), rng.standard_normal(size)
    patterns, norms = signs._meet_in_the_middle(maps, target, most)
    everything = _left(maps, target)
    # among many equations more are compared in fewer dimensions, where only the best are sure
    sure = len(norms) if size <= 6 else 1
    assert len(norms) == min(most, 2**count)
    assert norms[:sure] == pytest.approx([left for left, _ in everything[:sure]])
    assert [tuple(p) for p in patterns[:sure]] == [bits for _, bits in everything[:sure]]
    assert (np.diff(norms) >= 0).all() and len(np.unique(patterns, axis=0)) == len(patterns)
    assert norms == pytest.approx(np.linalg.norm(patterns @ maps - target, axis=1))


def test_a_leftover_is_told_in_a_typical_neurons_maps() -> None:
    incoming, outgoing, skip, _ = _case(7, 2, 1, seed=3)
    skip = skip + 0.02
    maps = _maps(incoming, outgoing)
    typical = float(np.median(np.linalg.norm(maps, axis=1)))
    found = find_signs(incoming, outgoing, skip, activation("softplus"))
    assert found is not None and not found.explained and not found.unique
    (least, bits), (second, _) = _left(maps, skip.ravel())[:2]
    assert (found.residual, found.runner_up) == pytest.approx((least / typical, second / typical))
    assert tuple(found.flipped) == bits
    # neurons that lead nowhere have no map to compare with
    idle = find_signs(incoming, 0.0 * outgoing, skip, activation("softplus"))
    assert idle is not None and idle.residual == pytest.approx(np.linalg.norm(skip))


def test_least_squares_says_what_another_pattern_leaves_at_least() -> None:
    """One neuron: the other pattern leaves exactly what is promised."""
    skip = activation("softplus").linear * np.array([[0.3]])
    found = find_signs(np.ones((1, 2)), np.ones((1, 1)), skip, activation("softplus"))
    assert found is not None and found.flipped.tolist() == [False]
    assert (found.residual, found.runner_up) == pytest.approx((0.3, 0.7))


def test_signs_are_unique_only_if_explained_and_far_from_the_second() -> None:
    def unique(residual: float, runner_up: float) -> bool:
        return Signs(np.ones(1, dtype=bool), residual, runner_up).unique

    assert unique(0.0, 0.4) and unique(1e-9, 0.4)
    assert not unique(0.1, 1e6), "not explained"
    assert not unique(0.0, 1e-9), "the second is explained too"
    assert not unique(1e-6, 5e-4), "the second leaves hardly more"


def test_the_search_ends_where_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "MIDDLE_LIMIT", 6)
    assert find_signs(*_case(6, 1, 1, seed=0)[:3], activation("relu")) is not None
    assert find_signs(*_case(7, 1, 1, seed=0)[:3], activation("relu")) is None


def test_likely_signs_are_the_best_of_few_neurons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "MIDDLE_LIMIT", 8)
    incoming, outgoing, skip, _ = _case(4, 1, 1, seed=5)
    maps = _maps(incoming, outgoing)
    likely = likely_signs(incoming, outgoing, skip, activation("softplus"), 5)
    best = {bits for _, bits in _left(maps, skip.ravel())[:5]}
    assert likely.shape == (5, 4) and {tuple(bits) for bits in likely} == best


def test_likely_signs_of_many_neurons_differ_where_least_squares_is_unsure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signs, "MIDDLE_LIMIT", 8)
    # every neuron has a direction of its own, in which the map says how much of it is wanted
    incoming, outgoing = np.eye(5, 6), np.ones((1, 5))
    wanted = activation("softplus").linear * np.array([[1.1, -0.6, 0.4, 0.95, 0.55]])
    likely = likely_signs(incoming, outgoing, wanted, activation("softplus"), 4)
    first = [True, False, False, True, True]
    assert likely.tolist() == [
        first,
        [*first[:4], False],
        [*first[:2], True, *first[3:]],
        [*first[:3], False, first[4]],
    ]
