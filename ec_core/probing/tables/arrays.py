"""NumPy's files: an archive of arrays (.npz), or a single one (.npy). Never with pickles."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable
from typing import IO

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.tables.contents import Block, Contents, numbered, refuse_unpacked

_HEADERS: dict[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, np.dtype]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def _promised(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype] | None:
    """Shape and type that the beginning of an .npy file promises, None where it is none."""
    try:
        read = _HEADERS[np.lib.format.read_magic(file)]
        shape, _, kind = read(file)
    except MemoryError:
        raise
    except Exception:  # numpy raises many types for damaged headers, even tokenize's
        return None
    return shape, kind


def _load(data: bytes, size: int, name: str) -> np.ndarray:
    """The array of an .npy file that unpacks to ``size`` bytes; nothing is unpickled."""
    promised = _promised(io.BytesIO(data))
    lies = promised is not None and math.prod(promised[0]) * promised[1].itemsize > size
    if promised is not None and promised[1].hasobject:
        raise InputError(
            f"{name} holds Python objects, which can run programs and are never opened; save plain "
            "numbers: np.savez('answers.npz', x=np.asarray(x, float), y=np.asarray(y, float))."
        )
    try:
        if promised is None or lies:
            raise ValueError("not plain numbers, or more than there are")
        return np.asarray(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False))
    except Exception:  # numpy raises many types for damaged arrays
        raise InputError(
            f"{name} holds arrays that cannot be read as plain numbers; "
            "expected float arrays x and y saved without pickle."
        ) from None


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Block:
    with archive.open(entry) as file:
        promised = _promised(file)

    def load() -> np.ndarray:
        try:
            data = archive.read(entry)
        except Exception:  # zipfile raises many types for damaged members
            raise InputError(f"{name} is damaged: {entry.filename} cannot be unpacked.") from None
        return _load(data, entry.file_size, name)

    shape = (0,) if promised is None else promised[0]
    return Block(entry.filename.removesuffix(".npy"), shape, load)


def read_npz(data: bytes, name: str) -> Contents:
    """The arrays of an archive. Raises InputError for damaged ones, and for those that unpack to
    more than the limit.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
        refuse_unpacked(sum(entry.file_size for entry in entries), name)
        blocks = tuple(_member(archive, entry, name) for entry in entries)
    except InputError:
        raise
    except Exception:  # zipfile raises many types for damaged archives
        raise InputError(f"{name} is not an .npz archive; expected one with x and y.") from None
    return Contents(name, blocks, arrays=True)


def read_npy(data: bytes, name: str) -> Contents:
    """The columns of a single array; those of a structured one have names."""
    values = _load(data, len(data), name)
    if values.dtype.names:
        fields = [Block.of(field, values[field].ravel()) for field in values.dtype.names]
        return Contents(name, tuple(fields))
    if values.ndim > 2 or values.ndim == 0 or not values.size:
        # pictures, say: they have no columns to choose from
        return Contents(name, (Block.of("array", values),), arrays=True, named=False)
    return numbered(name, values.reshape(len(values), -1))
