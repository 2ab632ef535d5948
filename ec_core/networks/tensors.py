"""From named tensors to the layers of a network, and what cannot be one, refused by its name.

Two ways of numbering are read: ``layers.0``, ``layers.1``, … one after another, and positions in a
torch ``nn.Sequential``, where an activation stands between two Linear layers and takes a number.
"""

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

_KEY = re.compile(r"^(layers\.)?(\d+)\.(weight|bias)$")

_OTHERS = (
    (
        r"_mask$|(weight|bias)_orig$",
        "a layer with a pruning mask",
        "make it permanent with torch.nn.utils.prune.remove",
    ),
    (
        r"(running_mean|running_var|num_batches_tracked)$",
        "a batch normalisation",
        "fold it into the Linear layer before it (torch.nn.utils.fusion.fuse_linear_bn_eval)",
    ),
    (
        r"weight_[guv]$|parametrizations\.",
        "a layer with a reparametrised weight",
        "remove it (torch.nn.utils.parametrize.remove_parametrizations)",
    ),
    (
        r"(weight|bias)_(ih|hh)",
        "a recurrent layer",
        "only networks of fully connected layers can be read",
    ),
    (
        r"(scale|zero_point|_packed_params)(\.|$)",
        "quantised weights",
        "save the network before it is quantised",
    ),
)

_LATEST_START = 1
"""A Sequential may begin with a Flatten; where more is missing, a layer is."""


def _refuse_by_name(keys: Sequence[str], name: str) -> None:
    for pattern, what, advice in _OTHERS:
        other = next((key for key in keys if re.search(pattern, key)), None)
        if other is not None:
            raise InputError(f"{name} holds {other!r}, {what}; {advice} before saving.")


def _refuse_by_shape(number: int, parts: Mapping[str, np.ndarray], name: str) -> None:
    """Layers with the keys of a Linear one that are none."""
    weight = parts.get("weight")
    if weight is None:
        return
    if weight.ndim > 2:
        what, advice = "a convolution", "only fully connected layers can be read"
    elif weight.ndim == 1 and "bias" not in parts:
        what = "a PReLU, whose slope was learnt"
        advice = "only activations without numbers of their own can be read"
    elif weight.ndim == 1 and parts["bias"].shape == weight.shape:
        what, advice = "a normalisation layer", "fold it into a Linear layer before saving"
    else:
        return
    raise InputError(f"{name} holds '{number}.weight' of shape {weight.shape}, {what}; {advice}.")


def _refuse_gaps(numbers: Sequence[int], named: bool, ours: bool, name: str) -> None:
    """Numbers (ascending) of layers that cannot be all there is; named : by ``layers.``."""
    if named and list(numbers) == list(range(len(numbers))):
        return
    if named and ours:
        missing = next(i for i, number in enumerate((*numbers, -1)) if i != number)
        raise InputError(
            f"{name} holds the layers {', '.join(map(str, numbers))}, so layer {missing} is "
            "missing; expected 0, 1, 2, … without gaps."
        )
    if numbers[0] > _LATEST_START:
        raise InputError(
            f"{name} begins with layer {numbers[0]}, so layers before it are missing; load all "
            "files of the network together and save them as one."
        )
    beside = next((pair for pair in pairwise(numbers) if pair[1] == pair[0] + 1), None)
    if beside is None:
        return
    if named:
        raise InputError(
            f"{name} holds the layers {', '.join(map(str, numbers))}; expected 0, 1, 2, … without "
            "gaps: a part of the network is missing."
        )
    raise InputError(
        f"{name} holds '{beside[0]}.weight' and '{beside[1]}.weight', two Linear layers of a "
        "Sequential without an activation between them; multiply them into one layer, or, where "
        "an activation does stand between them, name the layers layers.0, layers.1, …."
    )


def to_layers(tensors: Mapping[str, np.ndarray], name: str, ours: bool = False) -> Layers:
    """Weights and biases in order, float64, as they lie in the file.

    ours : the file's metadata say that it was made for this program, so that ``layers.0``,
        ``layers.2`` is no Sequential of a larger model but a file with a gap

    Raises InputError for tensors that are no layers, for layers that are not Linear, and for
    numbers that show that something is missing.
    """
    _refuse_by_name(sorted(tensors), name)
    layers: dict[int, dict[str, np.ndarray]] = {}
    named = False
    for key, value in tensors.items():
        match = _KEY.match(key)
        if not match:
            raise InputError(
                f"{name} holds {key!r}; expected only layers.N.weight and layers.N.bias."
            )
        named = named or match[1] is not None
        parts = layers.setdefault(int(match[2]), {})
        if match[3] in parts or value.dtype.kind not in "fiu":
            raise InputError(
                f"{name} holds {key!r} twice or as {value.dtype}; expected each once, real numbers."
            )
        parts[match[3]] = value
    for number in sorted(layers):
        _refuse_by_shape(number, layers[number], name)
    if not layers or any(set(parts) != {"weight", "bias"} for parts in layers.values()):
        raise InputError(f"{name} must hold a weight and a bias for every layer, at least one.")
    _refuse_gaps(sorted(layers), named, ours, name)
    ordered = [layers[number] for number in sorted(layers)]
    return (
        tuple(np.asarray(parts["weight"], dtype=np.float64) for parts in ordered),
        tuple(np.asarray(parts["bias"], dtype=np.float64) for parts in ordered),
    )


def _fit(weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], axis: int) -> bool:
    """Do the layers follow one another if the outputs of each are counted by ``axis``?"""
    if any(w.ndim != 2 for w in weights):
        return False
    fits = all(b.shape == (w.shape[axis],) for w, b in zip(weights, biases, strict=True))
    return fits and all(a.shape[axis] == b.shape[1 - axis] for a, b in pairwise(weights))


def layouts(layers: Layers) -> tuple[str, ...]:
    """Which of ``LAYOUTS`` fit the matrices: one, both where all are square, or none.

    >>> layouts(((np.ones((2, 3)), np.ones((1, 2))), (np.ones(2), np.ones(1))))
    ('out-in',)
    """
    return tuple(layout for axis, layout in enumerate(LAYOUTS) if _fit(*layers, axis))
