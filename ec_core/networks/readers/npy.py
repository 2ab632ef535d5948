"""One ``.npy`` array from a stranger: no pickle, and no larger than its own bytes."""

from __future__ import annotations

import io

import numpy as np

from ec_core.errors import InputError


def read_npy(data: bytes, inside: str, name: str) -> np.ndarray:
    """The array. Raises InputError for one of objects, and for a header that promises too much."""
    try:
        file = io.BytesIO(data)
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0
        read = header if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = read(file)
    except Exception:  # numpy raises what its parser raises
        raise InputError(
            f"{name} holds {inside!r}, which is no NumPy array; save it again."
        ) from None
    if kind.hasobject:
        raise InputError(
            f"{name} holds {inside!r}, an array of Python objects, which can run programs and is "
            "never opened; save arrays of numbers."
        )
    count = 1
    for size in shape:
        count *= int(size)
    if any(size < 0 for size in shape) or count * kind.itemsize != len(data) - file.tell():
        raise InputError(
            f"{name} holds {inside!r}, which says it has the shape {shape} and does not; it is "
            "damaged: save it again."
        )
    file.seek(0)
    return np.asarray(np.load(file, allow_pickle=False))
