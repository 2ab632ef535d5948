"""The affine subspace of the questions, against plain linear algebra on the inputs themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.networks.network import Network
from ec_core.probing.probes import ProbeSet, make_probes

ROWS = 300


def normal(rng: np.random.Generator, columns: int) -> np.ndarray:
    return rng.standard_normal((ROWS, columns))


def dummies(rng: np.random.Generator, *sizes: int) -> np.ndarray:
    return np.hstack([np.eye(size)[rng.integers(size, size=ROWS)] for size in sizes])


def with_one_hot(rng: np.random.Generator) -> np.ndarray:
    return np.hstack([normal(rng, 2), dummies(rng, 3, 4)])


def with_copies(rng: np.random.Generator) -> np.ndarray:
    x = normal(rng, 3)
    return np.hstack([x[:, :1], x, x[:, 1:2]])


def with_total(rng: np.random.Generator) -> np.ndarray:
    x = normal(rng, 4) * [1e-3, 1.0, 50.0, 1.0]
    return np.hstack([x, x[:, 1:].sum(axis=1, keepdims=True) - 3.0])


def of_low_rank(rng: np.random.Generator) -> np.ndarray:
    return normal(rng, 3) @ rng.standard_normal((3, 8)) + 5.0


def far_off(rng: np.random.Generator) -> np.ndarray:
    start = 1.7e9 + np.round(1e4 * normal(rng, 1))
    return np.hstack([start, normal(rng, 1), start + 3600.0, 1.7e9 + normal(rng, 1)])


def with_constants(rng: np.random.Generator) -> np.ndarray:
    parts = [np.full((ROWS, 1), 7.0), dummies(rng, 3), np.zeros((ROWS, 1)), normal(rng, 1)]
    return np.hstack(parts)


# how the inputs are made, and how many directions of the varying ones are left
REDUNDANT: dict[str, tuple[Callable[[np.random.Generator], np.ndarray], int]] = {
    "one-hot": (with_one_hot, 7),
    "copies": (with_copies, 3),
    "a total": (with_total, 4),
    "low rank": (of_low_rank, 3),
    "far off": (far_off, 3),
    "constants": (with_constants, 3),
}


def network(inputs: int, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    return Network(
        "tanh",
        (0.5 * rng.standard_normal((3, inputs)), rng.standard_normal((2, 3))),
        (rng.standard_normal(3), rng.standard_normal(2)),
    )


def for_inputs(x: np.ndarray, seed: int) -> Network:
    """A network made for the places and spreads of x."""
    net, scale = network(x.shape[1], seed), np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    weight = net.weights[0] / scale
    bias = net.biases[0] - weight @ x.mean(axis=0)
    return Network("tanh", (weight, net.weights[1]), (bias, net.biases[1]))


def asked(case: str, seed: int) -> tuple[ProbeSet, Network]:
    x = REDUNDANT[case][0](np.random.default_rng(seed))
    net = for_inputs(x, seed)
    return make_probes(x, net(x), seed), net


@pytest.mark.parametrize("case", sorted(REDUNDANT))
@pytest.mark.parametrize("seed", range(3))
def test_students_see_as_many_coordinates_as_the_inputs_have_directions(
    case: str, seed: int
) -> None:
    probes = asked(case, seed)[0]
    z = ((probes.x - probes.x_mean) / probes.x_scale)[:, probes.identified]
    z = z - z.mean(axis=0)
    values = np.linalg.svd(z, compute_uv=False)
    directions = int((values > 1e-6 * values[0]).sum())
    assert probes.inputs.shape == (240, directions) and directions == REDUNDANT[case][1]
    assert probes.subspace is not None
    # nothing is lost: all inputs come back, and as well conditioned as columns can be
    back = probes.inputs @ probes.subspace.basis.T
    np.testing.assert_allclose(back - back.mean(axis=0), z, atol=1e-9)
    assert np.linalg.cond(probes.inputs) < 100
    # and the columns that are kept are the very numbers
    kept = np.flatnonzero(probes.identified)[probes.subspace.kept]
    plain = (probes.x - probes.x_mean) / probes.x_scale
    assert np.array_equal(probes.inputs, plain[:, kept])


@pytest.mark.parametrize("case", sorted(REDUNDANT))
def test_the_network_returned_has_the_least_norm_of_all_that_answer_alike(case: str) -> None:
    probes, net = asked(case, 0)
    standard = probes.to_standard(net)
    assert standard.sizes[0] == probes.inputs.shape[1]
    size = max(1.0, float(np.abs(net.biases[0]).max()))
    np.testing.assert_allclose(standard(probes.inputs), probes.answers, atol=1e-12 * size)
    least = probes.to_original(standard)
    np.testing.assert_allclose(least(probes.x_heldout), probes.y_heldout, atol=1e-12 * size)
    # slowly: project the weights on the directions in which the standardised questions spread
    seen = probes.identified
    z = ((probes.x - probes.x_mean) / probes.x_scale)[:, seen]
    values, axes = np.linalg.svd(z - z.mean(axis=0), full_matrices=False)[1:]
    axes = axes[values > 1e-6 * values[0]]
    weight = (net.weights[0] * probes.x_scale)[:, seen]
    np.testing.assert_allclose(
        (least.weights[0] * probes.x_scale)[:, seen], weight @ axes.T @ axes, atol=1e-9
    )
    assert np.all(least.weights[0][:, ~seen] == 0.0)
    # once more changes nothing, and without the detour it is the same
    np.testing.assert_allclose(
        probes.to_original(probes.to_standard(least)).weights[0], least.weights[0], rtol=1e-9
    )
    within = probes.within(net)
    for a, b in zip(within.weights, least.weights, strict=True):
        np.testing.assert_allclose(a * 1.0, b, rtol=1e-9, atol=1e-12 * np.abs(b).max())
    np.testing.assert_allclose(within.biases[0], least.biases[0], atol=1e-11 * size)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), case=st.sampled_from(sorted(REDUNDANT)))
def test_what_is_added_across_the_subspace_makes_no_difference(seed: int, case: str) -> None:
    x = REDUNDANT[case][0](np.random.default_rng(seed))
    net, rng = for_inputs(x, seed), np.random.default_rng(seed)
    centred = x - x.mean(axis=0)
    scale = np.where(centred.std(axis=0) > 0, centred.std(axis=0), 1.0)
    values, axes = np.linalg.svd(centred / scale, full_matrices=True)[1:]
    across = axes[values < 1e-6 * values[0]]
    more = rng.standard_normal((3, len(across))) @ across / scale
    other = Network(
        "tanh",
        (net.weights[0] + more, net.weights[1]),
        (net.biases[0] - more @ x.mean(axis=0), net.biases[1]),
    )
    size = max(1.0, float(np.abs(net.biases[0]).max()))
    np.testing.assert_allclose(other(x), net(x), atol=1e-9 * size)
    probes = make_probes(x, net(x), seed)
    a, b = probes.within(net), probes.within(other)
    np.testing.assert_allclose(a.weights[0] * scale, b.weights[0] * scale, atol=1e-9)
    np.testing.assert_allclose(a.biases[0], b.biases[0], atol=1e-9 * size)


INDEPENDENT: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "Gaussian": lambda rng: normal(rng, 6),
    "one column": lambda rng: normal(rng, 1),
    "one-hot without its last": lambda rng: with_one_hot(rng)[:, [0, 1, 2, 3, 5, 6, 7]],
    "binary": lambda rng: rng.integers(0, 2, (ROWS, 40)).astype(float),
    "nearly collinear": lambda rng: with_copies(rng) + 1e-3 * normal(rng, 5),
    "more nearly": lambda rng: with_copies(rng) + 1e-9 * normal(rng, 5),
    "far off and narrow": lambda rng: 1.7e9 + normal(rng, 3),
    "far off, and apart by little": lambda rng: (
        1e9 + (s := np.round(1e6 * normal(rng, 1))) + np.hstack([0 * s, np.round(normal(rng, 1))])
    ),
    "float32": lambda rng: normal(rng, 5).astype(np.float32),
    "fewer rows than columns": lambda rng: normal(rng, 40)[:25],
    "pixels": lambda rng: rng.integers(0, 256, (ROWS, 12)).astype(np.uint8),
}


@pytest.mark.parametrize("case", sorted(INDEPENDENT))
@pytest.mark.parametrize("seed", range(2))
def test_inputs_that_span_everything_are_as_they_were_to_the_last_bit(case: str, seed: int) -> None:
    x = INDEPENDENT[case](np.random.default_rng(seed))
    y = np.sin(x @ np.arange(1.0, 1.0 + x.shape[1]))[:, None] + 0.1
    now, then = make_probes(x, y, seed), make_probes(x, y, seed, tidy=False)
    assert now.subspace is None and now.free_directions == () and now.remarks == ()
    for name in ("x", "y", "x_heldout", "y_heldout", "x_mean", "x_scale", "inputs", "answers"):
        assert getattr(now, name).tobytes() == getattr(then, name).tobytes(), name
    assert (now.precision, now.looks) == (then.precision, then.looks)
    net = network(x.shape[1], seed)
    assert now.within(net) is net


def test_a_column_that_follows_from_another_but_for_little_is_seen_by_what_it_has_of_its_own() -> (
    None
):
    rng = np.random.default_rng(0)
    x = normal(rng, 3)
    x = np.hstack([x, x[:, :1] + 1e-12 * normal(rng, 1)])
    net = network(4, 0)
    probes = make_probes(x, net(x))
    # no relation, but coordinates in which a Jacobian shows all four weights
    assert probes.inputs.shape[1] == 4 and probes.free_directions == ()
    assert np.linalg.cond(probes.inputs) < 10
    np.testing.assert_allclose(probes.to_standard(net)(probes.inputs), probes.answers, atol=1e-12)
    back = probes.to_original(probes.to_standard(net))
    np.testing.assert_allclose(back.weights[0], net.weights[0], atol=1e-3)
    # below what rounding hides it is a copy
    hidden = np.hstack([x[:, :3], x[:, :1] + 1e-14 * normal(rng, 1)])
    assert make_probes(hidden, net(hidden)).free_directions == ("Column 4 always equals column 1.",)


def test_of_two_columns_that_are_the_same_the_more_exact_is_seen() -> None:
    rng = np.random.default_rng(0)
    exact = normal(rng, 2)
    # the first column lost seven digits to its offset
    x = np.hstack([1e9 + exact[:, :1], exact])
    probes = make_probes(x, np.tanh(exact))
    assert probes.subspace is not None and probes.subspace.kept.tolist() == [1, 2]
    assert probes.free_directions == ("Column 2 always equals column 1 plus -1e+09.",)


def test_short_numbers_hold_a_relation_only_if_answers_are_no_more_exact() -> None:
    rng = np.random.default_rng(0)
    parts = np.round(rng.uniform(0, 1, (ROWS, 3)), 4)
    x = np.hstack([parts, np.round(parts.sum(axis=1, keepdims=True) / 3.0, 4)])
    net = network(4, 1)
    y = net(x)
    # a mean rounded to four decimals moves answers by 1e-5: exact answers tell, coarse ones do not
    assert make_probes(x, y).free_directions == ()
    coarse = make_probes(x, np.round(y, 2))
    assert coarse.free_directions == ("1 combination of columns 1 to 4 never changes.",)
    assert coarse.inputs.shape[1] == 3


def test_the_only_row_that_breaks_a_relation_is_learnt_from() -> None:
    rng = np.random.default_rng(0)
    for row in range(30):
        x = normal(rng, 3)
        x[:, 2] = x[:, 0]
        x[row, 2] += 1.0
        probes = make_probes(x, x[:, :1] + x[:, 2:], seed=0)
        assert probes.subspace is None
        assert len(probes.x) + len(probes.x_heldout) == ROWS


def test_a_relation_of_most_rows_is_none() -> None:
    rng = np.random.default_rng(1)
    x = normal(rng, 3)
    x[:, 2] = np.where(rng.uniform(size=ROWS) < 0.95, x[:, 0], x[:, 2])
    assert make_probes(x, np.tanh(x)).free_directions == ()


def test_the_order_of_rows_does_not_matter() -> None:
    x = with_one_hot(np.random.default_rng(0))
    y, order = network(9, 0)(x), np.random.default_rng(1).permutation(ROWS)
    one, other = make_probes(x, y), make_probes(x[order], y[order])
    assert one.inputs.tobytes() == other.inputs.tobytes()
    assert one.free_directions == other.free_directions
