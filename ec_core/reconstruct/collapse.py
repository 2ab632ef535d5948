"""From clusters to neurons: one per cluster, as its best student has it."""

from __future__ import annotations

import torch
from torch import Tensor

from ec_core.cluster.cloud import WeightCloud
from ec_core.cluster.cut import Clusters
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.parameters import unpack


def collapse(
    ensemble: StudentEnsemble, cloud: WeightCloud, clusters: Clusters, layer: int = 0
) -> Tensor:
    """Rows (C, F) of hidden layer ``layer``'s parameters: of each kept cluster the best member's.

    Taken from the student itself, not from the canonical form, so that norms survive; outgoing
    weights, summed over copies, follow from solving the layers that read them.
    """
    block = unpack(ensemble.shape, torch.from_numpy(ensemble.theta)).blocks[layer]
    best = [cluster.best for cluster in clusters.kept]
    return block[cloud.student[best], cloud.neuron[best]].clone()
