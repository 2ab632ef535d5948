"""From the steps of a model to one network: what can be folded is folded, the rest is named.

Batch normalisation and scalers go into the linear layer before them, or after; two linear layers
without anything between them are multiplied; dropout, identity and flatten go; what follows the
last layer is the head, and the network is what comes before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from ec_core.errors import InputError
from ec_core.networks.network import Network
from ec_core.networks.steps import HEADS, UNKNOWN, Affine, Function, Linear, Step, applied


@dataclass(frozen=True)
class Naming:
    """How a layer is called in its file, and how its matrix lies there.

    folded : the file's numbers are others, since something was folded into them
    """

    weight: str
    bias: str | None
    layout: str = "out-in"
    folded: bool = False


@dataclass(frozen=True)
class Link:
    """A line of what was understood: what it is, its name in the file, its shape or a remark."""

    what: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Chain:
    """Linear layers with a function between any two of them, and perhaps one at the end.

    functions : of the hidden layers; head : what follows the last layer, None where nothing does
    """

    name: str
    layers: tuple[Linear, ...]
    functions: tuple[Function, ...]
    head: Function | None
    namings: tuple[Naming, ...]
    said: tuple[str, ...]
    links: tuple[Link, ...]

    @property
    def activation(self) -> str | None:
        """The one activation of all hidden layers, None where the file shows none."""
        kinds = {step.kind for step in self.functions}
        return None if kinds == {UNKNOWN} or not kinds else self.functions[0].kind

    @property
    def obstacle(self) -> str | None:
        """Why this is no ``Network`` of this program, a clause; None where it is one."""
        numbered = next((step for step in self.functions if step.numbers), None)
        if numbered is not None:
            return f"{numbered.name or 'a layer'} is {numbered.words}"
        kinds = list(dict.fromkeys(step.kind for step in self.functions))
        if len(kinds) > 1:
            return f"its layers have different activations, {' and '.join(kinds)}"
        if kinds and kinds[0] != UNKNOWN:
            try:
                Network(kinds[0], (np.ones((1, 1)),), (np.zeros(1),))
            except InputError:
                return f"its activation is {kinds[0]}"
        return None

    def biases(self) -> tuple[np.ndarray, ...]:
        """One for every layer; zeros where the file has none."""
        return tuple(
            np.zeros(len(layer.weight)) if layer.bias is None else layer.bias
            for layer in self.layers
        )

    def answers(self, x: np.ndarray) -> np.ndarray:
        """The answers (N, K) before the head to questions x (N, D), in float64."""
        h = torch.from_numpy(np.asarray(x, dtype=np.float64))
        for i, (layer, bias) in enumerate(zip(self.layers, self.biases(), strict=True)):
            h = h @ torch.from_numpy(layer.weight).mT + torch.from_numpy(bias)
            if i < len(self.functions):
                h = applied(self.functions[i], h)
        return h.numpy()


def _shape(values: np.ndarray) -> str:
    return " × ".join(map(str, values.shape))


def _link(step: Step, folded: str) -> Link:
    if isinstance(step, Linear):
        turned = step.layout == "in-out"
        shape = _shape(step.weight.T if turned else step.weight)
        lies = "a column for each neuron" if turned else "a row for each neuron"
        bias = "" if step.bias is not None else ", without bias"
        return Link("linear layer", step.weight_name, f"{shape}, {lies}{bias}")
    if isinstance(step, Affine):
        return Link(step.what, step.name, folded)
    if isinstance(step, Function):
        words = "activation, not named in the file" if step.kind == UNKNOWN else step.words
        return Link(words, step.name, folded)
    return Link(step.what, step.name, "left out: it changes no answer")


def _wide(step: Affine, width: int) -> Affine:
    """One number for all, written for each."""
    if len(step.scale) != 1:
        return step
    return replace(step, scale=np.repeat(step.scale, width), shift=np.repeat(step.shift, width))


def _scaled_before(layer: Linear, step: Affine, name: str) -> Linear:
    """step(layer(h)) as one layer."""
    step = _wide(step, len(layer.weight))
    if len(step.scale) != len(layer.weight):
        raise InputError(
            f"{name} holds {step.name!r}, a {step.what} of {len(step.scale)} numbers, after a "
            f"layer of {len(layer.weight)}; expected as many."
        )
    bias = np.zeros(len(layer.weight)) if layer.bias is None else layer.bias
    return replace(
        layer, weight=step.scale[:, None] * layer.weight, bias=step.scale * bias + step.shift
    )


def _scaled_after(layer: Linear, step: Affine, name: str) -> Linear:
    """layer(step(h)) as one layer."""
    step = _wide(step, layer.weight.shape[1])
    if len(step.scale) != layer.weight.shape[1]:
        raise InputError(
            f"{name} holds {step.name!r}, a {step.what} of {len(step.scale)} numbers, before a "
            f"layer that reads {layer.weight.shape[1]}; expected as many."
        )
    bias = np.zeros(len(layer.weight)) if layer.bias is None else layer.bias
    return replace(layer, weight=layer.weight * step.scale, bias=bias + layer.weight @ step.shift)


def _product(lower: Linear, upper: Linear, name: str) -> Linear:
    if upper.weight.shape[1] != len(lower.weight):
        _refuse_sizes(lower, upper, name)
    bias = np.zeros(len(upper.weight)) if upper.bias is None else upper.bias
    if lower.bias is not None:
        bias = bias + upper.weight @ lower.bias
    return replace(
        upper,
        weight=upper.weight @ lower.weight,
        bias=bias,
        weight_name=f"{upper.weight_name} · {lower.weight_name}",
    )


def _refuse_sizes(lower: Linear, upper: Linear, name: str) -> None:
    raise InputError(
        f"{name} holds {upper.weight_name!r}, which reads {upper.weight.shape[1]} numbers, after "
        f"{lower.weight_name!r}, which gives {len(lower.weight)}; expected layers that fit."
    )


class _Folding:
    """The steps so far, folded: layers, the functions after them, and a scale that still waits."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.layers: list[Linear] = []
        self.functions: list[Function] = []
        self.folded: list[bool] = []
        self.waiting: list[Affine] = []
        self.said: list[str] = []

    @property
    def after_layer(self) -> bool:
        """Was the last thing a linear layer, with no function yet?"""
        return len(self.layers) > len(self.functions)

    def linear(self, step: Linear) -> None:
        folded = bool(self.waiting)
        for scale in reversed(self.waiting):
            step = _scaled_after(step, scale, self.name)
        self.waiting = []
        if self.after_layer:
            lower = self.layers[-1]
            self.said.append(
                f"{self.name} has two linear layers without an activation between them, "
                f"{lower.weight_name} and {step.weight_name}; they are read as their product."
            )
            self.layers[-1], self.folded[-1] = _product(lower, step, self.name), True
            return
        if self.layers and step.weight.shape[1] != len(self.layers[-1].weight):
            _refuse_sizes(self.layers[-1], step, self.name)
        self.layers.append(step)
        self.folded.append(folded)

    def affine(self, step: Affine) -> str:
        if self.after_layer and not self.waiting:
            self.layers[-1] = _scaled_before(self.layers[-1], step, self.name)
            self.folded[-1] = True
            return "folded into the layer before"
        self.waiting.append(step)
        return "folded into the layer after"

    def function(self, step: Function) -> None:
        if not self.after_layer or self.waiting:
            raise InputError(
                f"{self.name} has {step.words} ({step.name or 'unnamed'}) where a fully connected "
                "layer was expected; only layers with one activation after each can be read."
            )
        self.functions.append(step)


