"""What a person chose on a run's trees: every layer's cut, and what the students say to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ec_core.cluster import Cut, apply_cut
from ec_core.cluster.layer import LayerView
from ec_core.expand.students import StudentEnsemble
from ec_core.runs import builds, tree_cache
from ec_core.runs.run import Run
from ec_core.store import Build


def cuts(run: Run, setting: str = "", layer: int = 0) -> tuple[Cut | None, ...]:
    """The cut of every hidden layer that a person's network is built from.

    setting, layer : a kept setting, and the layer whose it is; "" for the cuts in use. None for a
        layer that was never compared.
    """
    layers = builds.seen(run)
    taken: list[Cut | None] = [run.cut()]
    for later in range(1, run.layers):
        if later >= len(layers):
            taken.append(None)
        elif run.bench(later).get("tree") == tree_cache.name_of(run, later):
            taken.append(run.layer_cut(later))
        else:  # nothing was done to it by hand
            taken.append(layers[later].cut)
    if setting:
        taken[layer] = run.named_cuts(layer)[setting]
    return tuple(taken)


def views(
    ensemble: StudentEnsemble,
    best: int | None,
    cuts: tuple[Cut | None, ...],
    seen: tuple[LayerView, ...],
) -> tuple[LayerView | None, ...]:
    """Every hidden layer with the clusters that these cuts leave; for jobs, so nothing is cached.

    seen : how later layers were compared; a layer without a cut of its own is cut as it was then
    """
    cloud, tree = tree_cache.grow(ensemble, best)
    assert cuts[0] is not None
    layers: list[LayerView | None] = [
        LayerView(cloud, tree, cuts[0], apply_cut(tree, cloud, cuts[0]))
    ]
    for layer in range(1, len(ensemble.shape.sizes) - 2):
        view = seen[layer] if layer < len(seen) else None
        cut = cuts[layer] if layer < len(cuts) else None
        if view is not None and cut is not None:
            view = replace(view, cut=cut, clusters=apply_cut(view.tree, view.cloud, cut))
        layers.append(view)
    return tuple(layers)


def agreement(run: Run) -> np.ndarray:
    """(S, H) one for neurons in a kept cluster, little for all others: what the cut says."""
    cloud, _ = tree_cache.of(run)
    labels = tree_cache.clusters_of(run, run.cut()).labels
    ensemble = run.ensemble()
    strength = np.full(ensemble.incoming.shape[:2], 0.0)
    strength[cloud.student[labels >= 0], cloud.neuron[labels >= 0]] = 1.0
    return strength


def of_setting(run: Run, name: str, layer: int = 0) -> Build | None:
    """The network that was built exactly from a kept setting, "" for the cuts in use: under its own
    name, or under another from the very same cuts.
    """
    now, known = cuts(run, name, layer), builds.all_of(run)
    same = [b for b in known.values() if b.how == builds.EXACT and b.cuts == now]
    own = known.get(builds.exact_key(name, layer))
    return own if own in same or not same else same[0]


def changed_since(run: Run, build: Build) -> bool:
    """Has a cut that it was built from been changed since?"""
    if build.setting:
        named = run.named_cuts()
        return build.setting in named and build.cuts[0] != named[build.setting]
    return build.cuts != cuts(run)[: len(build.cuts)]
