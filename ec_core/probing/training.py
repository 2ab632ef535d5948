"""How a teacher is trained on real data: one fixed recipe, from a seed, in a second or two.

Full-batch L-BFGS in float64 on the cross-entropy (classes) or half the mean squared error
(values), plus ``DECAY``/2 times the squared distance of the parameters from where they started.

Why towards the start and not towards zero: ordinary weight decay makes superfluous neurons into
exact copies of each other or drives them to zero (measured: 6 neurons on wine end as 3 pairs), and
such a network has no unique weights to be recovered. Held near different starts, neurons stay
different, none saturates, and the held-out accuracy is the same.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from ec_core.errors import InputError
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.networks.network import Network
from ec_core.networks.parameters import to_network
from ec_core.probing.datasets import CLASSIFICATION, Dataset

DECAY = 3e-3
"""Strong enough for condition numbers below a thousand, weak enough to cost no accuracy."""

MAX_ITERATIONS = 1000
"""Smooth activations end after 200 to 700; those with a kink never quite settle."""

MEMORY = 20
"""Steps L-BFGS remembers; twice the usual, the gradient costs far more than the bookkeeping."""

BIAS_SPREAD = 0.5
"""Neurons start switching at different places."""


def start(sizes: tuple[int, ...], seed: int) -> np.ndarray:
    """Starting parameters (P,) in the order of ``networks.parameters``.

    Hidden rows are Gaussian of norm about 1 with biases N(0, 0.5²). Outgoing weights are
    ±U(0.5, 1.5)/√H: no neuron starts with nothing to say.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for width, out in pairwise(sizes[:-1]):
        weight = rng.standard_normal((out, width)) / np.sqrt(width)
        parts.append(np.hstack([weight, BIAS_SPREAD * rng.standard_normal((out, 1))]))
    shape = (sizes[-1], sizes[-2])
    weight = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape) / np.sqrt(sizes[-2])
    parts.append(np.hstack([weight, np.zeros((sizes[-1], 1))]))
    return np.concatenate([part.ravel() for part in parts])


def _misfit(data: Dataset, answers: Tensor, targets: Tensor) -> Tensor:
    if data.task == CLASSIFICATION:
        return torch.nn.functional.cross_entropy(answers, targets)
    return 0.5 * torch.mean((answers - targets) ** 2)


def train(data: Dataset, hidden: tuple[int, ...], activation: str, seed: int) -> Network:
    """A network with these hidden sizes, trained on the training rows of ``data``.

    The same arguments give the same network on the same machine and thread count.
    Raises InputError where training breaks down (numbers that are no longer finite).
    """
    shape = Architecture((data.x.shape[1], *hidden, data.outputs), activation)
    x, targets = torch.from_numpy(data.x_train), torch.from_numpy(data.targets_train)
    first = start(shape.sizes, seed)
    origin = torch.from_numpy(first)

    def objective(values: np.ndarray) -> tuple[float, np.ndarray]:
        theta = torch.from_numpy(values.copy()).requires_grad_(True)
        loss = _misfit(data, forward(shape, theta[None], x)[0], targets)
        loss = loss + 0.5 * DECAY * torch.sum((theta - origin) ** 2)
        (gradient,) = torch.autograd.grad(loss, theta)
        return loss.item(), gradient.numpy()

    fitted = minimize(
        objective,
        first,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MAX_ITERATIONS, "maxcor": MEMORY, "ftol": 1e-12, "gtol": 1e-7},
    )
    if not np.isfinite(fitted.x).all():
        raise InputError(
            f"Training a {activation} network on {data.name} broke down; choose another seed."
        )
    plain = to_network(shape, torch.from_numpy(fitted.x))
    return Network(activation, plain.weights, plain.biases, data.name)


def score(network: Network, data: Dataset) -> float:
    """Accuracy, or R² for a regression, on the held-out quarter."""
    answers = network(data.x_test)
    if data.task == CLASSIFICATION:
        return float(np.mean(answers.argmax(axis=1) == data.targets_test))
    residual = np.mean((answers - data.targets_test) ** 2)
    return float(1.0 - residual / np.var(data.targets_test))
