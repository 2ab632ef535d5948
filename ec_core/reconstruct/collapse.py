"""From clusters to a first guess: one neuron per cluster."""

from __future__ import annotations

import numpy as np

from ec_core.cluster.cloud import WeightCloud
from ec_core.cluster.cut import Clusters
from ec_core.expand.students import StudentEnsemble


def collapse(ensemble: StudentEnsemble, cloud: WeightCloud, clusters: Clusters) -> np.ndarray:
    """Weight vectors (C, D+1): of each kept cluster the member of its best student.

    Taken from the student itself, not from the canonical form, so that norms survive; the
    outgoing weights, summed over copies, follow from solving the last layer.
    """
    incoming = ensemble.incoming
    rows = []
    for cluster in clusters.kept:
        best = cluster.members[int(np.argmin(cloud.loss[cluster.members]))]
        rows.append(incoming[cloud.student[best], cloud.neuron[best]])
    return np.array(rows).reshape(-1, incoming.shape[2])
