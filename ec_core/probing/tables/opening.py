"""Files of questions and answers, opened: one file, or questions in one and answers in another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.files import read_bytes
from ec_core.networks.formats import WEIGHTS, recognise, tabular
from ec_core.probing.tables.assembling import assemble
from ec_core.probing.tables.choosing import Told, chosen
from ec_core.probing.tables.contents import MAX_FILE_BYTES, Answers, Block, Contents
from ec_core.probing.tables.numbers import as_numbers, refuse_text
from ec_core.probing.tables.obvious import left_out, obvious
from ec_core.probing.tables.reading import READERS, read_contents

BESIDE = (
    *(("x", "y"), ("X", "Y"), ("X", "y"), ("inputs", "outputs"), ("input", "output")),
    *(("questions", "answers"), ("features", "targets"), ("features", "labels")),
)
"""How files that belong together are called; x_train goes with y_train."""

_HEAD = 2**12
"""Bytes that tell what a file is."""


def is_answers(path: str | Path) -> bool:
    """Does a file hold questions and answers, by its name or by how it begins?

    Raises InputError for a file that is not there.
    """
    path = Path(path)
    if tabular(path.name) and not path.name.lower().endswith(".npz"):
        return True
    named = tabular(path.name)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            # of an archive the end says what is in it
            data = head + file.read() if head.startswith(b"PK") else head
    except OSError as error:
        if named:
            return True  # who reads it says what is wrong
        raise InputError(f"Cannot read {path}: {error.strerror}; check the path.") from None
    kind = recognise(data, path.name)
    # an archive of weights is a network's
    return kind in READERS or (named and kind is not WEIGHTS)


def read_file(path: Path) -> Contents:
    """What a file on disk holds, see ``read_contents``."""
    return read_contents(read_bytes(path, MAX_FILE_BYTES), path.name)


def _partner(path: Path) -> Path | None:
    """The file beside a file of questions that holds their answers."""
    for first, second in BESIDE:
        for tail in ("", "_train", "_probe", "_test"):
            if path.stem == f"{first}{tail}":
                other = path.with_name(f"{second}{tail}{path.suffix}")
                if other.is_file():
                    return other
    return None


def whole(contents: Contents) -> np.ndarray:
    """All columns of a file of questions, or of one of answers, side by side (N, F)."""
    rest = [i for i in range(len(contents.blocks)) if i not in left_out(contents)]
    if contents.arrays and len(rest) != 1:
        raise InputError(
            f"{contents.name} holds {len(rest)} arrays; expected a single one, the questions or "
            "the answers."
        )
    columns = []
    for i in rest:
        raw = contents.blocks[i].load()
        values = as_numbers(raw)
        if values is None:
            refuse_text(raw, contents.names[i], contents.name)
        assert values is not None
        columns.append(values)
    return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)


def joined(questions: Contents, answers: Contents) -> Answers:
    """Questions from one file, all its columns, and the answers from another."""
    both = Contents(
        f"{questions.name} with {answers.name}",
        (Block.of("x", whole(questions)), Block.of("y", whole(answers))),
        arrays=True,
        across=questions.across and answers.across,
    )
    found = obvious(both)
    assert found is not None
    made = assemble(both, found)
    said = f"Questions from {questions.name}, answers from {answers.name}."
    return Answers(made.x, made.y, made.columns, (said, *made.remarks))


def _file(told: Told) -> Path | None:
    """A file that is named in place of columns."""
    if not isinstance(told, str):
        return None
    path = Path(told)
    return path if tabular(path.name) and path.is_file() else None


def open_answers(path: str | Path, inputs: Told = None, outputs: Told = None) -> Answers:
    """Questions and answers from a file: npz, npy, CSV, TSV, Parquet, Feather, Excel or MATLAB.

    inputs, outputs : columns or arrays, by names, numbers from 1 or patterns ("x1,x2", "1-4",
        "p_*"), or a list of names; None: those that are obvious. The name of another file is taken
        for the answers (or questions) that are kept there
    Raises InputError where it is not plain which is which, and for what ``read_contents`` refuses.
    """
    path = Path(path)
    asked, answers = _file(inputs), _file(outputs)
    if asked is not None or answers is not None:
        return joined(read_file(asked or path), read_file(answers or path))
    contents = read_file(path)
    if inputs is None and outputs is None and obvious(contents) is None:
        partner = _partner(path)
        if partner is not None:
            return joined(contents, read_file(partner))
    return assemble(contents, chosen(contents, inputs, outputs))


def load_answers(
    path: str | Path,
    inputs: str | Sequence[str] | None = None,
    outputs: str | Sequence[str] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Read the questions x (N, D) and answers y (N, K) of the file at ``path``.

    inputs, outputs : which columns, see ``open_answers``; None: those that are obvious
    Raises InputError for a file that holds none.

    >>> import os, tempfile
    >>> from ec_core.probing.probes import save_answers
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_answers(np.zeros((3, 2)), np.ones((3, 1)), Path(folder, "probes.npz"))
    ...     x, y = load_answers(Path(folder, "probes.npz"))
    >>> x.shape, y.shape
    ((3, 2), (3, 1))
    """
    found = open_answers(path, inputs, outputs)
    return found.x, found.y


def parse_answers(data: bytes, name: str = "the file") -> tuple[np.ndarray, np.ndarray]:
    """x (N, D) and y (N, K) from the bytes of a file whose columns are obvious.

    Raises InputError for what ``read_contents`` refuses, and where it is not plain which is which.
    """
    contents = read_contents(data, name)
    found = assemble(contents, chosen(contents))
    return found.x, found.y