def fold(steps: Sequence[Step], name: str) -> Chain:
    """The chain of some steps. Raises InputError where they are none.

    >>> layer = Linear(np.ones((1, 1)), None, "fc.weight")
    >>> scaler = Affine(np.full(1, 2.0), np.ones(1), "scaler", "scaler")
    >>> fold([scaler, layer, Function("softmax")], "m").layers[0].weight.tolist()
    [[2.0]]
    """
    work = _Folding(name)
    links = []
    for step in steps:
        note = ""
        if isinstance(step, Linear):
            work.linear(step)
        elif isinstance(step, Affine):
            note = work.affine(step)
        elif isinstance(step, Function):
            work.function(step)
        links.append(_link(step, note))
    if not work.layers:
        raise InputError(f"{name} holds no fully connected layer; expected at least two.")
    if work.waiting:
        late = work.waiting[0]
        raise InputError(
            f"{name} ends with {late.name!r}, a {late.what} after an activation, which no linear "
            "layer follows; expected the network to end with one."
        )
    head = None
    if len(work.functions) == len(work.layers):
        head = work.functions.pop()
        at = max(i for i, step in enumerate(steps) if isinstance(step, Function))
        links[at] = replace(links[at], note="after the last layer: asked before it")
    inner = next((step for step in work.functions if step.kind in HEADS[:2]), None)
    if inner is not None:
        raise InputError(
            f"{name} has a {inner.kind} between its layers ({inner.name or 'unnamed'}), as "
            "attention and mixtures have; only activations of single numbers can be read there."
        )
    namings = tuple(
        Naming(layer.weight_name, layer.bias_name, layer.layout, folded)
        for layer, folded in zip(work.layers, work.folded, strict=True)
    )
    return Chain(
        name,
        tuple(work.layers),
        tuple(work.functions),
        head,
        namings,
        tuple(work.said),
        tuple(links),
    )
