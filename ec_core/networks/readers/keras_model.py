"""``.keras``: the configuration is JSON, the weights are HDF5; Keras itself is not needed.

A Lambda layer, which is a program inside the configuration, is refused and never run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.asked import AskedModel
from ec_core.networks.chain import fold
from ec_core.networks.order import natural
from ec_core.networks.readers.archive import Archive
from ec_core.networks.readers.hdf5 import Tree
from ec_core.networks.readers.keras_config import Layer, layers_of, of_version, snake
from ec_core.networks.readers.keras_layers import Weights, layer_steps
from ec_core.networks.reading import NetworkFile, from_chain
from ec_core.networks.steps import Step


def weights_of(arrays: Mapping[str, np.ndarray], folder: str) -> Weights:
    """The arrays of ``folder/vars``, in Keras's order."""
    inside = re.compile(re.escape(folder) + r"/vars/(\d+)$")
    found = [(int(m[1]), path) for path in arrays if (m := inside.search(path))]
    return [(path, arrays[path]) for _, path in sorted(found)]


def model_from(layers: list[Layer], weights: list[Weights], name: str) -> NetworkFile | AskedModel:
    """The model of some layers and their weights."""
    steps: list[Step] = []
    for (kind, config), arrays in zip(layers, weights, strict=True):
        steps += layer_steps(kind, config, arrays, name)
    return from_chain(fold(steps, name))


def read(data: bytes, name: str) -> NetworkFile | AskedModel:
    """A model as Keras 3 saves it. Raises InputError for one that is no chain of layers."""
    archive = Archive(data, name)
    layers = layers_of(archive.json(archive.ending("config.json")), name)
    if any(inside.endswith("metadata.json") for inside in archive.names):
        about = archive.json(archive.ending("metadata.json"))
        layers = of_version(layers, about.get("keras_version") if isinstance(about, dict) else None)
    arrays = Tree(archive.bytes(archive.ending("model.weights.h5")), name).arrays
    counts: dict[str, int] = {}
    weights = []
    for kind, config in layers:
        plain = snake(kind)
        number = counts.get(plain, 0)
        counts[plain] = number + 1
        folder = f"layers/{plain}_{number}" if number else f"layers/{plain}"
        own = f"layers/{config.get('name')}"  # some versions use the layer's own name
        weights.append(weights_of(arrays, folder) or weights_of(arrays, own))
    used = sum(map(len, weights))
    held = sum("/vars/" in path and not path.startswith("optimizer") for path in arrays)
    kinds = [kind for kind, _ in layers if kind not in ("Dropout",)]
    if used > held or not used:
        raise InputError(
            f"{name} has {held} arrays for the layers {', '.join(kinds)}; its weights are kept in "
            "another way than Keras 3 keeps them: save the model again with Keras 3."
        )
    return model_from(layers, weights, name)


def by_layer(arrays: Mapping[str, np.ndarray]) -> dict[str, list[str]]:
    """Paths of arrays by the group that holds them, in natural order."""
    groups: dict[str, list[str]] = {}
    for path in sorted(arrays, key=natural):
        groups.setdefault(path.rsplit("/", 1)[0], []).append(path)
    return groups
