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


_CURVES = """
def curve(i, z):
    t, c = np.array(KNOTS[i]), np.array(COEFFICIENTS[i])
    ends = np.r_[[t[0]] * 3, t, [t[-1]] * 3]
    inside = np.clip(z, t[0], t[-1])
    spline = BSpline(ends, c, 3)
    # beyond the knots the curve goes on as a line
    return spline(inside) + (z - inside) * spline.derivative()(inside)
"""


def _formula(kind: str) -> str:
    """A named activation of z as code."""
    code = CODE.get(family_of(kind))
    if code is None:
        raise InputError(
            f"The activation {kind} has no formula for NumPy here; save the network as "
            ".safetensors."
        )
    for name, value in parameters(kind).items():
        code = code.replace(name.upper(), repr(value))
    return code


def write(network: Network) -> bytes:
    """A program with one function, ``network(x)``: answers (N, K) to questions (N, D).

    Learnt curves need scipy besides.
    """
    names = [kind for kind in network.kinds if isinstance(kind, str)]
    codes = [_formula(name) for name in names]
    if network.curves:
        steps = ["        h = curve(i, z)"]
    elif network.plain:
        steps = [f"        h = {codes[0]}"]
    else:
        steps = [f"        if i == {i}:\n            h = {code}" for i, code in enumerate(codes)]
    numbered = "i, (w, b) in enumerate(zip(W[:-1], B[:-1]))"
    curves: list[str] = []
    if network.curves:
        curves = [
            f"KNOTS = {_lists(tuple(curve.knots for curve in network.curves))}",
            f"COEFFICIENTS = {_lists(tuple(curve.coefficients for curve in network.curves))}",
            "",
            *_CURVES.splitlines(),
        ]
    lines = [
        f'"""A {"-".join(map(str, network.sizes))} network with {network.activation}."""',
        "",
        *(["import math", ""] if any("math." in code for code in codes) else []),
        "import numpy as np",
        *(["from scipy.interpolate import BSpline"] if network.curves else []),
        "",
        f"W = {_lists(network.weights)}",
        f"B = {_lists(network.biases)}",
        *curves,
        "",
        "",
        "def network(x):",
        "    h = np.asarray(x, dtype=float)",
        f"    for {'w, b in zip(W[:-1], B[:-1])' if network.plain else numbered}:",
        "        z = h @ np.transpose(w) + b",
        *steps,
        "    return h @ np.transpose(W[-1]) + B[-1]",
        "",
    ]
    return "\n".join(lines).encode()
