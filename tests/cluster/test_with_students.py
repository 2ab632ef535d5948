"""The whole room on students that were really trained: their shared neurons are the teacher's."""

from __future__ import annotations

import numpy as np
import pytest

from ec_core.cluster import apply_cut, automatic_cut, build_tree, pool
from ec_core.control import Control
from ec_core.expand.config import ExpandConfig
from ec_core.expand.trainer import expand
from ec_core.networks.canonical import canonical, pairwise_distances
from ec_core.networks.network import Network
from ec_core.probing.probes import make_probes
from tests.cluster.synthetic import separated
from tests.steps import drain


@pytest.mark.parametrize("kind", ["g", "tanh", "gelu", "relu"])
def test_clusters_of_trained_students_are_the_teachers_neurons(kind: str) -> None:
    rng = np.random.default_rng(1)
    first = separated(rng, 4, 3, kind)
    outgoing = rng.choice([-1.0, 1.0], (1, 4)) * rng.uniform(0.5, 1.5, (1, 4))
    teacher = Network(kind, (first[:, :-1], outgoing), (first[:, -1], np.zeros(1)))
    x = rng.standard_normal((600, 3))
    probes = make_probes(x, teacher(x))
    config = ExpandConfig(students=8, width=12, iterations=80, restarts=1)
    _, ensemble = drain(expand(probes, kind, config, Control()))

    cloud = pool(ensemble)
    tree = build_tree(cloud)
    kept = apply_cut(tree, cloud, automatic_cut(tree)).kept

    standard = probes.to_standard(teacher)
    truth = np.concatenate([standard.weights[0], standard.biases[0][:, None]], axis=1)
    truth, _, _ = canonical(truth, cloud.entry, cloud.reference)
    apart = pairwise_distances(truth, np.stack([c.centre for c in kept]))
    assert len(kept) == 4
    assert apart.min(axis=1).max() < 1e-8
    assert sorted(apart.argmin(axis=1).tolist()) == [0, 1, 2, 3]
