"""What a reader understood, as plain arrays and words: on the way from one process to another.

An .npz file whose member ``words`` is JSON, read without pickle and checked part by part, since the
process that wrote it has read a file that nobody trusts.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ec_core.errors import InputError

if TYPE_CHECKING:
    from ec_core.networks.asked import AskedModel
    from ec_core.networks.reading import NetworkFile
    from ec_core.probing.tables.contents import Block, Contents

AT_ONCE = 2**28
"""Bytes of columns that are sent before anybody asks for them; more are sent when they are."""

_WORDS = "words"


def packed(words: Any, arrays: dict[str, np.ndarray]) -> bytes:
    """Words and arrays as bytes."""
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(words).encode(), np.uint8)
    np.savez(buffer, allow_pickle=False, **arrays, **{_WORDS: text})
    return buffer.getvalue()


def unpacked(data: bytes, name: str) -> tuple[Any, dict[str, np.ndarray]]:
    """The inverse. Raises InputError."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        return json.loads(arrays.pop(_WORDS).tobytes()), arrays
    except Exception:  # numpy and zipfile raise many types
        raise InputError(f"{name} cannot be read: what came of it makes no sense.") from None


def out_of_memory(error: BaseException) -> bool:
    """Was it for want of memory? Readers say of whatever their libraries raise that the file is
    damaged; what it was is still known behind it.

    >>> out_of_memory(InputError("damaged"))
    False
    """
    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, MemoryError):
            return True
        behind = behind.__cause__ or behind.__context__
    return False


# tables


def _cell(value: object) -> object:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, float):
        return value
    return value if isinstance(value, str) else str(value)


def _plain(values: np.ndarray) -> np.ndarray | list[object]:
    """The values as numbers, or their cells where they are no numbers."""
    from ec_core.probing.tables.numbers import as_numbers

    if values.dtype.kind not in "OT" and not values.dtype.hasobject:
        return values
    numbers = as_numbers(values)
    return [_cell(value) for value in values.ravel()] if numbers is None else numbers


def contents_bytes(contents: Contents, wanted: list[int] | None = None) -> bytes:
    """Contents with the values of ``wanted`` blocks; by default of all that are small."""
    arrays: dict[str, np.ndarray] = {}
    cells: dict[str, list[object]] = {}
    left = AT_ONCE
    for i in range(len(contents.blocks)) if wanted is None else wanted:
        block = contents.blocks[i]
        if wanted is None and 8 * int(np.prod(block.shape, dtype=float)) > left:
            continue
        try:
            values = _plain(block.load())
        except InputError as error:
            if out_of_memory(error):
                raise MemoryError from None
            continue  # said when it is chosen
        if isinstance(values, list):
            cells[str(i)] = values
        else:
            arrays[f"a{i}"] = values
            left -= values.nbytes
    blocks = [[block.name, list(map(int, block.shape))] for block in contents.blocks]
    flags = {name: getattr(contents, name) for name in ("arrays", "named", "across")}
    words = {"name": contents.name, "blocks": blocks, "remarks": list(contents.remarks)}
    return packed({**words, **flags, "cells": cells}, arrays)


def contents_from(data: bytes, name: str, more: Any) -> Contents:
    """The inverse; ``more(i)`` gives the values of a block that did not come along."""
    from ec_core.probing.tables.contents import Block, Contents

    words, arrays = unpacked(data, name)

    def block(i: int, called: str, shape: tuple[int, ...]) -> Block:
        here = values_of(words, arrays, i, shape)
        if here is not None:
            return Block(called, shape, lambda: here)
        return Block(called, shape, lambda: more(i))

    try:
        blocks = tuple(
            block(i, str(called), tuple(map(int, shape)))
            for i, (called, shape) in enumerate(words["blocks"])
        )
        flags = {flag: bool(words[flag]) for flag in ("arrays", "named", "across")}
        return Contents(
            str(words["name"]), blocks, remarks=tuple(map(str, words["remarks"])), **flags
        )
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{name} cannot be read: what came of it makes no sense.") from None


def values_of(
    words: Any, arrays: dict[str, np.ndarray], i: int, shape: tuple[int, ...]
) -> np.ndarray | None:
    """The values of block i, None where they did not come along."""
    if f"a{i}" in arrays:
        return arrays[f"a{i}"]
    cells = words["cells"].get(str(i))
    if cells is None:
        return None
    values = np.empty(len(cells), dtype=object)
    values[:] = cells
    return values.reshape(shape) if np.prod(shape, dtype=int) == len(cells) else values


# networks

_TUPLES = ("layouts", "said")


def model_bytes(model: NetworkFile | AskedModel) -> bytes:
    """A network's file; of a model that can only be asked no more than that it is one."""
    from ec_core.networks.reading import NetworkFile

    if not isinstance(model, NetworkFile):
        return packed({"asked": True}, {})
    weights, biases = model.layers
    arrays = {f"w{i}": weight for i, weight in enumerate(weights)}
    arrays |= {f"b{i}": bias for i, bias in enumerate(biases) if bias is not None}
    for i, curve in enumerate(model.curves):
        arrays |= {f"k{i}": curve.knots, f"c{i}": curve.coefficients}
    words = {
        name: getattr(model, name)
        for name in ("name", "activation", "dataset", "plain", "head", *_TUPLES)
    }
    words |= {name: [asdict(one) for one in getattr(model, name)] for name in ("namings", "links")}
    counts = {"layers": len(weights), "curves": len(model.curves)}
    return packed({**words, **counts, "asked": False}, arrays)


def model_from(data: bytes, name: str) -> NetworkFile | None:
    """The inverse; None for a model that can only be asked. Raises InputError."""
    from ec_core.networks.chain import Link, Naming
    from ec_core.networks.reading import NetworkFile
    from ec_core.networks.spline import Spline

    words, arrays = unpacked(data, name)
    try:
        if words["asked"]:
            return None
        many = int(words["layers"])
        weights = tuple(arrays[f"w{i}"] for i in range(many))
        biases = tuple(arrays.get(f"b{i}") for i in range(many))

        def optional(key: str) -> str | None:
            return None if words[key] is None else str(words[key])

        return NetworkFile(
            str(words["name"]),
            (weights, biases),
            optional("activation"),
            optional("dataset"),
            tuple(map(str, words["layouts"])),
            bool(words["plain"]),
            optional("head"),
            said=tuple(map(str, words["said"])),
            namings=tuple(Naming(**one) for one in words["namings"]),
            links=tuple(Link(**one) for one in words["links"]),
            curves=tuple(
                Spline(arrays[f"k{i}"], arrays[f"c{i}"]) for i in range(int(words["curves"]))
            ),
        )
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{name} cannot be read: what came of it makes no sense.") from None
