"""Networks on disk: safetensors with ``layers.{i}.weight`` and ``layers.{i}.bias``.

Metadata: ``activation``, ``format`` = "ec-mlp/1", optionally ``dataset``. Where the activation is
"curve", ``curves.{i}.knots`` and ``curves.{i}.coefficients`` hold that of hidden layer i. A torch
``nn.Sequential`` state dict ("0.weight", "2.weight", …) saved as safetensors is read too.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
import safetensors.numpy

from ec_core.errors import InputError
from ec_core.networks.asked import AskedModel
from ec_core.networks.network import Network
from ec_core.networks.readers.safetensor import FORMAT
from ec_core.networks.reading import NetworkFile, open_model, open_network

MAX_FILE_BYTES = 256 * 2**20
"""A network file larger than this is refused before it is read into memory."""

_INDEX = ".safetensors.index.json"
"""The end of the name of a list of the files that one network was saved in."""


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write into, under a temporary name beside ``path`` and renamed at the end: readers
    see all or nothing, after a power cut too. Raises InputError where it cannot be written.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent or Path("."), prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}; choose another place.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            # before the name: one that lasts must not stand for a file that does not
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
        _fsync_folder(path.parent)
    except OSError as error:
        with suppress(FileNotFoundError):  # renamed already
            os.unlink(name)
        raise InputError(f"Cannot write {path}: {error.strerror}; choose another place.") from None
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _fsync_folder(folder: Path) -> None:
    """A name in it lasts; where folders cannot be opened the system sees to that itself."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, see ``written_whole``."""
    with written_whole(path) as file:
        file.write(data)


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
    for i, curve in enumerate(network.curves):
        tensors[f"curves.{i}.knots"] = np.ascontiguousarray(curve.knots)
        tensors[f"curves.{i}.coefficients"] = np.ascontiguousarray(curve.coefficients)
    metadata = {"activation": network.activation, "format": FORMAT}
    if network.dataset:
        metadata["dataset"] = network.dataset
    return _in_order(bytes(safetensors.numpy.save(tensors, metadata)))


def save_network(network: Network, path: str | Path) -> None:
    """Write a network file at ``path``. Raises InputError if the place cannot be written.

    >>> network = Network("tanh", (np.ones((3, 2)), np.ones((1, 3))), (np.zeros(3), np.zeros(1)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_network(network, Path(folder, "network.safetensors"))
    ...     os.listdir(folder)
    ['network.safetensors']
    """
    write_atomically(Path(path), network_bytes(network))


def parse_network(
    data: bytes,
    name: str = "the file",
    activation: str | None = None,
    fallback: str | None = None,
    layout: str | None = None,
) -> Network:
    """Read a network from the bytes of a safetensors file.

    activation, fallback, layout : see ``NetworkFile.network``
    Raises InputError for anything that is not such a network.
    """
    return open_network(data, name).network(activation, fallback, layout)


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


def _refuse_part(path: Path) -> None:
    """A file that an index beside it lists as one of several."""
    for index in path.parent.glob(f"*{_INDEX}"):
        try:
            places = json.loads(index.read_bytes())["weight_map"]
            files = sorted(set(places.values()))
        except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
            continue
        if path.name in files and len(files) > 1:
            raise InputError(
                f"{path.name} is one of the {len(files)} files of a network ({index.name} lists "
                "them); load all of them together and save the whole state dict as one file."
            )


def read_model_file(path: str | Path) -> NetworkFile | AskedModel:
    """A model file on disk, see ``open_model``; files beside it tell if it is only a part."""
    path = Path(path)
    data = read_bytes(path, MAX_FILE_BYTES)
    _refuse_part(path)
    return open_model(data, path.name)


def read_network_file(path: str | Path) -> NetworkFile:
    """A network file on disk. Raises InputError also for a model that can only be asked."""
    model = read_model_file(path)
    if isinstance(model, AskedModel):
        raise model.refuse()
    return model


def load_network(
    path: str | Path,
    activation: str | None = None,
    fallback: str | None = None,
    layout: str | None = None,
) -> Network:
    """Read the network file at ``path``; see ``parse_network``.

    activation, fallback, layout : see ``NetworkFile.network``
    Raises InputError for a file that holds no network.

    >>> network = Network("tanh", (np.ones((3, 2)), np.ones((1, 3))), (np.zeros(3), np.zeros(1)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_network(network, Path(folder, "network.safetensors"))
    ...     load_network(Path(folder, "network.safetensors")).sizes
    (2, 3, 1)
    """
    return read_network_file(path).network(activation, fallback, layout)
