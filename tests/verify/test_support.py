"""How many students found a neuron, counted on clouds whose clusters are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ec_core.cluster.cut import Cluster, Clusters, Cut
from ec_core.networks.network import Network
from ec_core.verify.support import support


def _clusters(*centres: tuple[list[float], int]) -> Clusters:
    found = tuple(
        Cluster(
            members=np.array([i]),
            best=i,
            centre=np.array(centre),
            support=count,
            spread=0.0,
            angle=0.0,
            mean_angle=0.0,
            outgoing_norm=1.0,
            kept=count > 2,
            reason="",
            node=i,
        )
        for i, (centre, count) in enumerate(centres)
    )
    return Clusters(Cut(1e-3), found)


def _network(activation: str, vectors: np.ndarray) -> Network:
    return Network(
        activation, (vectors[:, :-1], np.ones((1, len(vectors)))), (vectors[:, -1], np.zeros(1))
    )


def test_each_neuron_takes_the_support_of_its_cluster_and_strangers_none() -> None:
    clusters = _clusters(([1.0, 2.0, 0.5], 6), ([0.0, -1.0, 1.0], 2))
    vectors = np.array([[-1.0, -2.0, -0.5001], [0.0, -1.0, 1.01], [3.0, 3.0, 3.0]])
    assert support(_network("tanh", vectors), clusters) == (6, 2, 0)


@pytest.mark.parametrize(("activation", "counts"), [("g", (0, 2, 0)), ("relu", (0, 0, 0))])
def test_only_the_symmetries_of_the_activation_are_undone(
    activation: str, counts: tuple[int, ...]
) -> None:
    clusters = _clusters(([1.0, 2.0, 0.5], 6), ([0.0, -1.0, 1.0], 2))
    vectors = np.array([[-1.0, -2.0, -0.5], [0.0, -1.0, 1.0], [5.0, 5.0, 5.0]])
    assert support(_network(activation, vectors), clusters) == counts


def test_a_relu_s_norm_does_not_matter() -> None:
    unit = np.array([0.6, 0.8, 0.0])
    clusters = _clusters((list(unit), 5))
    assert support(_network("relu", 7.0 * unit[None]), clusters) == (5,)


def test_no_clusters_no_support() -> None:
    assert support(_network("tanh", np.ones((2, 3))), Clusters(Cut(1e-3), ())) == (0, 0)


def test_a_neuron_within_the_scatter_of_a_kept_cluster_is_that_cluster_s() -> None:
    exact = _clusters(([1.0, 2.0, 0.5], 6), ([0.0, -1.0, 1.0], 2))
    wide = Clusters(exact.cut, tuple(replace(c, spread=0.1) for c in exact.clusters))
    vectors = np.array([[1.0, 2.0, 0.69], [0.0, -1.0, 1.19]])
    network = _network("tanh", vectors)
    assert support(network, exact) == (0, 0)
    assert support(network, wide) == (6, 0)  # the second is not kept: its scatter says nothing
