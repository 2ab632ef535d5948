"""Missing values, repeated questions, answers that contradict each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.errors import InputError
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.probing.rows import complete, settle

RNG = np.random.default_rng(0)
X = RNG.standard_normal((400, 3))
Y = np.column_stack([np.tanh(X[:, 0] + X[:, 1]), np.sin(X[:, 2])])


def same(a: ProbeSet, b: ProbeSet) -> None:
    for name in ("x", "y", "x_heldout", "y_heldout", "inputs", "answers"):
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes(), name
    assert (a.precision, a.looks) == (b.precision, b.looks)


def test_rows_with_missing_values_are_as_if_they_had_not_been_given() -> None:
    x, y = X.copy(), Y.copy()
    x[[4, 9], 1], y[[9, 20], 0] = np.nan, np.nan
    gaps = [4, 9, 20]
    probes = make_probes(x, y, 3)
    same(probes, make_probes(np.delete(X, gaps, axis=0), np.delete(Y, gaps, axis=0), 3))
    assert probes.left_out == 3
    assert probes.remarks == (
        "3 of 400 rows have missing values and were left out (first: row 5, counted from 1).",
    )


def test_infinity_is_no_missing_value() -> None:
    x = X.copy()
    x[7, 2] = np.inf
    with pytest.raises(InputError, match="x holds NaN or infinity in 1 of 400 rows"):
        make_probes(x, Y)


def test_half_of_the_rows_may_be_missing_and_no_more() -> None:
    y = Y.copy()
    y[:200, 1] = np.nan
    assert make_probes(X, y).left_out == 200
    y[200, 0] = np.nan
    with pytest.raises(InputError, match=r"201 of 400 rows .* column 2 of y in 200.* at most half"):
        make_probes(X, y)


def test_what_is_no_table_of_numbers_is_handed_on() -> None:
    text = np.array(["a", "b"])
    assert complete(text, np.ones(2))[0] is text
    assert complete(np.ones(3), np.array([np.nan]))[2] == ()
    whole = np.arange(6).reshape(3, 2)
    assert complete(whole, np.ones(3))[0] is whole


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), copies=st.integers(1, 300))
def test_copies_are_as_if_they_had_not_been_given(seed: int, copies: int) -> None:
    again = np.random.default_rng(seed).integers(len(X), size=copies)
    probes = make_probes(np.vstack([X, X[again]]), np.vstack([Y, Y[again]]), seed)
    same(probes, make_probes(X, Y, seed))
    assert probes.left_out == copies and len(probes.remarks) == 1


def test_zero_has_no_sign_in_a_question() -> None:
    rows = settle(np.array([[0.0, 1.0], [-0.0, 1.0], [2.0, 1.0]]), np.array([[1.0], [1.0], [3.0]]))
    assert len(rows.x) == 2 and rows.question is None


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), levels=st.integers(2, 6))
def test_no_question_held_out_was_learnt_and_the_noise_is_the_pooled_variance(
    seed: int, levels: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(levels, size=(150, 3)).astype(float)
    y = np.sin(x.sum(axis=1, keepdims=True)) + 0.01 * rng.integers(3, size=(150, 2))
    probes = make_probes(x, y, seed)
    learnt, held = ({tuple(row) for row in part} for part in (probes.x, probes.x_heldout))
    assert not learnt & held
    # slowly: every question by itself
    answers: dict[tuple[float, ...], list[np.ndarray]] = {}
    for question, answer in zip(x, y, strict=True):
        answers.setdefault(tuple(question), []).append(answer)
    apart = [np.array(a) for a in answers.values() if len(np.unique(a, axis=0)) > 1]
    # of questions that were always answered the same one row is left
    alike = len(answers) - len(apart)
    assert len(probes.x) + len(probes.x_heldout) == sum(map(len, apart)) + alike
    assert learnt | held == set(answers)
    if apart:
        pooled = sum(((a - a.mean(axis=0)) ** 2).sum(axis=0) for a in apart)
        pooled = pooled / sum(len(a) - 1 for a in apart)
        error = float(np.mean(pooled / probes.y_scale**2))
        if probes.looks == "repeats":
            assert probes.precision == pytest.approx(error, rel=1e-9)
            assert "asked more than once and answered differently" in probes.remarks[-1]
        else:
            assert probes.precision >= error


def test_what_repeated_questions_show_counts_where_it_is_the_larger() -> None:
    noisy = Y + 1e-3 * np.random.default_rng(1).standard_normal(Y.shape)
    probes = make_probes(np.vstack([X, X]), np.vstack([Y, noisy]))
    assert probes.looks == "repeats"
    # half of the answers err, so that the variance is half of theirs
    expected = 0.5e-6 * float(np.mean(1.0 / probes.y_scale**2))
    assert probes.precision == pytest.approx(expected, rel=0.15)
    # differences of rounding are none
    rounded = make_probes(np.vstack([X, X]), np.vstack([Y, Y * (1 + 2e-16)]))
    assert rounded.looks == "float64" and rounded.remarks == ()
    # nor do they count beside digits that are coarser
    coarse = np.round(np.vstack([Y, noisy]), 1)
    assert make_probes(np.vstack([X, X]), coarse).looks == "digits"


def test_rows_of_runs_of_earlier_versions_stay_where_they_were() -> None:
    x, y = np.vstack([X, X[:50]]), np.vstack([Y, Y[:50]])
    x = np.hstack([x, x[:, :1]])
    then = make_probes(x, y, 1, tidy=False)
    assert len(then.x) + len(then.x_heldout) == 450 and then.inputs.shape[1] == 4
    with pytest.raises(InputError, match="x holds NaN"):
        make_probes(np.where(x == x[0, 0], np.nan, x), y, 1, tidy=False)
