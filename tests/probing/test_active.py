"""Active questions against a slow reference, and what the rule promises."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from ec_core.errors import InputError
from ec_core.probing import active
from ec_core.probing.active import choose, disagreement

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3))
ASKED = RNG.standard_normal((7, 3))


def _committee(students: int = 4, outputs: int = 2) -> Callable[[np.ndarray], np.ndarray]:
    maps = np.random.default_rng(1).standard_normal((students, 3, outputs))
    return lambda x: np.tanh(np.einsum("md,sdk->smk", x, maps))


def _slow(
    predictions: np.ndarray, candidates: np.ndarray, count: int, asked: list[np.ndarray]
) -> list[int]:
    """The rule in words: again and again the largest product of spread and distance."""
    students, rows, outputs = predictions.shape
    known, chosen = list(asked), list[int]()
    for _ in range(count):
        best, found = -1.0, -1
        for m in range(rows):
            if m in chosen:
                continue
            variance = 0.0
            for k in range(outputs):
                values = [float(predictions[s, m, k]) for s in range(students)]
                mean = sum(values) / students
                variance += sum((v - mean) ** 2 for v in values) / students / outputs
            away = min((math.dist(candidates[m], other) for other in known), default=1.0)
            if math.sqrt(variance) * away > best:
                best, found = math.sqrt(variance) * away, m
        chosen.append(found)
        known.append(candidates[found])
    return chosen


@pytest.mark.parametrize("asked", [None, ASKED, ASKED[:0]])
@pytest.mark.parametrize("count", [1, 2, 12, 40])
def test_it_is_the_slow_rule(count: int, asked: np.ndarray | None) -> None:
    predict = _committee()
    expected = _slow(predict(X), X, count, [] if asked is None else list(asked))
    assert choose(predict, X, count, asked).tolist() == expected


def test_many_asked_questions_are_met_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = choose(_committee(), X, 10, ASKED)
    monkeypatch.setattr(active, "_ROWS", 2)
    assert np.array_equal(choose(_committee(), X, 10, ASKED), whole)


def test_units_of_answers_and_inputs_change_nothing() -> None:
    predict = _committee()
    expected = choose(predict, X, 10, ASKED)
    again = choose(lambda x: 1e3 * predict(x / 50) + 7, 50 * X, 10, 50 * ASKED)
    assert np.array_equal(again, expected)


def test_disagreement_is_zero_where_all_agree_and_needs_no_truth() -> None:
    predictions = np.stack([X[:, :1], X[:, :1] + [[1.0]] * (X[:, :1] > 0)])
    spread = disagreement(predictions)
    assert (spread[X[:, 0] <= 0] == 0).all() and np.allclose(spread[X[:, 0] > 0], 0.5)


def test_picks_lie_where_students_disagree_yet_apart() -> None:
    x = np.linspace(-3, 3, 601)[:, None]

    def predict(x: np.ndarray) -> np.ndarray:
        # they part beyond 1, most of all at 2
        bump = np.exp(-50 * (x - 2) ** 2) + 0.5 * (x > 1)
        return np.stack([0 * x, bump, -bump])

    picks = np.sort(x[choose(predict, x, 5), 0])
    assert (picks > 1).all()
    assert np.diff(picks).min() > 0.05
    by_disagreement_alone = x[np.argsort(-disagreement(predict(x)))[:5], 0]
    assert np.ptp(by_disagreement_alone) < 0.05


def test_where_nobody_disagrees_there_are_still_questions() -> None:
    chosen = choose(lambda x: np.zeros((3, len(x), 1)), X, 5)
    assert len(set(chosen.tolist())) == 5
    repeated = np.repeat(X[:2], 3, axis=0)
    assert len(set(choose(_committee(), repeated, 6).tolist())) == 6


@pytest.mark.parametrize(
    ("count", "answers", "words"),
    [
        (0, np.zeros((2, 40, 1)), "expected 1 to 40"),
        (41, np.zeros((2, 40, 1)), "expected 1 to 40"),
        (3, np.zeros((1, 40, 1)), "at least two students"),
        (3, np.zeros((2, 39, 1)), "expected .students, 40, outputs"),
        (3, np.zeros((40, 1)), "expected .students, 40, outputs"),
        (3, np.full((2, 40, 1), np.nan), "NaN"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(count: int, answers: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        choose(lambda x: answers, X, count)
