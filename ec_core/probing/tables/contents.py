"""What a file holds, before it is decided which of it are questions and which are answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.columns import NAMELESS, Columns

MAX_FILE_BYTES = 2**30
MAX_UNPACKED_BYTES = 2**30
"""A file may not unpack to more, however small it is itself: 134 million numbers."""


def refuse_unpacked(size: float, name: str) -> None:
    """Raises InputError for a file that would unpack to ``size`` bytes, above the limit."""
    if size > MAX_UNPACKED_BYTES:
        raise InputError(
            f"{name} unpacks to {size / 2**30:.1f} GiB; "
            f"the limit is {MAX_UNPACKED_BYTES / 2**30:.0f} GiB."
        )


@dataclass(frozen=True)
class Block:
    """A column, or an array of several, by its name.

    shape : (N,), (N, F), or as many axes as images have; load : reads it, (N, …)
    """

    name: str
    shape: tuple[int, ...]
    load: Callable[[], np.ndarray]

    @classmethod
    def of(cls, name: str, values: np.ndarray) -> Block:
        """A block that is read already."""
        return cls(name, values.shape, lambda: values)


@dataclass(frozen=True)
class Contents:
    """The columns or arrays of a file, in their order.

    name : of the file; arrays : it holds arrays, not the columns of one table
    named : the names say something; else they are the columns' numbers, from "1"
    across : arrays are as MATLAB has them, where the questions may stand side by side
    remarks : sentences on how it was read
    """

    name: str
    blocks: tuple[Block, ...]
    arrays: bool = False
    named: bool = True
    across: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(block.name for block in self.blocks)

    @property
    def rows(self) -> int:
        """How many rows the table has, 0 for arrays."""
        return 0 if self.arrays or not self.blocks else self.blocks[0].shape[0]


@dataclass(frozen=True)
class Answers:
    """Questions x (N, D) and answers y (N, K), what their columns are called, and sentences on how
    the file was understood.
    """

    x: np.ndarray
    y: np.ndarray
    columns: Columns = NAMELESS
    remarks: tuple[str, ...] = ()


def numbered(name: str, values: np.ndarray, remarks: tuple[str, ...] = ()) -> Contents:
    """The columns of values (N, F), which have no names."""
    blocks = (Block.of(str(i + 1), column) for i, column in enumerate(values.T))
    return Contents(name, tuple(blocks), named=False, remarks=remarks)


LONGEST = 60
"""Signs of a word in a list: names of columns may be as long as a file."""


def listed(words: Sequence[str], most: int = 12) -> str:
    """Words in a sentence; of many the first ones and the last, of a long one its beginning.

    >>> listed(["a", "b", "c"]), listed([str(i) for i in range(1, 100)], 3)
    ('a, b and c', '1, 2, 3, … and 99')
    """
    words = [word if len(word) <= LONGEST else f"{word[:LONGEST]}…" for word in words]
    if len(words) <= 1:
        return "".join(words)
    shown = list(words[:-1]) if len(words) <= most + 1 else [*words[:most], "…"]
    return f"{', '.join(shown)} and {words[-1]}"
