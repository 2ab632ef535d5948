"""MATLAB's .mat files: up to version 7 (scipy reads them), and 7.3, which is HDF5 (h5py)."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.probing.tables.contents import Block, Contents, refuse_unpacked

HDF = b"\x89HDF\r\n\x1a\n"
"""How an HDF5 file begins; MATLAB writes 512 bytes of its own before."""
_BEFORE = 512

_HEADER, _COMPRESSED, _PIECE = 128, 15, 2**20
"""Bytes before the first variable; the type of one that is packed by zlib; bytes unpacked at once
to measure it."""


def read_mat(data: bytes, name: str) -> Contents:
    """The numeric variables of a .mat file. Raises InputError for a damaged one, and for one that
    unpacks to more than the limit.
    """
    if data.startswith(HDF) or data[_BEFORE : _BEFORE + len(HDF)] == HDF:
        return _read_hdf(data, name)
    _measure(data, name)
    from scipy.io import loadmat

    found = loadmat(io.BytesIO(data), verify_compressed_data_integrity=True)
    arrays = {key: value for key, value in found.items() if not key.startswith("__")}
    blocks = []
    for key, value in arrays.items():
        if hasattr(value, "toarray"):  # sparse
            refuse_unpacked(8.0 * value.shape[0] * value.shape[1], name)
            value = value.toarray()
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiubU":
            blocks.append(Block.of(key, value))
    return Contents(name, tuple(blocks), arrays=True, across=True)


def _measure(data: bytes, name: str) -> None:
    """Raises InputError if the packed variables unpack to more than the limit; keeps nothing."""
    order = ">" if data[126:128] == b"MI" else "<"
    at, total = _HEADER, 0
    while at + 8 <= len(data):
        kind, size = struct.unpack(f"{order}II", data[at : at + 8])
        if kind == _COMPRESSED:
            total = _unpacked(data[at + 8 : at + 8 + size], total, name)
        at += 8 + size


def _unpacked(packed: bytes, before: int, name: str) -> int:
    """``before`` and as many bytes as one variable unpacks to, counted piece by piece."""
    unpacking, total = zlib.decompressobj(), before
    while packed:
        total += len(unpacking.decompress(packed, _PIECE))
        refuse_unpacked(total, name)
        packed = unpacking.unconsumed_tail
    return total


def _read_hdf(data: bytes, name: str) -> Contents:
    h5py = need("h5py", "tables", "MATLAB files of version 7.3")
    file = h5py.File(io.BytesIO(data), "r")
    blocks, total = [], 0.0
    for key in file:
        # a link may lead out of the file, and so may the place of the numbers
        if not isinstance(file.get(key, getlink=True), h5py.HardLink):
            continue
        variable = file[key]
        if not isinstance(variable, h5py.Dataset) or variable.dtype.kind not in "fiub":
            continue
        if variable.is_virtual or variable.external:
            raise InputError(
                f"{name} keeps the numbers of {key} in another file; expected all in one: save it "
                "again with MATLAB."
            )
        total += float(np.prod(variable.shape, dtype=np.float64)) * variable.dtype.itemsize
        refuse_unpacked(total, name)
        # MATLAB counts along the first axis first, HDF5 along the last
        blocks.append(Block.of(key, np.asarray(variable[()]).T))
    return Contents(name, tuple(blocks), arrays=True, across=True)
