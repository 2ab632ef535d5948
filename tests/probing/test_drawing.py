"""Rows come in a random order that is the same whatever order they were given in."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.probing.drawing import drawn_order
from ec_core.probing.probes import ProbeSet, make_probes


def _same(a: ProbeSet, b: ProbeSet) -> None:
    for name in a.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def _answers(count: int, seed: int, rounded: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((count, 3)), rng.standard_normal((count, 2))
    # few different numbers: equal rows, and rows that are permutations of each other
    return (np.round(x), np.round(y)) if rounded else (x, y)


@settings(max_examples=40)
@given(count=st.integers(5, 60), seed=st.integers(0, 10_000), rounded=st.booleans())
def test_shuffled_rows_give_the_same_probes_to_the_last_bit(
    count: int, seed: int, rounded: bool
) -> None:
    x, y = _answers(count, seed, rounded)
    x[0], x[1] = -9.0, 9.0
    y[0], y[1] = -9.0, 9.0
    order = np.random.default_rng(seed + 1).permutation(count)
    _same(make_probes(x, y, seed), make_probes(x[order], y[order], seed))


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), rounded=st.booleans())
def test_columns_in_another_order_leave_the_rows_where_they_are(seed: int, rounded: bool) -> None:
    x, y = _answers(40, seed, rounded)
    plain = drawn_order(x, y, seed)
    turned = drawn_order(x[:, [2, 0, 1]], y[:, ::-1], seed)
    if not rounded:
        np.testing.assert_array_equal(plain, turned)
    # permutations of each other may change places, and nothing else
    sums = np.sort(x, axis=1)
    np.testing.assert_array_equal(sums[plain], sums[turned])


def test_the_seed_decides_and_the_first_rows_are_a_fair_sample() -> None:
    x = np.sort(np.random.default_rng(0).standard_normal((4000, 1)), axis=0)
    first, other = drawn_order(x, x, 0), drawn_order(x, x, 1)
    assert not np.array_equal(first, other)
    assert sorted(first) == list(range(4000))
    # the mean row number of 400 of 4000, in standard deviations of such a mean
    assert abs(first[:400].mean() - 1999.5) < 4 * 4000 / np.sqrt(12 * 400)


def test_zero_has_no_sign() -> None:
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    order = drawn_order(x, x, 0)
    np.testing.assert_array_equal(order, drawn_order(np.where(x == 0, -0.0, x), x, 0))
