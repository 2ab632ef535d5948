"""Tables of text: CSV, TSV and what else people and programs write, told by what is in them."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.probing.tables.contents import Block, Contents
from ec_core.probing.tables.numbers import MISSING, NUMBER

LOOKED_AT = 200
"""Lines from which the delimiter, the decimal sign and the header are told."""

_COMMENTS = ("#", "%", "//")
_DELIMITERS = ("\t", ";", "|", ",", " ")
_DELIMITER_WORDS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas", " ": "spaces"}
_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?")
_EXCELS_HINT = re.compile(r"sep=(.)", re.IGNORECASE)
_EXACT = (3, 1)
"""From this version on pandas reads numbers to their last digit, and will not hear of it."""

_RAGGED = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


@dataclass(frozen=True)
class Dialect:
    """How a table of text is written; header : the names of its columns, None where it has none"""

    delimiter: str
    decimal: str
    header: tuple[str, ...] | None
    skipped: int
    """Lines before the first row."""


def decoded(data: bytes, name: str) -> str:
    """The text of a file. Raises InputError for one that is no text."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\x00" in data:
        raise InputError(f"{name} is no text, it holds zero bytes; expected a table of numbers.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:  # umlauts of an older program
        return data.decode("cp1252", "replace")


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return [cell.strip('"') for cell in re.findall(r'"[^"]*"|\S+', line)]
    try:
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    except (csv.Error, StopIteration):
        return [line]
    return [cell.strip() for cell in cells]


def _numeric(cell: str, comma: bool) -> bool:
    return bool(NUMBER.fullmatch(cell) or (comma and _COMMA.fullmatch(cell)))


def _cut(lines: list[str]) -> tuple[str, list[list[str]]]:
    """The delimiter that gives most numbers in rows that are alike, and the lines cut by it."""
    best, found = (0.0, 0.0), (",", [[line] for line in lines])
    for delimiter in _DELIMITERS:
        rows = [_cells(line, delimiter) for line in lines]
        width, often = Counter(map(len, rows)).most_common(1)[0]
        if width < 2:
            continue
        cells = [cell for row in rows for cell in row if cell]
        numbers = sum(_numeric(cell, delimiter != ",") for cell in cells) / max(1, len(cells))
        if (numbers, often / len(rows)) > best:
            best, found = (numbers, often / len(rows)), (delimiter, rows)
    return found


def _header(rows: list[list[str]], comma: bool) -> bool:
    """Is the first of the rows a header?"""
    first, others = rows[0], rows[1:]
    names = [str(i) for i in range(len(first))]
    if len(first) > 2 and first in (names, ["", *names[:-1]]):
        # pandas' own numbers, unless all is made of whole numbers
        return any(not re.fullmatch(r"[+-]?\d*", cell) for row in others for cell in row)
    if not any(_numeric(cell, comma) for cell in first):
        return any(cell and cell.lower() not in MISSING for cell in first)
    # a column that is called by a year, say, among others that have names
    return any(
        not _numeric(cell, comma)
        and cell.lower() not in MISSING
        and all(_numeric(row[i], comma) for row in others if i < len(row))
        for i, cell in enumerate(first)
        if others
    )


def _named(header: list[str], rows: list[list[str]], width: int, name: str) -> tuple[str, ...]:
    """The names of all columns, "" for those that have none; rows : below the header.

    Raises InputError where cells are left that have no name, as of numbers cut at a comma that
    parts thousands, or names without cells.
    """
    while len(header) > width and not header[-1]:
        header = header[:-1]  # a line that ends with a delimiter
    more = any(cell for row in rows for cell in row[len(header) :])
    # R leaves out what the rows' names are called
    if more and len(header) == width - 1 and _row_names([row[0] for row in rows]):
        return ("", *header)
    if more or (rows and len(header) > width):
        raise InputError(
            f"{name} names {len(header)} columns, and its rows have {width} cells; expected a name "
            "for every column, and numbers without separators between thousands."
        )
    return (*header, *[""] * (width - len(header)))


def _row_names(cells: list[str]) -> bool:
    """Are the first cells of rows their names, or their numbers? No two are the same."""
    return len(set(cells)) == len(cells) and (
        all(re.fullmatch(r"\d+", cell) for cell in cells)
        or not any(_numeric(cell, comma=True) for cell in cells)
    )


def _dialect(lines: list[str], before: str, name: str) -> Dialect:
    """lines : the first of the table; before : the last comment above it, "" for none"""
    delimiter, rows = _cut(lines)
    comma = delimiter != "," and any(_COMMA.fullmatch(cell) for row in rows for cell in row)
    if not any(_numeric(cell, comma) for row in rows for cell in row):
        raise InputError(
            f"{name} holds no table of numbers; expected a row for each question, such as "
            "0.5,1.25,-0.3 below a line x1,x2,y."
        )
    width = max(map(len, rows[1:]), default=len(rows[0]))
    decimal = "," if comma else "."
    if _header(rows, comma):
        return Dialect(delimiter, decimal, _named(rows[0], rows[1:], width, name), 1)
    # NumPy writes the names of columns into a comment
    cells = _cells(before, delimiter)
    if len(cells) == width > 1 and not any(_numeric(cell, comma) for cell in cells):
        return Dialect(delimiter, decimal, tuple(cells), 0)
    return Dialect(delimiter, decimal, None, 0)


def _rows(text: str) -> tuple[list[str], list[int], str]:
    """The lines of the table, their numbers in the file, and the last comment above them."""
    lines: list[str] = []
    places: list[int] = []
    before = ""
    for place, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare.startswith(_COMMENTS):
            before = before if lines else bare.lstrip("#%/ ")
        elif bare and not (not lines and _EXCELS_HINT.fullmatch(bare)):
            lines.append(line)
            places.append(place)
    return lines, places, before


def read_text(data: bytes, name: str) -> Contents:
    """The columns of a table of text, every number to its last digit.

    Raises InputError for what is no table of numbers, and for rows of different length.
    """
    lines, places, before = _rows(decoded(data, name))
    if not lines:
        raise InputError(f"{name} is empty; expected a row for each question.")
    dialect = _dialect(lines[:LOOKED_AT], before, name)
    rows = lines[dialect.skipped :]
    if not rows:
        raise InputError(f"{name} holds the names of columns and no row; expected thousands.")
    values = _parsed(rows, places[dialect.skipped :], dialect, name)
    said = f"{name} is cut at its {_DELIMITER_WORDS[dialect.delimiter]}"
    comma = ", with a decimal comma" if dialect.decimal == "," else ""
    header = dialect.header
    if header is not None and _counted(header):
        said, header = f"{said}{comma}; its header only counts the columns", None
        # the first is called nothing where row numbers stand in it
        if dialect.header is not None and dialect.header[0] == "":
            values = values[1:]
    else:
        said += comma
    blocks = []
    for i, column in enumerate(values):
        called = str(i + 1) if header is None else (header[i] if i < len(header) else "")
        if not called and _empty(column):
            continue  # every line ends with a delimiter
        blocks.append(Block.of(called, column))
    return Contents(name, tuple(blocks), named=header is not None, remarks=(f"{said}.",))


def _counted(header: tuple[str, ...]) -> bool:
    """Does a header say nothing but 0, 1, 2, …, as pandas writes where there are no names?"""
    names = header[1:] if header[0] == "" else header
    return list(names) == [str(i) for i in range(len(names))]


def _empty(column: np.ndarray) -> bool:
    return column.dtype.kind == "f" and bool(np.isnan(column).all())


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def _parsed(rows: list[str], places: list[int], dialect: Dialect, name: str) -> list[np.ndarray]:
    """The columns, by pandas; places : the rows' line numbers in the file"""
    pandas = need("pandas", "tables", "Tables of text (CSV)")
    try:
        frame = pandas.read_csv(
            io.StringIO("\n".join(rows)),
            sep=r"\s+" if dialect.delimiter == " " else dialect.delimiter,
            decimal=dialect.decimal,
            header=None,
            **({} if _version(pandas.__version__) >= _EXACT else {"float_precision": "round_trip"}),
            skipinitialspace=True,
            low_memory=False,
            engine="c",
        )
    except pandas.errors.ParserError as error:
        ragged = _RAGGED.search(str(error))
        if ragged is None:
            raise InputError(f"{name} is no table that can be read: {error}.") from None
        expected, line, saw = map(int, ragged.groups())
        raise InputError(
            f"Line {places[line - 1]} of {name} has {saw} cells; expected {expected}, as in the "
            "lines before it."
        ) from None
    columns = [frame[column].to_numpy() for column in frame.columns]
    if dialect.decimal == ",":
        _refuse_points(columns, name)
    return columns


def _refuse_points(columns: list[np.ndarray], name: str) -> None:
    """Raises InputError for 1.234 and 2.5 in a table whose decimal sign is the comma: thousands, or
    decimals in another way than elsewhere. (All that has commas alone was read as numbers.)
    """
    for values in columns:
        if values.dtype.kind in "OT":
            cells = (str(value).strip() for value in values)
            point = next((cell for cell in cells if "." in cell and NUMBER.fullmatch(cell)), None)
            if point is not None:
                raise InputError(
                    f"{name} has numbers with a comma and numbers with a point, such as {point}, "
                    "so that it is not plain which of them begins the decimals; write all with a "
                    "point, and without separators between thousands."
                )
