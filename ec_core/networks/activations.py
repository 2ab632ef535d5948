"""The activations: function, derivative and symmetry class in one table.

A neuron a·s(w·x + b) can be written with the opposite incoming sign because every class obeys

    s(-z) = parity · s(z) + linear · z + constant                                     (*)

(parity 0: no such identity). ``homogeneous`` adds s(l·z) = l·s(z) for l > 0.
Source: Martinelli et al., ICML 2024 (arXiv 2304.12794), section on symmetries.
Adding an activation is adding one entry to ``ACTIVATIONS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ec_core.errors import InputError

LEAKY_SLOPE = 0.01


@dataclass(frozen=True)
class Activation:
    """An activation s with its derivative and the constants of identity (*) above.

    function, derivative : elementwise maps of tensors of any shape
    kink : s' jumps at zero, so probes must fall on both sides of it
    """

    name: str
    function: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor], Tensor]
    parity: int = 0
    linear: float = 0.0
    constant: float = 0.0
    homogeneous: bool = False
    kink: bool = False

    @property
    def leaves_linear(self) -> bool:
        """Does flipping a sign leave a linear term behind?"""
        return self.linear != 0.0

    @property
    def symmetry(self) -> str:
        """The symmetry class, named as in the paper."""
        if self.parity == 0:
            return "none"
        if self.leaves_linear:
            return "even + linear" + (" + positive scaling" if self.homogeneous else "")
        return "odd + constant" if self.constant else "odd"


def _normal_pdf(z: Tensor) -> Tensor:
    return torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def _normal_cdf(z: Tensor) -> Tensor:
    return 0.5 * torch.erfc(-z / math.sqrt(2))


def _sigmoid_slope(z: Tensor) -> Tensor:
    p = torch.sigmoid(z)
    return p * (1 - p)


def _silu_slope(z: Tensor) -> Tensor:
    p = torch.sigmoid(z)
    return p * (1 + z * (1 - p))


def _softplus(z: Tensor) -> Tensor:
    # torch's softplus turns linear past a threshold and loses digits there
    return torch.clamp(z, min=0) + torch.log1p(torch.exp(-z.abs()))


def _mish_slope(z: Tensor) -> Tensor:
    t = torch.tanh(_softplus(z))
    return t + z * (1 - t * t) * torch.sigmoid(z)


def _g_slope(z: Tensor) -> Tensor:
    return 4 * _sigmoid_slope(4 * z) + torch.sigmoid(z)


_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def _elu_slope(z: Tensor) -> Tensor:
    return torch.where(z > 0, torch.ones_like(z), torch.exp(torch.clamp(z, max=0)))


def _selu(z: Tensor) -> Tensor:
    # written out because torch's selu rounds its constants differently by device
    tail = _SELU_ALPHA * torch.expm1(torch.clamp(z, max=0))
    return _SELU_SCALE * (torch.clamp(z, min=0) + tail)


def _selu_slope(z: Tensor) -> Tensor:
    tail = _SELU_ALPHA * torch.exp(torch.clamp(z, max=0))
    return _SELU_SCALE * torch.where(z > 0, torch.ones_like(z), tail)


_TABLE = (
    Activation("g", lambda z: torch.sigmoid(4 * z) + _softplus(z), _g_slope),
    Activation("elu", F.elu, _elu_slope),
    Activation("selu", _selu, _selu_slope, kink=True),
    Activation("mish", lambda z: z * torch.tanh(_softplus(z)), _mish_slope),
    Activation("tanh", torch.tanh, lambda z: 1 - torch.tanh(z) ** 2, parity=-1),
    Activation("erf", torch.erf, lambda z: 2 / math.sqrt(math.pi) * torch.exp(-z * z), parity=-1),
    Activation("softsign", F.softsign, lambda z: (1 + z.abs()) ** -2, parity=-1),
    Activation("sigmoid", torch.sigmoid, _sigmoid_slope, parity=-1, constant=1.0),
    Activation("softplus", _softplus, torch.sigmoid, parity=1, linear=-1.0),
    Activation(
        "gelu",
        lambda z: z * _normal_cdf(z),
        lambda z: _normal_cdf(z) + z * _normal_pdf(z),
        parity=1,
        linear=-1.0,
    ),
    Activation("silu", F.silu, _silu_slope, parity=1, linear=-1.0),
    Activation(
        "relu",
        torch.relu,
        lambda z: (z > 0).to(z.dtype),
        parity=1,
        linear=-1.0,
        homogeneous=True,
        kink=True,
    ),
    Activation(
        "leaky_relu",
        lambda z: F.leaky_relu(z, LEAKY_SLOPE),
        lambda z: torch.where(z > 0, torch.ones_like(z), torch.full_like(z, LEAKY_SLOPE)),
        parity=1,
        linear=-(1.0 + LEAKY_SLOPE),
        homogeneous=True,
        kink=True,
    ),
)

ACTIVATIONS: dict[str, Activation] = {entry.name: entry for entry in _TABLE}


def activation(name: str) -> Activation:
    """Look an activation up by name.

    Raises InputError with the known names if there is none.

    >>> activation("tanh").symmetry
    'odd'
    """
    if name not in ACTIVATIONS:
        raise InputError(
            f"Activation {name!r} is not known; choose one of {', '.join(ACTIVATIONS)}."
        )
    return ACTIVATIONS[name]


SPELLINGS = {
    "logistic": "sigmoid",
    "swish": "silu",
    "leakyrelu": "leaky_relu",
    "lrelu": "leaky_relu",
    "rectifier": "relu",
}
"""What scikit-learn, Keras, JAX and papers call some of them, in small letters without dashes."""

LINEAR_NAMES = ("identity", "linear", "none")


def spelled(text: str) -> str:
    """The name from ``ACTIVATIONS`` that is meant by a name as other programs write it.

    Raises InputError for a name that none of them has, and for the identity: a network without an
    activation is one linear map, and its neurons leave no trace.

    >>> spelled("nn.Tanh()"), spelled("LeakyReLU"), spelled("swish"), spelled("logistic")
    ('tanh', 'leaky_relu', 'silu', 'sigmoid')
    """
    plain = text.strip().removesuffix("()").rsplit(".", 1)[-1].lower()
    plain = plain.replace("-", "").replace("_", "").replace(" ", "")
    if plain in LINEAR_NAMES:
        raise InputError(
            f"Activation {text!r} makes the network one linear map, in which no neuron leaves a "
            "trace; say which activation stands between the layers."
        )
    names = {name.replace("_", ""): name for name in ACTIVATIONS} | SPELLINGS
    return activation(names.get(plain, text)).name
