"""safetensors: our own network files, and state dicts with names of any kind."""

from __future__ import annotations

import json
import re
import struct
from dataclasses import replace

import numpy as np
import safetensors.numpy
import safetensors.torch

from ec_core.errors import InputError
from ec_core.networks.named import read_named
from ec_core.networks.readers.pytorch import numbers
from ec_core.networks.reading import NetworkFile, from_tensors
from ec_core.networks.spline import Spline

FORMAT = "ec-mlp/1"
"""What the metadata of our own files say."""


def _metadata(data: bytes, name: str) -> dict[str, str]:
    """The header's metadata, read without trusting its length."""
    length = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else 0
    if not 0 < length <= len(data) - 8:
        raise InputError(f"{name} is not a safetensors file; expected one with layers.0.weight.")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        raise InputError(f"{name} is not a safetensors file; its header is not JSON.") from None
    extra = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    return dict(extra) if isinstance(extra, dict) else {}


def _tensors(data: bytes, name: str) -> dict[str, np.ndarray]:
    try:
        return dict(safetensors.numpy.load(data))
    except Exception as error:  # safetensors raises its own types for every kind of damage
        if "BF16" not in str(error):
            raise InputError(f"{name} cannot be read as safetensors: {error}.") from None
    # numpy knows no bfloat16; torch does
    try:
        tensors = safetensors.torch.load(data)
    except Exception as error:
        raise InputError(f"{name} cannot be read as safetensors: {error}.") from None
    return {key: numbers(value, key, name) for key, value in tensors.items()}


_CURVE = re.compile(r"curves\.(\d+)\.(knots|coefficients)")


def _curves(tensors: dict[str, np.ndarray], name: str) -> tuple[Spline, ...]:
    """The learnt curves, taken out of ``tensors``; raises InputError where one is not whole."""
    parts: dict[int, dict[str, np.ndarray]] = {}
    for key in list(tensors):
        found = _CURVE.fullmatch(key)
        if found is not None:
            parts.setdefault(int(found[1]), {})[found[2]] = tensors.pop(key).astype(np.float64)
    try:
        return tuple(Spline(**parts[i]) for i in range(len(parts)))
    except (KeyError, TypeError):
        raise InputError(
            f"{name} holds curves with parts missing; expected curves.0.knots and "
            "curves.0.coefficients, and so on for every hidden layer."
        ) from None


def read(data: bytes, name: str) -> NetworkFile:
    """A safetensors file. Raises InputError for one that holds no network."""
    metadata = _metadata(data, name)
    tensors = _tensors(data, name)
    curves = _curves(tensors, name)
    version = metadata.get("format", FORMAT)
    named = read_named(tensors, name, "activation" in metadata)
    if version.startswith("ec-mlp/") and version != FORMAT:
        raise InputError(f"{name} has the format {version}; this program reads {FORMAT}.")
    ours = metadata.get("format") == FORMAT
    activation, dataset = metadata.get("activation"), metadata.get("dataset")
    return replace(from_tensors(named, name, activation, dataset, not ours), curves=curves)
