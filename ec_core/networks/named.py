"""From named tensors to a chain: a state dict, as torch, JAX and people's own programs write it.

``fc1.weight``, ``net.0.weight``, ``_orig_mod.model.layers.0.linear.weight``: what stands before the
last dot names the layer, and numbers, words or shapes tell the order. What a state dict does not
show is the activation, and what follows the last layer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.chain import Naming, fold
from ec_core.networks.order import Numbering, by_words, natural, numbering, refuse_gaps
from ec_core.networks.steps import UNKNOWN, Affine, Function, Linear, Step
from ec_core.networks.tensors import layouts, real, refuse_by_name, refuse_by_shape

TORCH_EPS = 1e-5
"""What torch's batch normalisation adds to the variance unless it is told otherwise."""

_LEAVES = ("weight", "bias", "kernel", "running_mean", "running_var")
_NORMS = ("running_mean", "running_var")
_COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class Named:
    """Layers as they lie in a file, in order; ``layouts`` : which of them fit the matrices.

    weights, biases : as in the file, or (out, in) where only that fits or something was folded
    norms : names of the batch normalisations that were folded
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray | None, ...]
    layouts: tuple[str, ...]
    namings: tuple[Naming, ...]
    norms: tuple[str, ...]
    said: tuple[str, ...]


def _groups(tensors: Mapping[str, np.ndarray], name: str) -> dict[str, dict[str, np.ndarray]]:
    """The tensors of each layer, in the file's order, masks applied."""
    groups: dict[str, dict[str, np.ndarray]] = {}
    for key, values in tensors.items():
        stem, _, leaf = key.rpartition(".")
        leaf = re.sub(r"_orig$", "", leaf)
        if leaf == _COUNTER:
            continue
        plain = leaf.removesuffix("_mask")
        if plain not in _LEAVES or not stem:
            raise InputError(
                f"{name} holds {key!r}; expected only weights and biases of fully connected "
                "layers, such as layers.0.weight and layers.0.bias."
            )
        parts = groups.setdefault(stem, {})
        if leaf in parts:
            raise InputError(f"{name} holds {key!r} twice; expected each once.")
        parts[leaf] = real(values, key, name)
    for stem, parts in groups.items():
        for leaf in ("weight", "bias"):
            mask = parts.pop(f"{leaf}_mask", None)
            if mask is not None and leaf in parts and mask.shape == parts[leaf].shape:
                parts[leaf] = parts[leaf] * mask
            elif mask is not None:
                raise InputError(
                    f"{name} holds '{stem}.{leaf}_mask' of shape {mask.shape}, a layer with a "
                    f"pruning mask that fits no {leaf}; make it permanent with "
                    "torch.nn.utils.prune.remove before saving."
                )
    return groups


def _flat(bias: np.ndarray | None, stem: str, name: str) -> np.ndarray | None:
    """A bias (n,), also where it was saved as a column or a row."""
    if bias is None or bias.ndim == 1:
        return bias
    if bias.size == max(bias.shape, default=0):
        return bias.reshape(-1)
    raise InputError(
        f"{name} holds '{stem}.bias' of shape {bias.shape}; expected one number per neuron."
    )


def _norm(stem: str, parts: Mapping[str, np.ndarray], name: str) -> Affine:
    if not all(leaf in parts for leaf in _NORMS):
        raise InputError(
            f"{name} holds '{stem}', a batch normalisation, without its running_mean or "
            "running_var; save the whole state dict."
        )
    mean, var = (parts[leaf].reshape(-1) for leaf in _NORMS)
    scale = parts.get("weight", np.ones_like(mean)).reshape(-1)
    bias = parts.get("bias", np.zeros_like(mean)).reshape(-1)
    if not len(mean) == len(var) == len(scale) == len(bias) or (var < 0).any():
        raise InputError(
            f"{name} holds '{stem}', a batch normalisation whose numbers do not fit one another; "
            "save the whole state dict again."
        )
    scale = scale / np.sqrt(var + TORCH_EPS)
    return Affine(scale, bias - mean * scale, "batch normalisation", stem)


@dataclass(frozen=True)
class _Raw:
    stem: str
    weight: np.ndarray
    bias: np.ndarray | None
    kernel: bool

    @property
    def names(self) -> tuple[str, str | None]:
        leaf = "kernel" if self.kernel else "weight"
        return f"{self.stem}.{leaf}", None if self.bias is None else f"{self.stem}.bias"


def _layer(stem: str, parts: dict[str, np.ndarray], name: str) -> _Raw:
    kernel = "kernel" in parts
    if kernel and "weight" not in parts:
        parts["weight"] = parts.pop("kernel").T
    if "weight" not in parts:
        key = f"{stem}.{next(iter(parts))}"
        raise InputError(f"{name} holds {key!r} without a weight; expected a weight for each bias.")
    refuse_by_shape(stem, parts, name)
    bias = _flat(parts.get("bias"), stem, name)
    return _Raw(stem, parts["weight"], bias, kernel)


