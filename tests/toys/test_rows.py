"""Whoever adds a kind of model file writes tests/toys/rows.py and two lines elsewhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import ec_core as ec
from ec_core.cli import main
from ec_core.errors import InputError
from ec_core.networks import formats, readers
from ec_core.networks.network import Network
from ec_core.networks.reading import open_network
from tests.toys import rows


@pytest.fixture(autouse=True)
def two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines: its format is among those of networks, its file in the table of readers."""
    monkeypatch.setattr(formats, "NETWORKS", (*formats.NETWORKS, rows.ROWS))
    monkeypatch.setattr(formats, "_TOLD", (*formats._TOLD, rows.ROWS))
    monkeypatch.setitem(readers._READERS, rows.ROWS, "rows")
    # where the file would stand
    monkeypatch.setitem(sys.modules, "ec_core.networks.readers.rows", rows)


def _written(network: Network) -> bytes:
    layers = [
        "\n".join(" ".join(map(repr, row)) for row in np.column_stack([w, b]).tolist())
        for w, b in zip(network.weights, network.biases, strict=True)
    ]
    return "\n\n".join([network.activation, *layers]).encode()


def test_a_network_is_read_compared_and_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher = ec.make_teacher("synthetic", sizes=(3, 4, 2), activation="gelu", seed=3).network
    mine, usual = tmp_path / "net.rows", tmp_path / "net.safetensors"
    mine.write_bytes(_written(teacher))
    ec.save_network(teacher, usual)
    file = open_network(mine.read_bytes(), mine.name)
    assert [link.what for link in file.links] == ["linear layer", "gelu", "linear layer"]
    assert main(["compare", str(usual), str(mine)]) == 0
    assert json.loads(capsys.readouterr().out)["max_weight_error"] == 0.0
    probes = tmp_path / "probes.npz"
    assert main(["probe", str(mine), "--count", "50", "--out", str(probes)]) == 0
    x, y = ec.load_answers(probes)
    np.testing.assert_array_equal(y, teacher(x))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"tanh\n\n1 2\n3", "is no file of rows"),
        (b"tanh\n\n1 two 3", "is no file of rows"),
        (b"\xff\xfe", "is no file of rows"),
        (b"tanh\n\n1 2 3\n\n1 2 3 4", "expected"),
        (b"nosuch\n\n1 2 3\n\n1 2", "nosuch"),
    ],
)
def test_what_is_none_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        open_network(data, "net.rows").network()
    assert "\n" not in str(caught.value)
