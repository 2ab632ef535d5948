"""The activations: function, derivative and symmetries in one table.

A neuron a·s(w·x + b) can be written with the opposite incoming sign where s has a point of symmetry
c (``centre``, zero for all but relu6):

    s(2c - z) = parity · s(z) + linear · (z - c) + constant                           (*)

(parity 0: no such identity). ``degree`` n > 0 adds s(l·z) = l^n · s(z) for l > 0, ``period`` p > 0
adds s(z + p) = turn · s(z).
Source: Martinelli et al., ICML 2024 (arXiv 2304.12794), section on symmetries.
Adding an activation is adding one entry to ``ACTIVATIONS``. A family has a number besides: its name
is followed by a colon and the number, "leaky_relu:0.3"; without one it is that of PyTorch.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ec_core.errors import InputError
from ec_core.networks import formulas
from ec_core.networks.formulas import between, sigmoid_slope, softplus

LEAKY_SLOPE = 0.01

QUICK_BETA = 1.702
"""quick_gelu is z·sigmoid(1.702 z)."""


@dataclass(frozen=True)
class Activation:
    """An activation s with its derivative and the constants of the identities above.

    function, derivative : elementwise maps of tensors of any shape
    kinks : where s' jumps, so that probes must fall on both sides
    """

    name: str
    function: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor], Tensor]
    parity: int = 0
    linear: float = 0.0
    constant: float = 0.0
    degree: int = 0
    kinks: tuple[float, ...] = ()
    centre: float = 0.0
    period: float = 0.0
    turn: int = 1

    @property
    def homogeneous(self) -> bool:
        """Does a neuron's norm move into its outgoing weights?"""
        return self.degree > 0

    @property
    def leaves_linear(self) -> bool:
        """Does flipping a sign leave a linear term behind?"""
        return self.linear != 0.0

    @property
    def symmetry(self) -> str:
        """The symmetry class, named as in the paper."""
        scaling = "positive scaling" if self.homogeneous else ""
        if self.parity == 0:
            return scaling or "none"
        if self.leaves_linear or self.parity > 0:
            name = "even + linear" if self.leaves_linear else "even"
        else:
            name = "odd + constant" if self.constant else "odd"
        extra = [scaling, "periodic" if self.period else ""]
        return " + ".join([name, *(word for word in extra if word)])


def _leaky_relu(name: str, slope: float) -> Activation:
    return Activation(
        name,
        lambda z: F.leaky_relu(z, slope),
        lambda z: torch.where(z > 0, torch.ones_like(z), torch.full_like(z, slope)),
        parity=1,
        linear=-(1.0 + slope),
        degree=1,
        kinks=(0.0,),
    )


_TABLE = (
    Activation("g", lambda z: torch.sigmoid(4 * z) + softplus(z), formulas.g_slope),
    Activation("elu", F.elu, formulas.elu_slope),
    Activation("selu", formulas.selu, formulas.selu_slope, kinks=(0.0,)),
    Activation("mish", lambda z: z * torch.tanh(softplus(z)), formulas.mish_slope),
    Activation("tanh", torch.tanh, lambda z: 1 - torch.tanh(z) ** 2, parity=-1),
    Activation("erf", torch.erf, lambda z: 2 / math.sqrt(math.pi) * torch.exp(-z * z), parity=-1),
    Activation("softsign", F.softsign, lambda z: (1 + z.abs()) ** -2, parity=-1),
    Activation("sigmoid", torch.sigmoid, sigmoid_slope, parity=-1, constant=1.0),
    Activation("softplus", softplus, torch.sigmoid, parity=1, linear=-1.0),
    Activation(
        "gelu",
        lambda z: z * formulas.normal_cdf(z),
        lambda z: formulas.normal_cdf(z) + z * formulas.normal_pdf(z),
        parity=1,
        linear=-1.0,
    ),
    Activation("silu", F.silu, formulas.silu_slope, parity=1, linear=-1.0),
    Activation(
        "relu",
        torch.relu,
        lambda z: (z > 0).to(z.dtype),
        parity=1,
        linear=-1.0,
        degree=1,
        kinks=(0.0,),
    ),
    _leaky_relu("leaky_relu", LEAKY_SLOPE),
)

COMMON = tuple(entry.name for entry in _TABLE)
"""Those that most networks have: where nothing is told, they race first."""

