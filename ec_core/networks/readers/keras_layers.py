"""Keras layers, by their class, their configuration and their weights, as steps of a chain.

Shared by the ``.keras`` and ``.h5`` readers and by ``ec.from_keras``: plain data in, no Keras.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.readers.keras_config import OF_KERAS_2
from ec_core.networks.readers.onnx_ops import bounded
from ec_core.networks.steps import Affine, Function, Linear, Skip, Step, function, member

_SKIPS = {
    "InputLayer": "input",
    "Dropout": "dropout",
    "AlphaDropout": "dropout",
    "GaussianNoise": "noise in training",
    "GaussianDropout": "dropout",
    "ActivityRegularization": "regularisation",
    "Flatten": "flatten",
    "Reshape": "reshape",
    "Identity": "identity",
}

_NUMBERLESS = {
    "log_softmax": "log-softmax",
    "hard_sigmoid": "hardsigmoid",
    "hard_silu": "hardswish",
    "hard_swish": "hardswish",
    "hard_tanh": "hardtanh",
    "tanh_shrink": "tanhshrink",
    "log_sigmoid": "logsigmoid",
    "relu6": "relu6",
    "softsign": "softsign",
}

Weights = Sequence[tuple[str, np.ndarray]]
"""The arrays of a layer with their names in the file, in Keras's order."""


def _called(config: Mapping[str, Any], name: str, layer: str) -> Step:
    """The activation of a layer, by the name or the object in its configuration."""
    value = config.get("activation", "linear")
    if isinstance(value, Mapping):
        inner = value.get("config")
        kind = value.get("class_name")
        if kind == "function" and isinstance(inner, str):
            value = inner
        elif isinstance(kind, str) and isinstance(inner, Mapping):
            # a layer in the place of a function: LeakyReLU() and the like
            steps = layer_steps(kind, inner, (), name)
            if len(steps) == 1:
                return steps[0]
    if value is None:
        return Skip("identity", layer)
    if not isinstance(value, str):
        raise InputError(
            f"{name} has the layer {layer!r} whose activation is a program of its own, which "
            "is not run; expected one that Keras itself has."
        )
    kind = value.rsplit(">", 1)[-1]
    if kind == OF_KERAS_2["hard_sigmoid"]:
        return Function("hardsigmoid", layer, {"slope": 0.2, "offset": 0.5})
    if kind == "gelu":
        return Function("gelu", layer)  # keras.activations.gelu is exact unless it is told
    if kind == "leaky_relu":
        return member("leaky_relu", 0.2, layer)  # keras.activations.leaky_relu
    try:
        return function(_NUMBERLESS.get(kind, kind), layer)
    except InputError as error:
        raise InputError(f"{name} has the layer {layer!r}: {error}") from None


def _dense(config: Mapping[str, Any], weights: Weights, name: str, layer: str) -> list[Step]:
    biased = config.get("use_bias", True)
    if len(weights) != 1 + bool(biased) or weights[0][1].ndim != 2:
        raise InputError(
            f"{name} has the layer {layer!r} with {len(weights)} arrays; expected a kernel"
            f"{' and a bias' if biased else ''}."
        )
    (kernel_name, kernel), *rest = weights
    bias_name, bias = rest[0] if rest else (None, None)
    linear = Linear(np.ascontiguousarray(kernel.T), bias, kernel_name, bias_name, "in-out")
    if bias is not None and bias.shape != (kernel.shape[1],):
        raise InputError(
            f"{name} has the layer {layer!r} with a kernel of shape {kernel.shape} and a bias of "
            f"shape {bias.shape}; expected one bias per neuron."
        )
    return [linear, _called(config, name, layer)]


