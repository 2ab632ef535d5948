"""What stands after the last layer, found out by learning from both readings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ec_core as ec
from ec_core import ends
from ec_core.candidates import Field
from ec_core.control import Control
from ec_core.events import Note, drain
from ec_core.probing.outputs import LOGITS, SIGMOID, TANH
from tests.often import long

WEIGHTS = np.array([[1.0, 0.5], [-0.7, 1.2], [0.4, -1.5]])
NET = ec.Network(
    "tanh", (WEIGHTS, np.array([[1.3, -0.9, 0.8]])), (np.array([0.2, -0.3, 0.4]), np.zeros(1))
)
TOLD: dict[str, Any] = {"activation": "tanh", "hidden_layers": 1, "students": 4}


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


@pytest.mark.parametrize(("kind", "end"), [(SIGMOID, sigmoid), *long((TANH, np.tanh))])
def test_an_output_that_its_range_leaves_open_is_found_out(kind: str, end: np.ufunc) -> None:
    notes: list[str] = []
    result = ec.recover(
        lambda x: end(NET(x)),
        inputs=2,
        probes=600,
        on_event=lambda event: notes.append(event.message) if isinstance(event, Note) else None,
        **TOLD,
    )
    assert result.report["output"] == kind
    assert result.report["status"] == "exact"
    error = ec.match(NET, result.network).max_weight_error
    assert error is not None and error < 1e-10
    assert "learning from both readings" in notes[0]
    said = result.report["remarks"]
    assert isinstance(said, list) and f"those of a {kind}" in said[0] and said[0] in notes


@pytest.mark.long
def test_a_network_whose_own_answers_lie_there_stays_what_it_is() -> None:
    bounded = ec.Network(
        "tanh", (WEIGHTS, np.array([[0.15, -0.1, 0.12]])), (NET.biases[0], np.array([0.5]))
    )
    probes = ec.probe(bounded, count=600)
    assert probes.undecided is not None
    field = Field.of("tanh", 1)
    config = field.settings(students=4)
    found = drain(ends.decided(probes, field, config, Control()))
    assert found is probes
    result = ec.recover(probes, **TOLD)
    assert result.report["output"] == LOGITS and result.report["status"] == "exact"


@pytest.mark.long
def test_what_neither_reading_explains_stays_what_it_is() -> None:
    x = np.random.default_rng(0).standard_normal((300, 2))
    probes = ec.make_probes(x, sigmoid(3 * np.sign(x[:, :1]) * x[:, 1:] ** 2))
    assert probes.undecided is not None
    field = Field.of("tanh", 1)
    assert drain(ends.decided(probes, field, field.settings(), Control())) is probes


def test_time_that_runs_out_leaves_the_answers_as_they_are() -> None:
    asker = ec.Asker(lambda x: sigmoid(NET(x)), inputs=2, first=300)
    field, control = Field.of("tanh", 1), Control()
    control.stop()
    assert drain(ends.decided(asker, field, field.settings(), control)) is asker
    assert asker(300).output.kind == LOGITS


def test_an_asker_reads_what_it_asked_anew_and_asks_nothing() -> None:
    count = 0

    def answer(x: np.ndarray) -> np.ndarray:
        nonlocal count
        count += len(x)
        return sigmoid(NET(x))

    asker = ec.Asker(answer, inputs=2, first=300)
    plain = asker(300)
    asker.read_as(SIGMOID)
    assert asker(300).output.kind == SIGMOID and count == 300
    told = ec.probe(answer, count=300, inputs=2, output=SIGMOID)
    np.testing.assert_array_equal(asker(300).y, told.y)
    asker.read_as(LOGITS)
    np.testing.assert_array_equal(asker(300).y, plain.y)
