"""The first layer's weight vectors as they are drawn while students train: lines or points."""

from __future__ import annotations

import numpy as np

from ec_core.networks.activations import activation
from ec_core.networks.canonical import canonical
from ec_core.runs.run import Run


def strength(incoming: np.ndarray | None) -> np.ndarray | None:
    """(S, H) how clearly a neuron's line is drawn: nearly dead ones have short vectors."""
    if incoming is None:
        return None
    norms = np.linalg.norm(incoming[..., :2], axis=-1)
    return np.asarray(np.clip(norms / max(float(np.median(norms)), 1e-9), 0.15, 1.0))


def truth(run: Run) -> np.ndarray | None:
    """(H, D+1) the teacher's neurons in the students' coordinates, if there is a teacher."""
    network = run.source().network
    if network is None:
        return None
    standard = run.probes().to_standard(network)
    return np.column_stack([standard.weights[0], standard.biases[0]])


def flattened(run: Run, vectors: np.ndarray) -> np.ndarray:
    """(…, D+1) vectors, mirror images folded together, in a projection that stays the same."""
    size = vectors.shape[-1]
    rng = np.random.default_rng(run.settings().seed)
    directions, _ = np.linalg.qr(rng.standard_normal((size, min(3, size))))
    rows, _, _ = canonical(vectors.reshape(-1, size), activation(run.activation), directions[:, -1])
    return np.asarray((rows @ directions[:, :2]).reshape(*vectors.shape[:-1], 2))
