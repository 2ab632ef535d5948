"""Parquet, Feather and Arrow: columns with names and types, read by pyarrow."""

from __future__ import annotations

from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.probing.tables.contents import Block, Contents, refuse_unpacked
from ec_core.probing.tables.ipc import BEGIN, unpacked_size

_BYTES = 8
"""What a number takes, whatever a file says of it."""

_TEXTS = ("string", "large_string", "binary", "large_binary")
"""Arrow's types whose values have lengths of their own."""


def read_parquet(data: bytes, name: str) -> Contents:
    """The columns of a Parquet table. Raises InputError for one that unpacks to more than the
    limit.
    """
    arrow = need("pyarrow", "tables", "Parquet tables")
    parquet = need("pyarrow.parquet", "tables", "Parquet tables")
    facts = parquet.ParquetFile(arrow.BufferReader(data)).metadata
    groups = [facts.row_group(i) for i in range(facts.num_row_groups)]
    said = sum(group.total_byte_size for group in groups)
    # a row may be a list of any length, and equal numbers take next to no bytes
    columns = (group.column(i) for group in groups for i in range(group.num_columns))
    numbers = _BYTES * sum(column.num_values for column in columns)
    refuse_unpacked(max(said, numbers, _BYTES * facts.num_rows * facts.num_columns), name)
    # words stay as they are packed, each once, until it is known what they come to
    words = _words(facts.schema, name)
    file = parquet.ParquetFile(arrow.BufferReader(data), read_dictionary=words)
    return _contents(file.read(), name)


def _words(schema: Any, name: str) -> list[str]:
    """The columns of text of a Parquet table. Raises InputError for lists of texts."""
    words = []
    for i in range(len(schema)):
        column = schema.column(i)
        if column.physical_type == "BYTE_ARRAY" and column.logical_type.type != "DECIMAL":
            if column.max_repetition_level or "." in column.path:
                raise InputError(
                    f"{name} has lists of texts in {column.path}; expected numbers: leave this "
                    "column out of the file."
                )
            words.append(column.path)
    return words


def read_arrow(data: bytes, name: str) -> Contents:
    """The columns of an Arrow file (Feather). Raises InputError for one that unpacks to more than
    the limit.
    """
    arrow = need("pyarrow", "tables", "Feather and Arrow tables")
    ipc = need("pyarrow.ipc", "tables", "Feather and Arrow tables")
    refuse_unpacked(unpacked_size(data), name)
    # the messages one after the other, as they were measured; a footer may point elsewhere
    return _contents(ipc.open_stream(arrow.BufferReader(data[BEGIN:])).read_all(), name)


def _contents(table: Any, name: str) -> Contents:
    refuse_unpacked(table.nbytes, name)
    blocks = [
        Block.of(called, _column(table.column(i), called, name))
        for i, called in enumerate(table.column_names)
    ]
    return Contents(name, tuple(blocks))


def _spelled_out(chunk: Any) -> float:
    """Bytes of an array of words that are kept once each, were each written where it stands."""
    words = chunk.dictionary
    if not len(words) or str(words.type) not in _TEXTS:
        return float(_BYTES * len(chunk))
    lengths = np.array([len(word.as_buffer()) if word.is_valid else 0 for word in words], float)
    places = chunk.indices.fill_null(0).to_numpy(zero_copy_only=False)
    return float(lengths[places].sum())


def _column(column: Any, called: str, name: str) -> np.ndarray:
    """A column (N,), or of lists of one length (N, F)."""
    if str(column.type).startswith("dictionary"):
        refuse_unpacked(sum(map(_spelled_out, column.chunks)), name)
        column = column.cast(column.type.value_type)
    values = np.asarray(column.to_numpy())
    if values.dtype.kind == "O" and len(values) and isinstance(values[0], np.ndarray):
        if len({np.shape(row) for row in values}) > 1:
            raise InputError(
                f"Column {called} of {name} holds lists of different lengths; expected as many "
                "numbers in each."
            )
        values = np.stack(list(values))
    return values
