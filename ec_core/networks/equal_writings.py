"""Activations that write the same functions, and how one writing turns into the other.

One neuron turns into one where the two are scaled and shifted images of one curve,
s(z) = c·t(a·z + e) + d. Every such kind of curve has one member that the others are said by: tanh
for sigmoid, hardtanh for what is clipped, silu for swish of any beta, softplus and elu likewise.
"""

from __future__ import annotations

from dataclasses import dataclass

from ec_core.errors import InputError
from ec_core.networks.activations import FAMILIES, QUICK_BETA, family_of, numbered, parameters
from ec_core.networks.network import LEARNT, Network


@dataclass(frozen=True)
class _Image:
    """s(z) = c·t(a·z + e) + d, of a curve t."""

    a: float
    c: float
    e: float = 0.0
    d: float = 0.0

    def inverse(self) -> _Image:
        """t(z) as an image of s."""
        return _Image(1 / self.a, 1 / self.c, -self.e / self.a, -self.d / self.c)

    def after(self, other: _Image) -> _Image:
        """s as an image of u, where t is ``other`` of u."""
        return _Image(
            other.a * self.a,
            self.c * other.c,
            other.a * self.e + other.e,
            self.c * other.d + self.d,
        )


_SAME = _Image(1.0, 1.0)

_FIXED: dict[str, tuple[str, _Image]] = {
    "sigmoid": ("tanh", _Image(0.5, 0.5, 0.0, 0.5)),
    "hardsigmoid": ("hardtanh", _Image(1 / 3, 0.5, 0.0, 0.5)),
    "relu6": ("hardtanh", _Image(1 / 3, 3.0, -1.0, 3.0)),
    "quick_gelu": ("silu", _Image(QUICK_BETA, 1 / QUICK_BETA)),
    "logsigmoid": ("softplus", _Image(-1.0, -1.0)),
    "celu": ("elu", _SAME),
}

_SCALED = {"silu": "silu", "softplus": "softplus", "celu": "elu"}
"""Families whose number b only scales: s_b(z) = s(b z) / b (celu: with 1/alpha for b)."""

_ANY = {
    "silu": "swish of any beta writes the same function with as many neurons, since "
    "swish(z) = silu(beta z) / beta.",
    "softplus": "softplus of any beta writes the same function with as many neurons, since "
    "it is softplus(beta z) / beta.",
    "elu": "celu of any alpha writes the same function with as many neurons, since "
    "celu(z) = alpha elu(z / alpha).",
}

_WORDS: dict[tuple[str, str], str] = {
    ("tanh", "sigmoid"): "tanh(z) = 2 sigmoid(2z) - 1",
    ("sigmoid", "tanh"): "sigmoid(z) = (1 + tanh(z/2)) / 2",
}


def _curve_of(activation: str) -> tuple[str, _Image]:
    """The curve that an activation is an image of, and how."""
    family = family_of(activation)
    if activation in _FIXED:
        return _FIXED[activation]
    if family != activation and family in _SCALED:
        (value,) = parameters(activation).values()
        b = 1 / value if family == "celu" else value
        return _SCALED[family], _Image(b, 1 / b)
    return activation, _SAME


def plainest(activation: str) -> str:
    """The one that an activation's equal writings are said by: itself, where it stands alone or
    has a number of its own.

    >>> plainest("sigmoid"), plainest("relu6"), plainest("silu:1.7"), plainest("gelu")
    ('tanh', 'hardtanh', 'silu:1.7', 'gelu')
    """
    return _curve_of(activation)[0] if activation in _FIXED else activation


def image(one: str, other: str) -> tuple[float, float, float, float] | None:
    """a, c, e, d of s(z) = c·t(a·z + e) + d for s = ``one`` and t = ``other``; None if none are.

    >>> image("tanh", "sigmoid"), image("tanh", "erf")
    ((2.0, 2.0, 0.0, -1.0), None)
    """
    slopes = [parameters(name).get("slope") for name in (one, other)]
    if one != other and None not in slopes and abs(slopes[0] * slopes[1] - 1.0) < 1e-15:  # type: ignore
        # leaky_relu of slope k from the other side: -k times that of slope 1/k
        return -1.0, -slopes[0], 0.0, 0.0  # type: ignore
    (mine, to), (yours, back) = _curve_of(one), _curve_of(other)
    if mine != yours:
        return None
    whole = to.after(back.inverse())
    return whole.a, whole.c, whole.e, whole.d


