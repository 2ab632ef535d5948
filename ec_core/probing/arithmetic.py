"""What would a machine with fewer digits make of a network? Its own rounding errors, made again.

A network found is evaluated as PyTorch and Keras evaluate theirs: weights and inputs rounded to the
type, every layer's sums and activations rounded to it, added up in float32. The difference from
float64 is what answers *computed* in that type err by. It depends on the network, not only on the
type: cancelling terms and large weights cost digits (1.5 to 14 times the last rounding, mean
squared, in small networks; docs/method.md#answers-with-few-digits). And such errors are not
independent from one question to the next: a constant rounded to float32 shifts a whole activation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ec_core.networks.activations import activation
from ec_core.networks.network import Network
from ec_core.probing.outputs import LOG_SOFTMAX, LOGITS, PLAIN, SIGMOID, SOFTMAX, TANH, Output
from ec_core.probing.precision import BFLOAT16, FLOAT16, FLOAT32

TYPES = {FLOAT32: torch.float32, FLOAT16: torch.float16, BFLOAT16: torch.bfloat16}

_LIBRARY: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "softplus": F.softplus,
    "selu": F.selu,
    "mish": F.mish,
    "erf": lambda z: 1.0 - torch.erfc(z),
    "tanh": lambda z: 2.0 * torch.sigmoid(2.0 * z) - 1.0,
    "sigmoid": lambda z: 0.5 * torch.tanh(0.5 * z) + 0.5,
    "silu": lambda z: z / (1.0 + torch.exp(-z)),
    "g": lambda z: torch.sigmoid(4.0 * z) + F.softplus(z),
}
"""Second ways of computing an activation, as libraries do; their digits differ from the table's."""

_LAST: dict[str, Callable[[Tensor], Tensor]] = {
    SOFTMAX: lambda z: torch.softmax(z, dim=1),
    LOG_SOFTMAX: lambda z: torch.log_softmax(z, dim=1),
    SIGMOID: torch.sigmoid,
    TANH: torch.tanh,
}
"""What a machine makes of its logits, by the name of the output."""

_APART = 4.0
"""By how many units in the last place weights are moved to see other roundings."""


def arithmetic_errors(
    network: Network, x: np.ndarray, looks: str, count: int = 2, output: Output = PLAIN
) -> Iterator[np.ndarray]:
    """(N, K) errors of a network's answers to x (N, D) computed in a short type, ``count`` times.

    looks : a key of ``TYPES``; nothing for any other. In the units of the answers. Once or twice
    as the network is, with either way of computing its activation; then with weights a few units
    in the last place away, which is as well as they are known: other roundings of the same kind.
    output : what the machine computed after the last layer, and was undone; zero where it was
    rounded to an end that cannot be

    >>> third, zero = np.ones((1, 1)) / 3, np.zeros(1)
    >>> net = Network("tanh", (third, third), (zero, zero))
    >>> first, *_ = arithmetic_errors(net, np.linspace(-1, 1, 50)[:, None], "float32")
    >>> bool(1e-18 < np.mean(first**2) < 1e-15)
    True
    """
    kind = TYPES.get(looks)
    if kind is None or not network.plain:
        return

    def rounded(values: Tensor) -> Tensor:
        return values.to(kind).to(torch.float32)

    rng = np.random.default_rng(0)
    usual = activation(network.activation).function
    ways = list(dict.fromkeys((usual, _LIBRARY.get(network.activation, usual))))
    for trial in range(count):
        apart = 0.0 if trial < len(ways) else _APART * torch.finfo(kind).eps

        def moved(values: np.ndarray, apart: float = apart) -> np.ndarray:
            return values * (1.0 + apart * rng.standard_normal(values.shape))

        weights = [rounded(torch.from_numpy(moved(w))) for w in network.weights]
        biases = [rounded(torch.from_numpy(moved(b))) for b in network.biases]
        # the machine's own network has these numbers: their rounding is none of its errors
        same = Network(
            network.activation,
            tuple(w.double().numpy() for w in weights),
            tuple(b.double().numpy() for b in biases),
        )
        h = rounded(torch.from_numpy(x))
        for layer, (w, b) in enumerate(zip(weights, biases, strict=True)):
            h = rounded(h @ w.T + b)
            if layer + 1 < len(weights):
                h = rounded(ways[trial % len(ways)](h))
        yield _undone(h, kind, same(x), output)


def _undone(h: Tensor, kind: torch.dtype, exact: np.ndarray, output: Output) -> np.ndarray:
    """Errors (N, K) of logits ``h`` (N, K) in a short type, after what was made of them there."""
    if output.kind == LOGITS:
        return np.asarray(h.double().numpy() - exact)
    answers = _LAST[output.kind](h).to(kind).double().numpy()
    if output.gauge:
        exact = exact - exact.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        errors = output.logits(answers) - exact
    return np.asarray(np.where(np.isfinite(errors), errors, 0.0))


def arithmetic_error(
    network: Network, x: np.ndarray, looks: str, output: Output = PLAIN
) -> np.ndarray:
    """(K,) the largest mean squared one of ``arithmetic_errors``; zero where there are none."""
    made = arithmetic_errors(network, x, looks, output=output)
    errors = [np.mean(error**2, axis=0) for error in made]
    return np.max(errors, axis=0) if errors else np.zeros(network.sizes[-1])
