"""One table of questions and answers, written by every program that people write such tables with,
comes back number for number.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest
import scipy.io
import scipy.sparse

from ec_core.probing.tables import Answers, is_answers, open_answers

RNG = np.random.default_rng(11)
X = RNG.standard_normal((60, 3)) * [1.0, 1e-9, 1e7]
Y = np.stack([np.tanh(X[:, 0]), np.exp(-(X[:, 0] ** 2))], axis=1)
NAMES = ("x1", "x2", "x3"), ("y1", "y2")
FRAME = pd.DataFrame(np.hstack([X, Y]), columns=[*NAMES[0], *NAMES[1]])


def excel(frame: pd.DataFrame) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        frame.to_excel(path, index=False)

    return write


def decimal_comma(path: Path) -> None:
    FRAME.to_csv(path, index=False, sep=";", decimal=",")


def semicolons_of_excel(path: Path) -> None:
    text = FRAME.to_csv(index=False, sep=";", decimal=",", lineterminator="\r\n")
    path.write_bytes(b"\xef\xbb\xbfsep=;\r\n" + text.encode())


def utf16(path: Path) -> None:
    path.write_bytes(FRAME.to_csv(index=False, sep="\t").encode("utf-16"))


def quoted(path: Path) -> None:
    FRAME.to_csv(path, index=False, quoting=1)


def commented(path: Path) -> None:
    path.write_text(f"# made on a Friday, by hand\n\n{FRAME.to_csv(index=False)}# the end\n")


def by_r(path: Path) -> None:
    """R's write.table: the header has no name for the names of the rows."""
    rows = [
        f'"{i + 1}" ' + " ".join(map(repr, row)) for i, row in enumerate(FRAME.to_numpy().tolist())
    ]
    path.write_text(" ".join(f'"{name}"' for name in FRAME.columns) + "\n" + "\n".join(rows))


def by_savetxt(path: Path) -> None:
    np.savetxt(path, FRAME.to_numpy(), fmt="%.17g", header=" ".join(FRAME.columns))


def trailing(path: Path) -> None:
    path.write_text("".join(f"{line},\n" for line in FRAME.to_csv(index=False).splitlines()))


def indexed(path: Path) -> None:
    FRAME.to_csv(path)


def packed(path: Path) -> None:
    path.write_bytes(gzip.compress(FRAME.to_csv(index=False).encode()))


def structured(path: Path) -> None:
    np.save(path, FRAME.to_records(index=False))