def _norm(config: Mapping[str, Any], weights: Weights, name: str, layer: str) -> list[Step]:
    arrays = [array.reshape(-1) for _, array in weights]
    scaled, centred = config.get("scale", True), config.get("center", True)
    if len(arrays) != 2 + bool(scaled) + bool(centred) or len({len(a) for a in arrays}) != 1:
        raise InputError(
            f"{name} has the batch normalisation {layer!r} with {len(arrays)} arrays that do not "
            "fit its settings; save the model again."
        )
    gamma = arrays.pop(0) if scaled else np.ones_like(arrays[-1])
    beta = arrays.pop(0) if centred else np.zeros_like(arrays[-1])
    mean, variance = arrays
    scale = gamma / np.sqrt(variance + float(config.get("epsilon", 1e-3)))
    return [Affine(scale, beta - mean * scale, "batch normalisation", layer)]


def _normalization(
    config: Mapping[str, Any], weights: Weights, name: str, layer: str
) -> list[Step]:
    """The preprocessing layer: (x - mean) / max(sqrt(variance), epsilon)."""
    arrays = [array.reshape(-1) for _, array in weights if array.size > 1 or len(weights) < 3]
    if config.get("mean") is not None and config.get("variance") is not None:
        arrays = [np.atleast_1d(np.array(config[key], float)) for key in ("mean", "variance")]
    if len(arrays) < 2 or len(arrays[0]) != len(arrays[1]) or config.get("invert"):
        raise InputError(
            f"{name} has the layer {layer!r}, a normalisation without its mean and variance, or an "
            "inverted one; expected mean and variance, one for each input."
        )
    scale = 1 / np.maximum(np.sqrt(arrays[1]), 1e-7)
    return [Affine(scale, -arrays[0] * scale, "normalisation of the inputs", layer)]


def _relu(config: Mapping[str, Any], layer: str) -> Step | None:
    slope = float(config.get("negative_slope") or 0.0)
    if config.get("threshold"):
        return None
    top = config.get("max_value")
    if slope:
        return None if top is not None else member("leaky_relu", slope, layer)
    return bounded(0.0, float("inf") if top is None else float(top), layer)


def _function_layer(kind: str, config: Mapping[str, Any], name: str, layer: str) -> Step | None:
    if kind == "Activation":
        return _called(config, name, layer)
    if kind == "ReLU":
        return _relu(config, layer)
    if kind == "LeakyReLU":
        slope = config.get("negative_slope", config.get("alpha", 0.3))
        return member("leaky_relu", float(slope), layer)
    if kind == "ELU":
        return member("elu", float(config.get("alpha", 1.0)), layer)
    return Function("softmax", layer) if kind == "Softmax" else None


def layer_steps(kind: str, config: Mapping[str, Any], weights: Weights, name: str) -> list[Step]:
    """The steps of one layer.

    kind : its class; config : its configuration, plain data; name : of the file
    Raises InputError for a layer of another kind, by its class and name.

    >>> layer_steps("LeakyReLU", {"name": "act", "negative_slope": 0.3}, (), "m")[0].words
    'leaky_relu:0.3'
    """
    layer = str(config.get("name", kind))
    if kind in _SKIPS:
        return [Skip(_SKIPS[kind], layer)]
    if kind == "Dense":
        return _dense(config, weights, name, layer)
    if kind == "BatchNormalization":
        return _norm(config, weights, name, layer)
    if kind == "Normalization":
        return _normalization(config, weights, name, layer)
    if kind == "Rescaling" and not isinstance(config.get("scale"), list):
        scale, offset = float(config.get("scale", 1.0)), float(config.get("offset", 0.0))
        return [Affine(np.array([scale]), np.array([offset]), "rescaling", layer)]
    found = _function_layer(kind, config, name, layer)
    if found is not None:
        return [found]
    if kind == "Lambda":
        raise InputError(
            f"{name} has the layer {layer!r}, a Lambda, which is a program of its own and is never "
            "run; expected layers that Keras itself has."
        )
    slope = ""
    if kind == "PReLU" and weights:
        values = weights[0][1].reshape(-1)
        slope = f" (slopes {', '.join(f'{v:.4g}' for v in values[:4])})"
    raise InputError(
        f"{name} has the layer {layer!r}, a {kind}{slope}; expected Dense layers with activations, "
        "dropout, flatten and batch normalisation."
    )
