"""Questions: their distributions, their seeds, and the black box that counts them."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

from ec_core.errors import InputError
from ec_core.probing import (
    Asker,
    Teacher,
    ask,
    draw_inputs,
    load_dataset,
    make_probes,
    make_teacher,
    probe,
)
from ec_core.probing.asking import NOISE_SHARE, default_count

DATA = np.random.default_rng(0).standard_normal((50, 3)) * [1.0, 2.0, 0.0] + [0.0, 5.0, 7.0]


def test_gaussian_and_box_have_mean_zero_and_variance_one() -> None:
    for distribution in ("gaussian", "box"):
        x = draw_inputs(20_000, distribution, 3, seed=0)
        assert x.shape == (20_000, 3)
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=0.03)
        np.testing.assert_allclose(x.std(axis=0), 1, atol=0.02)
    assert np.abs(x).max() <= np.sqrt(3)
    # a uniform variable's fourth moment is 9/5, a Gaussian's 3
    assert np.mean(x**4) == pytest.approx(1.8, abs=0.05)
    assert np.mean(draw_inputs(20_000, "gaussian", 3, 0) ** 4) == pytest.approx(3, abs=0.15)


def test_data_are_rows_without_repetition_in_their_order() -> None:
    assert np.array_equal(draw_inputs(None, "data", 3, 0, DATA), DATA)
    assert np.array_equal(draw_inputs(50, "data", 3, 0, DATA), DATA)
    some = draw_inputs(20, "data", 3, 0, DATA)
    places = [int(np.flatnonzero((row == DATA).all(axis=1))[0]) for row in some]
    assert places == sorted(set(places)) and len(places) == 20


def test_noise_has_one_scale_for_all_features_dead_ones_too() -> None:
    x = draw_inputs(20_000, "data+noise", 3, 0, DATA)
    noise = NOISE_SHARE * DATA.std(axis=0).mean()
    expected = np.sqrt(DATA.var(axis=0) + noise**2)
    np.testing.assert_allclose(x.std(axis=0), expected, rtol=0.03)
    np.testing.assert_allclose(x.mean(axis=0), DATA.mean(axis=0), atol=0.05)


@pytest.mark.parametrize("distribution", ["gaussian", "box", "data", "data+noise"])
def test_the_seed_alone_decides(distribution: str) -> None:
    first, again, other = (draw_inputs(20, distribution, 3, s, DATA) for s in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_default_count_grows_with_inputs_and_depth_and_has_an_end() -> None:
    assert default_count(2) < default_count(64) < default_count(64, 3)
    assert default_count(10**6) == 20_000
    assert len(draw_inputs(None, "gaussian", 2, 0)) == default_count(2)


WRONG = {
    "name": ((5, "cauchy", 2, 0, None), "'cauchy' is not known"),
    "zero": ((0, "gaussian", 2, 0, None), "number of probes is 0"),
    "negative": ((-3, "box", 2, 0, None), "number of probes is -3"),
    "too many": ((10**9, "gaussian", 2, 0, None), "expected 1 to 67,108,864"),
    "seed": ((5, "gaussian", 2, -1, None), "seed is -1"),
    "no data": ((5, "data", 2, 0, None), "no data to ask with"),
    "no data, noise": ((5, "data+noise", 2, 0, None), "no data to ask with"),
    "other data": ((5, "data", 2, 0, DATA), r"\(50, 3\); this network expects rows of 2"),
    "more than rows": ((51, "data", 3, 0, DATA), "51 probes .* 50 rows"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_wrong_questions_are_refused(case: str) -> None:
    arguments, expected = WRONG[case]
    with pytest.raises(InputError, match=expected):
        draw_inputs(*arguments)


def test_the_teacher_answers_and_counts() -> None:
    network = make_teacher("synthetic", sizes=(3, 4, 2)).network
    teacher = Teacher(network)
    assert (teacher.inputs, teacher.queries) == (3, 0)
    x, y = ask(teacher, 12, "gaussian", 3, seed=0)
    assert np.array_equal(y, network(x)) and teacher.queries == 12
    teacher(x[:5])
    assert teacher.queries == 17


@pytest.mark.parametrize(
    "questions", [np.ones((4, 2)), np.ones(3), np.ones((1, 4, 3)), np.array([["a", "b", "c"]])]
)
def test_the_teacher_refuses_other_shapes_and_does_not_count_them(questions: np.ndarray) -> None:
    teacher = Teacher(make_teacher("synthetic", sizes=(3, 4, 2)).network)
    with pytest.raises(InputError, match=r"expects numbers of shape \(N, 3\)"):
        teacher(questions)
    assert teacher.queries == 0


def test_probe_asks_anything_that_answers() -> None:
    network = make_teacher("wine", hidden=3).network
    for source in (Teacher(network), network):
        probes = probe(source, count=40, seed=3)
        assert probes.x.shape == (32, 13) and np.array_equal(network(probes.x), probes.y)
    rows = load_dataset("wine").x
    probes = probe(lambda x: x[:, 0] ** 2, distribution="data", data=rows)
    assert len(probes.x) + len(probes.x_heldout) == 178 and probes.y.shape[1] == 1
    with pytest.raises(InputError, match="number of inputs is not known"):
        probe(lambda x: x)
    with pytest.raises(InputError, match="10 questions were answered with an array of shape"):
        probe(lambda x: x[:3], count=10, inputs=2)


def test_an_asker_asks_only_what_is_new() -> None:
    seen: list[int] = []

    def teacher(x: np.ndarray) -> np.ndarray:
        seen.append(len(x))
        return np.asarray(np.tanh(x[:, :1]))

    asker = Asker(teacher, inputs=2, seed=3, first=10)
    first = asker(asker.first)
    assert asker(5) is first and asker(10) is first
    more = asker(25)
    assert seen == [10, 15] and len(asker.x) == 25
    x, y = ask(teacher, 25, "gaussian", 2, 3)
    np.testing.assert_array_equal(asker.x, x)
    np.testing.assert_array_equal(more.y, make_probes(x, y, 3).y)


@pytest.mark.parametrize("distribution", ["box", "data+noise"])
def test_an_asker_asks_what_would_have_been_asked_at_once(distribution: str) -> None:
    data = np.random.default_rng(0).standard_normal((30, 2))
    asker = Asker(lambda x: np.tanh(x[:, :1]), data=data, distribution=distribution, first=10)
    asker(10)
    asker(40)
    x = draw_inputs(40, distribution, 2, 0, data)
    np.testing.assert_array_equal(asker.x, x)
    np.testing.assert_array_equal(asker.y, np.tanh(x[:, :1]))


def test_real_data_are_asked_once_and_all() -> None:
    data = np.random.default_rng(0).standard_normal((30, 2))
    asker = Asker(lambda x: np.tanh(x[:, :1]), data=data, distribution="data")
    assert asker(asker.first) is asker(10_000) and len(asker.x) == 30


def _rows(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.tanh(x @ [[1.0], [2.0]]))


def _in_place(x: np.ndarray) -> np.ndarray:
    """As preprocessing often does it."""
    x -= 3.0
    x *= 2.0
    return _rows(x)


def test_a_function_that_works_in_place_changes_no_question() -> None:
    probes = probe(_in_place, count=40, inputs=2)
    np.testing.assert_array_equal(probes.y, _rows((probes.x - 3.0) * 2.0))


@pytest.mark.parametrize(
    "made",
    [
        lambda y: torch.from_numpy(y).requires_grad_(True),
        lambda y: torch.from_numpy(y).bfloat16(),
        lambda y: torch.from_numpy(y).half().requires_grad_(True),
        lambda y: y.tolist(),
        lambda y: y[:, 0],
        lambda y: pd.DataFrame(y),
        lambda y: np.asfortranarray(np.hstack([y, y]))[:, :1],
    ],
)
def test_answers_of_any_kind_are_numbers(made: Callable[[np.ndarray], object]) -> None:
    probes = probe(lambda x: made(_rows(x)), count=40, inputs=2)  # type: ignore[arg-type,return-value]
    np.testing.assert_allclose(probes.y, _rows(probes.x), atol=1e-2)
    assert probes.y.dtype == np.float64 and probes.y.shape[1] == 1


def test_what_is_masked_is_missing_and_lists_that_differ_are_a_sentence() -> None:
    def masked(x: np.ndarray) -> np.ndarray:
        return np.ma.masked_array(_rows(x), mask=np.arange(len(x))[:, None] % 4 == 0)

    assert probe(masked, count=40, inputs=2).left_out == 10
    with pytest.raises(InputError, match="lists of different lengths"):
        probe(lambda x: [[0.0] * (i % 2 + 1) for i in range(len(x))], count=9, inputs=2)  # type: ignore[arg-type,return-value]


def test_answers_that_are_no_numbers_are_left_out_and_said() -> None:
    """Of a function too: one infinity among its answers is not the end of the others."""

    def sometimes(x: np.ndarray) -> np.ndarray:
        y = np.tanh(x[:, :1] - x[:, 1:])
        y[3], y[7], y[9] = np.inf, np.nan, -1e300
        return np.asarray(y)

    asker = Asker(sometimes, inputs=2, first=100)
    probes = asker(100)
    assert len(probes.x) + len(probes.x_heldout) == 97 and probes.left_out == 3
    assert any("3 of 100 rows" in said for said in probes.remarks)
    none_yet = Asker(lambda x: [None, *x[1:, 0]], inputs=2, first=50)  # type: ignore[arg-type,return-value]
    assert none_yet(50).left_out == 1


def test_the_logarithm_of_nothing_is_an_answer() -> None:
    """A log-softmax says -inf where a probability is zero: such a row is no fault."""
    logits = np.array([[1.0, 2.0, -0.5], [0.3, -1.0, 0.2], [-2.0, 0.5, 1.0]])

    def model(x: np.ndarray) -> np.ndarray:
        z = np.tanh(np.column_stack([x, np.ones(len(x))])) @ logits
        y = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        y[2] = [-np.inf, np.log(0.5), np.log(0.5)]
        return np.asarray(y)

    probes = probe(model, count=60, inputs=2)
    assert probes.output.kind == "log-softmax" and probes.left_out == 1
