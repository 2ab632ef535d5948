"""Whoever adds an activation writes tests/toys/asinh.py and one line in a table; nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import ec_core as ec
from ec_core.cli import main
from ec_core.networks.activations import ACTIVATIONS
from tests.toys.asinh import ASINH


@pytest.fixture(autouse=True)
def one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line: the entry is in the table."""
    monkeypatch.setitem(ACTIVATIONS, ASINH.name, ASINH)


def test_the_entry_says_what_is_true() -> None:
    z = torch.linspace(-3, 3, 61, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(ASINH.function(z).sum(), z)
    torch.testing.assert_close(ASINH.derivative(z.detach()), slope, rtol=1e-14, atol=0.0)
    torch.testing.assert_close(ASINH.function(-z), -ASINH.function(z), rtol=0.0, atol=0.0)
    assert ASINH.symmetry == "odd"


def test_a_network_of_it_is_recovered_and_verified() -> None:
    teacher = ec.make_teacher("synthetic", sizes=(3, 3, 1), activation="asinh", seed=0).network
    probes = ec.probe(ec.Teacher(teacher), count=600, seed=0)
    result = ec.recover(probes, activation="asinh", students=4, width=6)
    assert result.report["verified"], result.report["reasons"]
    error = ec.match(teacher, result.network).max_weight_error
    assert error is not None and error < 1e-11


def test_the_command_line_knows_it(tmp_path: Path) -> None:
    file = tmp_path / "t.safetensors"
    make = ["teacher", "synthetic", "--sizes", "2-2-1", "--activation", "asinh"]
    assert main([*make, "--out", str(file)]) == 0
    assert ec.load_network(file).activation == "asinh"
