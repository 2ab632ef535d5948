"""Weights in an .npz archive or a JSON text, as people write them out themselves.

``W0, b0, W1, b1``, ``coef_0, intercept_0``, ``fc1.weight``; or {"weights": […], "biases": […],
"activation": "tanh"}.
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.formats import WEIGHT_NAME
from ec_core.networks.named import read_named
from ec_core.networks.readers.archive import Archive
from ec_core.networks.readers.npy import read_npy
from ec_core.networks.reading import NetworkFile, from_tensors

_WEIGHTS = ("weights", "coefs", "coefs_", "W")
_BIASES = ("biases", "intercepts", "intercepts_", "b")
_EXPECTED = (
    '{"weights": [[…], …], "biases": [[…], …], "activation": "tanh"}, one list per layer, or '
    "questions and answers"
)


def _called(key: str, name: str) -> str:
    """A name of ``WEIGHT_NAME`` as stem.weight or stem.bias."""
    match = WEIGHT_NAME.fullmatch(key)
    if match is None:
        raise InputError(f"{name} holds {key!r}; expected weights and biases, such as W0 and b0.")
    bias = match["leaf"].lower().startswith(("b", "intercept"))
    stem = ".".join(part for part in (match["stem"], match["number"]) if part)
    # numbers of their own count layers, and no positions in a torch Sequential
    stem = stem if match["stem"] else f"layers.{stem}"
    return f"{stem}.{'bias' if bias else 'weight'}"


def _first_is_zero(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """W1, b1, W2, b2: counted from one."""
    if any(key.startswith("layers.0.") for key in tensors):
        return tensors
    counted = {}
    for key, value in tensors.items():
        parts = key.split(".")
        if parts[0] == "layers" and parts[1].isdigit():
            parts[1] = str(int(parts[1]) - 1)
        counted[".".join(parts)] = value
    return counted


def _from_npz(data: bytes, name: str) -> NetworkFile:
    archive = Archive(data, name)
    tensors: dict[str, np.ndarray] = {}
    for inside in archive.names:
        key = _called(inside.removesuffix(".npy"), name)
        if key in tensors:
            raise InputError(f"{name} holds {inside!r} twice; expected each weight once.")
        tensors[key] = read_npy(archive.bytes(inside), inside, name)
    return from_tensors(read_named(_first_is_zero(tensors), name), name)


def _matrix(values: Any, key: str, name: str) -> np.ndarray:
    try:
        return np.array(values, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        raise InputError(f"{name} holds {key}, which is no matrix; expected {_EXPECTED}.") from None


def _from_json(data: bytes, name: str) -> NetworkFile:
    try:
        content = json.load(io.BytesIO(data))
    except (ValueError, RecursionError):
        raise InputError(f"{name} is not JSON, or is nested too deeply; save it again.") from None
    content = content if isinstance(content, dict) else {}
    weights = next((content[key] for key in _WEIGHTS if key in content), None)
    biases = next((content[key] for key in _BIASES if key in content), None)
    activation = content.get("activation")
    if (
        not isinstance(weights, list)
        or not isinstance(biases, list | None)
        or not isinstance(activation, str | None)
        or (biases is not None and len(biases) != len(weights))
    ):
        raise InputError(f"{name} is a JSON text without a network; expected {_EXPECTED}.")
    tensors = {}
    for i, weight in enumerate(weights):
        tensors[f"layers.{i}.weight"] = _matrix(weight, f"weight {i}", name)
        if biases is not None:
            tensors[f"layers.{i}.bias"] = _matrix(biases[i], f"bias {i}", name)
    return from_tensors(read_named(tensors, name), name, activation)


def read(data: bytes, name: str) -> NetworkFile:
    """Weights in an archive or a text. Raises InputError for anything else in them."""
    return _from_npz(data, name) if data[:2] == b"PK" else _from_json(data, name)
