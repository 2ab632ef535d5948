"""The estimate: depth, outputs, and what is counted."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from ec_core.expand.config import ExpandConfig
from ec_core.expand.estimate import estimate, matrix_flops
from ec_core.networks.architecture import Architecture

CONFIG = ExpandConfig(students=6, device="cpu")


def test_parameters_and_answers_of_a_deep_network() -> None:
    found = estimate(3000, 6, 2, "tanh", (16, 12), replace(CONFIG, hidden_layers=2))
    assert found.parameters == 7 * 16 + 17 * 12 + 13 * 2
    assert found.answers == 6000
    assert not found.warnings


def test_outputs_cost_next_to_nothing() -> None:
    one, ten = (matrix_flops(Architecture((8, 16, 16, k), "tanh"), 1000) for k in (1, 10))
    assert one == ten


@pytest.mark.parametrize("hidden", [(8,), (8, 8), (8, 8, 8), (8, 8, 8, 8)])
def test_matrix_flops_lie_between_a_quarter_and_all_of_the_plain_product(
    hidden: tuple[int, ...],
) -> None:
    shape = Architecture((4, *hidden, 1), "tanh")
    plain = 2 * 1000 * shape.parameter_count**2
    assert plain / 4 <= matrix_flops(shape, 1000) <= plain / 2


def test_more_layers_take_longer_and_more_memory() -> None:
    found = [
        estimate(4000, 8, 2, "g", (16,) * depth, replace(CONFIG, hidden_layers=depth))
        for depth in (1, 2, 3, 4)
    ]
    assert all(a.seconds < b.seconds for a, b in pairwise(found))
    assert all(a.bytes < b.bytes for a, b in pairwise(found))


def test_too_few_answers_are_warned_of() -> None:
    (sentence,) = estimate(100, 6, 1, "tanh", (16, 16), replace(CONFIG, hidden_layers=2)).warnings
    assert "401 parameters" in sentence and "100 answers" in sentence
