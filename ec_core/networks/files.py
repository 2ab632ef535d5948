"""Networks on disk: safetensors with ``layers.{i}.weight`` and ``layers.{i}.bias``.

Metadata: ``activation``, ``format`` = "ec-mlp/1", optionally ``dataset``. A torch
``nn.Sequential`` state dict ("0.weight", "2.weight", …) saved as safetensors is read too.
"""

from __future__ import annotations

import json
import os
import re
import struct
import tempfile
from pathlib import Path

import numpy as np
import safetensors.numpy

from ec_core.errors import InputError
from ec_core.networks.network import Network

FORMAT = "ec-mlp/1"
MAX_FILE_BYTES = 256 * 2**20
"""A network file larger than this is refused before it is read into memory."""

_KEY = re.compile(r"^(?:layers\.)?(\d+)\.(weight|bias)$")


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary name beside ``path``, then rename: readers see all or nothing."""
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent or Path("."), prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}; choose another place.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        os.unlink(name)
        raise InputError(f"Cannot write {path}: {error.strerror}; choose another place.") from None
    except BaseException:
        os.unlink(name)
        raise


def _in_order(data: bytes) -> bytes:
    """A safetensors file with its header sorted: the library writes metadata in random order."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)  # the format asks for tensors aligned to 8 bytes
    return struct.pack("<Q", len(header)) + header + data[8 + length :]


def network_bytes(network: Network) -> bytes:
    """The safetensors file of a network, as bytes; equal networks give equal bytes."""
    tensors = {}
    for i, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        tensors[f"layers.{i}.weight"] = np.ascontiguousarray(w)
        tensors[f"layers.{i}.bias"] = np.ascontiguousarray(b)
    metadata = {"activation": network.activation, "format": FORMAT}
    if network.dataset:
        metadata["dataset"] = network.dataset
    return _in_order(bytes(safetensors.numpy.save(tensors, metadata)))


def save_network(network: Network, path: str | Path) -> None:
    """Write a network file. Raises InputError if the place cannot be written."""
    write_atomically(Path(path), network_bytes(network))


def _metadata(data: bytes, name: str) -> dict[str, str]:
    length = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else 0
    if not 0 < length <= len(data) - 8:
        raise InputError(f"{name} is not a safetensors file; expected one with layers.0.weight.")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        raise InputError(f"{name} is not a safetensors file; its header is not JSON.") from None
    extra = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    return dict(extra) if isinstance(extra, dict) else {}


def parse_network(data: bytes, name: str = "the file", activation: str | None = None) -> Network:
    """Read a network from the bytes of a safetensors file.

    activation : used where the file's metadata names none (a plain torch state dict).
    Raises InputError for anything that is not such a network.
    """
    metadata = _metadata(data, name)
    try:
        tensors = safetensors.numpy.load(data)
    except Exception as error:  # safetensors raises its own types for every kind of damage
        raise InputError(f"{name} cannot be read as safetensors: {error}.") from None
    layers: dict[int, dict[str, np.ndarray]] = {}
    for key, value in tensors.items():
        found = _KEY.match(key)
        if not found:
            raise InputError(
                f"{name} holds {key!r}; expected only layers.N.weight and layers.N.bias."
            )
        parts = layers.setdefault(int(found[1]), {})
        if found[2] in parts or value.dtype.kind not in "fiu":
            raise InputError(
                f"{name} holds {key!r} twice or as {value.dtype}; expected each once, real numbers."
            )
        parts[found[2]] = value
    if not layers or any(set(parts) != {"weight", "bias"} for parts in layers.values()):
        raise InputError(f"{name} must hold a weight and a bias for every layer, at least one.")
    version = metadata.get("format", FORMAT)
    if version.startswith("ec-mlp/") and version != FORMAT:
        raise InputError(f"{name} has the format {version}; this program reads {FORMAT}.")
    kind = metadata.get("activation", activation)
    if kind is None:
        raise InputError(
            f"{name} does not name its activation; add the metadata 'activation' or say which "
            "it is (command line: --teacher-activation)."
        )
    ordered = [layers[i] for i in sorted(layers)]
    return Network(
        kind,
        tuple(np.asarray(parts["weight"], dtype=np.float64) for parts in ordered),
        tuple(np.asarray(parts["bias"], dtype=np.float64) for parts in ordered),
        metadata.get("dataset"),
    )


def read_bytes(path: Path, limit: int) -> bytes:
    """A file's bytes; InputError if it is missing, unreadable or larger than ``limit``."""
    try:
        size = path.stat().st_size
        if size > limit:
            raise InputError(
                f"{path} has {size / 2**20:.0f} MiB; the limit is {limit / 2**20:.0f} MiB."
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}; check the path.") from None


def load_network(path: str | Path, activation: str | None = None) -> Network:
    """Read a network file; see ``parse_network``."""
    path = Path(path)
    return parse_network(read_bytes(path, MAX_FILE_BYTES), path.name, activation)
