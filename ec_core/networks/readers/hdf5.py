"""HDF5 from a stranger: arrays of numbers that lie in the file itself, and nothing else.

HDF5 can point at other files (external links, external storage, virtual arrays) and promise more
numbers than it has; none of that is followed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.networks.tensors import refuse_more

_DEEPEST = 16
"""Groups inside of groups: Keras nests four or five."""

_MOST_ENTRIES = 10_000
"""In all: links to groups that hold them make a file endless."""

_FILTERS = (1, 2, 3)
"""deflate, shuffle and checksums, which HDF5 itself brings; others are programs of their own."""


def h5py() -> ModuleType:
    """The package that reads HDF5. Raises MissingExtraError without it."""
    return need("h5py", "keras", "Keras files")


class Tree:
    """The arrays of an HDF5 file by their paths, and the attributes of its groups."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self._h5py = h5py()
        self._entries = self._numbers_held = 0
        try:
            self._file = self._h5py.File(io.BytesIO(data), "r")
        except Exception:  # h5py raises many types for damaged files
            raise InputError(
                f"{name} is no HDF5 file that can be read; it is damaged: save it again."
            ) from None
        try:
            self.arrays = dict(self._walk(self._file, "", 0))
        except InputError:
            raise
        except Exception:
            raise InputError(
                f"{name} has parts that cannot be read; it is damaged: save it again."
            ) from None

    def _walk(self, group: Any, path: str, depth: int) -> Iterator[tuple[str, np.ndarray]]:
        self._entries += len(group)
        if depth > _DEEPEST or self._entries > _MOST_ENTRIES:
            raise InputError(
                f"{self.name} nests {path!r} deeper or wider than a network does; expected a Keras "
                "model or its weights."
            )
        for key in group:
            inside = f"{path}/{key}" if path else str(key)
            link = group.get(key, getlink=True)
            if not isinstance(link, self._h5py.HardLink):
                raise InputError(
                    f"{self.name} has a link at {inside!r} to another place or file, never "
                    "followed; save the model as one file."
                )
            item = group[key]
            if isinstance(item, self._h5py.Group):
                yield from self._walk(item, inside, depth + 1)
            elif isinstance(item, self._h5py.Dataset) and item.dtype.kind in "fiu":
                yield inside, self._numbers(item, inside)

    def _numbers(self, item: Any, inside: str) -> np.ndarray:
        plan = item.id.get_create_plist()
        filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
        if item.external or item.is_virtual or any(code not in _FILTERS for code in filters):
            raise InputError(
                f"{self.name} keeps {inside!r} in another file or in a form of its own, which is "
                "never opened; save the model as one plain file."
            )
        stored = item.id.get_storage_size()
        # zeros are packed a thousand times at most, and a promise of what is not there is none
        if item.size and item.nbytes > 1100 * max(stored, 1):
            raise InputError(
                f"{self.name} holds {inside!r} of shape {item.shape}, more than {stored:,} bytes "
                "can be; it is damaged: save it again."
            )
        self._numbers_held += item.size
        refuse_more(self._numbers_held, self.name)
        return np.asarray(item[()], dtype=np.float64)

    def text(self, attribute: str) -> str | None:
        """An attribute of the whole file, None where it has none or no text."""
        try:
            value = self._file.attrs.get(attribute)
        except Exception:
            return None
        value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return value if isinstance(value, str) else None

    def listed(self, path: str, attribute: str) -> list[str]:
        """An attribute that lists names, as Keras keeps its order of layers and weights."""
        try:
            values = self._file[path].attrs[attribute]
            return [v.decode() if isinstance(v, bytes) else str(v) for v in values]
        except Exception:
            raise InputError(
                f"{self.name} lacks the {attribute.replace('_', ' ')} of {path!r}, which Keras "
                "writes; save the model again."
            ) from None
