"""torch.export's operations in the words of ``graph.Node``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ec_core.networks.graph import Node
from ec_core.networks.readers.onnx_ops import bounded
from ec_core.networks.steps import Function, member

_PLAIN = {
    "tanh": "tanh",
    "relu": "relu",
    "sigmoid": "sigmoid",
    "silu": "silu",
    "mish": "mish",
    "erf": "erf",
    "selu": "selu",
    "relu6": "relu6",
    "hardswish": "hardswish",
    "hardsigmoid": "hardsigmoid",
    "log_sigmoid": "logsigmoid",
    "softmax": "softmax",
    "_softmax": "softmax",
    "log_softmax": "log-softmax",
    "_log_softmax": "log-softmax",
    "sin": "sin",
    "cos": "cos",
    "atan": "arctan",
    "exp": "exponential",
}
REAL = {6: torch.float16, 7: torch.float32, 8: torch.float64, 13: torch.bfloat16}
"""How torch.export numbers the types that a network's numbers have; others cut digits off."""
_LINEAR_UP_TO = 20.0
"""Above this, over beta, torch's softplus is linear, which is rounding; others mean something."""
_SKIPS = (
    "dropout",
    "flatten",
    "clone",
    "contiguous",
    "alpha_dropout",
    "feature_dropout",
    "detach",
    "view",
    "reshape",
    "unflatten",
    "alias",
    "lift_fresh_copy",
)
_UNARY = {
    "abs": torch.abs,
    "neg": torch.neg,
    "sqrt": torch.sqrt,
    "log": torch.log,
    "reciprocal": torch.reciprocal,
}
_PAIRS = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "div": "div",
    "pow": "pow",
    "maximum": "max",
    "minimum": "min",
}


def _arguments(node: Mapping[str, Any], called: Mapping[str, str]) -> dict[str, Any]:
    """The arguments by their names; a tensor is its name, as a parameter where it is one."""
    found: dict[str, Any] = {}
    for entry in node["inputs"]:
        ((kind, value),) = entry["arg"].items()
        if kind == "as_tensor":
            value = called.get(value["name"], value["name"])
        found[entry["name"]] = None if kind == "as_none" else value
    return found


def _function(operation: str, given: Mapping[str, Any], name: str) -> Function | None:
    get = given.get
    if operation in _PLAIN:
        return Function(_PLAIN[operation], name)
    if operation == "gelu":
        return Function("gelu_tanh" if get("approximate") == "tanh" else "gelu", name)
    if operation == "leaky_relu":
        return member("leaky_relu", float(get("negative_slope", 0.01)), name)
    if operation == "elu" and get("scale", 1) == 1 and get("input_scale", 1) == 1:
        return member("elu", float(get("alpha", 1.0)), name)
    if operation == "celu":
        return member("celu", float(get("alpha", 1.0)), name)
    if operation == "softplus" and float(get("threshold", _LINEAR_UP_TO)) >= _LINEAR_UP_TO:
        return member("softplus", float(get("beta", 1.0)), name)
    if operation in ("hardtanh", "clamp"):
        low = get("min_val", -1.0) if operation == "hardtanh" else get("min", -np.inf)
        high = get("max_val", 1.0) if operation == "hardtanh" else get("max", np.inf)
        if low is None or high is None:
            low, high = -np.inf if low is None else low, np.inf if high is None else high
        return bounded(float(low), float(high), name)
    return None


def _changes_nothing(operation: str, given: Mapping[str, Any]) -> bool:
    if operation in ("to", "_to_copy"):
        return given.get("dtype") in (None, *REAL)
    return operation in _SKIPS and not given.get("train")


def _norm(
    given: Mapping[str, Any], constants: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray] | None:
    mean, var = (constants.get(given.get(key, "")) for key in ("running_mean", "running_var"))
    if mean is None or var is None or given.get("training") or (var < 0).any():
        return None
    weight, bias = given.get("weight"), given.get("bias")
    scale = np.ones_like(mean) if weight is None else constants[weight]
    shift = np.zeros_like(mean) if bias is None else constants[bias]
    scale = scale / np.sqrt(var + float(given.get("eps", 1e-5)))
    return scale, shift - mean * scale


def translated(
    node: Mapping[str, Any], called: Mapping[str, str], constants: dict[str, np.ndarray]
) -> Node:
    """One node of the exported graph.

    called : names in the graph to names of parameters
    constants : gets the numbers and transposed copies that the graph writes among its operations
    """
    target = str(node["target"])
    operation = target.removeprefix("torch.ops.aten.").split(".")[0]
    output = node["outputs"][0].get("as_tensor", {}).get("name", f"{node.get('name')} and more")
    name = str(node.get("name", output))
    given = _arguments(node, called)
    inputs = tuple(value for value in given.values() if isinstance(value, str))
    first = inputs[:1]

    def made(op: str = "", **more: Any) -> Node:
        return Node(op, operation, more.pop("inputs", first), output, name, **more)

    if operation == "linear":
        return made("gemm", inputs=inputs)
    if operation in ("t", "transpose", "permute") and first and first[0] in constants:
        constants[output] = constants[first[0]].T
        return made("constant", inputs=())
    plain = all(float(given.get(key, 1)) == 1 for key in ("alpha", "beta") if key in given)
    if operation == "addmm" and len(inputs) == 3 and plain:
        return made("gemm", inputs=(inputs[1], inputs[2], inputs[0]), turned=True)
    if operation in ("mm", "matmul"):
        return made("matmul", inputs=inputs)
    if operation in _PAIRS and plain:
        pair = list(inputs)
        for key, value in given.items():
            if isinstance(value, int | float) and key in ("self", "other", "exponent"):
                constants[f"{name}.{key}"] = np.array(float(value))
                pair.insert(0 if key == "self" else 1, f"{name}.{key}")
        return made(_PAIRS[operation], inputs=tuple(pair))
    if _changes_nothing(operation, given):
        return made("skip")
    if operation in _UNARY:
        return made("unary", unary=_UNARY[operation])
    if operation in ("batch_norm", "_native_batch_norm_legit_no_training"):
        affine = _norm(given, constants)
        return made("scale" if affine is not None else "", affine=affine)
    found = _function(operation, given, name)
    return made(inputs=inputs) if found is None else made("function", function=found)
