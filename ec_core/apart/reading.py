"""``read_contents`` and ``open_model``, done apart: the same arguments, results and sentences."""

from __future__ import annotations

import numpy as np

from ec_core.apart.plainly import contents_from, model_from, unpacked, values_of
from ec_core.apart.readers import USUAL, Limits, ask
from ec_core.errors import InputError
from ec_core.networks import reading
from ec_core.networks.asked import AskedModel
from ec_core.networks.reading import NetworkFile
from ec_core.probing.tables import assemble, chosen
from ec_core.probing.tables.contents import Contents


def read_contents(data: bytes, name: str = "the file", limits: Limits = USUAL) -> Contents:
    """What a file of questions and answers holds, see ``probing.tables.read_contents``.

    Large columns are read when they are asked for, once more apart. Raises InputError, also where
    reading takes too much time or memory.
    """

    def more(i: int) -> np.ndarray:
        words, arrays = unpacked(ask("table", data, name, limits, [i]), name)
        values = values_of(words, arrays, i, tuple(words["blocks"][i][1]))
        if values is None:
            raise InputError(f"{name} is damaged: {words['blocks'][i][0]} cannot be read.")
        return values

    return contents_from(ask("table", data, name, limits, None), name, more)


def parse_answers(data: bytes, name: str = "the file") -> tuple[np.ndarray, np.ndarray]:
    """Questions x (N, D) and answers y (N, K), see ``probing.tables.parse_answers``."""
    contents = read_contents(data, name)
    made = assemble(contents, chosen(contents))
    return made.x, made.y


def open_model(
    data: bytes, name: str = "the file", limits: Limits = USUAL
) -> NetworkFile | AskedModel:
    """What a model file says, see ``networks.reading.open_model``.

    A model that can only be asked is read once more here, after it went well there: it has to be
    where it is asked. Raises InputError, also where reading takes too much time or memory.
    """
    return model_from(ask("model", data, name, limits, None), name) or reading.open_model(
        data, name
    )
