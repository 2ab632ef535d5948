"""Files of other programs: named, and what to do with them, in one sentence."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
import torch

from ec_core.errors import InputError
from ec_core.networks import formats
from ec_core.networks.files import parse_network
from ec_core.networks.formats import ANSWERS, NETWORK, instead, recognise, tabular
from ec_core.probing.tables import parse_answers


def torch_file(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"content")
    return buffer.getvalue()


def npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


HDF = b"\x89HDF\r\n\x1a\n" + b"\x00" * 40
NETWORKS: dict[str, tuple[bytes, str]] = {
    "state.pt": (torch_file({"0.weight": torch.ones(2, 2)}), "PyTorch"),
    "model.pth": (torch_file(torch.ones(3)), "PyTorch"),
    "renamed.safetensors": (torch_file({"a": torch.ones(2)}), "PyTorch"),
    "program.pt2": (zipped("archive_format", "models/model.json"), "exported PyTorch"),
    "model.keras": (zipped("metadata.json", "config.json", "model.weights.h5"), "Keras"),
    "model.h5": (HDF, "Keras"),
    "weights.hdf5": (HDF, "Keras"),
    "model.onnx": (b"\x08\x07\x12\x07pytorch", "ONNX"),
    "model.skops": (zipped("schema.json", "1.npy"), "scikit-learn"),
    "weights.json": (json.dumps({"weights": []}).encode(), "JSON"),
}
FILES: dict[str, tuple[bytes, str]] = {
    "old.pt": (b"\x80\x02\x8a\nl\xfc", "pickle"),
    "script.pt": (zipped("net/code/__torch__.py", "net/data.pkl"), "TorchScript"),
    "clf.joblib": (b"ZF0x1 compressed", "pickle"),
    "clf.pkl": (pickle.dumps({"coefs_": [1]}), "pickle"),
    "matrix.mat": (b"MATLAB 5.0 MAT-file, Platform", "MATLAB"),
    "both.npy": (npy(np.ones((3, 2))), "single NumPy array"),
    "table.csv": (b"x1,x2,y\n1,2,3\n", "table of text"),
    "table.tsv": (b"x1\tx2\ty\n", "table of text"),
    "table.parquet": (b"PAR1\x15\x04", "Parquet"),
    "table.xlsx": (zipped("[Content_Types].xml", "xl/workbook.xml"), "spreadsheet"),
    "model.safetensors.index.json": (b"{}", "index of a network"),
}


OF_ANSWERS = {name for name in FILES if tabular(name)}
"""They are read where answers are expected: tests/probing/tables."""


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_format_is_named_wherever_it_is_given(name: str) -> None:
    data, expected = FILES[name]
    read_in: tuple[tuple[Callable[..., object], str], ...] = ((parse_network, NETWORK),)
    for read, kind in (*read_in, *(() if name in OF_ANSWERS else ((parse_answers, ANSWERS),))):
        with pytest.raises(InputError) as caught:
            read(data, name)
        said = str(caught.value)
        assert said.startswith(f"{name} is ") and expected in said and f"not {kind}; " in said
        assert said.endswith(".") and "\n" not in said


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_network_where_answers_belong_is_named_and_what_is_broken_in_it_too(name: str) -> None:
    data, expected = NETWORKS[name]
    with pytest.raises(InputError) as caught:
        parse_answers(data, name)
    said = str(caught.value)
    assert said.startswith(f"{name} is ") and expected in said
    assert said.endswith("give it where a network is expected.")
    with pytest.raises(InputError) as caught:
        parse_network(data, name)
    assert str(caught.value).startswith(name) and "\n" not in str(caught.value)


def test_what_we_read_ourselves_is_sent_to_its_place() -> None:
    answers = io.BytesIO()
    np.savez(answers, x=np.ones((3, 2)), y=np.ones(3))
    with pytest.raises(InputError, match=r"an .npz archive, not a network; give it where"):
        parse_network(answers.getvalue(), "upload")
    assert instead(answers.getvalue(), "upload", ANSWERS) is None
    header = json.dumps({"__metadata__": {}}).encode()
    network = len(header).to_bytes(8, "little") + header
    assert instead(network, "upload", NETWORK) is None
    with pytest.raises(InputError, match="a safetensors file, not an .npz archive"):
        parse_answers(network, "upload")


@pytest.mark.parametrize("data", [b"", b"\x00" * 30, b"PK\x03\x04 broken", b"\xff\xfe"])
def test_what_nobody_knows_is_not_guessed(data: bytes) -> None:
    assert recognise(data, "file") is None or recognise(data, "file.bin") is not None
    with pytest.raises(InputError, match="not a safetensors file"):
        parse_network(data, "file")


def test_nothing_is_unpickled() -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (pytest.fail, ("a pickle was loaded",))

    for name in ("a.pkl", "a.pt", "a.safetensors", "a.npz", "a.joblib"):
        assert recognise(pickle.dumps(Bomb()), name) is not None


def test_an_archive_of_very_many_files_is_not_even_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its list alone would take a thousand times as much memory as it has bytes."""
    few = zipped("x.npy", "y.npy", "z.npy")
    assert recognise(few, "a.npz") is formats.ARCHIVE
    monkeypatch.setattr(formats, "MOST_MEMBERS", 2)
    assert recognise(few, "a") is None
