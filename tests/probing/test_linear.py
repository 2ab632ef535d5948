"""Answers in which no neuron left a trace."""

from __future__ import annotations

import numpy as np
import pytest

import ec_core as ec
from ec_core.probing.linear import is_linear

RNG = np.random.default_rng(0)
MATRIX = RNG.standard_normal((3, 2))


@pytest.mark.parametrize("activation", ["auto", "relu"])
def test_a_linear_function_is_said_to_be_one(activation: str) -> None:
    with pytest.raises(ec.InputError, match="linear function of the inputs"):
        ec.recover(lambda x: x @ MATRIX + 1, activation=activation, inputs=3)


@pytest.mark.parametrize("kind", ["float64", "float32", "far away", "a column twice"])
def test_linear_answers_are_known_by_their_digits(kind: str) -> None:
    x = RNG.standard_normal((200, 3))
    x = x + 1e6 * (kind == "far away")
    x = x[:, [0, 1, 1]] if kind == "a column twice" else x
    y = x @ MATRIX + 1
    y = y.astype(np.float32) if kind == "float32" else y
    assert is_linear(ec.make_probes(x, y))


@pytest.mark.parametrize("bend", [1e-2, 1e-5, 1e-9])
def test_what_bends_is_not_linear(bend: float) -> None:
    x = RNG.standard_normal((200, 3))
    assert not is_linear(ec.make_probes(x, x @ MATRIX + bend * np.tanh(x[:, :1])))


def test_a_few_answers_say_nothing() -> None:
    x = RNG.standard_normal((9, 4))
    assert not is_linear(ec.make_probes(x, np.tanh(x[:, :1])))
    assert not is_linear(ec.make_probes(x, x[:, :1]))
