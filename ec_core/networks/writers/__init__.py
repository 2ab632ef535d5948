"""One writer per kind of file; each turns a network into bytes, by the ending of its name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from ec_core.errors import InputError
from ec_core.networks.files import network_bytes, write_atomically
from ec_core.networks.formats import recognise, tabular
from ec_core.networks.network import Network

Writer = Callable[[Network], bytes]

WRITERS: dict[str, tuple[str, str]] = {
    ".pt": ("pytorch", "PyTorch state dict"),
    ".onnx": ("onnx_model", "ONNX"),
    ".keras": ("keras_model", "Keras"),
    ".weights.h5": ("keras_weights", "Keras weights"),
    ".skops": ("skops_model", "scikit-learn (skops)"),
    ".py": ("numpy_code", "NumPy function"),
}
"""Endings: the file of this folder whose ``write`` makes it, and what it is called."""

SAFETENSORS = ".safetensors"

ANY_KIND = ".py"
"""What can hold learnt curves and several activations, beside safetensors."""


def _module_of(name: str) -> ModuleType | None:
    """The file that writes a name of this ending."""
    for ending, (module, _) in WRITERS.items():
        if name.lower().endswith(ending):
            return import_module(f"{__name__}.{module}")
    return None


def writer_of(name: str) -> Writer | None:
    """What writes a file of this name; None for safetensors and all unknown endings."""
    module = _module_of(name)
    return None if module is None else module.write


def remark(network: Network, name: str) -> str | None:
    """What a file of this name would lose of the network, in a sentence; None: nothing.

    >>> import numpy as np
    >>> network = Network("gelu", (np.eye(2), np.ones((1, 2))), (np.zeros(2), np.zeros(1)))
    >>> remark(network, "network.onnx")
    'The ONNX file holds float32 numbers, about seven digits: onnxruntime computes gelu in float32 \
only; .safetensors keeps every digit.'
    >>> remark(network, "network.pt")
    """
    said = getattr(_module_of(name), "remark", None)
    return None if said is None else said(network)


def exported(network: Network, name: str) -> bytes:
    """The network as a file of this name would hold it, by its ending; safetensors for any other.

    Raises InputError for a network that the format cannot hold, and for a format that is not
    written (.h5, .npz): a safetensors file under its name could be opened by nobody.
    """
    write = writer_of(name)
    if write is None and (recognise(b"", name) is not None or tabular(name)):
        raise InputError(
            f"{name} is the name of a format that is not written; expected one that ends in "
            f"{', '.join((SAFETENSORS, *WRITERS))}."
        )
    if write is None:
        return network_bytes(network)
    if not network.plain and not name.lower().endswith(ANY_KIND):
        raise InputError(
            f"{name}: this format is written for networks with one named activation, and this one "
            f"has {network.activation}; save it as .safetensors or .py."
        )
    return write(network)


def save_network(network: Network, path: str | Path) -> None:
    """Write a network at ``path``, by its ending: .safetensors, .pt (torch state dict), .onnx,
    .keras, .weights.h5, .skops (scikit-learn) or .py (a NumPy function); safetensors for any other.

    network : the network; path : where to
    Warns where the format loses digits (ONNX of most activations is float32). Raises InputError if
    the place cannot be written or the format has no such activation, and
    MissingExtraError without the package that a format needs.

    >>> import os, tempfile
    >>> import numpy as np
    >>> network = Network("tanh", (np.ones((3, 2)), np.ones((1, 3))), (np.zeros(3), np.zeros(1)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_network(network, Path(folder, "network.pt"))
    ...     os.listdir(folder)
    ['network.pt']
    """
    path = Path(path)
    said = remark(network, path.name)
    if said is not None:
        warnings.warn(said, stacklevel=2)
    write_atomically(path, exported(network, path.name))