def hdf(path: Path) -> None:
    """As MATLAB writes 7.3: 512 bytes of its own, and the axes the other way round."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in (("x", X), ("y", Y)):
            file.create_dataset(name, data=values.T, compression="gzip")
        file["note"] = h5py.SoftLink("/x")
    data = path.read_bytes()
    path.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + data[512:])


def arrow_lists(path: Path) -> None:
    lists = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 3)
    table = pa.table({"x": lists, "y1": Y[:, 0], "y2": Y[:, 1]})
    pyarrow.feather.write_feather(table, str(path), compression="zstd")


WITH_NAMES: dict[str, Callable[[Path], None]] = {
    "plain.csv": lambda path: FRAME.to_csv(path, index=False),
    "tabs.tsv": lambda path: FRAME.to_csv(path, index=False, sep="\t"),
    "bars.txt": lambda path: FRAME.to_csv(path, index=False, sep="|"),
    "comma.csv": decimal_comma,
    "excel.csv": semicolons_of_excel,
    "utf16.txt": utf16,
    "quoted.csv": quoted,
    "commented.csv": commented,
    "by_r.txt": by_r,
    "savetxt.dat": by_savetxt,
    "trailing.csv": trailing,
    "indexed.csv": indexed,
    "packed.csv.gz": packed,
    "table.parquet": lambda path: FRAME.to_parquet(path),
    "indexed.parquet": lambda path: FRAME.set_axis(np.arange(60) ** 2).to_parquet(path),
    "table.feather": lambda path: FRAME.to_feather(path),
    "zstd.arrow": lambda path: FRAME.to_feather(path, compression="zstd"),
    "sheet.xlsx": excel(FRAME),
    "indexed.xlsx": lambda path: FRAME.to_excel(path),
    "structured.npy": structured,
}
"""Tables whose columns have names."""

ARRAYS: dict[str, Callable[[Path], None]] = {
    "plain.npz": lambda path: np.savez(path, x=X, y=Y),
    "capitals.npz": lambda path: np.savez_compressed(path, X=X, Y=Y),
    "sklearn.npz": lambda path: np.savez(path, X=X, y=Y),
    "words.npz": lambda path: np.savez(path, inputs=X, outputs=Y),
    "keras.npz": lambda path: np.savez(path, features=X, targets=Y),
    "positions.npz": lambda path: np.savez(path, X, Y),
    "fortran.npz": lambda path: np.savez(path, x=np.asfortranarray(X), y=np.asfortranarray(Y)),
    "other_machine.npz": lambda path: np.savez(path, x=X.astype(">f8"), y=Y.astype(">f8")),
    "side_by_side.npz": lambda path: np.savez(path, x=X.T, y=Y.T),
    "matlab.mat": lambda path: scipy.io.savemat(path, {"x": X, "y": Y}),
    "packed.mat": lambda path: scipy.io.savemat(path, {"x": X, "y": Y}, do_compression=True),
    "side_by_side.mat": lambda path: scipy.io.savemat(path, {"x": X.T, "y": Y.T}),
    "sparse.mat": lambda path: scipy.io.savemat(path, {"x": scipy.sparse.csc_array(X), "y": Y}),
    "newer.mat": hdf,
    "lists.feather": arrow_lists,
}
"""Files of arrays, whose columns have none."""


def sixteen(value: float) -> float:
    return float(f"{value:.16g}")


@pytest.mark.parametrize("name", [*WITH_NAMES, *ARRAYS])
def test_what_was_written_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    (WITH_NAMES | ARRAYS)[name](path)
    found = open_answers(path)
    # openpyxl writes sixteen digits
    x, y = (np.vectorize(sixteen)(v) for v in (X, Y)) if name.endswith(".xlsx") else (X, Y)
    np.testing.assert_array_equal(found.x, x)
    np.testing.assert_array_equal(found.y, y)
    if name in WITH_NAMES:
        assert (found.columns.inputs, found.columns.outputs) == NAMES
        assert any("Inputs: x1, x2 and x3; outputs: y1 and y2" in said for said in found.remarks)
    assert any("left out" in said for said in found.remarks) == (
        "indexed" in name or "by_r" in name
    )


def read(path: Path, text: str, **told: str) -> Answers:
    path.write_text(text)
    return open_answers(path, **told)


def test_what_is_no_file_of_answers_is_left_to_others(tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", W0=np.ones((2, 3)), b0=np.ones(2), W1=np.ones((1, 2)))
    (tmp_path / "net.safetensors").write_bytes(b"anything")
    for name in ("weights.npz", "net.safetensors"):
        assert not is_answers(tmp_path / name)
    for name in ("plain.npz", "packed.csv.gz", "newer.mat", "structured.npy", "sheet.xlsx"):
        (WITH_NAMES | ARRAYS)[name](tmp_path / name)
        assert is_answers(tmp_path / name)
    plain = tmp_path / "plain.mat"
    with h5py.File(plain, "w") as file:
        file["x"], file["y"] = X.T, Y.T
    np.testing.assert_array_equal(open_answers(plain).x, X)


def test_every_digit_counts(tmp_path: Path) -> None:
    """0.1 and its neighbour, subnormal numbers, and more digits than a number can hold."""
    hard = [
        "0.1",
        "0.10000000000000002",
        "5e-324",
        "1.7976931348623157e308",
        "2.2250738585072011e-308",
    ]
    hard += [f"0.{'3' * 40}", "123456789012345678901234567890", "-0.0", ".5", "7."]
    for sep, sign in ((",", "."), (";", ",")):
        lines = [f"{cell.replace('.', sign)}{sep}1{sign}5" for cell in hard]
        found = read(tmp_path / "t.csv", f"x{sep}y\n" + "\n".join(lines))
        assert [float(cell) for cell in hard] == found.x[:, 0].tolist()
        assert np.signbit(found.x[hard.index("-0.0"), 0])


def test_cells_without_a_number_are_passed_on(tmp_path: Path) -> None:
    found = read(tmp_path / "t.csv", "x1,x2,y\n1,,3\nNA,2,3\n1,2,nan\n1,2,\n")
    assert np.isnan(found.x).sum() == 2 and np.isnan(found.y).tolist() == [0, 0, 1, 1]
    book = openpyxl.Workbook()
    for row in (["x1", "x2", "y"], [1, None, 3], [4, "5.5", 6]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    sheet = open_answers(tmp_path / "t.xlsx")
    np.testing.assert_array_equal(sheet.x, [[1, np.nan], [4, 5.5]])


def test_types_of_all_kinds_become_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "x1": np.arange(4, dtype=np.uint8),
            "x2": [True, False, True, True],
            "x3": pd.Categorical([1.5, 2.5, 1.5, 2.5]),
            "x4": np.array([1, 2, 3, 4], dtype=np.float16),
            "x5": ["1.5", "2.5", " 3", "-4e2"],
            "x6": pd.array([1, None, 3, 4], dtype="Int64"),
            "y": np.array([1, 2, 3, 4.5], dtype=np.float32),
        }
    )
    expected = [
        [0, 1, 1.5, 1, 1.5, 1],
        [1, 0, 2.5, 2, 2.5, np.nan],
        [2, 1, 1.5, 3, 3, 3],
        [3, 1, 2.5, 4, -400, 4],
    ]
    frame.to_parquet(tmp_path / "t.parquet")
    found = open_answers(tmp_path / "t.parquet")
    np.testing.assert_array_equal(found.x, expected)
    np.testing.assert_array_equal(found.y, [1, 2, 3, 4.5])


def test_pictures_are_read_row_by_row(tmp_path: Path) -> None:
    pictures = RNG.integers(0, 255, (20, 2, 3), dtype=np.uint8)
    np.savez(tmp_path / "p.npz", x=pictures, y=np.arange(20.0))
    found = open_answers(tmp_path / "p.npz")
    np.testing.assert_array_equal(found.x, pictures.reshape(20, 6))
    assert any("2 × 3 each" in said for said in found.remarks)
    scipy.io.savemat(tmp_path / "p.mat", {"x": np.moveaxis(pictures, 0, -1), "y": np.arange(20.0)})
    matlab = open_answers(tmp_path / "p.mat")
    np.testing.assert_array_equal(matlab.x, pictures.reshape(20, 6))
    np.testing.assert_array_equal(matlab.y.ravel(), np.arange(20.0))


def test_a_file_may_name_the_columns_of_its_arrays(tmp_path: Path) -> None:
    names = np.array(["age", "bmi", "bp"]), np.array(["a", "b"])
    np.savez(tmp_path / "n.npz", x=X, y=Y, inputs=names[0], outputs=names[1])
    assert open_answers(tmp_path / "n.npz").columns.inputs == ("age", "bmi", "bp")
    np.savez(tmp_path / "n.npz", x=X, y=Y, inputs=np.array(["age"]))
    assert not open_answers(tmp_path / "n.npz").columns


def test_questions_in_one_file_and_answers_in_another(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    found = open_answers(tmp_path / "x.npy")
    np.testing.assert_array_equal(found.x, X)
    np.testing.assert_array_equal(found.y, Y)
    assert found.remarks[0] == "Questions from x.npy, answers from y.npy."
    np.save(tmp_path / "others.npy", 2 * Y[:, 0])
    other = open_answers(tmp_path / "x.npy", outputs=str(tmp_path / "others.npy"))
    np.testing.assert_array_equal(other.y.ravel(), 2 * Y[:, 0])
    both = open_answers(tmp_path / "x.npy", str(tmp_path / "x.npy"), str(tmp_path / "y.npy"))
    np.testing.assert_array_equal(both.y, Y)
    pd.DataFrame(X).to_csv(tmp_path / "q.csv", index=False)
    table = open_answers(tmp_path / "q.csv", outputs=str(tmp_path / "y.npy"))
    np.testing.assert_array_equal(table.x, X)
