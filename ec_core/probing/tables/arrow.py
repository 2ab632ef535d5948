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


def read_parquet(data: bytes, name: str) -> Contents:
    """The columns of a Parquet table. Raises InputError for one that unpacks to more than the
    limit.
    """
    arrow = need("pyarrow", "tables", "Parquet tables")
    parquet = need("pyarrow.parquet", "tables", "Parquet tables")
    file = parquet.ParquetFile(arrow.BufferReader(data))
    facts = file.metadata
    groups = (facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
    refuse_unpacked(max(sum(groups), _BYTES * facts.num_rows * facts.num_columns), name)
    return _contents(file.read(), name)


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


def _column(column: Any, called: str, name: str) -> np.ndarray:
    """A column (N,), or of lists of one length (N, F)."""
    if str(column.type).startswith("dictionary"):
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