def _in_order(
    layers: list[_Raw], places: set[int], ours: bool, kept: bool, name: str
) -> tuple[list[_Raw], Numbering | None]:
    """The layers from the inputs up; places : numbers that a batch normalisation takes."""
    by_name = sorted(layers, key=lambda layer: natural(layer.stem))
    found = numbering([layer.stem for layer in by_name])
    if found is not None:

        def between(a: int, b: int) -> int:
            return sum(number not in places for number in range(a + 1, b))

        refuse_gaps(found, between, [layer.stem for layer in by_name], ours, name)
        return by_name, found

    def follows(a: int, b: int) -> bool:
        first, second = layers[a].weight, layers[b].weight
        return bool(first.shape[0] == second.shape[1])

    def follows_turned(a: int, b: int) -> bool:
        return bool(layers[a].weight.shape[1] == layers[b].weight.shape[0])

    stems = [layer.stem for layer in layers]
    try:
        order = by_words(stems, follows, kept, name)
    except InputError as error:
        try:
            order = by_words(stems, follows_turned, kept, name)
        except InputError:
            raise error from None
    return [layers[i] for i in order], None


def _last_number(stem: str) -> int | None:
    numbers = re.findall(r"\d+", stem)
    return int(numbers[-1]) if numbers else None


def _place(
    norm: str, size: int, layers: list[_Raw], found: Numbering | None, stems: list[str], name: str
) -> tuple[int, bool]:
    """After which layer a batch normalisation stands, and whether before the activation there.

    stems : all names in the file's order
    """
    number = _last_number(norm)
    if found is not None and found.positions and numbering([norm, layers[0].stem]) is not None:
        assert number is not None
        below = [i for i, at in enumerate(found.numbers) if at < number]
        if not below:
            return -1, False
        taken = {_last_number(stem) for stem in stems}
        low = found.numbers[below[-1]]
        return below[-1], not any(at not in taken for at in range(low + 1, number))
    sized = [i for i, layer in enumerate(layers) if len(layer.weight) == size]
    same = [i for i in sized if _last_number(layers[i].stem) == number]
    at = same if len(same) == 1 else sized
    if len(at) != 1:
        raise InputError(
            f"{name} holds '{norm}', a batch normalisation, and does not tell after which layer it "
            "stands; fold it into the Linear layer before it "
            "(torch.nn.utils.fusion.fuse_linear_bn_eval) before saving."
        )
    return at[0], True


def _folded(
    layers: list[_Raw],
    norms: dict[str, Affine],
    found: Numbering | None,
    stems: list[str],
    name: str,
) -> Named:
    """With batch normalisations, which only torch's state dicts have: (out, in) for certain."""
    steps: list[Step] = []
    places = {
        stem: _place(stem, len(norm.scale), layers, found, stems, name)
        for stem, norm in norms.items()
    }

    def add(at: int, before: bool) -> None:
        steps.extend(norms[stem] for stem, place in places.items() if place == (at, before))

    add(-1, False)
    for i, layer in enumerate(layers):
        weight_name, bias_name = layer.names
        steps.append(Linear(layer.weight, layer.bias, weight_name, bias_name))
        add(i, True)
        if i < len(layers) - 1:
            steps.append(Function(UNKNOWN))
        add(i, False)
    chain = fold(steps, name)
    said = [
        f"{name} holds the batch normalisation {' and '.join(norms)}; it is folded into the layer "
        f"beside it, with epsilon {TORCH_EPS:g}, torch's own, which a file of weights does not "
        "show."
    ]
    placed = found is not None and found.positions
    if not placed or any(numbering([norm, layers[0].stem]) is None for norm in norms):
        said.append(
            "It is taken to stand before the activation, which its name does not tell either."
        )
    weights = tuple(layer.weight for layer in chain.layers)
    return Named(weights, chain.biases(), ("out-in",), chain.namings, tuple(norms), tuple(said))


def read_named(
    tensors: Mapping[str, np.ndarray], name: str, ours: bool = False, kept: bool = False
) -> Named:
    """Weights and biases in order, float64, as they lie in the file.

    ours : the file's metadata say that it was made for this program, so that ``layers.0``,
        ``layers.2`` is no Sequential of a larger model but a file with a gap
    kept : the tensors come in the order in which the model was built

    Raises InputError for tensors that are no layers, for layers that are not fully connected, and
    for numbers that show that something is missing.

    >>> tensors = {"fc1.weight": np.ones((3, 2)), "fc2.weight": np.ones((1, 3))}
    >>> [naming.weight for naming in read_named(tensors, "m").namings]
    ['fc1.weight', 'fc2.weight']
    """
    refuse_by_name(sorted(tensors), name)
    groups = _groups(tensors, name)
    norms = {
        stem: _norm(stem, parts, name)
        for stem, parts in groups.items()
        if any(leaf in parts for leaf in _NORMS)
    }
    layers = [_layer(stem, parts, name) for stem, parts in groups.items() if stem not in norms]
    if not layers:
        raise InputError(f"{name} must hold a weight for every layer, at least one.")
    places = {number for number in map(_last_number, norms) if number is not None}
    layers, found = _in_order(layers, places, ours, kept, name)
    if norms:
        return _folded(layers, norms, found, list(groups), name)
    weights = tuple(layer.weight for layer in layers)
    biases = tuple(layer.bias for layer in layers)
    fitting = layouts(weights, biases)
    if any(layer.kernel for layer in layers):
        fitting = fitting[:1]
    namings = tuple(
        Naming(*layer.names, "in-out" if layer.kernel else "out-in") for layer in layers
    )
    without = [layer.stem for layer in layers if layer.bias is None]
    said = (
        (f"{name} holds no bias for {', '.join(without)}; it is taken for zero.",)
        if without
        else ()
    )
    return Named(weights, biases, fitting, namings, (), said)
