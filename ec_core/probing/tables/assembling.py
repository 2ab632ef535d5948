"""From chosen columns or arrays to questions x (N, D) and answers y (N, K)."""

from __future__ import annotations

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.columns import Columns
from ec_core.probing.tables.contents import Answers, Block, Contents
from ec_core.probing.tables.numbers import as_numbers, mostly_text, refuse_text
from ec_core.probing.tables.obvious import Choice

FEWEST = 5
"""Rows below which an array is read the other way round where that gives as many of x as of y."""


def _loaded(contents: Contents, columns: tuple[int, ...], answers: bool) -> list[np.ndarray]:
    """The numbers of the blocks; text and truth values stay what they are among answers."""
    found = []
    for i in columns:
        block = contents.blocks[i]
        raw = block.load()
        values = as_numbers(raw)
        if values is None and not (answers and mostly_text(raw)):
            refuse_text(raw, block.name or str(i + 1), contents.name)
        if values is None:
            values = raw.astype(str)
        elif values.dtype.kind == "b" and not answers:
            values = values.astype(np.float64)
        found.append(np.atleast_1d(values))
    return found


def _side_by_side(values: list[np.ndarray], blocks: list[Block], name: str) -> np.ndarray:
    """One array of several blocks with as many rows each; a single one as it is."""
    if len(values) == 1:
        return values[0]
    if len({len(each) for each in values}) > 1:
        lengths = ", ".join(f"{b.name} {len(v)}" for b, v in zip(blocks, values, strict=True))
        raise InputError(
            f"The columns chosen of {name} have different lengths ({lengths}); expected as many "
            "rows in each."
        )
    if any(each.dtype.kind == "U" for each in values):
        values = [each.astype(str) for each in values]
    return np.concatenate([each.reshape(len(each), -1) for each in values], axis=1)


def _turned(
    x: np.ndarray, y: np.ndarray, contents: Contents
) -> tuple[np.ndarray, np.ndarray, str | None]:
    """Arrays with the questions along their first axis; a sentence if they were not."""
    if not contents.arrays or x.ndim < 2:
        return x, y, None
    if x.ndim == 2 and y.ndim == 2 and 1 in y.shape and y.shape[0] == 1 and len(x) == y.size > 1:
        return x, y.T, None  # one row of answers, beside questions that stand in rows
    long_y = y.shape[-1]
    crosswise = x.shape[-1] == long_y or (y.ndim == 2 and x.shape[-1] == len(y))
    fits = len(x) == len(y)
    few = len(x) < FEWEST or (contents.across and len(x) < x.shape[-1])
    if not crosswise or (fits and not few):
        return x, y, None
    turned = np.moveaxis(x, -1, 0)
    if len(y) != len(turned) or (fits and y.ndim > 1):
        y = np.moveaxis(y, -1, 0)
    said = (
        f"{contents.name} has its questions side by side, {x.shape}: read as {len(turned)} rows of "
        f"{turned[0].size}."
    )
    return turned, y, said


def _flat(values: np.ndarray, what: str, name: str) -> tuple[np.ndarray, str | None]:
    """Pictures (N, h, w) as rows of their pixels."""
    if values.ndim < 3:
        return values, None
    size = " × ".join(map(str, values.shape[1:]))
    flat = values.reshape(len(values), -1)
    return flat, f"{what} of {name} are {size} each: read row by row as {flat.shape[1]} columns."


def _names(contents: Contents, columns: tuple[int, ...], width: int) -> tuple[str, ...]:
    names = tuple(contents.names[i] for i in columns)
    return names if contents.named and len(names) == width and not contents.arrays else ()


def _own_names(contents: Contents) -> Columns:
    """Arrays ``inputs`` and ``outputs`` of words, beside x and y, name their columns."""
    words = {}
    for block in contents.blocks:
        if block.name in ("inputs", "outputs") and len(block.shape) == 1:
            values = block.load()
            if values.dtype.kind == "U":
                words[block.name] = tuple(map(str, values))
    return Columns(**words)


def assemble(contents: Contents, choice: Choice) -> Answers:
    """The questions and answers of a choice.

    Raises InputError for text among the questions, for columns that do not fit each other, and
    where a side has none.
    """
    sides = []
    for taken, answers in ((choice.inputs, False), (choice.outputs, True)):
        if not taken:
            side = "output" if answers else "input"
            raise InputError(f"No {side} of {contents.name} is chosen; choose at least one column.")
        blocks = [contents.blocks[i] for i in taken]
        sides.append(_side_by_side(_loaded(contents, taken, answers), blocks, contents.name))
    x, y, said = _turned(sides[0], sides[1], contents)
    x, flat_x = _flat(x, "The questions", contents.name)
    y, flat_y = _flat(y, "The answers", contents.name)
    x = x[:, None] if x.ndim == 1 else x
    width = 1 if y.ndim == 1 else y.shape[1]
    columns = Columns(
        _names(contents, choice.inputs, x.shape[1]), _names(contents, choice.outputs, width)
    )
    if contents.arrays and not columns:
        columns = _own_names(contents).fitting(x.shape[1], width)
    remarks = (*contents.remarks, *choice.remarks, said, flat_x, flat_y)
    return Answers(x, y, columns, tuple(each for each in remarks if each))
