"""No code path assumes a device: every tensor is made where its inputs are.

PyTorch's default device is set to ``meta`` here, on which no arithmetic works. A tensor made
without naming a device would land there and break the run, as it would break one on CUDA.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import pytest
import torch

import ec_core as ec
from ec_core.control import Control
from ec_core.expand.config import ExpandConfig
from ec_core.expand.trainer import expand


@pytest.fixture
def nowhere() -> Generator[None]:
    torch.set_default_device("meta")
    yield
    torch.set_default_device("cpu")


@pytest.mark.parametrize("name", ["tanh", "gelu", "relu", "selu"])
@pytest.mark.usefixtures("nowhere")
def test_a_whole_run_names_its_device_everywhere(name: str) -> None:
    teacher = ec.make_teacher("synthetic", sizes=(3, 3, 1), activation=name, seed=0).network
    result = ec.recover(teacher, activation=name, inputs=3, probes=500, students=4, device="cpu")
    assert result.report["verified"], result.report["reasons"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("name", ["tanh", "gelu", "relu", "g"])
def test_cuda_finds_what_the_cpu_finds(name: str) -> None:
    teacher = ec.make_teacher("synthetic", sizes=(4, 4, 1), activation=name, seed=0).network
    for device in ("cpu", "cuda"):
        result = ec.recover(teacher, activation=name, inputs=4, probes=800, device=device)
        assert result.report["verified"] and result.report["device"] == device
        assert (ec.match(teacher, result.network).max_weight_error or 0.0) <= 1e-9


def test_one_seed_is_one_start_on_every_device() -> None:
    probes = ec.probe(ec.Teacher(ec.make_teacher("xor").network), count=100)
    config = ExpandConfig(students=2, width=3, iterations=1, device="cpu")
    first = next(expand(probes, "tanh", config, Control()))
    again = next(expand(probes, "tanh", config, Control()))
    np.testing.assert_array_equal(first.losses, again.losses)  # type: ignore[attr-defined]


def test_an_unknown_or_missing_device_is_one_sentence() -> None:
    with pytest.raises(ec.InputError, match="choose one of"):
        ec.recover(lambda x: x[:, :1], activation="tanh", inputs=2, probes=50, device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ec.InputError, match="no CUDA"):
            ec.recover(lambda x: x[:, :1], activation="tanh", inputs=2, probes=50, device="cuda")
