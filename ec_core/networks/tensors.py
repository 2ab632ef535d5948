"""Named tensors: what can be no layer of a network is refused by its name or its shape."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from ec_core.errors import InputError

Layers = tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]
"""Weights and biases, from the inputs up."""

LAYOUTS = ("out-in", "in-out")
"""Of a weight matrix: as torch has it, as Keras has its kernels."""

MAX_NUMBERS = 2**25
"""A network's tensors may declare no more numbers than fill ``files.MAX_FILE_BYTES`` in float64."""

_OTHERS = (
    (
        r"weight_[guv]$|parametrizations\.",
        "a layer with a reparametrised weight",
        "remove it (torch.nn.utils.parametrize.remove_parametrizations)",
    ),
    (
        r"(weight|bias)_(ih|hh)|recurrent_kernel",
        "a recurrent layer",
        "only networks of fully connected layers can be read",
    ),
    (
        r"in_proj_(weight|bias)$|(^|\.)(q_proj|k_proj|v_proj|query|key|value)\.weight$",
        "an attention layer",
        "only networks of fully connected layers can be read",
    ),
    (
        r"(scale|zero_point|_packed_params)(\.|$)",
        "quantised weights",
        "save the network before it is quantised",
    ),
)


def refuse_by_name(keys: Sequence[str], name: str) -> None:
    """Raises InputError for names that only other kinds of layers have."""
    for pattern, what, advice in _OTHERS:
        other = next((key for key in keys if re.search(pattern, key)), None)
        if other is not None:
            raise InputError(f"{name} holds {other!r}, {what}; {advice} before saving.")


def refuse_by_shape(stem: str, parts: Mapping[str, np.ndarray], name: str) -> None:
    """Raises InputError for layers with the keys of a Linear one that are none."""
    weight = parts["weight"]
    if weight.ndim > 2:
        what, advice = "a convolution", "only fully connected layers can be read"
    elif weight.ndim < 2 and "bias" not in parts:
        slope = f", {float(weight.reshape(-1)[0]):.6g}" if weight.size == 1 else ""
        what = f"a PReLU, whose slope was learnt{slope}"
        advice = "only activations without numbers of their own can be read"
    elif weight.ndim < 2:
        what, advice = "a normalisation layer", "fold it into a Linear layer before saving"
    else:
        return
    raise InputError(f"{name} holds '{stem}.weight' of shape {weight.shape}, {what}; {advice}.")


def refuse_more(count: int, name: str) -> None:
    """Raises InputError for a file whose tensors hold more numbers in all than a network may."""
    if count > MAX_NUMBERS:
        raise InputError(
            f"{name} holds {count:,} numbers in all; expected at most {MAX_NUMBERS:,}."
        )


def real(values: np.ndarray, key: str, name: str) -> np.ndarray:
    """Real numbers as float64. Raises InputError for other types, and for more than can be."""
    if values.dtype.kind not in "fiu":
        raise InputError(f"{name} holds {key!r} as {values.dtype}; expected real numbers.")
    if values.size > MAX_NUMBERS:
        raise InputError(
            f"{name} holds {key!r} of shape {values.shape}; expected at most {MAX_NUMBERS:,} "
            "numbers."
        )
    return np.asarray(values, dtype=np.float64)


def _fit(weights: Sequence[np.ndarray], biases: Sequence[np.ndarray | None], axis: int) -> bool:
    """Do the layers follow one another if the outputs of each are counted by ``axis``?"""
    if any(w.ndim != 2 for w in weights):
        return False
    fits = all(
        b is None or b.shape == (w.shape[axis],) for w, b in zip(weights, biases, strict=True)
    )
    return fits and all(a.shape[axis] == b.shape[1 - axis] for a, b in pairwise(weights))


def layouts(weights: Sequence[np.ndarray], biases: Sequence[np.ndarray | None]) -> tuple[str, ...]:
    """Which of ``LAYOUTS`` fit the matrices: one, both where all are square, or none.

    >>> layouts((np.ones((2, 3)), np.ones((1, 2))), (np.ones(2), None))
    ('out-in',)
    """
    return tuple(layout for axis, layout in enumerate(LAYOUTS) if _fit(weights, biases, axis))
