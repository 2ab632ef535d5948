"""Which shapes count as large, by what that is for: which need it, which do without."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.expand.regimes import LARGE, SMALL, regime_of
from ec_core.networks.architecture import Architecture


@settings(max_examples=30)
@given(
    st.integers(1, 80),
    st.lists(st.integers(1, 120), min_size=1, max_size=3),
    st.integers(0, 2),
    st.integers(1, 100),
)
def test_a_large_student_made_wider_is_large(
    inputs: int, layers: list[int], which: int, more: int
) -> None:
    narrow = Architecture((inputs, *layers, 1), "tanh")
    layers[which % len(layers)] += more
    if regime_of(narrow) is LARGE:
        assert regime_of(narrow.with_hidden(*layers)) is LARGE


def test_the_150_problems_are_not_for_small_steps_and_the_large_benchmark_is() -> None:
    """Second-order steps alone recover every one of the 150 at four times the width."""
    for inputs, neurons in itertools.product((2, 4, 8, 16, 32), (2, 4, 8)):
        assert regime_of(Architecture((inputs, 4 * neurons, 1), "g")) is SMALL
    # not found by small steps in seven minutes, and not found without them
    assert regime_of(Architecture((6, 32, 32, 2), "g")) is SMALL
    assert regime_of(Architecture((32, 128, 1), "g")) is LARGE
