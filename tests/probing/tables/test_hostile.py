"""Files that want to do harm: one sentence, nothing unpacked, nothing run, nothing written."""

from __future__ import annotations

import gzip
import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import openpyxl
import pandas as pd
import pytest
import scipy.io

from ec_core.errors import InputError
from ec_core.probing.tables import contents, load_answers

MEBI = 2**20
LIMIT = 2 * MEBI
"""What a file may unpack to in these tests; the bombs unpack to more than three times as much."""

ZEROS = np.zeros((500_000, 2))
FRAME = pd.DataFrame({"x": ZEROS[:, 0], "y": ZEROS[:, 1]})


class Bomb:
    """Goes off when unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was loaded",))


def pickled_npy(path: Path) -> None:
    np.save(path, np.array([Bomb()], dtype=object), allow_pickle=True)


def plain_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(Bomb()))


def lying_npy(path: Path) -> None:
    np.save(path, np.ones((3, 2)))
    path.write_bytes(path.read_bytes().replace(b"(3, 2), ", b"(3, 2000000000000), ".ljust(8)))


def npz_bomb(path: Path) -> None:
    np.savez_compressed(path, x=ZEROS, y=ZEROS)


def gz_bomb(path: Path) -> None:
    path.write_bytes(gzip.compress(b"0,0\n" * 2_000_000))


def binary(path: Path) -> None:
    path.write_bytes(b"x,y\n1,2\n\x00\x01\x02\n")


def formula(path: Path) -> None:
    path.write_text("x,y\n" + "=cmd|' /C calc'!A0,1\n" * 9)


def parquet_bomb(path: Path) -> None:
    FRAME.to_parquet(path)


def arrow_bomb(path: Path) -> None:
    FRAME.to_feather(path, compression="zstd")


def torn(write: Callable[[Path], None], share: float) -> Callable[[Path], None]:
    """The first part of a file."""

    def half(path: Path) -> None:
        write(path)
        data = path.read_bytes()
        path.write_bytes(data[: int(share * len(data))])

    return half


def endless_arrow(path: Path) -> None:
    """Messages in the older form, which nobody measures, behind a first one that is measured."""
    FRAME.head(3).to_feather(path, compression="uncompressed")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"\xff\xff\xff\xff\x00\x00\x00\x00", b"\x10\x00\x00\x00" * 2))


def sheet(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["x", "y"], *([i, i + 0.5] for i in range(9))):
        book.active.append(row)
    book.save(path)


def with_part(name: str, content: bytes) -> Callable[[Path], None]:
    """A sheet with one part of its archive added or exchanged."""

    def write(path: Path) -> None:
        sheet(path)
        with zipfile.ZipFile(path) as archive:
            parts = {entry: archive.read(entry) for entry in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, data in {**parts, name: content}.items():
                archive.writestr(part, data)

    return write


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row>
<c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""


def mat_bomb(path: Path) -> None:
    scipy.io.savemat(path, {"x": ZEROS, "y": ZEROS}, do_compression=True)


def mat(path: Path) -> None:
    scipy.io.savemat(path, {"x": np.ones((9, 2)), "y": np.ones(9)}, do_compression=True)


def mat_objects(path: Path) -> None:
    scipy.io.savemat(path, {"x": {"field": 1}, "y": np.array([Bomb, 1], dtype=object)[1:]})


def hdf(fill: Callable[[h5py.File, Path], None]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with h5py.File(path, "w", userblock_size=512) as file:
            fill(file, path)
        data = path.read_bytes()
        path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(512) + data[512:])

    return write


def hdf_bomb(file: h5py.File, path: Path) -> None:
    file.create_dataset("x", data=ZEROS, compression="gzip")
    file.create_dataset("y", data=ZEROS, compression="gzip")


def elsewhere(file: h5py.File, path: Path) -> None:
    """Numbers that are another file's bytes."""
    secret = path.with_name("secret")
    file.create_dataset("x", (9, 2), "u1", external=[(str(secret), 0, 18)])
    file["y"] = np.ones(9)


def linked(file: h5py.File, path: Path) -> None:
    file["x"] = h5py.ExternalLink(str(path.with_name("secret")), "/x")
    file["y"] = np.ones(9)


def virtual(file: h5py.File, path: Path) -> None:
    layout = h5py.VirtualLayout((9, 2), "f8")
    layout[...] = h5py.VirtualSource(str(path.with_name("secret")), "x", (9, 2))
    file.create_virtual_dataset("x", layout)
    file["y"] = np.ones(9)


WORDS = ["a" * 200_000] * 100
"""One word, kept once, that is written a hundred times: 20 MB."""


def words_parquet(path: Path) -> None:
    pd.DataFrame({"x": range(100), "y": WORDS}).to_parquet(path)


def words_arrow(path: Path) -> None:
    pd.DataFrame({"x": range(100), "y": pd.Categorical(WORDS)}).to_feather(path)


def list_parquet(path: Path) -> None:
    """One row, whose list is long and all alike."""
    pd.DataFrame({"x": [np.zeros(1_000_000)], "y": [1.0]}).to_parquet(path)
    assert path.stat().st_size < LIMIT / 10


