"""``torch.export`` programs (``.pt2``): their graph is JSON and their weights are plain bytes.

Both are read as such. ``torch.export.load`` is not used: it unpickles what the archive brings
along.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ec_core.errors import InputError
from ec_core.networks.asked import AskedModel
from ec_core.networks.chain import fold
from ec_core.networks.graph import Graph, NotAChainError, steps_of
from ec_core.networks.readers.archive import Archive
from ec_core.networks.readers.aten_ops import REAL, translated
from ec_core.networks.reading import NetworkFile, from_chain
from ec_core.networks.tensors import MAX_NUMBERS, refuse_more


def _whole(values: Any) -> list[int]:
    return [int(value["as_int"]) for value in values]


def _tensor(archive: Archive, folder: str, key: str, entry: Mapping[str, Any]) -> np.ndarray | None:
    """One weight; None for counters and other whole numbers."""
    meta = entry["tensor_meta"]
    kind = REAL.get(meta["dtype"])
    if kind is None:
        return None
    if entry.get("use_pickle"):
        raise InputError(
            f"{archive.name} holds {key!r} as a pickle, which can run programs and is never "
            "opened; export the program from plain parameters."
        )
    sizes, strides = _whole(meta["sizes"]), _whole(meta["strides"])
    start = int(meta["storage_offset"]["as_int"])
    stored = archive.bytes(f"{folder}{entry['path_name']}")
    values = torch.frombuffer(bytearray(stored), dtype=kind)
    count = int(np.prod(sizes, dtype=object)) if sizes else 1
    last = start + sum((n - 1) * step for n, step in zip(sizes, strides, strict=True))
    if min([*sizes, *strides, start], default=0) < 0 or count > MAX_NUMBERS or last >= len(values):
        raise InputError(
            f"{archive.name} holds {key!r} of shape {tuple(sizes)}, for which its numbers are not "
            "all there; it is damaged: export the program again."
        )
    return np.asarray(torch.as_strided(values, sizes, strides, start).double().numpy())


def _weights(archive: Archive) -> dict[str, np.ndarray]:
    listed = archive.ending("model_weights_config.json")
    folder = listed.removesuffix("model_weights_config.json")
    entries = archive.json(listed)["config"]
    sizes = (_whole(entry["tensor_meta"]["sizes"]) for entry in entries.values())
    refuse_more(sum(math.prod(each) for each in sizes), archive.name)
    found = {key: _tensor(archive, folder, key, entry) for key, entry in entries.items()}
    return {key: value for key, value in found.items() if value is not None}


def _graph(archive: Archive) -> Graph:
    program = archive.json(archive.ending("models/model.json"))["graph_module"]
    weights = _weights(archive)
    constants: dict[str, np.ndarray] = {}
    called: dict[str, str] = {}  # names in the graph → names of parameters
    inputs = []
    for spec in program["signature"]["input_specs"]:
        ((kind, body),) = spec.items()
        if kind == "user_input":
            inputs.append(body["arg"]["as_tensor"]["name"])
        elif kind in ("parameter", "buffer"):
            key = body["parameter_name" if kind == "parameter" else "buffer_name"]
            if key in weights:
                called[body["arg"]["name"]] = key
                constants[key] = weights[key]
        else:
            raise InputError(f"{archive.name} has an input of the kind {kind}; expected numbers.")
    outputs = [
        spec["user_output"]["arg"]["as_tensor"]["name"]
        for spec in program["signature"]["output_specs"]
        if "user_output" in spec
    ]
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(
            f"{archive.name} has {len(inputs)} inputs and {len(outputs)} outputs; expected one of "
            "each, rows of numbers."
        )
    shape = program["graph"]["tensor_values"][inputs[0]]["sizes"]
    if len(shape) != 2:
        raise InputError(
            f"{archive.name} reads an input of {len(shape)} dimensions, such as pictures; expected "
            "rows of numbers, (N, inputs)."
        )
    nodes = [
        translated(node, called, constants)
        for node in program["graph"]["nodes"]
        if node["outputs"]  # assertions about types have none
    ]
    return Graph(nodes, constants, inputs[0], outputs[0], shape[1].get("as_int"))


def read(data: bytes, name: str) -> NetworkFile | AskedModel:
    """A chain of layers. Raises InputError for other programs, which would have to be run."""
    if data[:2] != b"PK":
        raise InputError(f"{name} is no exported PyTorch program; it is damaged or cut short.")
    archive = Archive(data, name)
    if any(inside.endswith("serialized_exported_program.json") for inside in archive.names):
        raise InputError(
            f"{name} was exported by an older PyTorch; export it again with torch 2.9 or later, or "
            "save model.state_dict()."
        )
    try:
        graph = _graph(archive)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RuntimeError):
        raise InputError(
            f"{name} is an exported program that is not written as torch 2.9 writes them; export "
            "it again, or save model.state_dict()."
        ) from None
    try:
        steps = steps_of(graph)
    except NotAChainError as error:
        raise InputError(
            f"{name} is no chain of fully connected layers: {error}; it would have to be run, as "
            "files never are. In Python, ec.from_torch(model) asks it."
        ) from None
    return from_chain(fold(steps, name))
