"""Frozen dataclasses as one .npz file: a JSON tree plus arrays, without pickle.

Any nesting of dataclasses, tuples, lists, dicts with string keys, NumPy arrays, numbers, strings
and None comes back equal, floats to the last bit. Only classes the reader names are built, so a
file can do no more than hold data.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ec_core.errors import InputError

_TREE = "tree"
"""The member that holds the JSON; arrays are called array0, array1, …"""


def arrays_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An .npz file of plain arrays, as bytes."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


_SPARE = 2**26
"""Bytes by which the arrays may be larger than their file. Those that this program writes are not
packed; a run that was taken in could hold others, which unpack to any size.
"""


def parse_arrays(data: bytes, name: str) -> dict[str, np.ndarray]:
    """The inverse of ``arrays_bytes``. Raises InputError for a damaged file, and for one that would
    unpack to much more than it has itself.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > len(data) + _SPARE:
                raise ValueError("packed")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except Exception:  # zipfile and numpy raise many types for damaged ones, even tokenize's
        raise InputError(f"{name} is damaged; delete it or compute it anew.") from None


def _encode(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        key = f"array{len(arrays)}"
        arrays[key] = value
        return {"array": key}
    if isinstance(value, tuple):
        return {"tuple": [_encode(item, arrays) for item in value]}
    if isinstance(value, list):
        return [_encode(item, arrays) for item in value]
    if isinstance(value, dict):
        return {"dict": {str(key): _encode(item, arrays) for key, item in value.items()}}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: _encode(getattr(value, field.name), arrays)
            for field in dataclasses.fields(value)
            if field.init
        }
        return {"is": type(value).__name__, "fields": fields}
    raise InputError(f"A {type(value).__name__} cannot be stored; expected plain data.")


def _decode(tree: Any, arrays: Mapping[str, np.ndarray], known: Mapping[str, type]) -> Any:
    if isinstance(tree, list):
        return [_decode(item, arrays, known) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        return arrays[tree["array"]]
    if "tuple" in tree:
        return tuple(_decode(item, arrays, known) for item in tree["tuple"])
    if "dict" in tree:
        return {key: _decode(item, arrays, known) for key, item in tree["dict"].items()}
    fields = {key: _decode(item, arrays, known) for key, item in tree["fields"].items()}
    return known[tree["is"]](**fields)


def pack(value: Any) -> bytes:
    """Plain data as the bytes of an .npz file. Raises InputError for anything else."""
    arrays: dict[str, np.ndarray] = {}
    tree = json.dumps(_encode(value, arrays))
    arrays[_TREE] = np.frombuffer(tree.encode(), dtype=np.uint8)
    return arrays_bytes(arrays)


def unpack(data: bytes, known: Iterable[type], name: str = "the file") -> Any:
    """The inverse of ``pack``; ``known`` are the dataclasses that may occur in it.

    Raises InputError if the file is damaged or holds what this version does not know.

    >>> from ec_core.events import Note
    >>> unpack(pack((Note("expand", "hello"), 0.1)), [Note])
    (Note(stage='expand', message='hello', warning=False), 0.1)
    """
    arrays = parse_arrays(data, name)
    try:
        tree = json.loads(arrays.pop(_TREE).tobytes())
        return _decode(tree, arrays, {kind.__name__: kind for kind in known})
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError):
        raise InputError(
            f"{name} was written by another version or is damaged; compute it anew."
        ) from None
