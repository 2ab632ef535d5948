"""The browser's clusters are Python's: the same trees, cuts and edits through both."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ec_core.cluster import (
    Cut,
    Dendrogram,
    WeightCloud,
    apply_cut,
    automatic_cut,
    branch_statistics,
    build_tree,
    counts,
    pack_tree,
    paper_cut,
    plateaus,
    pool,
)
from ec_core.cluster.cut import Cluster
from ec_core.cluster.edits import Edit
from ec_core.control import Control
from ec_core.expand.config import ExpandConfig
from ec_core.expand.trainer import expand
from ec_core.networks.network import Network
from ec_core.probing.probes import make_probes
from tests.cluster.synthetic import cloud_of, recurring_cloud, separated
from tests.component.node import run_node
from tests.often import long
from tests.steps import drain

TREES, MORE, REAL, CUTS = 16, 320, 1, 4
KINDS = ("g", "tanh", "sigmoid", "gelu", "relu")


def random_cloud(seed: int) -> WeightCloud:
    """Clouds of every shape: recurring neurons, pure noise, a few vectors, many equal ones."""
    rng = np.random.default_rng(seed)
    kind = KINDS[seed % len(KINDS)]
    shape = seed % 8
    if shape < 4:
        students = int(rng.integers(2, 14))
        inexact = int(rng.integers(0, students))
        return recurring_cloud(
            seed, int(rng.integers(1, 9)), int(rng.integers(1, 9)), kind, students, inexact
        )[0]
    m = int(rng.integers(0, 60)) if shape < 7 else int(rng.integers(0, 4))
    vectors = rng.standard_normal((m, int(rng.integers(2, 6))))
    if shape == 5 and m:  # ties and heights of zero
        vectors = np.round(vectors)[rng.integers(0, m, m)]
    if shape == 6:
        vectors[:] = 1.0 / 3.0
    return cloud_of(vectors, rng.integers(0, 5, m), rng.choice([1e-30, 1e-6, 1e-2], m), kind=kind)


def real_cloud(kind: str, seed: int) -> WeightCloud:
    """Students that were really trained, not all of them to the end."""
    rng = np.random.default_rng(seed)
    first = separated(rng, 3, 2, kind)
    outgoing = rng.choice([-1.0, 1.0], (1, 3)) * rng.uniform(0.5, 1.5, (1, 3))
    teacher = Network(kind, (first[:, :-1], outgoing), (first[:, -1], np.zeros(1)))
    x = rng.standard_normal((200, 2))
    probes = make_probes(x, teacher(x))
    config = ExpandConfig(students=6, width=9, iterations=30, restarts=0, seed=seed)
    return pool(drain(expand(probes, kind, config, Control()))[1])


def random_height(rng: np.random.Generator, tree: Dendrogram) -> float:
    """Anywhere on the log axis, often exactly at a merge."""
    positive = tree.heights[tree.heights > 0]
    if len(positive) and rng.random() < 0.4:
        return float(rng.choice(positive))
    return float(10.0 ** rng.uniform(-17, 1.5))


def random_edits(rng: np.random.Generator, tree: Dendrogram) -> tuple[Edit, ...]:
    nodes = max(2 * tree.vectors - 1, 1)

    def node() -> int:
        # now and then one that the tree does not have; mostly merges
        low = tree.vectors if rng.random() < 0.7 and tree.vectors > 1 else 0
        return int(rng.integers(low, nodes + (rng.random() < 0.05)))

    edits: list[Edit] = []
    for _ in range(int(rng.integers(0, 12))):
        word = str(rng.choice(["cut", "merge", "keep", "drop"]))
        if word == "cut":
            edits.append((word, node(), random_height(rng, tree)))
        elif word == "merge":
            edits.append((word, *(node() for _ in range(int(rng.integers(2, 5))))))
        else:
            edits.append((word, node()))
    return tuple(edits)


def on_real_nodes(rng: np.random.Generator, tree: Dendrogram, cloud: WeightCloud, cut: Cut) -> Cut:
    """Edits that speak of clusters that are there, so that few of them wait."""
    clusters = apply_cut(tree, cloud, cut).clusters
    if not clusters:
        return cut
    edits: list[Edit] = list(cut.edits)
    for _ in range(int(rng.integers(1, 5))):
        picked = [clusters[i] for i in rng.integers(0, len(clusters), 3)]
        word = str(rng.choice(["merge", "keep", "drop"]))
        nodes = [int(rng.choice(c.nodes)) for c in picked]
        edits.append((word, *nodes) if word == "merge" else (word, nodes[0]))
    return Cut(cut.height, cut.gamma, cut.beta, "hand", tuple(edits))


@pytest.fixture(scope="module", params=[TREES, *long(MORE)])
def trees(request: pytest.FixtureRequest) -> list[tuple[WeightCloud, Dendrogram]]:
    clouds = [random_cloud(seed) for seed in range(request.param)]
    clouds += [real_cloud(kind, seed) for kind in KINDS for seed in range(REAL)]
    return [(cloud, build_tree(cloud)) for cloud in clouds]


def cuts_of(seed: int, cloud: WeightCloud, tree: Dendrogram) -> list[Cut]:
    rng = np.random.default_rng(10_000 + seed)
    found = [automatic_cut(tree), paper_cut(tree)]
    for _ in range(CUTS):
        gamma, beta = float(rng.uniform(0.05, 1.0)), float(rng.uniform(0.5, 90.0))
        cut = Cut(random_height(rng, tree), gamma, beta, "hand", random_edits(rng, tree))
        found += [cut, on_real_nodes(rng, tree, cloud, cut)]
    return found


def compare_cut(
    seen: dict[str, Any], cut: Cut, tree: Dendrogram, cloud: WeightCloud, known: Any
) -> None:
    found = apply_cut(tree, cloud, cut, known)
    assert [c["nodes"] for c in seen["kept"]] == [list(c.nodes) for c in found.kept]
    assert seen["labels"] == found.labels.tolist()
    theirs = {tuple(c["nodes"]): c for c in (*seen["kept"], *seen["rejected"])}
    assert len(theirs) == len(found.clusters)
    for cluster in found.clusters:
        same_cluster(theirs[cluster.nodes], cluster)


def same_cluster(theirs: dict[str, Any], ours: Cluster) -> None:
    """Every number that is shown of a cluster, and the verdict with its reason."""
    for name, value in {
        "kept": ours.kept,
        "number": ours.number,
        "size": len(ours.members),
        "support": ours.support,
        "best": ours.best,
        "reason": ours.reason,
    }.items():
        assert theirs[name] == value, (name, ours.nodes)
    # looked up where a cluster is one branch; of merged ones summed in another order
    merged = len(ours.nodes) > 1
    rel, least = (1e-9, 1e-13) if merged else (0.0, 0.0)
    for name, value in (("angle", ours.mean_angle), ("spread", ours.spread)):
        assert math.isclose(theirs[name], value, rel_tol=rel, abs_tol=least), (name, ours.nodes)
    assert math.isclose(theirs["outgoing"], ours.outgoing_norm, rel_tol=1e-15), ours.nodes


def test_the_browser_s_clusters_never_differ(
    trees: list[tuple[WeightCloud, Dendrogram]], tmp_path: Path
) -> None:
    cases, settings = [], [(0.5, 30.0), (0.3, 12.0), (1.0, 90.0)]
    all_cuts = [cuts_of(seed, *pair) for seed, pair in enumerate(trees)]
    for seed, (cloud, tree) in enumerate(trees):
        (tmp_path / f"{seed}.bin").write_bytes(pack_tree(str(seed), tree, cloud))
        plain = [asdict(cut) for cut in all_cuts[seed]]
        cases.append({"tree": f"{seed}.bin", "cuts": plain, "settings": settings})
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    answers = json.loads(run_node("agree.mjs", str(tmp_path)))
    compared = 0
    for (cloud, tree), cuts, answer in zip(trees, all_cuts, answers, strict=True):
        known = branch_statistics(tree, cloud)
        for cut, seen in zip(cuts, answer["cuts"], strict=True):
            compare_cut(seen, cut, tree, cloud, known)
            compared += 1
        for (gamma, beta), seen in zip(settings, answer["settings"], strict=True):
            assert seen["counts"] == counts(tree, gamma, beta).clusters.tolist()
            ours = [(p.low, p.high, p.count) for p in plateaus(tree, gamma, beta)]
            assert np.allclose(seen["plateaus"], ours) if ours else seen["plateaus"] == []
            for rule, height in (
                ("plateau", automatic_cut(tree, gamma, beta).height),
                ("paper", paper_cut(tree, gamma, beta).height),
            ):
                assert math.isclose(seen[rule], height, rel_tol=1e-12)
    assert compared == len(trees) * (2 + 2 * CUTS)
