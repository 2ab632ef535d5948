"""The forward pass one number at a time: what every other one is tested against."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch

from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.network import Network


def dot(a: Iterable[float], b: Iterable[float]) -> float:
    return math.fsum(u * v for u, v in zip(a, b, strict=True))


def slow_forward(
    network: Network, x: np.ndarray, skips: Sequence[np.ndarray] | None = None
) -> np.ndarray:
    """One number at a time; skips[l] (H_{l+1}, …) reads the layers below the one below, up to x."""
    s = ACTIVATIONS[network.activation].function
    answers = []
    for row in x:
        h = [float(value) for value in row]
        past: list[list[float]] = []
        for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            z = [dot(r, h) + c for r, c in zip(w, b, strict=True)]
            if skips is not None:
                seen = [value for earlier in past for value in earlier]
                z = [v + dot(r, seen) for v, r in zip(z, skips[layer], strict=True)]
            past.insert(0, h)
            if layer + 1 < len(network.weights):
                z = [float(s(torch.tensor(v, dtype=torch.float64))) for v in z]
            h = z
        answers.append(h)
    return np.array(answers)
