"""Whoever adds a regime writes tests/toys/regime.py and one line in a table; nothing else."""

from __future__ import annotations

import pytest
import torch

import ec_core as ec
from ec_core.events import Note
from ec_core.expand import regimes
from ec_core.expand.learning import make_problem
from ec_core.expand.regimes import regime_of
from ec_core.expand.students import initial_theta
from tests.toys.regime import TOY


@pytest.fixture(autouse=True)
def one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line: the entry is in the table."""
    monkeypatch.setattr(regimes, "REGIMES", (TOY, *regimes.REGIMES))


def test_students_of_it_begin_as_it_says_and_recover_their_teacher() -> None:
    teacher = ec.make_teacher("synthetic", sizes=(2, 2, 1), activation="tanh", seed=0).network
    probes = ec.probe(ec.Teacher(teacher), count=300)
    events: list[object] = []
    result = ec.recover(probes, activation="tanh", students=2, width=3, on_event=events.append)
    assert [e.message for e in events if isinstance(e, Note) and e.stage == "expand"] == [
        "A toy begins."
    ]
    shape = result.ensemble.shape
    assert regime_of(shape) is TOY and result.report["verified"]
    assert not initial_theta(shape, 0, 1)[0, 2:9:3].any()  # its biases begin at zero
    problem = make_problem(probes, "tanh", 3, torch.device("cpu"))
    assert problem.answers_per_parameter == TOY.answers_per_parameter
