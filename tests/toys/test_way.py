"""Whoever adds a way through the layers writes tests/toys/way.py and one line in a table."""

from __future__ import annotations

import pytest

import ec_core as ec
from ec_core.expand.regimes import SMALL
from ec_core.reconstruct import climb
from tests.regimes import change
from tests.toys.way import KEEP


def test_students_are_taken_through_their_layers_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(climb.ROUTES, "keep", KEEP)
    change(monkeypatch, SMALL, walk="keep")
    teacher = ec.make_teacher("synthetic", sizes=(3, 2, 2, 1), activation="tanh", seed=1).network
    probes = ec.probe(ec.Teacher(teacher), count=600)
    result = ec.recover(probes, activation="tanh", hidden_layers=2, students=4, width=3)
    assert result.report["verified"], result.report["reasons"]
    assert [len(seen.clusters.kept) for seen in result.reconstruction.layers] == [2, 2]
    assert not any("again" in note for note in result.reconstruction.notes)
