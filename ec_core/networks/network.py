"""One multilayer perceptron as plain NumPy arrays: what files hold and people are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import torch

from ec_core.errors import InputError
from ec_core.networks.activations import activation
from ec_core.networks.spline import Spline

LEARNT = "curve"
"""Stands for the activation of a network whose curves were learnt; they are in ``curves``."""

Kind = str | Spline
"""What stands behind the sums of a hidden layer: a name, or a curve."""


def applied(kind: Kind, z: np.ndarray) -> np.ndarray:
    """What neurons make of their sums z, in the same shape."""
    if isinstance(kind, Spline):
        return kind(z)
    return np.asarray(activation(kind).function(torch.from_numpy(z)).numpy())


@dataclass(frozen=True)
class Network:
    """A fully connected network with a linear last layer.

    activation : a name from ``ACTIVATIONS``; one for every hidden layer, with commas between them,
        where they differ; or "curve"
    curves : for "curve", one for every hidden layer
    weights : one (out, in) float64 array per layer
    biases : one (out,) float64 array per layer
    dataset : name of the data the network was trained on, if any

    Raises InputError if the shapes do not fit together or a number is not finite.

    >>> weights = (np.array([[1.0, -1.0]]), np.array([[2.0]]))
    >>> net = Network("relu", weights, (np.zeros(1), np.ones(1)))
    >>> net.sizes, net(np.array([[3.0, 1.0]])).tolist()
    ((2, 1, 1), [[5.0]])
    """

    activation: str
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    dataset: str | None = None
    curves: tuple[Spline, ...] = ()

    def __post_init__(self) -> None:
        if not self.weights or len(self.weights) != len(self.biases):
            raise InputError(
                f"A network needs one bias per layer; got {len(self.weights)} weight arrays "
                f"and {len(self.biases)} biases."
            )
        previous = None
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            if w.ndim != 2 or b.shape != (w.shape[0],) or previous not in (None, w.shape[1]):
                raise InputError(
                    f"Layer {i} has weight {w.shape} and bias {b.shape}; expected (out, "
                    f"{previous or 'in'}) and (out,)."
                )
            if not (np.isfinite(w).all() and np.isfinite(b).all()):
                raise InputError(f"Layer {i} holds NaN or infinite numbers; expected finite ones.")
            if w.size == 0:
                raise InputError(
                    f"Layer {i} is empty, shape {w.shape}; expected at least one neuron."
                )
            previous = w.shape[0]
        for kind in self.kinds:
            if isinstance(kind, str):
                activation(kind)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What stands behind the sums of each hidden layer.

        >>> weights, biases = (np.eye(2), np.eye(2), np.ones((1, 2))), (np.zeros(2),) * 2
        >>> Network("tanh,gelu", weights, (*biases, np.zeros(1))).kinds
        ('tanh', 'gelu')
        """
        layers = len(self.weights) - 1
        names = tuple(self.activation.split(","))
        kinds: tuple[Kind, ...] = names * layers if len(names) == 1 else names
        if self.activation == LEARNT or self.curves:
            kinds = self.curves
        if len(kinds) != layers or (self.curves and self.activation != LEARNT):
            raise InputError(
                f"The activation is {self.activation!r} with {len(self.curves)} curves; a network "
                f"of {layers} hidden layers needs one name, {layers} names, or {layers} curves."
            )
        return kinds

    @property
    def plain(self) -> bool:
        """Does one named activation stand between all layers?"""
        return not self.curves and "," not in self.activation

    @property
    def sizes(self) -> tuple[int, ...]:
        """(D, H1, …, K)."""
        return (self.weights[0].shape[1], *(w.shape[0] for w in self.weights))

    @property
    def parameter_count(self) -> int:
        return sum(w.size + b.size for w, b in zip(self.weights, self.biases, strict=True))

    def hidden(self, x: np.ndarray, layer: int = 0) -> np.ndarray:
        """Pre-activations of hidden layer ``layer`` for inputs x (N, D): (N, H)."""
        return next(islice(self.passes(x), layer, None))[1]

    def passes(
        self, x: np.ndarray, kinds: Sequence[Kind] | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Layer after layer for inputs x (N, D): what it reads (N, H) and its sums (N, H').

        The last sums are the answers. In NumPy, apart from the batch's ``forward``: a teacher's
        answers keep their last bits whatever is done to make training faster.
        kinds : an activation for every hidden layer; by default the network's own
        """
        h = np.asarray(x, dtype=np.float64)
        between = kinds or self.kinds
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = h @ w.T + b
            yield h, z
            if i < len(between):
                h = applied(between[i], z)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Answers (N, K) to inputs x (N, D)."""
        x = np.asarray(x, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != self.sizes[0]:
            raise InputError(
                f"Inputs have shape {x.shape}; this network expects (N, {self.sizes[0]})."
            )
        return self.hidden(x, len(self.weights) - 1)

    def centred(self) -> Network:
        """The network whose logits sum to zero and differ from these by one function for all.

        Both give the same probabilities.
        """
        weights, biases = list(self.weights), list(self.biases)
        weights[-1] = weights[-1] - weights[-1].mean(axis=0)
        biases[-1] = biases[-1] - biases[-1].mean()
        return replace(self, weights=tuple(weights), biases=tuple(biases))

    def permuted(self, order: np.ndarray, layer: int = 0) -> Network:
        """The same function with the neurons of a hidden layer in another order."""
        weights, biases = list(self.weights), list(self.biases)
        weights[layer], biases[layer] = weights[layer][order], biases[layer][order]
        weights[layer + 1] = weights[layer + 1][:, order]
        return replace(self, weights=tuple(weights), biases=tuple(biases))