_MORE = (
    Activation("gelu_tanh", formulas.gelu_tanh, formulas.gelu_tanh_slope, parity=1, linear=-1.0),
    Activation(
        "hardswish",
        formulas.hardswish,
        formulas.hardswish_slope,
        parity=1,
        linear=-1.0,
        kinks=(-3.0, 3.0),
    ),
    Activation(
        "hardtanh",
        lambda z: torch.clamp(z, -1, 1),
        lambda z: between(z, -1, 1),
        parity=-1,
        kinks=(-1.0, 1.0),
    ),
    Activation("arctan", torch.atan, lambda z: 1 / (1 + z * z), parity=-1),
    Activation("sin", torch.sin, torch.cos, parity=-1, period=math.pi, turn=-1),
    Activation("squared_relu", lambda z: torch.relu(z) ** 2, lambda z: 2 * torch.relu(z), degree=2),
)

UNCOMMON = tuple(entry.name for entry in _MORE)
"""The others that are functions of their own."""

_WRITINGS = (
    Activation(
        "quick_gelu",
        lambda z: formulas.silu_of(z, QUICK_BETA),
        lambda z: formulas.silu_slope_of(z, QUICK_BETA),
        parity=1,
        linear=-1.0,
    ),
    Activation(
        "hardsigmoid",
        lambda z: torch.clamp(z + 3, 0, 6) / 6,
        lambda z: between(z, -3, 3) / 6,
        parity=-1,
        constant=1.0,
        kinks=(-3.0, 3.0),
    ),
    Activation(
        "relu6",
        lambda z: torch.clamp(z, 0, 6),
        lambda z: between(z, 0, 6),
        parity=-1,
        constant=6.0,
        centre=3.0,
        kinks=(0.0, 6.0),
    ),
    Activation("celu", F.elu, formulas.elu_slope),
    Activation(
        "logsigmoid", lambda z: -softplus(-z), lambda z: torch.sigmoid(-z), parity=1, linear=-1.0
    ),
)
"""Those that are others with rescaled weights: they need not race, see ``equal_writings``."""

ACTIVATIONS: dict[str, Activation] = {entry.name: entry for entry in (*_TABLE, *_MORE, *_WRITINGS)}


@dataclass(frozen=True)
class Family:
    """Activations that differ in a number.

    number : what the number is called; usual : its value where none is told
    allowed : which values there may be, and that in words
    member : the activation of a name and a value
    """

    number: str
    usual: float
    allowed: Callable[[float], bool]
    words: str
    member: Callable[[str, float], Activation]


def _positive(value: float) -> bool:
    return 0.0 < value < math.inf


FAMILIES: dict[str, Family] = {
    "leaky_relu": Family(
        "slope",
        LEAKY_SLOPE,
        # a slope of 1 is a line
        lambda value: math.isfinite(value) and value != 1.0,
        "finite and not 1, which would be a straight line",
        _leaky_relu,
    ),
    "elu": Family(
        "alpha",
        1.0,
        _positive,
        "above 0",
        lambda name, alpha: Activation(
            name,
            lambda z: formulas.elu(z, alpha),
            lambda z: formulas.elu_slope_of(z, alpha),
            kinks=() if alpha == 1.0 else (0.0,),
        ),
    ),
    "celu": Family(
        "alpha",
        1.0,
        _positive,
        "above 0",
        lambda name, alpha: Activation(
            name,
            lambda z: formulas.celu(z, alpha),
            lambda z: formulas.elu_slope(z / alpha),
        ),
    ),
    "silu": Family(
        "beta",
        1.0,
        _positive,
        "above 0",
        lambda name, beta: Activation(
            name,
            lambda z: formulas.silu_of(z, beta),
            lambda z: formulas.silu_slope_of(z, beta),
            parity=1,
            linear=-1.0,
        ),
    ),
    "softplus": Family(
        "beta",
        1.0,
        _positive,
        "above 0",
        lambda name, beta: Activation(
            name,
            lambda z: softplus(beta * z) / beta,
            lambda z: torch.sigmoid(beta * z),
            parity=1,
            linear=-1.0,
        ),
    ),
}
"""Of these only the slope and elu's alpha are told by the answers: in all others the number is a
scale of the weights, see ``equal_writings``."""


@lru_cache(maxsize=1024)
def _member(family: str, value: float) -> Activation:
    return FAMILIES[family].member(numbered(family, value), value)


