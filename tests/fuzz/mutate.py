"""Bytes changed as files are by bad disks, bad programs and bad people; all of it from a seed."""

from __future__ import annotations

import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable

_LARGEST = 200_000
"""Bytes of a mutated file: what it takes to read is to be the file's doing, not its length's."""

_WHOLE = (
    *(b"0", b"-1", b"1e999", b"nan", b"99999999999999999999", b"2147483648", b"null", b"true"),
    *(b'"', b"{}", b"[]", b"..", b"/", b"\\", b"\x00", b"\xff\xfe", b"{" * 2000, b"[" * 5000),
)
_BYTES = (0x00, 0x01, 0x7F, 0x80, 0xFF)


def _flip(data: bytearray, draw: random.Random, other: bytes) -> None:
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def _set(data: bytearray, draw: random.Random, other: bytes) -> None:
    at, size = draw.randrange(len(data)), draw.choice((1, 2, 4, 8))
    data[at : at + size] = bytes([draw.choice(_BYTES)]) * size


def _cut(data: bytearray, draw: random.Random, other: bytes) -> None:
    at = draw.randrange(len(data))
    del data[at : at + draw.choice((1, 4, 64, len(data)))]


def _double(data: bytearray, draw: random.Random, other: bytes) -> None:
    at = draw.randrange(len(data))
    part = bytes(data[at : at + draw.choice((1, 8, 64, 1024))])
    data[at:at] = part * draw.choice((1, 2, 64))


def _splice(data: bytearray, draw: random.Random, other: bytes) -> None:
    at, from_ = draw.randrange(len(data)), draw.randrange(max(1, len(other)))
    size = draw.choice((4, 32, 512))
    data[at : at + size] = other[from_ : from_ + size]


def _word(data: bytearray, draw: random.Random, other: bytes) -> None:
    found = list(re.finditer(rb"[A-Za-z_]+|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", bytes(data)))
    at = draw.choice(found).span() if found else (0, 0)
    data[at[0] : at[1]] = draw.choice(_WHOLE)


def _number(data: bytearray, draw: random.Random, other: bytes) -> None:
    at, size = draw.randrange(len(data)), draw.choice((2, 4, 8))
    value = draw.choice((0, 1, 2 ** (8 * size - 1) - 1, 2 ** (8 * size) - 1, draw.getrandbits(16)))
    data[at : at + size] = value.to_bytes(size, draw.choice(("little", "big")))


KINDS: tuple[Callable[[bytearray, random.Random, bytes], None], ...] = (
    *(_flip, _set, _cut, _double, _splice, _word, _word, _number),
)


def _plain(data: bytes, draw: random.Random, other: bytes) -> bytes:
    changed = bytearray(data) or bytearray(b"\0")
    for _ in range(draw.choice((1, 1, 2, 4))):
        draw.choice(KINDS)(changed, draw, other)
        changed = changed or bytearray(b"\0")
    return bytes(changed[:_LARGEST])


def _inside(data: bytes, draw: random.Random, other: bytes) -> bytes:
    """A member of an archive changed, and the archive closed properly around it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as into:
        entries = archive.infolist()
        chosen = draw.randrange(len(entries))
        for i, entry in enumerate(entries):
            part = archive.read(entry)
            name = entry.filename
            if i == chosen and draw.random() < 0.15:
                name = draw.choice(("../../out.npy", "/tmp/out", name * 2, "", "x.npy"))
            elif i == chosen:
                part = _plain(part, draw, other)
            into.writestr(name or "_", part, entry.compress_type)
    return out.getvalue()


def mutated(data: bytes, draw: random.Random, other: bytes = b"") -> bytes:
    """A file like ``data``, changed; ``other`` : whose parts may be put into it."""
    if data[:4] == b"PK\x03\x04" and draw.random() < 0.5:
        return _inside(data, draw, other)
    if data[:2] == b"\x1f\x8b" and draw.random() < 0.5:
        packer = zlib.compressobj(wbits=31)
        plain = _plain(zlib.decompress(data, wbits=31), draw, other)
        return packer.compress(plain) + packer.flush()
    return _plain(data, draw, other)
