"""From the bytes of a file to what it holds, whichever of the known kinds it is."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable

from ec_core.errors import ECError, InputError
from ec_core.networks import formats
from ec_core.networks.formats import Format, instead, recognise
from ec_core.probing.tables.arrays import read_npy, read_npz
from ec_core.probing.tables.arrow import read_arrow, read_parquet
from ec_core.probing.tables.contents import Contents, refuse_unpacked
from ec_core.probing.tables.matlab import read_mat
from ec_core.probing.tables.sheets import read_xlsx
from ec_core.probing.tables.text import read_text

READERS: dict[Format, Callable[[bytes, str], Contents]] = {
    formats.ARCHIVE: read_npz,
    formats.NUMPY: read_npy,
    formats.TABLE: read_text,
    formats.PARQUET: read_parquet,
    formats.ARROW: read_arrow,
    formats.SHEET: read_xlsx,
    formats.MATLAB: read_mat,
}

_PIECE = 2**20
"""Bytes unpacked at once."""


def gunzipped(data: bytes, name: str) -> tuple[bytes, str]:
    """What a .gz file holds, and its name without the ending. Raises InputError above the limit."""
    inner = name[:-3] if name.lower().endswith(".gz") else name
    out = io.BytesIO()
    try:
        # to its end, checksum included: half a file would be read as a smaller table, and files
        # that were packed in parts are one
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            while piece := packed.read(_PIECE):
                out.write(piece)
                refuse_unpacked(out.tell(), name)
    except (zlib.error, OSError, EOFError):
        raise InputError(
            f"{name} is damaged or cut short: it cannot be unpacked to its end; copy it again."
        ) from None
    return out.getvalue(), inner


def read_contents(data: bytes, name: str = "the file") -> Contents:
    """What the bytes of a file hold: columns or arrays by their names.

    Raises InputError for a file of another kind, a damaged one, one that holds a pickle, and one
    that unpacks to more than the limit; MissingExtraError where its reader is not installed.
    """
    kind = recognise(data, name)
    if kind is formats.GZIP:
        data, name = gunzipped(data, name)
        kind = recognise(data, name) or formats.TABLE
    if kind not in READERS:
        other = instead(data, name, formats.ANSWERS)
        raise InputError(
            other
            or f"{name} is not an .npz archive or a table that can be read; expected questions and "
            "answers, such as .npz with x and y, .csv, .parquet, .xlsx or .mat."
        )
    try:
        return READERS[kind](data, name)
    except ECError:
        raise
    except Exception as error:  # every library has its own for damaged files
        raise InputError(
            f"{name} cannot be read as {kind.what}: it is damaged, or of another kind "
            f"({type(error).__name__})."
        ) from None
