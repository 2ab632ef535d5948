"""Answers as they come: recognised, undone, and worth the digits they have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from ec_core.errors import InputError
from ec_core.networks.network import Network
from ec_core.probing.outputs import (
    LOG_SOFTMAX,
    LOGITS,
    SIGMOID,
    SOFTMAX,
    TANH,
    Output,
    read,
    recognised,
    suspected,
)
from ec_core.probing.precision import DIGITS, FLOAT32, FLOAT64
from ec_core.probing.probes import make_probes

HEADS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    SOFTMAX: lambda z: torch.softmax(z, dim=1),
    LOG_SOFTMAX: lambda z: torch.log_softmax(z, dim=1),
    SIGMOID: torch.sigmoid,
    TANH: torch.tanh,
}


def answers(kind: str, z: np.ndarray) -> np.ndarray:
    """What torch makes of logits z (N, K)."""
    return np.asarray(HEADS[kind](torch.from_numpy(z)).numpy())


RNG = np.random.default_rng(5)
X = RNG.standard_normal((400, 3))
Z = 2.0 * RNG.standard_normal((400, 4))
CENTRED = Z - Z.mean(axis=1, keepdims=True)
KINDS = {SOFTMAX: CENTRED, LOG_SOFTMAX: CENTRED, SIGMOID: Z, TANH: Z}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_an_output_makes_of_logits_is_undone(kind: str) -> None:
    reading = read(answers(kind, Z), kind)
    assert reading.output == Output(kind)
    kept = reading.kept()
    assert kept.mean() > 0.9
    np.testing.assert_allclose(reading.y[kept], KINDS[kind][kept], atol=2e-11)


@pytest.mark.parametrize("kind", [SOFTMAX, LOG_SOFTMAX])
@pytest.mark.parametrize("digits", [None, 4, "float32"])
def test_what_is_certain_is_recognised(kind: str, digits: int | str | None) -> None:
    y = answers(kind, Z)
    if isinstance(digits, int):
        y = np.round(y, digits)
    elif digits:
        y = y.astype(np.float32)
    assert recognised(y) == Output(kind)
    probes = make_probes(X, y)
    assert probes.output.kind == kind
    assert probes.looks == {None: FLOAT64, 4: DIGITS, "float32": FLOAT32}[digits]
    assert (probes.precision == 0.0) == (digits is None)


def test_percentages_are_divided_by_a_hundred() -> None:
    y = np.round(100 * answers(SOFTMAX, Z), 2)
    assert recognised(y) == Output(SOFTMAX, percent=True)
    assert np.array_equal(read(y).kept(), read(y / 100).kept())
    assert "percentages" in make_probes(X, y).remarks[0]


@pytest.mark.parametrize(
    "y",
    [
        Z,
        np.abs(Z),
        np.abs(Z[:, :1]),
        1 / (1 + np.exp(-Z)),
        np.tanh(Z),
        -np.abs(Z),
        np.round(np.abs(Z) / np.abs(Z).sum(axis=1).max(), 1),
    ],
)
def test_a_networks_own_numbers_stay_what_they_are(y: np.ndarray) -> None:
    assert recognised(y).kind == LOGITS
    probes = make_probes(X, y)
    assert probes.output.kind == LOGITS and not probes.remarks and not probes.left_out
    assert np.isin(probes.y, y).all()


def test_numbers_that_are_known_to_be_logits_are_not_looked_at() -> None:
    y = answers(SOFTMAX, Z)
    assert make_probes(X, y, numbers=True).output.kind == LOGITS
    assert make_probes(X, y, output=LOGITS).output.kind == LOGITS
    assert make_probes(X, y, numbers=True, output=SOFTMAX).output.kind == SOFTMAX


def test_a_range_is_a_suspicion_only() -> None:
    assert suspected(1 / (1 + np.exp(-Z))) == SIGMOID
    assert suspected(np.tanh(Z)) == TANH
    assert suspected(0.5 * np.tanh(Z)) is None and suspected(Z) is None
    assert make_probes(X, np.tanh(Z)).undecided is not None
    assert make_probes(X, np.tanh(Z), output=LOGITS).undecided is None
    assert make_probes(X, np.tanh(Z), output=TANH).undecided is None


def test_reading_answers_anew_is_the_same_as_being_told() -> None:
    y = answers(SIGMOID, 8.0 * Z[:, :2])
    told, plain = make_probes(X, y, 3, output=SIGMOID), make_probes(X, y, 3)
    assert plain.undecided is not None and plain.undecided.could_be == SIGMOID
    anew = plain.undecided.read_as(SIGMOID)
    assert told.left_out == anew.left_out > 0
    for name in ("x", "y", "x_heldout", "y_heldout", "y_mean", "y_scale", "x_mean"):
        np.testing.assert_array_equal(getattr(told, name), getattr(anew, name))


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("digits", [4, "float32"])
def test_the_error_of_logits_is_the_one_really_made(kind: str, digits: int | str) -> None:
    y = answers(kind, Z)
    short = np.round(y, digits) if isinstance(digits, int) else y.astype(np.float32)
    reading = read(short, kind)
    kept = reading.kept()
    assert reading.variance is not None
    made = np.mean((reading.y - KINDS[kind])[kept] ** 2)
    assert made == pytest.approx(np.mean(reading.variance[kept]), rel=0.25)


def test_what_was_made_as_one_minus_another_has_no_more_digits_than_that() -> None:
    z = -25.0 + RNG.standard_normal(300)
    p = 1 / (1 + np.exp(-z))
    columns = np.column_stack([1 - p, p])
    swapped = np.column_stack([1 - columns[:, 0], columns[:, 0]])
    plain, made = read(columns), read(np.column_stack([swapped[:, 1], swapped[:, 0]]))
    assert plain.variance is not None and made.variance is not None
    assert np.sqrt(plain.variance.max()) < 1e-14
    error = np.abs(made.y[:, 1] - z / 2)
    assert np.sqrt(np.mean(error**2)) == pytest.approx(np.sqrt(made.variance.mean()), rel=0.5)


def test_ends_say_nothing_and_are_counted() -> None:
    y = answers(SOFTMAX, Z)
    y[:7] = [1.0, 0.0, 0.0, 0.0]
    probes = make_probes(X, y)
    assert probes.left_out == 7
    assert len(probes.x) + len(probes.x_heldout) == 393
    assert "7 of 400 questions were left out" in probes.remarks[-1]
    logs = np.log(np.maximum(y, 0), where=y > 0, out=np.full_like(y, -np.inf))
    assert make_probes(X, logs).left_out == 7


def test_answers_at_their_ends_alone_are_refused_with_advice() -> None:
    y = np.round(answers(SIGMOID, 2000.0 + np.abs(Z)), 3)
    y[:2] = 0.4
    with pytest.raises(InputError, match="Only 2 of 400 answers say something"):
        make_probes(X, y, output=SIGMOID)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (SOFTMAX, "rows sum to"),
        (LOG_SOFTMAX, "exponentials do not sum to"),
        (SIGMOID, "expected 0 to 1"),
        (TANH, "expected -1 to 1"),
        ("sparsemax", "expected one of auto, logits"),
    ],
)
def test_what_cannot_be_is_refused(told: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        make_probes(X, Z, output=told)


def test_the_gauge_is_that_of_a_last_layer_whose_rows_sum_to_zero() -> None:
    net = Network("tanh", (np.eye(3), RNG.standard_normal((4, 3))), (np.zeros(3), np.ones(4)))
    probes = make_probes(X, answers(SOFTMAX, net(X)))
    back = probes.to_original(probes.to_standard(net))
    assert np.abs(back.weights[-1].sum(axis=0)).max() < 1e-15
    np.testing.assert_allclose(back(X), net.centred()(X), atol=1e-13)


def test_a_tanh_that_is_sure_on_one_side_only_is_suspected() -> None:
    assert suspected(np.array([[-0.4], [0.997]])) == "tanh"
    assert suspected(np.array([[-0.997], [0.4]])) == "tanh"
    for low, high in ((-0.4, 0.98), (-0.85, 0.95), (-0.4, 1.01), (-1.01, 0.999)):
        assert suspected(np.array([[low], [high]])) is None
