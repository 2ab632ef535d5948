"""Clouds whose answer is known, made without the code that is tested (canonical excepted)."""

from __future__ import annotations

import numpy as np

from ec_core.cluster.cloud import WeightCloud
from ec_core.networks.activations import activation
from ec_core.networks.canonical import canonical, reference_direction


def cloud_of(
    vectors: np.ndarray,
    student: np.ndarray,
    loss: np.ndarray | None = None,
    outgoing: np.ndarray | None = None,
    kind: str = "g",
) -> WeightCloud:
    """A cloud of vectors (M, D+1) as they are, students (M,); everything else plain."""
    m = len(vectors)
    return WeightCloud(
        vectors=np.asarray(vectors, dtype=np.float64),
        student=np.asarray(student),
        neuron=np.arange(m),
        sign=np.ones(m),
        norm=np.linalg.norm(vectors, axis=1),
        outgoing=np.ones((m, 1)) if outgoing is None else outgoing,
        loss=np.zeros(m) if loss is None else loss,
        activation=kind,
        reference=np.eye(1, vectors.shape[1])[0],
    )


def neurons(rng: np.random.Generator, count: int, inputs: int) -> np.ndarray:
    """(count, D+1) vectors of the synthetic family: incoming norm 2, bias N(0, 0.5²)."""
    w = rng.standard_normal((count, inputs))
    w *= 2.0 / np.linalg.norm(w, axis=1, keepdims=True)
    return np.concatenate([w, 0.5 * rng.standard_normal((count, 1))], axis=1)


def separated(rng: np.random.Generator, count: int, inputs: int, kind: str) -> np.ndarray:
    """True neurons (H, D+1), no two closer than 0.05 up to the symmetries of ``kind``."""
    entry = activation(kind)
    while True:
        truth = neurons(rng, count, inputs)
        units = truth / np.linalg.norm(truth, axis=1, keepdims=True) if entry.homogeneous else truth
        images = np.concatenate([units, -units]) if entry.parity else units
        gaps = np.linalg.norm(units[:, None] - images[None], axis=2)
        gaps[np.arange(count), np.arange(count)] = np.inf
        if gaps.min() > 0.05:
            return truth


def recurring_cloud(
    seed: int,
    hidden: int,
    inputs: int,
    kind: str,
    students: int = 10,
    inexact: int = 4,
    worst: float = -4.0,
) -> tuple[WeightCloud, np.ndarray]:
    """Copies of ``hidden`` true neurons in different students, and noise.

    Exact students hold every neuron once or more, off by 10^-16 … 10^worst; inexact ones miss a
    third of them and are off by 10^-3 … 10^-0.5. All add vectors of their own. Signs and norms
    are drawn at random where the activation allows. Returns the cloud and for each vector its
    true neuron, -1 for noise.
    """
    rng = np.random.default_rng(seed)
    entry = activation(kind)
    truth = separated(rng, hidden, inputs, kind)
    vectors, student, origin = [], [], []
    for s in range(students):
        exact = s >= inexact
        level = rng.uniform(-16.0, worst) if exact else rng.uniform(-3.0, -0.5)
        for h in range(hidden):
            if not exact and rng.random() < 1 / 3:
                continue
            for _ in range(1 + rng.poisson(0.7)):
                jitter = rng.standard_normal(inputs + 1) / np.sqrt(inputs + 1)
                vectors.append(truth[h] + 10.0**level * jitter)
                student.append(s)
                origin.append(h)
        for noise in neurons(rng, rng.poisson(hidden), inputs):
            vectors.append(noise * rng.lognormal(0.0, 0.7))
            student.append(s)
            origin.append(-1)
    pooled = np.array(vectors)
    if entry.parity:
        pooled *= rng.choice([-1.0, 1.0], len(pooled))[:, None]
    if entry.homogeneous:
        pooled *= rng.lognormal(0.0, 1.0, len(pooled))[:, None]
    reference = reference_direction(pooled)
    form, sign, norm = canonical(pooled, entry, reference)
    cloud = WeightCloud(
        vectors=form,
        student=np.array(student),
        neuron=np.arange(len(pooled)),
        sign=sign,
        norm=norm,
        outgoing=np.ones((len(pooled), 1)),
        loss=np.where(np.array(student) >= inexact, 1e-30, 1e-3),
        activation=kind,
        reference=reference,
    )
    return cloud, np.array(origin)
