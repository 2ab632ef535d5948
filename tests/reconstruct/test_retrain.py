"""Layer by layer: exact students stay exact, stuck ones are helped, and each layer is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch

from ec_core import chain
from ec_core.cluster.cut import Clusters, Cut, apply_cut, automatic_cut, paper_cut
from ec_core.cluster.dendrogram import Dendrogram
from ec_core.cluster.layer import LayerView, view_layer
from ec_core.control import Control
from ec_core.events import LayerStep, TrainingProgress
from ec_core.expand.students import StudentEnsemble, ensemble_of
from ec_core.networks.activations import COMMON, activation
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network
from ec_core.probing.asking import ask
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.probing.teacher import Teacher
from ec_core.reconstruct.compose import rough_view
from ec_core.reconstruct.reconstruct import ReconstructConfig, reconstruct
from ec_core.reconstruct.retrain import Retrain, view
from ec_core.reconstruct.walk import walk
from ec_core.runs.cut_history import by_rule
from ec_core.verify.match import match
from tests.often import daily
from tests.steps import drain

SIZES = (3, 2, 3, 2)


def _probes(name: str, sizes: tuple[int, ...] = SIZES, seed: int = 1) -> ProbeSet:
    network = make_teacher("synthetic", sizes=sizes, activation=name, seed=seed).network
    x, y = ask(Teacher(network), 600, "gaussian", sizes[0], seed)
    return make_probes(x, y, seed)


def _copies(name: str, probes: ProbeSet, students: int = 6) -> StudentEnsemble:
    """Exact students: the teacher's neurons in another order, each held twice by shares."""
    teacher = make_teacher("synthetic", sizes=SIZES, activation=name, seed=1).network
    inside = probes.to_standard(teacher)
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(students):
        weights, biases = list(inside.weights), list(inside.biases)
        for layer, size in enumerate(SIZES[1:-1]):
            share = rng.uniform(0.2, 0.8, size)
            shares, order = np.concatenate([share, 1 - share]), rng.permutation(2 * size)
            twice = np.tile(np.arange(size), 2)[order]
            weights[layer], biases[layer] = weights[layer][twice], biases[layer][twice]
            weights[layer + 1] = weights[layer + 1][:, twice] * shares[order]
        shape, theta = from_network(
            Network(name, tuple(weights), tuple(biases)), activation(name).leaves_linear
        )
        rows.append(theta)
    return ensemble_of(shape, torch.cat(rows).numpy(), np.full(students, 1e-30), 0)


def _climb(
    ensemble: StudentEnsemble, probes: ProbeSet, first: LayerView | None = None
) -> tuple[StudentEnsemble, tuple[LayerView, ...], list[object]]:
    way = Retrain(probes, "cpu", ensemble.shape.sizes[1:-1])
    events, walked = drain(walk(ensemble, first or view(ensemble, 0, 0.5, 30.0), way, Control()))
    assert walked.students is not None
    return walked.students, walked.views, list(events)


@pytest.mark.parametrize("name", daily(COMMON, "tanh", "gelu", "relu"))
def test_exact_students_stay_exact_and_every_layer_is_counted(name: str) -> None:
    probes = _probes(name)
    ensemble = _copies(name, probes)
    found, views, events = _climb(ensemble, probes)
    assert [len(seen.clusters.kept) for seen in views] == [2, 3]
    assert found.shape.sizes == (3, 2, 6, 2)
    # carried over by least squares, the better half is at the floor after one iteration of training
    first = next(event for event in events if isinstance(event, TrainingProgress))
    assert np.sort(first.losses)[:3].max() < 1e-24
    assert min(found.losses) < 1e-28
    phases = [(e.layer, e.phase) for e in events if isinstance(e, LayerStep)]
    assert phases == [(1, "freeze"), (1, "retrain"), (2, "cluster")]


