"""Excel's sheets (.xlsx), read by openpyxl: values only, no macros, nothing from outside."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from itertools import islice
from typing import IO, Any

import numpy as np

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.probing.tables.contents import Block, Contents, listed, refuse_unpacked

MOST_CELLS = 20_000_000
"""More would take longer to read than a person waits; such tables are not made in Excel."""

_XML = (".xml", ".rels", ".vml")
"""What the parts that are read as XML end in."""

_PIECE, _OVERLAP = 2**20, 16
"""Bytes looked at at once, and those of the piece before, in which a word may have begun."""

_Row = tuple[Any, ...]


def _refuse_hostile(data: bytes, name: str) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception:  # zipfile raises many types for damaged archives
        raise InputError(
            f"{name} is no Excel sheet of today (.xlsx); save it as .xlsx or .csv."
        ) from None
    with archive:
        if "xl/workbook.xml" not in archive.namelist():
            raise InputError(f"{name} is no Excel sheet; save its table as .xlsx or .csv.")
        refuse_unpacked(sum(entry.file_size for entry in archive.infolist()), name)
        for entry in archive.infolist():
            if not entry.filename.lower().endswith(_XML):
                continue
            with archive.open(entry) as part:
                hostile = _defines(part)
            if hostile:
                raise InputError(
                    f"{name} defines entities in {entry.filename}, which no program for sheets "
                    "writes; save it again, or as .csv."
                )


def _defines(part: IO[bytes]) -> bool:
    """Does a text of XML define entities, wherever it does so, or may it in signs of two bytes?"""
    before = b""
    while piece := part.read(_PIECE):
        text = before + piece
        if b"\x00" in text or re.search(rb"<!(DOCTYPE|ENTITY)", text):
            return True
        before = text[-_OVERLAP:]
    return False


def read_xlsx(data: bytes, name: str) -> Contents:
    """The columns of the first sheet that holds anything. Raises InputError for what is no .xlsx,
    and for one that unpacks to more than the limit.
    """
    openpyxl = need("openpyxl", "tables", "Excel sheets")
    _refuse_hostile(data, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on styles and extensions, which do not matter here
        book = openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=True, keep_links=False, keep_vba=False
        )
        filled = {sheet.title: rows for sheet in book.worksheets if (rows := _rows(sheet, name))}
    if not filled:
        raise InputError(f"{name} holds no cell that is filled; expected a row for each question.")
    title, *others = filled
    said = f"{name} has {len(filled)} sheets; {title} is read, not {listed(others)}."
    return _table(filled[title], name, (said,) if others else ())


def _rows(sheet: Any, name: str) -> list[_Row]:
    """The rows of a sheet that hold anything, from its first column that does."""
    sheet.reset_dimensions()  # what a file says of its size need not be so
    rows, cells = [], 0
    for row in sheet.iter_rows(values_only=True):
        cells += len(row)
        if cells > MOST_CELLS:
            raise InputError(
                f"{name} has more than {MOST_CELLS:,} cells; save the table as .csv or .parquet."
            )
        if any(cell is not None for cell in row):
            rows.append(row)
    left = min((_first(row) for row in rows), default=0)
    return [row[left:] for row in rows]


def _first(row: _Row) -> int:
    return next(i for i, cell in enumerate(row) if cell is not None)


def _filled(row: _Row) -> int:
    return sum(cell is not None for cell in row)


def _table(rows: list[_Row], name: str, remarks: tuple[str, ...]) -> Contents:
    width = max(map(len, rows))
    # a title stands alone in its line above the table
    if width > 1:
        titles = [i for i, row in enumerate(islice(rows, 10)) if _filled(row) > 1]
        rows = rows[titles[0] if titles else 0 :]
    first = rows[0]
    header = all(cell is None or isinstance(cell, str) for cell in first) and len(rows) > 1
    body = rows[1:] if header else rows
    blocks = []
    for i in range(width):
        column = np.array([row[i] if i < len(row) else None for row in body] + [None], object)[:-1]
        called = str(first[i] or "").strip() if header and i < len(first) else ""
        if not called and all(cell is None for cell in column):
            continue
        blocks.append(Block.of(called if header else str(i + 1), column))
    return Contents(name, tuple(blocks), named=header, remarks=remarks)
