"""How large an Arrow file is once it is unpacked, read off its messages before anything is.

The format: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format. A message is
FF FF FF FF, the length of its metadata, the metadata (a FlatBuffer), and a body; of a compressed
batch each buffer in the body begins with the length that it unpacks to (int64, -1: not packed).
"""

from __future__ import annotations

import struct

BEGIN = 8
"""Where the first message is, behind the format's name."""

_CONTINUES = b"\xff\xff\xff\xff"
_BATCHES = (2, 3)
"""Kinds of messages with a body: a dictionary, a batch of records."""


def _field(table: int, index: int, data: bytes) -> int:
    """Where a FlatBuffer's table has a field, 0 where it has none."""
    (back,) = struct.unpack_from("<i", data, table)
    (size,) = struct.unpack_from("<H", data, table - back)
    if 4 + 2 * index >= size:
        return 0
    (offset,) = struct.unpack_from("<H", data, table - back + 4 + 2 * index)
    return table + int(offset) if offset else 0


def _follow(at: int, data: bytes) -> int:
    (offset,) = struct.unpack_from("<I", data, at)
    return at + int(offset)


def _batch(header: int, meta: bytes, body: bytes) -> int:
    """Bytes of the buffers of one batch of records."""
    at = _field(header, 2, meta)
    if not at:
        return 0
    packed = bool(_field(header, 3, meta))
    buffers = _follow(at, meta)
    (count,) = struct.unpack_from("<I", meta, buffers)
    total = 0
    for i in range(count):
        offset, length = struct.unpack_from("<qq", meta, buffers + 4 + 16 * i)
        size = length
        if packed and length >= 8:
            (size,) = struct.unpack_from("<q", body, offset)
            size = length if size < 0 else size
        total += max(0, size)
    return total


def unpacked_size(data: bytes) -> int:
    """Bytes that the batches of an Arrow file unpack to, by what they say themselves.

    Raises struct.error for a damaged file, ValueError for one whose messages do not end.
    """
    at, total = BEGIN, 0
    while data[at : at + 4] == _CONTINUES:
        (size,) = struct.unpack_from("<I", data, at + 4)
        if not size:
            return total
        meta = data[at + 8 : at + 8 + size]
        message = _follow(0, meta)
        kind = _field(message, 1, meta)
        length = _field(message, 3, meta)
        body = struct.unpack_from("<q", meta, length)[0] if length else 0
        start = at + 8 + size
        if kind and meta[kind] in _BATCHES:
            header = _follow(_field(message, 2, meta), meta)
            if meta[kind] == _BATCHES[0]:
                header = _follow(_field(header, 1, meta), meta)
            total += _batch(header, meta, data[start : start + body])
        at = start + max(0, body)
    raise ValueError("the messages do not end")
