"""One reader per kind of model file; each takes bytes, executes nothing of them, and names what it
cannot read. Adding a kind is a file here with a ``read`` and a line in the table below.
"""

from __future__ import annotations

from importlib import import_module

from ec_core.networks import formats
from ec_core.networks.formats import Format
from ec_core.networks.reading import Reader

_READERS: dict[Format, str] = {
    formats.SAFETENSORS: "safetensor",
    formats.TORCH: "pytorch",
    formats.EXPORTED: "exported",
    formats.ONNX: "onnx_model",
    formats.KERAS: "keras_model",
    formats.HDF5: "keras_weights",
    formats.SKOPS: "skops_model",
    formats.WEIGHTS: "arrays",
    formats.JSON: "arrays",
}
"""The file of this folder whose ``read`` reads a format."""


def reader_of(kind: Format) -> Reader:
    """The reader of one of ``formats.NETWORKS``, imported when it is first needed."""
    read: Reader = import_module(f"{__name__}.{_READERS[kind]}").read
    return read
