"""Teachers to choose from: planar toys, the paper's synthetic family, networks on real data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.activations import activation as activation_named
from ec_core.networks.canonical import TINY_NORM, canonical, mirrored, pairwise_distances
from ec_core.networks.network import Network
from ec_core.probing.datasets import CLASSIFICATION, DATASETS, load_dataset
from ec_core.probing.training import score, train

INCOMING_NORM = 2.0
"""Norm of every synthetic neuron's incoming weights, bias not counted; see
docs/method.md#the-synthetic-family."""

BIAS_SPREAD = 0.5
MAX_PARAMETERS = 2_000_000
"""Larger networks are refused: nothing here could recover them."""

SAME_NEURON = 1e-3
"""Two incoming vectors closer than this, relative to their size, are one neuron."""

PLANAR_LINES = 4
PLANAR_JITTER = 0.15
"""Radians; lines are 45 degrees apart before it, so at least 28 after."""

XOR_STEEPNESS = 1.5

PRESETS: dict[str, str] = {
    "planar": "two inputs, four neurons: four lines in the plane",
    "xor": "two inputs, two neurons: the smallest network that computes exclusive or",
    "synthetic": "the paper's random teachers, any sizes",
    **{name: f"trained on {text}" for name, text in DATASETS.items()},
}


@dataclass(frozen=True)
class TeacherCard:
    """A teacher and what is known about it.

    score : accuracy or R² on held-out rows, None where there are no data
    """

    preset: str
    network: Network
    seed: int
    score: float | None
    score_name: str | None
    description: str


def _signed_uniform(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape))


def _rows_of_norm(rows: np.ndarray, norm: float) -> np.ndarray:
    return np.asarray(norm * rows / np.linalg.norm(rows, axis=1, keepdims=True))


def synthetic_network(sizes: tuple[int, ...], activation: str, seed: int) -> Network:
    """One member of the synthetic family of sizes (D, H1, …, K).

    Source: docs/method.md#the-synthetic-family, which is our reading of the paper's problems.

    First layer: directions uniform on the sphere, norm 2 (weights alone). Every later weight is
    ±U(0.5, 1.5); rows that enter a hidden layer are then rescaled to norm 2. All biases, the
    output's too, are N(0, 0.5²), those of relu6 neurons N(3, 0.5²): around its centre.

    >>> net = synthetic_network((4, 3, 1), "g", seed=0)
    >>> np.linalg.norm(net.weights[0], axis=1).round(12).tolist()
    [2.0, 2.0, 2.0]
    """
    rng = np.random.default_rng(seed)
    weights, biases = [], []
    for layer, (width, out) in enumerate(pairwise(sizes)):
        if layer == 0:
            rows = _rows_of_norm(rng.standard_normal((out, width)), INCOMING_NORM)
        else:
            rows = _signed_uniform(rng, (out, width))
            if layer < len(sizes) - 2:
                rows = _rows_of_norm(rows, INCOMING_NORM)
        weights.append(rows)
        biases.append(BIAS_SPREAD * rng.standard_normal(out))
        if layer < len(sizes) - 2:
            biases[-1] += activation_named(activation).centre
    return Network(activation, tuple(weights), tuple(biases))


def planar_network(activation: str, seed: int) -> Network:
    """2-4-1: each neuron's line w·x + b = 0 crosses the plane in its own direction."""
    rng = np.random.default_rng(seed)
    spacing = np.pi / PLANAR_LINES
    jitter = rng.uniform(-PLANAR_JITTER, PLANAR_JITTER, PLANAR_LINES)
    angles = rng.uniform(0, np.pi) + spacing * np.arange(PLANAR_LINES) + jitter
    normals = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # 0.2 to 1.2 from the origin: where Gaussian probes fall, yet not all through one point
    distances = rng.choice([-1.0, 1.0], PLANAR_LINES) * rng.uniform(0.2, 1.2, PLANAR_LINES)
    return Network(
        activation,
        (INCOMING_NORM * normals, _signed_uniform(rng, (1, PLANAR_LINES))),
        (INCOMING_NORM * distances, np.zeros(1)),
    )


