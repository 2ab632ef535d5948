"""ONNX: a chain is read from its graph; anything else is asked through onnxruntime.

Nothing outside the file is opened: tensors kept in other files, operators of other makers, and
graphs inside of graphs are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.networks.asked import AskedModel
from ec_core.networks.chain import fold
from ec_core.networks.graph import Graph, NotAChainError, steps_of
from ec_core.networks.readers.onnx_ops import REAL, translated
from ec_core.networks.readers.onnx_session import ask_through_runtime
from ec_core.networks.reading import NetworkFile, from_chain
from ec_core.networks.tensors import MAX_NUMBERS

_EXTERNAL = 1
"""TensorProto.EXTERNAL: the numbers are in another file, whose place the model names."""

_DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
"""Whose operators are read or asked; those of others come as compiled programs."""

_LABELS = ("ArgMax", "ZipMap", "ArrayFeatureExtractor")
"""What a classifier's label is made with; its numbers come from another output."""


def _all_tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors


def _check(model: Any, name: str) -> None:
    """Raises InputError for what would open other files, run programs, or fill the memory."""
    graph = model.graph
    if len(model.functions):
        raise InputError(
            f"{name} has operators of its own inside ({model.functions[0].name}); expected plain "
            "ONNX operators: export the model again with its functions inlined."
        )
    for node in graph.node:
        if node.domain not in _DOMAINS:
            raise InputError(
                f"{name} has the operator {node.op_type} of {node.domain!r}, which comes as a "
                "program of its own and is not run; expected operators of ONNX itself."
            )
        inner = next((a for a in node.attribute if a.g.ByteSize() or len(a.graphs)), None)
        if inner is not None:
            raise InputError(
                f"{name} has {node.op_type} ({node.name or inner.name}) with a graph inside, as "
                "loops and branches have; expected one graph of layers."
            )
    numbers = 0
    for tensor in _all_tensors(graph):
        if tensor.data_location == _EXTERNAL or len(tensor.external_data):
            raise InputError(
                f"{name} keeps {tensor.name!r} in another file, which is never opened; save the "
                "model as one file (onnx.save with save_as_external_data=False)."
            )
        size = 1
        for dimension in tensor.dims:
            size *= dimension
        numbers += size
        if min(tensor.dims, default=0) < 0 or numbers > MAX_NUMBERS:
            raise InputError(
                f"{name} holds {tensor.name!r} of shape {tuple(tensor.dims)}; expected at most "
                f"{MAX_NUMBERS:,} numbers in all."
            )


def _constants(onnx: Any, graph: Any, name: str) -> dict[str, np.ndarray]:
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            value = next((a.t for a in node.attribute if a.name == "value"), None)
            if value is not None:
                tensors[node.output[0]] = value
    found: dict[str, np.ndarray] = {}
    for key, tensor in tensors.items():
        if tensor.data_type not in REAL:
            continue  # shapes and axes, which no step needs
        try:
            values = onnx.numpy_helper.to_array(tensor)
        except Exception:  # onnx raises many types for damaged tensors
            raise InputError(
                f"{name} holds {key!r} of shape {tuple(tensor.dims)}, whose numbers are not all "
                "there; it is damaged: export the model again."
            ) from None
        found[key] = values.astype(np.float64)
    for node in graph.node:  # names that only point at others
        if node.op_type == "Identity" and node.input and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]]
    return found


def _output(graph: Any) -> str:
    """The output with the numbers: a classifier may have its label before it."""
    makers = {output: node.op_type for node in graph.node for output in node.output}
    names = [value.name for value in graph.output]
    labels = [
        value.name
        for value in graph.output
        if makers.get(value.name) in _LABELS or value.type.tensor_type.elem_type not in (0, *REAL)
    ]
    left = [name for name in names if name not in labels]
    return str(left[0] if len(left) == 1 else names[-1])


def _graph(onnx: Any, model: Any, name: str) -> Graph:
    graph = model.graph
    constants = _constants(onnx, graph, name)
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1 or not graph.output:
        raise InputError(
            f"{name} has {len(inputs)} inputs and {len(graph.output)} outputs; expected a model "
            "with one input, a row of numbers."
        )
    shape = [d.dim_value for d in inputs[0].type.tensor_type.shape.dim]
    if len(shape) not in (0, 2):
        raise InputError(
            f"{name} reads an input of {len(shape)} dimensions, such as pictures; expected rows of "
            "numbers, (N, inputs)."
        )
    nodes = [
        translated(
            node.op_type,
            tuple(node.input),
            node.output[0] if node.output else "",
            node.name,
            {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute},
            constants,
        )
        for node in graph.node
        if node.op_type != "Constant" and not (node.output and node.output[0] in constants)
    ]
    width = shape[1] if len(shape) == 2 and shape[1] > 0 else None
    return Graph(nodes, constants, inputs[0].name, _output(graph), width)


def read(data: bytes, name: str) -> NetworkFile | AskedModel:
    """A chain of layers, or a model to ask. Raises InputError for what is neither, and
    MissingExtraError without onnx.
    """
    onnx = need("onnx", "onnx", "ONNX models")
    need("onnx.numpy_helper", "onnx", "ONNX models")
    try:
        model = onnx.load_model_from_string(data)
    except Exception:  # protobuf's own types
        raise InputError(
            f"{name} is no ONNX model that can be read; it is damaged or cut short: export again."
        ) from None
    if not len(model.graph.node):
        raise InputError(f"{name} is an ONNX model without a graph; export it again.")
    _check(model, name)
    graph = _graph(onnx, model, name)
    try:
        return from_chain(fold(steps_of(graph), name))
    except InputError as error:
        why = str(error) if isinstance(error, NotAChainError) else _clause(str(error), name)
        return ask_through_runtime(data, name, graph.input, graph.output, graph.width, why)


def _clause(sentence: str, name: str) -> str:
    """A refusal about the file as the reason that follows "since"."""
    return sentence.removeprefix(f"{name} ").split(";")[0].rstrip(".")