def cut_gz(end: int) -> Callable[[Path], None]:
    text = "x1,x2,y\n" + "".join(f"{i / 7},{i**0.5},{i**0.3}\n" for i in range(3000))

    def write(path: Path) -> None:
        path.write_bytes(gzip.compress(text.encode())[:end])

    return write


UNPACKS, DAMAGED = "the limit is", "it is damaged, or of another kind"
FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "pickle.npz": (plain_pickle, "a pickle (.pkl, .joblib), which can run programs"),
    "pickle.csv": (plain_pickle, "a pickle (.pkl, .joblib), which can run programs"),
    "pickled.npy": (pickled_npy, "Python objects, which can run programs and are never opened"),
    "lying.npy": (lying_npy, "cannot be read as plain numbers"),
    "bomb.npz": (npz_bomb, UNPACKS),
    "bomb.csv.gz": (gz_bomb, UNPACKS),
    "cut.csv.gz": (cut_gz(20_000), "is damaged or cut short"),
    "nearly.csv.gz": (cut_gz(-3), "is damaged or cut short"),
    "torn.csv.gz": (lambda path: path.write_bytes(b"\x1f\x8b\x08" + b"\xff" * 9), "is damaged"),
    "binary.csv": (binary, "is no text, it holds zero bytes"),
    "formula.csv": (formula, "Column x of formula.csv holds text (1 different, such as"),
    "bomb.parquet": (parquet_bomb, UNPACKS),
    "words.parquet": (words_parquet, UNPACKS),
    "words.feather": (words_arrow, UNPACKS),
    "list.parquet": (list_parquet, UNPACKS),
    "torn.parquet": (torn(parquet_bomb, 0.5), DAMAGED),
    "bomb.feather": (arrow_bomb, UNPACKS),
    "torn.feather": (torn(arrow_bomb, 0.3), DAMAGED),
    "endless.arrow": (endless_arrow, DAMAGED),
    "bomb.xlsx": (with_part("xl/media/image1.png", b"\x00" * 7 * MEBI), UNPACKS),
    "laughs.xlsx": (with_part("xl/worksheets/sheet1.xml", LAUGHS), "defines entities"),
    "late.xlsx": (
        with_part(
            "xl/worksheets/sheet1.xml", LAUGHS.replace(b"?>", b"?><!--" + b" " * 9000 + b"-->", 1)
        ),
        "defines entities",
    ),
    "wide.xlsx": (
        with_part(
            "xl/worksheets/sheet1.xml",
            LAUGHS.decode().replace("?>", " encoding='UTF-16'?>", 1).encode("utf-16"),
        ),
        "defines entities",
    ),
    "torn.xlsx": (torn(sheet, 0.7), "is no Excel sheet of today"),
    "letter.xlsx": (
        lambda path: zipfile.ZipFile(path, "w").writestr("[Content_Types].xml", "<Types/>"),
        "is no Excel sheet",
    ),
    "old.xls": (lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0" * 99), "no Excel sheet of today"),
    "bomb.mat": (mat_bomb, UNPACKS),
    "torn.mat": (torn(mat, 0.8), DAMAGED),
    "objects.mat": (mat_objects, "expected the arrays x and y"),
    "bomb73.mat": (hdf(hdf_bomb), UNPACKS),
    "elsewhere.mat": (hdf(elsewhere), "keeps the numbers of x in another file"),
    "virtual.mat": (hdf(virtual), "keeps the numbers of x in another file"),
    "linked.mat": (hdf(linked), "holds y; expected the arrays x and y"),
    "nothing.csv": (lambda path: path.write_bytes(b""), "nothing.csv is empty"),
}


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_UNPACKED_BYTES", LIMIT)


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("name", FILES)
def test_it_is_one_sentence(tmp_path: Path, name: str) -> None:
    write, expected = FILES[name]
    (tmp_path / "secret").write_bytes(bytes(range(99)))
    write(tmp_path / name)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError) as caught:
        load_answers(tmp_path / name)
    said = str(caught.value)
    assert expected in said and name in said
    assert said.endswith(".") and "\n" not in said
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_an_arrow_file_is_measured_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str
) -> None:
    FRAME.to_feather(tmp_path / "a.feather", compression=compression)
    assert (tmp_path / "a.feather").stat().st_size < LIMIT / 10
    monkeypatch.setattr("pyarrow.ipc.open_stream", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(InputError, match="unpacks to 0.0 GiB; the limit"):
        load_answers(tmp_path / "a.feather")


def test_macros_and_links_of_a_sheet_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.xlsm"
    with_part("xl/vbaProject.bin", pickle.dumps(Bomb()))(path)
    x, y = load_answers(path)
    np.testing.assert_array_equal(x[:, 0] + 0.5, np.asarray(y, dtype=float).ravel())


def test_the_measure_of_an_arrow_file_is_that_of_its_columns() -> None:
    frame = pd.DataFrame({"a": np.arange(1000.0), "b": pd.Categorical(["u", "v"] * 500)})
    for compression in ("zstd", "lz4", "uncompressed"):
        buffer = io.BytesIO()
        frame.to_feather(buffer, compression=compression)
        from ec_core.probing.tables.ipc import unpacked_size

        # 8 bytes of each number, at least one of each category, and what aligns them
        assert 9_000 <= unpacked_size(buffer.getvalue()) < 20_000
