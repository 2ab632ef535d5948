"""ONNX: Gemm and activation in turn, in float64 where onnxruntime computes that, else float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.networks.activations import family_of, parameters
from ec_core.networks.network import Network

OPSET, IR = 20, 9
"""What has Gelu, and is read by onnxruntime since 1.17."""

_PLAIN = {
    "tanh": "Tanh",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "erf": "Erf",
    "mish": "Mish",
    "selu": "Selu",
    "hardswish": "HardSwish",
    "arctan": "Atan",
    "sin": "Sin",
    "gelu": "Gelu",
    "leaky_relu": "LeakyRelu",
    "elu": "Elu",
    "celu": "Celu",
}

_DOUBLE = ("tanh", "relu", "sigmoid", "sin", "silu", "quick_gelu")
"""Of these onnxruntime has a float64 version; others are written in float32. (Its Gelu takes
float64 and computes the tanh form in float32.)"""


def remark(network: Network) -> str | None:
    """What is lost in the file, in a sentence; None where nothing is."""
    if network.activation in _DOUBLE:
        return None
    return (
        f"The ONNX file holds float32 numbers, about seven digits: onnxruntime computes "
        f"{network.activation} in float32 only; .safetensors keeps every digit."
    )


def _attributes(name: str) -> dict[str, Any]:
    values = list(parameters(name).values())
    return {"alpha": values[0]} if values and family_of(name) != "softplus" else {}


def _activation(helper: Any, name: str, given: str, made: str) -> list[Any]:
    family = family_of(name)
    if family in ("silu", "quick_gelu") and name in ("silu", "quick_gelu"):
        inside = given if name == "silu" else f"{made}_scaled"
        scaled = (
            [] if name == "silu" else [helper.make_node("Mul", [given, "quick_beta"], [inside])]
        )
        return [
            *scaled,
            helper.make_node("Sigmoid", [inside], [f"{made}_s"]),
            helper.make_node("Mul", [given, f"{made}_s"], [made]),
        ]
    if family == "g":
        return [
            helper.make_node("Mul", [given, "four"], [f"{made}_4"]),
            helper.make_node("Sigmoid", [f"{made}_4"], [f"{made}_s"]),
            helper.make_node("Softplus", [given], [f"{made}_p"]),
            helper.make_node("Add", [f"{made}_s", f"{made}_p"], [made]),
        ]
    if name == "gelu_tanh":
        return [helper.make_node("Gelu", [given], [made], approximate="tanh")]
    if family not in _PLAIN or (family == "softplus" and name != "softplus"):
        raise InputError(
            f"ONNX has no activation {name} that is written here; save the network as .safetensors "
            "or .py."
        )
    return [helper.make_node(_PLAIN[family], [given], [made], **_attributes(name))]


def write(network: Network) -> bytes:
    """The bytes of a model from ``x`` (N, D) to ``y`` (N, K), checked by onnx itself.

    Raises InputError for an activation that is not written, MissingExtraError without onnx.
    """
    onnx = need("onnx", "onnx", "ONNX models")
    need("onnx.numpy_helper", "onnx", "ONNX models")
    need("onnx.checker", "onnx", "ONNX models")
    helper, double = onnx.helper, remark(network) is None
    kind = np.float64 if double else np.float32
    element = onnx.TensorProto.DOUBLE if double else onnx.TensorProto.FLOAT
    nodes, tensors, at = [], [], "x"
    extra = {"g": ("four", 4.0), "quick_gelu": ("quick_beta", 1.702)}.get(network.activation)
    if extra is not None:
        tensors.append(onnx.numpy_helper.from_array(np.array(extra[1], kind), extra[0]))
    last = len(network.weights) - 1
    for i, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        names = [f"layers.{i}.weight", f"layers.{i}.bias"]
        tensors += [
            onnx.numpy_helper.from_array(np.ascontiguousarray(array, dtype=kind), name)
            for array, name in zip((weight, bias), names, strict=True)
        ]
        made = "y" if i == last else f"z{i}"
        nodes.append(helper.make_node("Gemm", [at, *names], [made], transB=1))
        if i < last:
            at = f"h{i}"
            nodes += _activation(helper, network.activation, made, at)
    ends = [
        helper.make_tensor_value_info(name, element, ["N", size])
        for name, size in (("x", network.sizes[0]), ("y", network.sizes[-1]))
    ]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], tensors)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="ec-core",
    )
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data
