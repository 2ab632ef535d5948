"""What the columns of questions and answers are called, where a file says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Columns:
    """inputs (D,), outputs (K,) : names in the order of the columns, () where they have none"""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Is anything known?"""
        return bool(self.inputs or self.outputs)

    def fitting(self, inputs: int, outputs: int) -> Columns:
        """The same, without names that are not as many as the columns they should name.

        >>> Columns(("a", "b"), ("y",)).fitting(2, 3)
        Columns(inputs=('a', 'b'), outputs=())
        """
        return Columns(
            self.inputs if len(self.inputs) == inputs else (),
            self.outputs if len(self.outputs) == outputs else (),
        )


NAMELESS = Columns()
"""Where nothing is known."""


def named_arrays(columns: Columns) -> dict[str, np.ndarray]:
    """The names as arrays of words, to be kept beside x and y; none where nothing is known.

    >>> named_arrays(Columns(("a", "b")))
    {'inputs': array(['a', 'b'], dtype='<U1')}
    """
    words = {"inputs": columns.inputs, "outputs": columns.outputs}
    return {key: np.array(names) for key, names in words.items() if names}


def columns_of(arrays: Mapping[str, np.ndarray]) -> Columns:
    """The inverse of ``named_arrays``, among whatever other arrays."""
    found = {key: arrays[key] for key in ("inputs", "outputs") if key in arrays}
    return Columns(**{key: tuple(map(str, names)) for key, names in found.items()})
