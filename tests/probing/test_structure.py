"""Smooth residuals are told from independent ones, in one and in many dimensions."""

from __future__ import annotations

import numpy as np
import pytest

from ec_core.probing.structure import SUSPICIOUS, fresh_limit, neighbour_correlation


@pytest.mark.parametrize("inputs", [1, 3, 16])
def test_independent_residuals_are_not_suspicious(inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    scores = []
    for _ in range(40):
        x = rng.standard_normal((300, inputs))
        residual = rng.uniform(-1, 1, (300, 2)) * np.array([1.0, 100.0])
        scores.append(neighbour_correlation(x, residual))
    assert max(scores) < SUSPICIOUS
    assert abs(np.mean(scores)) < 0.6 and 0.7 < np.std(scores) < 1.4


@pytest.mark.parametrize("inputs", [1, 2, 4])
def test_a_smooth_residual_is_seen_under_noise(inputs: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1500, inputs))
    residual = np.sin(2 * x[:, :1]) + rng.standard_normal((1500, 1))
    assert neighbour_correlation(x, residual) > SUSPICIOUS


def test_nothing_to_compare() -> None:
    assert neighbour_correlation(np.zeros((1, 2)), np.ones((1, 1))) == 0.0
    assert neighbour_correlation(np.eye(3), np.zeros((3, 1))) == 0.0


@pytest.mark.parametrize("outputs", [1, 3])
def test_errors_of_unequal_size_may_differ_more_by_chance(outputs: int) -> None:
    """Errors that grow with the answer: a few questions hold much of the sum of squares."""
    rng = np.random.default_rng(outputs)
    beyond, beyond_gaussian = 0, 0
    for _ in range(200):
        size = np.exp(0.7 * rng.standard_normal((1500, 1)))
        errors = size * rng.standard_normal((1500, outputs))
        learnt, fresh = errors[:1200], np.mean(errors[1200:] ** 2)
        beyond += bool(fresh > fresh_limit(learnt, 10, 300))
        beyond_gaussian += bool(fresh > np.mean(learnt**2) * (1 + 6 * np.sqrt(2 / outputs / 300)))
    assert beyond <= 2 < 5 <= beyond_gaussian
    alike = rng.standard_normal((1200, outputs))
    assert fresh_limit(alike, 10, 300) == pytest.approx(
        np.mean(alike**2) * (1 + 6 * np.sqrt(2 / outputs / 300)), rel=0.1
    )
    assert fresh_limit(np.zeros((9, outputs)), 1, 100, least=2.0) > 2.0
