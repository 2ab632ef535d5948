"""ONNX's operations in the words of ``graph.Node``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ec_core.networks.graph import Node
from ec_core.networks.steps import Function, member

_PLAIN = {
    "Tanh": "tanh",
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Erf": "erf",
    "Mish": "mish",
    "HardSwish": "hardswish",
    "Softmax": "softmax",
    "LogSoftmax": "log-softmax",
    "Sin": "sin",
    "Cos": "cos",
    "Atan": "arctan",
    "Exp": "exponential",
}
_SKIPS = {
    "Identity": "identity",
    "Dropout": "dropout",
    "Flatten": "flatten",
    "Reshape": "reshape",
}
REAL = (1, 10, 11, 16)
"""TensorProto's float, float16, double, bfloat16; a cast to another type cuts digits off."""

_UNARY = {
    "Neg": torch.neg,
    "Abs": torch.abs,
    "Sqrt": torch.sqrt,
    "Log": torch.log,
    "Reciprocal": torch.reciprocal,
    "Sign": torch.sign,
}
_PAIRS = {
    "Add": "add",
    "Sub": "sub",
    "Mul": "mul",
    "Div": "div",
    "Pow": "pow",
    "Max": "max",
    "Min": "min",
}

_SELU = (1.6732632423543772, 1.0507009873554805)
_CLOSE = 1e-6


def short(value: float) -> float:
    """A float32 number as it was written before it became one: 0.2, not 0.20000000298.

    >>> short(0.20000000298023224)
    0.2
    """
    return float(str(np.float32(value)))


def _activation(kind: str, attributes: Mapping[str, Any], name: str) -> Function | None:
    get = attributes.get
    if kind in _PLAIN:
        return Function(_PLAIN[kind], name)
    if kind == "LeakyRelu":
        return member("leaky_relu", short(get("alpha", 0.01)), name)
    if kind == "Elu":
        return member("elu", short(get("alpha", 1.0)), name)
    if kind == "Celu":
        return member("celu", short(get("alpha", 1.0)), name)
    if kind == "Swish":
        return member("silu", short(get("alpha", 1.0)), name)
    if kind == "Selu":
        alpha, scale = float(get("alpha", _SELU[0])), float(get("gamma", _SELU[1]))
        usual = abs(alpha - _SELU[0]) < _CLOSE and abs(scale - _SELU[1]) < _CLOSE
        return Function("selu", name) if usual else None
    if kind == "Gelu":
        tanh = get("approximate", b"none") in (b"tanh", "tanh")
        return Function("gelu_tanh" if tanh else "gelu", name)
    if kind == "HardSigmoid":
        slope, offset = float(get("alpha", 0.2)), float(get("beta", 0.5))
        usual = abs(slope - 1 / 6) < _CLOSE and offset == 0.5
        numbers = {} if usual else {"slope": slope, "offset": offset}
        return Function("hardsigmoid", name, numbers)
    return None


def bounded(low: float, high: float, name: str) -> Function:
    """Everything below ``low`` and above ``high`` cut off: relu, relu6 or hardtanh.

    >>> bounded(0.0, 6.0, "").kind, bounded(-1.0, 1.0, "").kind
    ('relu6', 'hardtanh')
    """
    if low == 0 and high > 1e30:
        return Function("relu", name)
    if (low, high) == (0.0, 6.0):
        return Function("relu6", name)
    numbers = {} if (low, high) == (-1.0, 1.0) else {"low": low, "high": high}
    return Function("hardtanh", name, numbers)


def _clip(
    inputs: tuple[str, ...],
    attributes: Mapping[str, Any],
    constants: Mapping[str, np.ndarray],
    name: str,
) -> Function | None:
    """Clip(0, 6) is relu6, Clip(0, ∞) relu, others hardtanh; bounds that are computed are none."""
    bounds = [float(attributes.get("min", -np.inf)), float(attributes.get("max", np.inf))]
    for i in (1, 2):
        if len(inputs) > i and inputs[i]:
            if inputs[i] not in constants or constants[inputs[i]].size != 1:
                return None
            bounds[i - 1] = float(constants[inputs[i]].reshape(-1)[0])
    return bounded(bounds[0], bounds[1], name)


def _norm(
    inputs: tuple[str, ...], attributes: Mapping[str, Any], constants: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray] | None:
    """BatchNormalization(x, scale, bias, mean, variance) as scale and shift."""
    if len(inputs) < 5 or any(key not in constants for key in inputs[1:5]):
        return None
    scale, bias, mean, var = (constants[key].reshape(-1) for key in inputs[1:5])
    if not len(scale) == len(bias) == len(mean) == len(var) or (var < 0).any():
        return None
    scale = scale / np.sqrt(var + float(attributes.get("epsilon", 1e-5)))
    return scale, bias - mean * scale


def _scaler(attributes: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
    """(x - offset) · scale as scale and shift, one number for all or one for each."""
    pair = [np.asarray(attributes.get(key, 0.0)).reshape(-1) for key in ("offset", "scale")]
    if len({values.size for values in pair} - {1}) > 1:
        return None
    offset, scale = np.broadcast_arrays(*pair)
    return scale, -offset * scale


def translated(
    kind: str,
    inputs: tuple[str, ...],
    output: str,
    name: str,
    attributes: Mapping[str, Any],
    constants: dict[str, np.ndarray],
) -> Node:
    """One ONNX node. constants : gets the scaled copies that Gemm's alpha and beta ask for."""

    def node(op: str = "", **more: Any) -> Node:
        return Node(op, kind, more.pop("inputs", inputs[:1]), output, name, **more)

    if kind == "Gemm" and not attributes.get("transA", 0):
        scaled = list(inputs)
        for at, key in ((1, "alpha"), (2, "beta")):
            factor = float(attributes.get(key, 1.0))
            if len(inputs) > at and inputs[at] in constants and factor != 1.0:
                scaled[at] = f"{factor:g} · {inputs[at]}"
                constants[scaled[at]] = factor * constants[inputs[at]]
        return node("gemm", inputs=tuple(scaled), turned=not attributes.get("transB", 0))
    if kind == "MatMul":
        return node("matmul", inputs=inputs)
    if kind in _PAIRS:
        return node(_PAIRS[kind], inputs=inputs)
    if kind in _SKIPS or (kind == "Cast" and attributes.get("to") in REAL):
        return node("skip")
    if kind in _UNARY:
        return node("unary", unary=_UNARY[kind])
    found = (
        _clip(inputs, attributes, constants, name)
        if kind == "Clip"
        else _activation(kind, attributes, name)
    )
    if found is not None:
        return node("function", function=found)
    if kind == "BatchNormalization":
        affine = _norm(inputs, attributes, constants)
        return node("scale" if affine is not None else "", affine=affine)
    if kind == "Scaler":
        affine = _scaler(attributes)
        return node("scale" if affine is not None else "", affine=affine)
    return node(inputs=inputs)
