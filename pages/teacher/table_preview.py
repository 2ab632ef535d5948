"""What was understood of a file of questions and answers, before anything starts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from ec_core.probing.precision import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, MAX_DIGITS, stored
from ec_core.probing.tables.contents import Contents
from ec_core.probing.tables.numbers import as_numbers
from pages.shell import frame, words
from pages.teacher.tables import Understood

_SHOWN_ROWS, _SHOWN_COLUMNS = 8, 200
_LOOKED_AT = 20_000
"""Rows from which a column's range and digits are told."""

_BARS = 24
_TYPES = {FLOAT32: "7 (float32)", FLOAT16: "3 (float16)", BFLOAT16: "2 (bfloat16)"}


def digits(column: np.ndarray) -> str:
    """How many digits the numbers of a column (N,) have, in a few words.

    >>> digits(np.array([1.0, 4.0])), digits(np.array([0.25, 1.5])), digits(np.array([0.1, 1 / 3]))
    ('whole numbers', '2 decimals', 'all 16')
    """
    values = column[np.isfinite(column)].astype(np.float64)
    if not values.size:
        return "–"
    if np.array_equal(values, np.round(values)):
        return "whole numbers"
    for decimals in range(1, MAX_DIGITS):
        if np.allclose(values, np.round(values, decimals), rtol=1e-15, atol=0.0):
            return words.many(decimals, "decimal")
    kind = stored(values[:, None], np.ones(1)).kind
    return "all 16" if kind == FLOAT64 else _TYPES.get(kind, "few")


def _bars(values: np.ndarray) -> list[int]:
    """How a column's numbers spread over its range."""
    good = values[np.isfinite(values)]
    if not good.size or good.min() == good.max():
        return []
    return [int(count) for count in np.histogram(good, bins=_BARS)[0]]


def _facts(name: str, role: str, values: np.ndarray | None, raw: np.ndarray) -> dict[str, Any]:
    """One row of the table of columns; values: its numbers, None where it holds others"""
    if values is None:
        return {"column": name, "is": role, "digits": "text" if raw.dtype.kind in "OSU" else "–"}
    numbers = np.asarray(values, dtype=np.float64)
    good = numbers[np.isfinite(numbers)]
    return {
        "column": name,
        "is": role,
        "lowest": float(good.min()) if good.size else None,
        "highest": float(good.max()) if good.size else None,
        "digits": digits(numbers[:_LOOKED_AT]),
        "missing": int(np.isnan(numbers).sum()),
        "spread": _bars(numbers),
    }


def _roles(seen: Understood) -> dict[int, str]:
    choice = seen.choice
    if choice is None:
        return {}
    return {**dict.fromkeys(choice.inputs, "input"), **dict.fromkeys(choice.outputs, "output")}


def _columns(contents: Contents, roles: dict[int, str]) -> list[dict[str, Any]]:
    """The columns of a table, those that are meant first, as they stand in it."""
    order = sorted(range(len(contents.blocks)), key=lambda i: (i not in roles, i))
    rows = []
    for i in order[:_SHOWN_COLUMNS]:
        block = contents.blocks[i]
        raw = block.load()
        name = block.name if contents.named else f"column {block.name}"
        if raw.ndim == 1:
            rows.append(_facts(name or "(no name)", roles.get(i, "left out"), as_numbers(raw), raw))
    return rows


def _arrays(seen: Understood) -> list[dict[str, Any]]:
    """The columns of arrays, which are numbered."""
    assert seen.answers is not None
    rows = []
    for what, values, names in (
        ("input", seen.answers.x, seen.answers.columns.inputs),
        ("output", seen.answers.y, seen.answers.columns.outputs),
    ):
        columns = values[:, None] if values.ndim == 1 else values
        for i in range(min(columns.shape[1], _SHOWN_COLUMNS)):
            name = names[i] if names else f"{what} {i + 1}"
            rows.append(_facts(name, what, as_numbers(columns[:, i]), columns[:, i]))
    return rows


@st.cache_data(max_entries=4, show_spinner=False)
def _table(_seen: Understood, mark: str) -> pd.DataFrame:
    contents = _seen.contents
    rows = _arrays(_seen) if contents.arrays else _columns(contents, _roles(_seen))
    return pd.DataFrame(rows)


def _first_rows(seen: Understood) -> pd.DataFrame:
    """The first rows as they will be asked and answered."""
    assert seen.answers is not None
    x, y, names = seen.answers.x, seen.answers.y, seen.answers.columns
    y = y[:, None] if y.ndim == 1 else y
    called = [
        *(names.inputs or [f"input {i + 1}" for i in range(x.shape[1])]),
        *(names.outputs or [f"output {i + 1}" for i in range(y.shape[1])]),
    ]
    shown = [x[:_SHOWN_ROWS].astype(object), y[:_SHOWN_ROWS].astype(object)]
    cells = np.concatenate(shown, axis=1)[:, :_SHOWN_COLUMNS]
    # as text: a number that is rounded to be shown looks like one that was read wrong
    text = [
        [repr(float(cell)).removesuffix(".0") if _is_number(cell) else str(cell) for cell in row]
        for row in cells
    ]
    return pd.DataFrame(text, columns=pd.Index(_distinct(called[:_SHOWN_COLUMNS])))


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float | np.number) and not isinstance(cell, bool)


def _distinct(names: list[str]) -> list[str]:
    """The same names, those that come again with their place."""
    return [f"{n} ({i + 1})" if names.count(n) > 1 else n for i, n in enumerate(names)]


def _remarks(seen: Understood) -> tuple[str, ...]:
    if seen.answers is None:
        return seen.contents.remarks
    return (*seen.answers.remarks, *(() if seen.probes is None else seen.probes.remarks))


def preview(seen: Understood, mark: str) -> None:
    """The columns with their ranges and digits, the first rows, and what there is to say.

    mark : changes with what is shown
    """
    st.markdown("**What was read**")
    for said in dict.fromkeys(_remarks(seen)):
        frame.note(words.on_paper(said))
    if seen.answers is None and seen.contents.arrays:
        return
    number = st.column_config.NumberColumn
    st.container(key="teacher_table_columns").dataframe(
        _table(seen, mark),
        hide_index=True,
        placeholder="",
        column_config={
            "column": st.column_config.TextColumn("Column", pinned=True, width="small"),
            "is": st.column_config.TextColumn("Taken as"),
            "lowest": number("Lowest", format="%.4g"),
            "highest": number("Highest", format="%.4g"),
            "digits": st.column_config.TextColumn(
                "Digits", help="Of full float64 numbers all 16; fewer limit what can be known."
            ),
            "missing": number("Missing", help="Cells without a number; their rows are left out."),
            "spread": st.column_config.BarChartColumn(
                "Spread", help="How often which value occurs, from lowest to highest."
            ),
        },
    )
    if seen.answers is not None:
        st.markdown("**The first rows**")
        rows = st.container(key="teacher_table_rows")
        rows.dataframe(_first_rows(seen), hide_index=True)
