"""A model as the steps its inputs go through, whatever program it was made with.

Every reader (the folder ``readers``) says what it understood in these words; ``chain`` makes
one network of them, or says why they are none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ec_core.errors import InputError
from ec_core.networks.activations import (
    ACTIVATIONS,
    LINEAR_NAMES,
    activation,
    family_of,
    numbered,
    spelled,
)

UNKNOWN = "?"
"""An activation that a file does not show."""


@dataclass(frozen=True)
class Linear:
    """weight (out, in), bias (out,) or None; ``weight_name``, ``bias_name`` : in the file

    layout : how the file has the matrix, from ``tensors.LAYOUTS``; the weight is (out, in) always
    """

    weight: np.ndarray
    bias: np.ndarray | None
    weight_name: str
    bias_name: str | None = None
    layout: str = "out-in"


@dataclass(frozen=True)
class Affine:
    """Every number for itself, scale · h + shift, (n,) each: batch normalisation, a scaler."""

    scale: np.ndarray
    shift: np.ndarray
    what: str
    name: str


@dataclass(frozen=True)
class Function:
    """A function of every number, or the end of a classifier; ``name`` : in the file

    kind : as ``activation`` knows it, or from ``OTHERS``, ``HEADS`` or ``UNKNOWN``
    numbers : parameters that no activation of that name has
    """

    kind: str
    name: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The function and its numbers, as a person reads them."""
        said = ", ".join(f"{key} {value:g}" for key, value in self.numbers.items())
        return f"{self.kind} ({said})" if said else self.kind


@dataclass(frozen=True)
class Skip:
    """What does nothing to an answer: dropout, identity, flatten of a flat input."""

    what: str
    name: str = ""


Step = Linear | Affine | Function | Skip

HEADS = ("softmax", "log-softmax", "sigmoid")
"""What classifiers end with; the teacher is asked for the numbers before it."""


def _hard_sigmoid(z: Tensor, slope: float = 1 / 6, offset: float = 0.5) -> Tensor:
    return torch.clamp(slope * z + offset, 0.0, 1.0)


OTHERS: dict[str, Callable[..., Tensor]] = {
    "hardtanh": lambda z, low=-1.0, high=1.0: torch.clamp(z, low, high),
    "hardsigmoid": _hard_sigmoid,
    "cos": torch.cos,
    "exponential": torch.exp,
    "tanhshrink": F.tanhshrink,
    "softmax": lambda z: torch.softmax(z, dim=-1),
    "log-softmax": lambda z: torch.log_softmax(z, dim=-1),
}
"""Functions that a model can be asked through, though no network of this program has them, or has
them with other numbers."""


def applied(step: Function, z: Tensor) -> Tensor:
    """The function of z, in z's own precision. Raises InputError for one that is not known."""
    if not step.numbers and family_of(step.kind) in ACTIVATIONS:
        return activation(step.kind).function(z)
    if step.kind not in OTHERS:
        raise InputError(f"The function {step.kind!r} is not known; it cannot be computed.")
    return OTHERS[step.kind](z, **step.numbers)


def member(family: str, value: float, name: str = "") -> Function:
    """A function of a family with its number.

    >>> member("elu", 0.5).kind, member("elu", 1.0).kind
    ('elu:0.5', 'elu')
    """
    return Function(numbered(family, value), name)


def function(text: str, name: str) -> Function | Skip:
    """A function by the name that another program gives it; the identity is skipped.

    Raises InputError for a name that is not known.

    >>> function("logistic", "2").kind, function("linear", "3").what
    ('sigmoid', 'identity')
    """
    plain = text.lower().replace("-", "_").replace(" ", "")
    if plain in LINEAR_NAMES:
        return Skip("identity", name)
    if plain in ("softmax", "log_softmax", "logsoftmax"):
        return Function("softmax" if plain == "softmax" else "log-softmax", name)
    try:
        return Function(spelled(text), name)
    except InputError:
        if plain in OTHERS:
            return Function(plain, name)
        raise
