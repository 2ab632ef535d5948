"""One hidden layer of all students: their vectors, the tree of them, and where it is cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ec_core.cluster.cloud import WeightCloud, pool
from ec_core.cluster.cut import Clusters, Cut, apply_cut, automatic_cut
from ec_core.cluster.dendrogram import Dendrogram, build_tree
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.parameters import unpack


@dataclass(frozen=True)
class LayerView:
    """What the students of one moment say about one hidden layer.

    below : rows (S, H, F) of every hidden layer beneath, as each student had them: what the vectors
        read; () for the first layer, and in runs stored by earlier versions
    standardised : the vectors read these layers' outputs after standardisation (see
        ``reconstruct.grow``)
    """

    cloud: WeightCloud
    tree: Dendrogram
    cut: Cut
    clusters: Clusters
    below: tuple[np.ndarray, ...] = ()
    standardised: bool = False


def beneath(ensemble: StudentEnsemble, layer: int) -> tuple[np.ndarray, ...]:
    """Rows (S, H, F) of the hidden layers that layer ``layer`` reads, of every student."""
    blocks = unpack(ensemble.shape, torch.from_numpy(ensemble.theta)).blocks[:layer]
    return tuple(block.numpy().copy() for block in blocks)


def view_layer(
    ensemble: StudentEnsemble,
    layer: int,
    gamma: float,
    beta: float,
    best: int | None = None,
    share: float | None = None,
) -> LayerView:
    """Cluster hidden layer ``layer`` (0: the first) of the ``best`` students (None: of all).

    gamma, beta : which clusters count, see ``Cut``
    share : vectors closer than this share of their length are one neuron; None: the tree's longest
        plateau decides

    >>> from ec_core.expand.students import ensemble_of
    >>> from ec_core.networks.architecture import Architecture
    >>> shape = Architecture((1, 1, 1), "tanh")
    >>> theta = np.array([[2.0, 0.5, 1.0, 0.0], [-2.0, -0.5, -1.0, 0.0]])
    >>> two = ensemble_of(shape, theta, np.zeros(2), 0)
    >>> len(view_layer(two, 0, gamma=0.5, beta=30.0).clusters.kept)
    1
    """
    cloud = pool(ensemble, best, layer)
    tree = build_tree(cloud)
    if share is None or not len(tree.heights):
        cut = automatic_cut(tree, gamma, beta)
    else:
        cut = Cut(share * tree.scale, gamma, beta, "share")
    return LayerView(cloud, tree, cut, apply_cut(tree, cloud, cut), beneath(ensemble, layer))
