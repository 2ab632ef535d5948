"""A new kind of model file: the activation, then a row of numbers for every neuron, its bias last.

Layers are parted by an empty line. ``read`` takes the bytes and runs nothing of them.
"""

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.formats import Format
from ec_core.networks.named import read_named
from ec_core.networks.reading import NetworkFile, from_tensors

ROWS = Format("a file of rows (.rows)", "give it where a network is expected", ends="rows")


def read(data: bytes, name: str) -> NetworkFile:
    """The layers under names that any file could have, and what else the file says."""
    tensors = {}
    try:
        first, *layers = data.decode().strip().split("\n\n")
        for i, text in enumerate(layers):
            rows = np.array([line.split() for line in text.splitlines()], float)
            tensors[f"layers.{i}.weight"], tensors[f"layers.{i}.bias"] = rows[:, :-1], rows[:, -1]
    except ValueError as error:
        raise InputError(f"{name} is no file of rows: {error}; save it again.") from None
    return from_tensors(read_named(tensors, name), name, first.strip())
