"""A zip archive from a stranger: small enough to be unpacked, and in memory only."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from ec_core.errors import InputError

MAX_UNPACKED_BYTES = 2**29
"""An archive may not unpack to more, however small it is itself: twice the largest file read."""

MAX_TEXT_BYTES = 2**24
"""Of a JSON text inside an archive: a network's description is a few thousand characters."""


class Archive:
    """The files of a zip archive by their names; nothing is ever written to the disk.

    Raises InputError for what is no such archive, is too large unpacked, or is damaged.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.name, self._data = name, data
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                infos = archive.infolist()
        except Exception:  # zipfile raises many types for damaged archives
            raise self._damaged() from None
        self.sizes = {info.filename: info.file_size for info in infos}
        whole = sum(info.file_size for info in infos)
        if whole > MAX_UNPACKED_BYTES:
            raise InputError(
                f"{name} unpacks to {whole / 2**20:,.0f} MiB; expected at most "
                f"{MAX_UNPACKED_BYTES / 2**20:.0f}."
            )

    def _damaged(self) -> InputError:
        return InputError(
            f"{self.name} is no zip archive that can be unpacked; it is damaged or cut short: save "
            "it again."
        )

    @property
    def names(self) -> tuple[str, ...]:
        """All names inside."""
        return tuple(self.sizes)

    def ending(self, end: str) -> str:
        """The one name that ends so. Raises InputError where there is none."""
        found = [name for name in self.names if name == end or name.endswith(f"/{end}")]
        if len(found) != 1:
            raise InputError(f"{self.name} has no {end} inside, or several; expected exactly one.")
        return found[0]

    def bytes(self, inside: str) -> bytes:
        """What a file inside holds; no more than it declares, which was looked at before."""
        try:
            with (
                zipfile.ZipFile(io.BytesIO(self._data)) as archive,
                archive.open(inside) as file,
            ):
                return file.read(self.sizes[inside])
        except Exception:
            raise self._damaged() from None

    def json(self, inside: str) -> Any:
        """A JSON text inside. Raises InputError for one that is none."""
        if self.sizes.get(inside, 0) > MAX_TEXT_BYTES:
            raise InputError(
                f"{self.name} has {inside} of {self.sizes[inside] / 2**20:,.0f} MiB inside; "
                f"expected at most {MAX_TEXT_BYTES / 2**20:.0f}."
            )
        try:
            return json.loads(self.bytes(inside))
        except (ValueError, RecursionError):
            raise InputError(
                f"{self.name} has {inside} inside, which is not JSON; save the model again."
            ) from None
