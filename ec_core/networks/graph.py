"""A graph of operations, as ONNX and torch.export write models down, read as a chain of steps.

Both readers translate their operations into the few words of ``Node.op``; what they have no word
for keeps its own name and ends the chain. Activations written out in several operations (silu as
x · sigmoid(x)) are recognised by their values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain as joined
from typing import NoReturn

import numpy as np
import torch
from torch import Tensor

from ec_core.errors import InputError
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.steps import OTHERS, Affine, Function, Linear, Skip, Step, applied

_LIKE = 1e-5
"""Constants of a graph are float32, and so are the values of a function made of them, at most."""

_SIZES = torch.logspace(-6.0, 1.5, 151, dtype=torch.float64)
_GRID = torch.cat([-_SIZES.flip(0), torch.zeros(1, dtype=torch.float64), _SIZES])
"""Where functions are told apart: dense about zero, where kinks are, and up to 30, so that what is
cut off at 6 or 20 shows.
"""


class NotAChainError(InputError):
    """The graph is sound, and no chain of layers; the message is a clause that says why."""


@dataclass(frozen=True)
class Node:
    """One operation. inputs, output : names; what : the operation as the file calls it

    op : "gemm" (x, weight (out, in), bias), "matmul" (x, weight (in, out)), "add", "sub", "mul",
        "div", "scale" (``affine``), "skip", "function" (``function``), "unary" (``unary``), or ""
    """

    op: str
    what: str
    inputs: tuple[str, ...]
    output: str
    name: str = ""
    function: Function | None = None
    affine: tuple[np.ndarray, np.ndarray] | None = None
    unary: Callable[[Tensor], Tensor] | None = None
    turned: bool = False


@dataclass(frozen=True)
class Graph:
    """nodes in order; constants by name; from ``input`` of ``width`` numbers to ``output``"""

    nodes: Sequence[Node]
    constants: Mapping[str, np.ndarray]
    input: str
    output: str
    width: int | None = None
    consumers: dict[str, list[Node]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                self.consumers.setdefault(name, []).append(node)


_PAIRS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "max": torch.maximum,
    "min": torch.minimum,
}


def _value(node: Node, known: Mapping[str, Tensor]) -> Tensor | None:
    """An operation on single numbers, None where it is none or not all it reads is known."""
    if not all(name in known for name in node.inputs):
        return None
    given = [known[name] for name in node.inputs]
    if node.op == "function" and node.function is not None and len(given) == 1:
        ends = node.function.kind in ("softmax", "log-softmax")
        return None if ends else applied(node.function, given[0])
    if node.op == "unary" and node.unary is not None:
        return node.unary(given[0])
    if node.op in _PAIRS and len(given) == 2:
        return _PAIRS[node.op](given[0], given[1])
    return given[0] if node.op == "skip" else None


def _identified(values: Tensor, node: Node) -> Function:
    """The function that has these values on the grid."""
    candidates = [Function(name, node.name) for name in ACTIVATIONS]
    plain = ("gelu_tanh", "quick_gelu", "hardswish", "hardsigmoid", "relu6", "tanhshrink")
    candidates += [Function(name, node.name) for name in plain if name in OTHERS]
    candidates += [Function("squared_relu", node.name)]
    for candidate in candidates:
        if torch.allclose(values, applied(candidate, _GRID), rtol=_LIKE, atol=_LIKE):
            return candidate
    raise NotAChainError(
        f"an activation of its own ends with {node.what} ({node.name or node.output})"
    )


class _Walk:
    """From the input on, one step after another."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.at, self.width = graph, graph.input, graph.width
        self.steps: list[Step] = []

    def _stop(self, why: str) -> NoReturn:
        raise NotAChainError(why)

    def constant(self, name: str) -> np.ndarray | None:
        return self.graph.constants.get(name)

    def run(self) -> tuple[Step, ...]:
        seen = 0
        while self.at != self.graph.output:
            seen += 1
            if seen > len(self.graph.nodes):
                self._stop("its graph has a circle")
            after = self.graph.consumers.get(self.at, [])
            if not after:
                self._stop(f"nothing leads from {self.at!r} to its output")
            if len(after) > 1 or not self._one(after[0]):
                self._written_out(after)
        return tuple(self.steps)

    def _one(self, node: Node) -> bool:
        """A single operation that is a step of its own; False where it may begin an activation."""
        if node.op == "function" and node.function is not None:
            self.steps.append(node.function)
        elif node.op == "skip":
            self.steps.append(Skip(node.what, node.name))
        elif node.op == "scale" and node.affine is not None:
            self.steps.append(Affine(*node.affine, "batch normalisation", node.name))
        elif node.op in ("gemm", "matmul"):
            self._linear(node)
        elif node.op in ("add", "sub", "mul", "div"):
            if not self._affine(node):
                return False
        else:
            return False
        self.at = node.output
        return True

    def _linear(self, node: Node) -> None:
        weight = self.constant(node.inputs[1]) if len(node.inputs) > 1 else None
        if node.inputs[0] != self.at or weight is None or weight.ndim != 2:
            self._stop(f"{node.name or node.what} multiplies two things that are both computed")
        bias_name = node.inputs[2] if len(node.inputs) > 2 and node.inputs[2] else None
        bias = None if bias_name is None else self.constant(bias_name)
        if bias_name is not None and bias is None:
            self._stop(f"{node.name or node.what} adds something that is computed")
        turned = node.op == "matmul" or node.turned
        weight = weight.T if turned else weight
        if bias is not None:
            if bias.size not in (1, len(weight)):
                self._stop(f"{node.name or node.what} has a bias of shape {bias.shape}")
            bias = np.broadcast_to(bias.reshape(-1), (len(weight),)).copy()
        if self.width not in (None, weight.shape[1]):
            self._stop(
                f"{node.name or node.what} reads {weight.shape[1]} numbers of rows of {self.width}"
            )
        self.width = len(weight)
        layout = "in-out" if turned else "out-in"
        self.steps.append(Linear(weight, bias, node.inputs[1], bias_name, layout))

    def _affine(self, node: Node) -> bool:
        """x + c, c - x, x · c, x / c, c a constant for all numbers or one for each."""
        first = node.inputs[0] == self.at
        other = node.inputs[1 if first else 0]
        constant = self.constant(other)
        if constant is None:
            return False
        last = self.steps[-1] if self.steps else None
        values = constant.reshape(-1)
        if self.width is None and values.size > 1:
            self.width = values.size
        if values.size not in (1, self.width) or self.width is None:
            self._stop(f"{node.name or node.what} has a constant of shape {constant.shape}")
        if node.op == "add" and isinstance(last, Linear) and last.bias is None and values.size > 1:
            self.steps[-1] = Linear(last.weight, values, last.weight_name, other, last.layout)
            return True
        if node.op in ("add", "sub") and not isinstance(last, Linear) and values.size == 1:
            return False  # more likely the beginning of an activation
        values = np.broadcast_to(values, (self.width,)).copy()
        one, zero = np.ones(self.width), np.zeros(self.width)
        if node.op == "add":
            scale, shift = one, values
        elif node.op == "sub":
            scale, shift = (one, -values) if first else (-one, values)
        elif node.op == "mul":
            scale, shift = values, zero
        elif first and (values != 0).all():
            scale, shift = 1 / values, zero
        else:
            return False
        self.steps.append(Affine(scale, shift, "constant", other))
        return True

    def _written_out(self, after: list[Node]) -> None:
        """An activation in several operations: followed on a grid until one number is left."""
        scalars = {
            name: torch.tensor(float(values.reshape(-1)[0]), dtype=torch.float64)
            for name, values in self.graph.constants.items()
            if values.size == 1
        }
        known, inside = {**scalars, self.at: _GRID}, [self.at]
        for node in self.graph.nodes:
            value = _value(node, known)
            if value is None or not any(name in inside for name in node.inputs):
                continue
            known[node.output] = value
            inside.append(node.output)
            if all(
                user.output in inside
                for user in joined.from_iterable(
                    self.graph.consumers.get(name, []) for name in inside[:-1]
                )
            ):
                self.steps.append(_identified(value.expand(_GRID.shape), node))
                self.at = node.output
                return
        first = after[0]
        if len(after) > 1:
            users = " and ".join(dict.fromkeys(node.what for node in after))
            self._stop(
                f"what {self.at!r} holds is used more than once ({users}), as by residual "
                "connections or attention"
            )
        self._stop(f"it has {first.what} ({first.name or first.output})")


def steps_of(graph: Graph) -> tuple[Step, ...]:
    """The steps from the graph's input to its output. Raises NotAChainError where it is no chain.

    >>> nodes = [Node("matmul", "MatMul", ("x", "w"), "y")]
    >>> [type(step).__name__ for step in steps_of(Graph(nodes, {"w": np.ones((2, 1))}, "x", "y"))]
    ['Linear']
    """
    return _Walk(graph).run()
