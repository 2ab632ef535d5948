"""``.h5``: whole models as Keras 2 and 3 wrote them, and weights alone (``.weights.h5``).

Weights alone do not show the activation, and their layers are put in order by names and shapes.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.asked import AskedModel
from ec_core.networks.chain import Naming
from ec_core.networks.named import read_named
from ec_core.networks.readers.hdf5 import Tree
from ec_core.networks.readers.keras_config import layers_of, of_version
from ec_core.networks.readers.keras_layers import Weights
from ec_core.networks.readers.keras_model import by_layer, model_from
from ec_core.networks.reading import NetworkFile, from_tensors


def _whole_model(tree: Tree, text: str) -> NetworkFile | AskedModel:
    try:
        model = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(
            f"{tree.name} has a model_config that is not JSON; save the model again."
        ) from None
    layers = of_version(layers_of(model, tree.name), tree.text("keras_version"))
    known = set(tree.listed("model_weights", "layer_names"))
    weights: list[Weights] = []
    for _, config in layers:
        layer = str(config.get("name"))
        if layer not in known:
            weights.append(())
            continue
        folder = f"model_weights/{layer}"
        paths = [f"{folder}/{name}" for name in tree.listed(folder, "weight_names")]
        missing = next((path for path in paths if path not in tree.arrays), None)
        if missing is not None:
            raise InputError(f"{tree.name} lists {missing!r} and does not hold it; save it again.")
        weights.append([(path, tree.arrays[path]) for path in paths])
    return model_from(layers, weights, tree.name)


def _weights_alone(tree: Tree) -> NetworkFile:
    tensors: dict[str, np.ndarray] = {}
    named: dict[str, tuple[str, str | None]] = {}
    for group, paths in by_layer(tree.arrays).items():
        if group.startswith(("optimizer", "top_level")) or not re.search(r"vars$|/", group + "/"):
            continue
        arrays = [tree.arrays[path] for path in paths]
        if all(array.ndim == 0 for array in arrays):
            continue  # seeds of dropout and counters
        kernel = next((i for i, array in enumerate(arrays) if array.ndim == 2), None)
        if kernel is None or len(arrays) > 2:
            what = "a batch normalisation or the like" if len(arrays) > 1 else "no fully connected"
            raise InputError(
                f"{tree.name} holds {group!r}, {what} layer, whose settings weights alone do not "
                "tell; save the whole model: model.save('model.keras')."
            )
        stem = group.removesuffix("/vars").replace("/", ".")
        stem = re.sub(r"^layers\.", "", stem)
        # Keras calls the first layer of a kind dense and the next dense_1
        stem = stem if re.search(r"\d$", stem) else f"{stem}_0"
        tensors[f"{stem}.kernel"] = arrays[kernel]
        bias = next((i for i, array in enumerate(arrays) if array.ndim == 1), None)
        if bias is not None:
            tensors[f"{stem}.bias"] = arrays[bias]
        named[f"{stem}.kernel"] = (paths[kernel], None if bias is None else paths[bias])
    read = read_named(tensors, tree.name)
    namings = tuple(Naming(*named[n.weight], n.layout, n.folded) for n in read.namings)
    return from_tensors(replace(read, namings=namings), tree.name)


def read(data: bytes, name: str) -> NetworkFile | AskedModel:
    """A model, or weights alone. Raises InputError for HDF5 files that hold neither."""
    tree = Tree(data, name)
    if not tree.arrays:
        raise InputError(f"{name} is an HDF5 file without weights; expected a Keras model.")
    text = tree.text("model_config")
    return _weights_alone(tree) if text is None else _whole_model(tree, text)
