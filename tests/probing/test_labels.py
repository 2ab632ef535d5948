"""Labels are told at once; networks with few different answers are not taken for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.errors import InputError
from ec_core.networks.network import Network
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import make_probes

RNG = np.random.default_rng(23)
X = RNG.standard_normal((600, 4))
LOGITS = X @ RNG.standard_normal((4, 3))
CLASS = LOGITS.argmax(axis=1)
LABELS: dict[str, tuple[np.ndarray, np.ndarray, str]] = {
    "classes": (X, CLASS, "labels (3 whole numbers, 0 to 2)"),
    "classes as floats": (X, CLASS.astype(float)[:, None], "labels (3 whole"),
    "classes from one": (X, CLASS + 1, "labels (3 whole numbers, 1 to 3)"),
    "ten classes": (X, (10 * RNG.random(600)).astype(int), "labels (10 whole"),
    "minus one and one": (X, np.sign(LOGITS[:, 0]), "labels (2 whole numbers, -1 to 1)"),
    "one-hot": (X, np.eye(3)[CLASS], "one-hot labels (3 columns"),
    "one-hot as floats32": (X, np.eye(3, dtype="f4")[CLASS], "one-hot labels"),
    "yes or no, several": (X, (LOGITS > 0).astype(int), "yes-or-no labels (3 columns"),
    "text": (X, np.array(["cat", "dog", "eel"])[CLASS], "text, labels"),
    "bytes": (X, np.array([b"cat", b"dog", b"eel"])[CLASS], "text, labels"),
    "truth values": (X, LOGITS[:, 0] > 0, "labels (true and false)"),
    "pixels": (RNG.integers(0, 17, (500, 16)), RNG.integers(0, 10, 500), "labels (10 whole"),
}


@pytest.mark.parametrize("case", sorted(LABELS))
def test_labels_are_another_problem(case: str) -> None:
    x, y, expected = LABELS[case]
    with pytest.raises(InputError) as caught:
        make_probes(x, y)
    assert expected in str(caught.value) and "another problem" in str(caught.value)


SHARES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
LARGEST = np.sort(SHARES, axis=1)[:, 1:2] <= SHARES
PARTS = {
    "top 2, NaN": (np.where(LARGEST, SHARES, np.nan), "only 2 of 3 numbers in each row, NaN"),
    "top 2, zeros": (np.where(LARGEST, SHARES, 0.0), "only 2 of 3 numbers in each row, 0"),
    "top 2 in percent": (np.where(LARGEST, 100 * SHARES, 0.0), "only 2 of 3"),
    "top 2 of logarithms": (np.where(LARGEST, np.log(SHARES), -np.inf), "row, -inf"),
    "top 2 of logits": (np.where(LARGEST, LOGITS, np.nan), "row, NaN"),
    "the largest alone": (np.where(SHARES.max(1, keepdims=True) == SHARES, SHARES, 0), "1 of 3"),
}


@pytest.mark.parametrize("case", sorted(PARTS))
def test_the_largest_answers_alone_are_another_problem(case: str) -> None:
    y, expected = PARTS[case]
    with pytest.raises(InputError) as caught:
        make_probes(X, y)
    assert expected in str(caught.value) and "another problem" in str(caught.value)


@pytest.mark.parametrize(
    "y",
    [
        # always the same column, some rows, and a network's own zeros
        np.where(np.arange(3) == 1, 0.0, SHARES),
        np.where(LARGEST | (np.arange(600) % 2 == 0)[:, None], SHARES, np.nan),
        np.where(LARGEST, LOGITS, 0.0),
    ],
)
def test_other_gaps_and_zeros_are_none_of_these(y: np.ndarray) -> None:
    make_probes(X, y)


TABLE = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
GENUINE: dict[str, tuple[np.ndarray, np.ndarray]] = {
    # what a network really answers, few different numbers among them
    "a truth table, asked again": (np.tile(TABLE, (50, 1)), np.tile([0.0, 1.0, 1.0, 0.0], 50)),
    "whole numbers, each question once": (np.arange(12.0), np.arange(12.0) // 2),
    "counts": (X, np.floor(10 * LOGITS[:, 0])),
    "rounded to whole numbers": (X, np.round(2 * LOGITS)),
    "percent": (X, np.round(100 / (1 + np.exp(-LOGITS[:, 0])))),
    "rounded to tenths": (X, np.round(np.tanh(LOGITS), 1)),
    "one label among numbers": (X, np.column_stack([LOGITS[:, 0], CLASS])),
    "few levels between": (X, np.round(4 * np.tanh(LOGITS[:, 0])) / 8 + 0.3),
    "mostly zero": (X, np.maximum(LOGITS[:, :1] - 2, 0)),
}


@pytest.mark.parametrize("case", sorted(GENUINE))
def test_few_different_answers_are_no_labels(case: str) -> None:
    make_probes(*GENUINE[case])


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), activation=st.sampled_from(["relu", "tanh", "g"]))
def test_a_networks_answers_are_never_labels(seed: int, activation: str) -> None:
    sizes = (3, 4, 1 + seed % 3)
    teacher = make_teacher("synthetic", sizes=sizes, activation=activation, seed=seed).network
    x = np.random.default_rng(seed).standard_normal((300, 3))
    make_probes(x, teacher(x))
    # whole weights and whole questions: whole answers, as different as the questions
    whole = Network(
        "relu", tuple(np.round(2 * w) for w in teacher.weights), (np.ones(4), np.ones(sizes[2]))
    )
    grid = np.round(3 * x)
    answers = whole(grid)
    if (answers.std(axis=0) > 0).any() and len(np.unique(answers)) > 20:
        make_probes(grid, answers)


def test_a_networks_own_numbers_are_taken_whatever_they_look_like() -> None:
    assert make_probes(X, CLASS, numbers=True).y.shape == (480, 1)
