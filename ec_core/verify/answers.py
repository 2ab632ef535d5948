"""Does a network file say what its model answers? Checked where answers are at hand.

A file of weights does not show what follows the last layer, how a square matrix is laid out, or
that each layer has an activation of its own. Where the answers differ, the usual misreadings are
tried, and the one that explains them is named. Axes: N probes, D inputs, K outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ec_core.errors import InputError
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.network import Network
from ec_core.probing.precision import mean_square, rounding_unit

AGREES = 1e-5
"""Root mean square difference, over the spread of the answers, that float32 arithmetic explains."""

ROWS = 2000
"""More questions say nothing more about a misreading, which shows on every one."""

_MIXED_LAYERS = 2
"""Every mixture of activations is tried for so many hidden layers; of three it would be 2,000."""

ENDS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softmax": lambda z: torch.softmax(z, dim=1),
    "log-softmax": lambda z: torch.log_softmax(z, dim=1),
    "relu": torch.relu,
    "softplus": torch.nn.functional.softplus,
}
"""What may follow the last layer without leaving a trace in a file of weights."""


@dataclass(frozen=True)
class AnswerCheck:
    """How a network's answers compare with answers that were given.

    error : root mean square difference over the spread of the answers, None where not finite
    agrees : nothing is left that the precision of the answers does not explain
    reading : in words, the other reading of the file that does explain them, None where there is
        none or none is needed
    """

    count: int
    error: float | None
    agrees: bool
    reading: str | None = None

    @property
    def sentence(self) -> str:
        """The outcome, as a person is told."""
        size = "beyond all bounds" if self.error is None else f"by {self.error:.1g} of their spread"
        if self.agrees:
            return f"The network gives the {self.count:,} answers that were given."
        if self.reading is not None:
            return (
                f"The network's answers differ from those given {size}; they agree {self.reading}."
            )
        return (
            f"The network's answers differ from those given {size}, and no other reading of the "
            "file that was tried explains them: check the activation, the order of the layers and "
            "what the model does before and after them."
        )

    def as_json(self) -> dict[str, Any]:
        """Plain numbers, as the command line prints them."""
        facts = {"count": self.count, "error": self.error, "agrees": self.agrees}
        return {**facts, "reading": self.reading, "sentence": self.sentence}


def _answers(network: Network, kinds: tuple[str, ...], x: np.ndarray) -> np.ndarray:
    """The answers (N, K) of the network's weights with an activation for each hidden layer."""
    *_, (_, answers) = network.passes(x, kinds)
    return answers


def _transposed(network: Network) -> Network | None:
    if any(w.shape[0] != w.shape[1] for w in network.weights):
        return None
    return replace(network, weights=tuple(w.T.copy() for w in network.weights))


def _readings(network: Network, x: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Other readings, in words, and their answers; what is likely comes first."""
    kinds = (network.activation,) * (len(network.weights) - 1)
    turned = _transposed(network)
    plain = _answers(network, kinds, x)
    for name, end in ENDS.items():
        yield f"with a {name} after the last layer", end(torch.from_numpy(plain)).numpy()
    if turned is not None:
        yield "with the matrices laid out (in, out), as Keras has them", _answers(turned, kinds, x)
    repeat = len(kinds) if len(kinds) <= _MIXED_LAYERS else 1
    for mixture in product(ACTIVATIONS, repeat=repeat):
        others = mixture if repeat == len(kinds) else mixture * len(kinds)
        if others != kinds:
            same = len(set(others)) == 1
            words = f"with {others[0]}" if same else f"with {', then '.join(others)}"
            yield f"{words} for the activation", _answers(network, others, x)


def check_answers(network: Network, x: np.ndarray, y: np.ndarray) -> AnswerCheck:
    """Compare a network with answers y (N, K) or (N,) to questions x (N, D).

    Raises InputError where the two are not for the same questions.

    >>> net = Network("tanh", (np.eye(2), np.ones((1, 2))), (np.zeros(2), np.zeros(1)))
    >>> x = np.random.default_rng(0).standard_normal((50, 2))
    >>> check_answers(net, x, 1 / (1 + np.exp(-net(x)))).reading
    'with a sigmoid after the last layer'
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    y = y[:, None] if y.ndim == 1 else y
    if x.ndim != 2 or x.shape[1] != network.sizes[0] or y.shape != (len(x), network.sizes[-1]):
        raise InputError(
            f"The answers have shape {y.shape} to questions of shape {x.shape}; this network has "
            f"{network.sizes[0]} inputs and {network.sizes[-1]} outputs."
        )
    rows = np.unique(np.linspace(0, len(x) - 1, min(len(x), ROWS)).astype(int))
    x, y = x[rows], y[rows]
    spread = np.where(y.std(axis=0) > 0, y.std(axis=0), 1.0)
    limit = AGREES + 4.0 * float(np.sqrt(mean_square(rounding_unit(y)[1], spread)))

    def error(answers: np.ndarray) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.sqrt(np.mean(((answers - y) / spread) ** 2)))

    with np.errstate(over="ignore", invalid="ignore"):
        left = error(network(x))
        known = left if np.isfinite(left) else None
        if left <= limit:
            return AnswerCheck(len(x), known, True)
        for words, answers in _readings(network, x):
            if error(answers) <= limit:
                return AnswerCheck(len(x), known, False, words)
    return AnswerCheck(len(x), known, False)
