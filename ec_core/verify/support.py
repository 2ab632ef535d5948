"""For each recovered neuron: how many independent students found it?

The recovered neuron's weight vector, in canonical form, is looked up among the clusters of the
students' vectors. Agreement of independent students is the evidence of Martinelli et al. (ICML
2024); the decision is the certificate's.
"""

from __future__ import annotations

import numpy as np

from ec_core.cluster.cut import Clusters
from ec_core.networks.activations import activation
from ec_core.networks.canonical import canonical, mirrored
from ec_core.networks.network import Network

SAME = 0.05
"""A cluster within this share of a neuron's norm is that neuron, as in ``match``; students that
are not exact lie around the truth, unrelated vectors are several times farther away."""

SCATTER = 2.0
"""Or within so many times the scatter of a kept cluster's members, where no student is exact."""


def support(standard: Network, clusters: Clusters) -> tuple[int, ...]:
    """Distinct students in the nearest cluster of each first-layer neuron (H,), 0 where none is.

    standard : the recovered network in the students' coordinates, where the clusters live.
    Clusters that were not kept count too: their support is small, and says so.
    """
    kind = standard.kinds[0]
    if not isinstance(kind, str):
        return (0,) * standard.sizes[1]  # the students had another activation
    entry = activation(kind)
    vectors = np.concatenate([standard.weights[0], standard.biases[0][:, None]], axis=1)
    vectors, _, norms = canonical(vectors, entry)
    if entry.homogeneous:
        norms = np.ones(len(vectors))
    centres = np.array([cluster.centre for cluster in clusters.clusters])
    if centres.size == 0:
        return (0,) * len(vectors)
    counts = []
    for vector, norm in zip(vectors, norms, strict=True):
        distance = np.linalg.norm(centres - vector, axis=1)
        if entry.parity:
            # which sign is canonical depends on a direction that the cloud chose for itself
            mirror = mirrored(vector, entry)
            distance = np.minimum(distance, np.linalg.norm(centres - mirror, axis=1))
        nearest = int(np.argmin(distance))
        cluster = clusters.clusters[nearest]
        scatter = SCATTER * cluster.spread if cluster.kept else 0.0
        near = distance[nearest] <= max(SAME * norm, scatter)
        counts.append(cluster.support if near else 0)
    return tuple(counts)