def xor_network(activation: str) -> Network:
    """2-2-1: positive where the inputs (±1) differ, negative where they agree.

    tanh(k(x1 + x2 + 1)) - tanh(k(x1 + x2 - 1)) - 1; the sigmoid form is the same function.
    """
    if activation not in ("tanh", "sigmoid"):
        raise InputError(f"The xor teacher exists for tanh and sigmoid; got {activation!r}.")
    # sigmoid(2z) = (1 + tanh z)/2
    factor = 2.0 if activation == "sigmoid" else 1.0
    k = factor * XOR_STEEPNESS
    return Network(
        activation,
        (np.full((2, 2), k), np.array([[factor, -factor]])),
        (np.array([k, -k]), np.array([-1.0])),
    )


def is_irreducible(network: Network) -> bool:
    """No outgoing vector is zero, no two incoming vectors of a layer are equal up to symmetry."""
    entry = activation_named(network.activation)
    for layer in range(len(network.weights) - 1):
        outgoing = np.linalg.norm(network.weights[layer + 1], axis=0)
        if np.any(outgoing < TINY_NORM):
            return False
        vectors = np.column_stack([network.weights[layer], network.biases[layer]])
        vectors, _, _ = canonical(vectors, entry)
        distances = pairwise_distances(vectors, vectors)
        if entry.parity:
            mirrors = mirrored(vectors, entry)
            distances = np.minimum(distances, pairwise_distances(vectors, mirrors))
        np.fill_diagonal(distances, np.inf)
        if np.any(distances < SAME_NEURON * np.linalg.norm(vectors, axis=1)):
            return False
    return True


def _checked_sizes(sizes: tuple[int, ...]) -> tuple[int, ...]:
    if len(sizes) < 3 or any(size < 1 for size in sizes):
        raise InputError(
            f"Sizes {'-'.join(map(str, sizes)) or '(none)'} are not a network; "
            "expected inputs-hidden-outputs, such as 4-8-1."
        )
    parameters = sum(out * (width + 1) for width, out in pairwise(sizes))
    if parameters > MAX_PARAMETERS:
        raise InputError(
            f"This teacher would have {parameters:,} parameters; the limit is {MAX_PARAMETERS:,}."
        )
    return sizes


def _on_data(preset: str, hidden: tuple[int, ...], activation: str, seed: int) -> TeacherCard:
    data = load_dataset(preset)
    _checked_sizes((data.x.shape[1], *hidden, data.outputs))
    network = train(data, hidden, activation, seed)
    if not is_irreducible(network):
        raise InputError(
            f"With seed {seed} two neurons of this {preset} teacher came out equal, so that its "
            "weights are not unique; choose another seed or fewer neurons."
        )
    name = "accuracy" if data.task == CLASSIFICATION else "R²"
    return TeacherCard(preset, network, seed, score(network, data), name, PRESETS[preset])


def make_teacher(
    preset: str,
    *,
    sizes: tuple[int, ...] = (4, 4, 1),
    activation: str | None = None,
    hidden: int | tuple[int, ...] = 10,
    seed: int = 0,
) -> TeacherCard:
    """A teacher from ``PRESETS``.

    sizes : of a synthetic teacher, (D, H1, …, K)
    activation : None takes the preset's own (g for synthetic, tanh for all others)
    hidden : hidden size or sizes of a network trained on data
    Raises InputError for an unknown preset or activation and for sizes that make no network.

    >>> make_teacher("synthetic", sizes=(2, 3, 1), seed=1).network.sizes
    (2, 3, 1)
    """
    if preset not in PRESETS:
        raise InputError(f"Teacher {preset!r} is not known; choose one of {', '.join(PRESETS)}.")
    if seed < 0:
        raise InputError(f"The seed is {seed}; expected zero or a positive whole number.")
    kind = activation or ("g" if preset == "synthetic" else "tanh")
    activation_named(kind)
    if preset in DATASETS:
        return _on_data(preset, (hidden,) if isinstance(hidden, int) else hidden, kind, seed)
    toys: dict[str, Callable[[], Network]] = {
        "planar": lambda: planar_network(kind, seed),
        "xor": lambda: xor_network(kind),
        "synthetic": lambda: synthetic_network(_checked_sizes(sizes), kind, seed),
    }
    return TeacherCard(preset, toys[preset](), seed, None, None, PRESETS[preset])
