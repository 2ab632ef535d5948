"""The verdict and the weights do not depend on the order of rows, inputs and outputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ec_core as ec
from ec_core.expand.learning import make_problem
from ec_core.networks.network import Network
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import make_probes
from ec_core.verify.certificate import Certificate, certify
from tests.verify.test_certificate import _claim

_TEACHER = make_teacher("synthetic", sizes=(4, 3, 2), activation="tanh", seed=1).network


def _questions() -> np.ndarray:
    """The real data first, in which one input never varies; then noise on every input."""
    x = np.random.default_rng(0).standard_normal((2600, 4))
    x[:1300, 2] = 0.0
    return x


def _permuted(network: Network, inputs: np.ndarray, outputs: np.ndarray) -> Network:
    first, last = network.weights
    return Network(
        network.activation,
        (first[:, inputs], last[outputs]),
        (network.biases[0], network.biases[1][outputs]),
    )


def _certified(teacher: Network, x: np.ndarray) -> Certificate:
    probes = make_probes(x, teacher(x))
    return certify(_claim(teacher, probes), probes)


@settings(max_examples=1)
@given(seed=st.integers(0, 10_000))
def test_shuffles_change_no_verdict(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, plain = _questions(), _certified(_TEACHER, _questions())
    assert plain.verified, plain.reasons
    rows, inputs, outputs = rng.permutation(len(x)), rng.permutation(4), rng.permutation(2)
    shuffled = _certified(_permuted(_TEACHER, inputs, outputs), x[rows][:, inputs])
    assert shuffled.verified and shuffled.rank == plain.rank
    assert shuffled.condition == pytest.approx(plain.condition, rel=1e-6)
    # exact answers: bars of the size of rounding, which is another in every order
    assert plain.max_error_bar is not None and shuffled.max_error_bar is not None
    assert 1 / 3 < shuffled.max_error_bar / plain.max_error_bar < 3


@pytest.mark.long
@settings(max_examples=2)
@given(seed=st.integers(0, 10_000))
def test_shuffles_change_no_weight(seed: int) -> None:
    rng = np.random.default_rng(seed)
    teacher = make_teacher("synthetic", sizes=(2, 2, 2), activation="tanh", seed=0).network
    x = rng.standard_normal((200, 2))
    rows, inputs, outputs = rng.permutation(len(x)), rng.permutation(2), rng.permutation(2)
    other = _permuted(teacher, inputs, outputs)
    settings = {"activation": "tanh", "students": 3, "width": 3}
    first = ec.recover(make_probes(x, teacher(x)), **settings)  # type: ignore[arg-type]
    again = ec.recover(make_probes(x[rows], teacher(x)[rows]), **settings)  # type: ignore[arg-type]
    for a, b in zip(first.network.weights, again.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    turned = x[rows][:, inputs]
    last = ec.recover(make_probes(turned, other(turned)), **settings)  # type: ignore[arg-type]
    assert first.certificate.verified and last.certificate.verified
    back = _permuted(last.network, np.argsort(inputs), np.argsort(outputs))
    error = ec.match(first.network, back).max_weight_error
    assert error is not None and error < 1e-9


def test_a_weight_that_few_rows_tell_is_found_among_all() -> None:
    """Too rare for a thousand rows drawn at random: all are looked at before that is said."""
    x = np.random.default_rng(0).standard_normal((20_000, 4))
    x[:, 2] = 0.0
    x[:12, 2] = np.linspace(-1.0, 1.0, 12)
    assert _certified(_TEACHER, x).verified
    x[12:, 2] = 0.0
    x[1:12, 2] = 0.0
    assert not _certified(_TEACHER, x).verified


def test_students_learn_from_rows_that_show_every_input() -> None:
    x = np.random.default_rng(0).standard_normal((20_000, 4))
    x[:, 2] = 0.0
    x[:12, 2] = 1.0
    probes = make_probes(x, _TEACHER(x))
    part = make_problem(probes, "tanh", 3, torch.device("cpu")).thinned()
    assert len(part.x) < 1020
    assert int((part.x[:, 2] > 1).sum()) >= 6
