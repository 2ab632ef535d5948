"""``.keras``: a Sequential of Dense layers in float64, written without Keras."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.activations import family_of, parameters
from ec_core.networks.network import Network
from ec_core.networks.readers.hdf5 import h5py

VERSION = "3.11.0"
"""The version of Keras whose format this is."""

_CALLED = {
    "tanh": "tanh",
    "relu": "relu",
    "sigmoid": "sigmoid",
    "softplus": "softplus",
    "softsign": "softsign",
    "elu": "elu",
    "selu": "selu",
    "silu": "silu",
    "gelu": "gelu",
    "mish": "mish",
    "hardswish": "hard_silu",
    "hardsigmoid": "hard_sigmoid",
    "hardtanh": "hard_tanh",
    "relu6": "relu6",
    "logsigmoid": "log_sigmoid",
    "celu": "celu",
}
_LAYERS = {"leaky_relu": ("LeakyReLU", "negative_slope"), "elu": ("ELU", "alpha")}


def _layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, "dtype": "float64", **config},
        "registered_name": None,
    }


def _layers(network: Network) -> list[dict[str, Any]]:
    """The configuration's layers. Raises InputError for an activation that Keras does not have."""
    family, (numbers) = family_of(network.activation), parameters(network.activation)
    apart = _LAYERS.get(family) if network.activation != "elu" else None
    if apart is None and network.activation not in _CALLED:
        raise InputError(
            f"Keras has no activation {network.activation}; save the network as .safetensors, .pt, "
            ".onnx or .py."
        )
    found = [_layer("InputLayer", "input_layer", batch_shape=[None, network.sizes[0]])]
    last = len(network.weights) - 1
    for i, size in enumerate(network.sizes[1:]):
        inside = apart is None and i < last
        called = _CALLED[network.activation] if inside else "linear"
        name = f"dense_{i}" if i else "dense"
        found.append(_layer("Dense", name, units=size, activation=called, use_bias=True))
        if apart is not None and i < last:
            kind, key = apart
            found.append(_layer(kind, f"activation_{i}", **{key: next(iter(numbers.values()))}))
    return found


def weights(network: Network) -> bytes:
    """The HDF5 part: layers/dense/vars/0 is the kernel (in, out), 1 the bias."""
    buffer = io.BytesIO()
    with h5py().File(buffer, "w") as file:
        for i, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
            group = file.create_group(f"layers/dense_{i}/vars" if i else "layers/dense/vars")
            group.create_dataset("0", data=np.ascontiguousarray(weight.T))
            group.create_dataset("1", data=bias)
        file.create_group("vars")
    return buffer.getvalue()


def write(network: Network) -> bytes:
    """The bytes of ``model.save('model.keras')``. Raises InputError as ``_layers`` does, and
    MissingExtraError without h5py.
    """
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "network", "dtype": "float64", "layers": _layers(network)},
        "registered_name": None,
        "build_config": {"input_shape": [None, network.sizes[0]]},
    }
    parts = {
        "metadata.json": json.dumps({"keras_version": VERSION, "date_saved": ""}).encode(),
        "config.json": json.dumps(config).encode(),
        "model.weights.h5": weights(network),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in parts.items():
            # the date of an archive's beginning, so that equal networks give equal files
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()