def _number(value: float) -> str:
    return f"{value:.4g}"


def _identity(one: str, other: str) -> str:
    found = image(one, other)
    assert found is not None
    a, c, e, d = (_number(value) for value in found)
    inner = {"1": "z", "-1": "-z"}.get(a, f"{a} z") + ("" if e in ("0", "-0") else f" + {e}")
    factor = {"1": "", "-1": "-"}.get(c, f"{c} ")
    rest = "" if d in ("0", "-0") else f" + {d}"
    return f"{one}(z) = {factor}{other}({inner}){rest}".replace("+ -", "- ")


def _same(one: str, other: str) -> str:
    """In words."""
    said = _WORDS.get((one, other)) or _identity(one, other)
    return f"{other} writes the same function with as many neurons, since {said}."


def _by_more(activation: str) -> dict[str, str]:
    """relu and leaky_relu of any slope: each is two of the other."""
    if activation == "relu":
        said = "relu(z) = (leaky_relu(z) + 0.01 leaky_relu(-z)) / 0.9999"
        return {
            "leaky_relu": f"leaky_relu writes the same function with more neurons, since {said}."
        }
    if family_of(activation) != "leaky_relu":
        return {}
    slope = parameters(activation)["slope"]
    said = f"leaky_relu(z) = relu(z) - {_number(slope)} relu(-z)".replace("- -", "+ ")
    return {"relu": f"relu writes the same function with more neurons, since {said}."}


def equal_writings(activation: str) -> dict[str, str]:
    """Other activations that write the same functions, each with a sentence that says how.

    >>> equal_writings("tanh")["sigmoid"]
    'sigmoid writes the same function with as many neurons, since tanh(z) = 2 sigmoid(2z) - 1.'
    >>> list(equal_writings("silu")), equal_writings("gelu")
    (['quick_gelu', 'swish'], {})
    """
    if activation == LEARNT or "," in activation:
        return {}
    curve, _ = _curve_of(activation)
    names = [curve, *(name for name, (base, _) in _FIXED.items() if base == curve)]
    found = {name: _same(activation, name) for name in names if name != activation}
    if curve in _ANY:
        found[
            "swish" if curve == "silu" else f"{'celu' if curve == 'elu' else curve} of any number"
        ] = _ANY[curve]
    slope = parameters(activation).get("slope", 0.0)
    if slope and activation != "leaky_relu" and abs(slope) != 1.0:
        other = numbered("leaky_relu", 1 / slope)
        if image(activation, other) is not None:
            found[other] = _same(activation, other)
    return found | _by_more(activation)


READ_OFF = ("leaky_relu",)
"""Told without a number: it is the answers that tell it, 0.01 is only where students begin."""


def identifiable(activation: str) -> bool:
    """Do answers tell the number of a family, or do the weights take it up?

    >>> [identifiable(name) for name in ("leaky_relu:0.3", "elu", "silu:1.7", "tanh")]
    [True, True, False, False]
    """
    family = family_of(activation)
    return family in FAMILIES and family not in _SCALED


def rewritten(network: Network, activation: str) -> Network:
    """The same function with another activation, where every neuron turns into one.

    s(z) = c·t(a·z + e) + d: incoming weights and biases times a, e to the biases, outgoing weights
    times c, and d times the sum of the outgoing weights goes to the biases they lead to. Raises
    InputError where there is no such identity.

    >>> import numpy as np
    >>> weights = np.array([[1.0]]), np.array([[4.0]])
    >>> one = Network("tanh", weights, (np.array([0.5]), np.zeros(1)))
    >>> two = rewritten(one, "sigmoid")
    >>> two.weights[0].item(), two.weights[1].item(), two.biases[1].item()
    (2.0, 8.0, -4.0)
    """
    found = image(network.activation, activation)
    if found is None:
        raise InputError(
            f"A network of {network.activation} cannot be written with {activation} neuron by "
            "neuron; tanh and sigmoid can be written as each other, and so can hardtanh, "
            "hardsigmoid and relu6, swish of any beta, softplus and logsigmoid, elu and celu."
        )
    a, c, e, d = found
    weights, biases = list(network.weights), list(network.biases)
    for layer in range(len(weights) - 1):
        weights[layer], biases[layer] = a * weights[layer], a * biases[layer] + e
        biases[layer + 1] = biases[layer + 1] + d * weights[layer + 1].sum(axis=1)
        weights[layer + 1] = c * weights[layer + 1]
    return Network(activation, tuple(weights), tuple(biases))