def numbered(family: str, value: float) -> str:
    """The name of a family's member.

    Raises InputError where the family has no such member.

    >>> numbered("leaky_relu", 0.3), numbered("leaky_relu", 0.01)
    ('leaky_relu:0.3', 'leaky_relu')
    """
    known = FAMILIES[family]
    if not known.allowed(value):
        raise InputError(f"{family} with {known.number} {value:g}; expected one {known.words}.")
    return family if value == known.usual else f"{family}:{float(value)!r}"


def family_of(name: str) -> str:
    """An activation's name without its number.

    >>> family_of("elu:0.5"), family_of("tanh")
    ('elu', 'tanh')
    """
    return name.split(":", 1)[0]


def parameters(name: str) -> dict[str, float]:
    """What the number of an activation is called, and its value; empty where it has none.

    >>> parameters("leaky_relu:0.3"), parameters("elu"), parameters("tanh")
    ({'slope': 0.3}, {'alpha': 1.0}, {})
    """
    family, _, value = name.partition(":")
    if family not in FAMILIES:
        return {}
    return {FAMILIES[family].number: float(value) if value else FAMILIES[family].usual}


def activation(name: str) -> Activation:
    """Look an activation up by name, with its number if it has one.

    Raises InputError with the known names if there is none.

    >>> activation("tanh").symmetry
    'odd'
    >>> activation("leaky_relu:0.3").linear
    -1.3
    """
    if name in ACTIVATIONS:
        return ACTIVATIONS[name]
    family, colon, value = name.partition(":")
    if not colon or family not in FAMILIES:
        raise InputError(
            f"Activation {name!r} is not known; choose one of {', '.join(ACTIVATIONS)}"
            f" (with a number: {', '.join(f'{one}:0.3' for one in FAMILIES)})."
        )
    try:
        return _member(family, float(value))
    except ValueError:
        raise InputError(
            f"Activation {name!r} has {value!r} for its {FAMILIES[family].number}; expected a "
            f"number, as in {family}:0.3."
        ) from None


SPELLINGS = {
    "logistic": "sigmoid",
    "swish": "silu",
    "leakyrelu": "leaky_relu",
    "lrelu": "leaky_relu",
    "rectifier": "relu",
    "atan": "arctan",
    "sine": "sin",
    "relu2": "squared_relu",
    "relusquared": "squared_relu",
    "hardsilu": "hardswish",
    "gelunew": "gelu_tanh",
    "gelupytorchtanh": "gelu_tanh",
}
"""What scikit-learn, Keras, JAX and papers call some of them, in small letters without dashes."""

LINEAR_NAMES = ("identity", "linear", "none")

_WITH_NUMBER = re.compile(r"(.*?)\s*[:(]\s*(?:[a-z_]+\s*=\s*)?([-+.\w]+)\s*\)?", re.IGNORECASE)
"""leaky_relu:0.3, LeakyReLU(0.3), ELU(alpha=0.5)."""


def spelled(text: str) -> str:
    """The name that ``activation`` knows, of one as other programs write it.

    Raises InputError for a name that none of them has, and for the identity: a network without an
    activation is one linear map, and its neurons leave no trace.

    >>> spelled("nn.Tanh()"), spelled("LeakyReLU"), spelled("swish"), spelled("logistic")
    ('tanh', 'leaky_relu', 'silu', 'sigmoid')
    >>> spelled("nn.LeakyReLU(negative_slope=0.3)"), spelled("swish:1.7")
    ('leaky_relu:0.3', 'silu:1.7')
    """
    known = _WITH_NUMBER.fullmatch(text.strip())
    if known is not None:
        family = spelled(known[1])
        try:
            value = float(known[2])
        except ValueError:
            raise InputError(f"Activation {text!r}: {known[2]!r} is no number.") from None
        if family not in FAMILIES:
            raise InputError(
                f"Activation {text!r} has a number; {family} takes none, only "
                f"{', '.join(FAMILIES)} do."
            )
        return activation(numbered(family, value)).name
    plain = text.strip().removesuffix("()").rsplit(".", 1)[-1].lower()
    plain = plain.replace("-", "").replace("_", "").replace(" ", "")
    if plain in LINEAR_NAMES:
        raise InputError(
            f"Activation {text!r} makes the network one linear map, in which no neuron leaves a "
            "trace; say which activation stands between the layers."
        )
    names = {name.replace("_", ""): name for name in ACTIVATIONS} | SPELLINGS
    return activation(names.get(plain, text)).name