@pytest.mark.long
def test_a_neuron_that_no_student_shares_is_found_by_looking_again() -> None:
    probes = _probes("tanh")
    ensemble = _copies("tanh", probes)
    seen = view(ensemble, 0, 0.5, 30.0)
    kept = tuple(replace(c, kept=i == 0) for i, c in enumerate(seen.clusters.clusters))
    short = replace(seen, clusters=Clusters(seen.cut, kept))
    found, views, _ = _climb(ensemble, probes, short)
    assert len(views[0].clusters.kept) == 2 and min(found.losses) < 1e-20


@pytest.mark.long
def test_stuck_deep_students_are_recovered_exactly() -> None:
    """The activation g in two layers leaves every student of this run above 1e-9."""
    teacher = make_teacher("synthetic", sizes=(6, 4, 4, 2), activation="g", seed=2).network
    x, y = ask(Teacher(teacher), 1500, "gaussian", 6, 2)
    config = chain.RecoverConfig(
        "g", hidden_layers=2, width=10, students=8, iterations=30, device="cpu"
    )
    _, result = drain(chain.run(make_probes(x, y, 2), config, Control()))
    assert result.ensemble.losses.min() > 1e-9
    error = match(teacher, result.network).max_weight_error
    assert result.certificate.verified and error is not None and error < 1e-8
    layers = cast("list[dict[str, object]]", result.report["layers"])
    assert [layer["clusters"] for layer in layers] == [4, 4]


def _cuts(tree: Dendrogram) -> dict[str, Cut]:
    """Cuts of a person, each other than the automatic one."""
    automatic = automatic_cut(tree, 0.5, 30.0)
    return {
        "paper": paper_cut(tree, 0.5, 30.0),
        "by hand": replace(automatic, rule="hand", height=1.3 * automatic.height),
        "edited": replace(automatic, edits=(("keep", 0),)),
        "another gamma": automatic_cut(tree, 0.7, 30.0),
    }


@pytest.mark.parametrize(
    "kind", daily(["paper", "by hand", "edited", "another gamma"], "paper", "edited")
)
def test_what_a_person_chose_is_built_from(kind: str) -> None:
    probes = _probes("tanh")
    ensemble = _copies("tanh", probes)
    seen = view_layer(ensemble, 0, 0.5, 30.0)
    cut = _cuts(seen.tree)[kind]
    clusters = apply_cut(seen.tree, seen.cloud, cut)
    seen = replace(seen, cut=cut, clusters=clusters)
    config = ReconstructConfig(device="cpu", chosen=not cut.untouched(0.5, 30.0))
    assert config.chosen
    _, found = drain(reconstruct(ensemble, seen, probes, config, Control()))
    assert found.layers[0].cut == cut
    assert [c.members.tolist() for c in found.layers[0].clusters.kept] == [
        c.members.tolist() for c in clusters.kept
    ]
    assert not any("was not used" in note for note in found.notes)


def test_an_automatic_cut_that_gives_way_is_named() -> None:
    probes = _probes("tanh")
    exact = _copies("tanh", probes)
    # every second student is stuck, so that the sharp ones are compared alone
    losses = np.where(np.arange(6) % 2, 1e-3, 1e-30)
    ensemble = replace(exact, losses=losses)
    seen = view_layer(ensemble, 0, 0.5, 30.0)
    config = ReconstructConfig(device="cpu")
    _, found = drain(reconstruct(ensemble, seen, probes, config, Control()))
    assert found.layers[0].cloud.students == 3
    assert any("among the 3 best students" in note for note in found.notes)


def test_cuts_at_a_share_of_the_length_say_so_and_stay_where_they_are() -> None:
    probes = _probes("tanh")
    stuck = replace(_copies("tanh", probes), losses=np.full(6, 1e-3))
    for look in (view, rough_view):
        seen = look(stuck, 0, 0.5, 30.0)
        assert seen.cut.rule == "share"
        assert by_rule(seen.tree, replace(seen.cut, gamma=0.7)).height == seen.cut.height
