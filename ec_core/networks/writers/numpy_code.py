"""A NumPy function of ten lines: the network as a program that can be read."""

from __future__ import annotations

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.activations import family_of, parameters
from ec_core.networks.network import Network

_SIGMOID = "1 / (1 + np.exp(-{0}))"
_SOFTPLUS = "np.logaddexp(0, {0})"

CODE = {
    "tanh": "np.tanh(z)",
    "relu": "np.maximum(z, 0)",
    "sigmoid": _SIGMOID.format("z"),
    "softplus": "np.logaddexp(0, BETA * z) / BETA",
    "softsign": "z / (1 + np.abs(z))",
    "silu": f"z * ({_SIGMOID.format('(BETA * z)')})",
    "quick_gelu": f"z * ({_SIGMOID.format('(1.702 * z)')})",
    "leaky_relu": "np.where(z > 0, z, SLOPE * z)",
    "elu": "np.where(z > 0, z, ALPHA * np.expm1(np.minimum(z, 0)))",
    "celu": "np.where(z > 0, z, ALPHA * np.expm1(np.minimum(z, 0) / ALPHA))",
    "selu": "1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * "
    "np.expm1(np.minimum(z, 0)))",
    "mish": f"z * np.tanh({_SOFTPLUS.format('z')})",
    "g": f"{_SIGMOID.format('(4 * z)')} + {_SOFTPLUS.format('z')}",
    "erf": "np.vectorize(math.erf)(z)",
    "gelu": "z * (1 + np.vectorize(math.erf)(z / np.sqrt(2))) / 2",
    "gelu_tanh": "z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))) / 2",
    "hardswish": "z * np.clip(z + 3, 0, 6) / 6",
    "hardsigmoid": "np.clip(z + 3, 0, 6) / 6",
    "hardtanh": "np.clip(z, -1, 1)",
    "relu6": "np.clip(z, 0, 6)",
    "arctan": "np.arctan(z)",
    "sin": "np.sin(z)",
    "squared_relu": "np.maximum(z, 0) ** 2",
    "logsigmoid": "-np.logaddexp(0, -z)",
}


def _lists(arrays: tuple[np.ndarray, ...]) -> str:
    """Nested lists whose numbers read back exactly."""
    return "[\n" + "".join(f"    {array.tolist()!r},\n" for array in arrays) + "]"


def write(network: Network) -> bytes:
    """A program with one function, ``network(x)``: answers (N, K) to questions (N, D)."""
    code = CODE.get(family_of(network.activation))
    if code is None:
        raise InputError(
            f"The activation {network.activation} has no formula for NumPy here; save the network "
            "as .safetensors."
        )
    for name, value in parameters(network.activation).items():
        code = code.replace(name.upper(), repr(value))
    lines = [
        f'"""A {"-".join(map(str, network.sizes))} network with {network.activation}."""',
        "",
        *(["import math", ""] if "math." in code else []),
        "import numpy as np",
        "",
        f"W = {_lists(network.weights)}",
        f"B = {_lists(network.biases)}",
        "",
        "",
        "def network(x):",
        "    h = np.asarray(x, dtype=float)",
        "    for w, b in zip(W[:-1], B[:-1]):",
        "        z = h @ np.transpose(w) + b",
        f"        h = {code}",
        "    return h @ np.transpose(W[-1]) + B[-1]",
        "",
    ]
    return "\n".join(lines).encode()
