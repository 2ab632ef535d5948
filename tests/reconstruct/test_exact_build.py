"""Built exactly as chosen: the size is the person's, the loss and the verdict are honest."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import torch

from ec_core import chain
from ec_core.cluster.cloud import pool
from ec_core.cluster.cut import Cut, apply_cut
from ec_core.cluster.dendrogram import build_tree
from ec_core.cluster.layer import LayerView
from ec_core.control import Control
from ec_core.errors import InputError
from ec_core.events import RefineProgress
from ec_core.expand.learning import make_problem
from ec_core.expand.students import ensemble_of
from ec_core.networks.parameters import from_network, pack, unpack
from ec_core.probing.asking import ask
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.probing.teacher import Teacher
from ec_core.reconstruct.exact_build import build_exactly
from ec_core.reconstruct.grow import _shared, ground
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.verify.certificate import Certificate, certify
from ec_core.verify.match import match
from tests.often import daily
from tests.steps import drain


@lru_cache
def _run(name: str, sizes: tuple[int, ...], width: int) -> tuple[ProbeSet, chain.Recovery]:
    """A whole run, once for all tests of this file."""
    teacher = make_teacher("synthetic", sizes=sizes, activation=name, seed=1).network
    x, y = ask(Teacher(teacher), 800, "gaussian", sizes[0], 1)
    probes = make_probes(x, y, 1)
    config = chain.RecoverConfig(
        name, hidden_layers=len(sizes) - 2, width=width, students=5, device="cpu"
    )
    _, result = drain(chain.run(probes, config, Control()))
    return probes, result


def _first(result: chain.Recovery, *edits: tuple[str | int | float, ...]) -> LayerView:
    """The first layer with decisions by hand."""
    cut = replace(result.cut, rule="hand", edits=edits)
    return LayerView(result.cloud, result.tree, cut, apply_cut(result.tree, result.cloud, cut))


def _edited(seen: LayerView, *edits: tuple[str | int | float, ...]) -> LayerView:
    cut = replace(seen.cut, rule="hand", edits=edits)
    return replace(seen, cut=cut, clusters=apply_cut(seen.tree, seen.cloud, cut))


def _build(
    probes: ProbeSet, result: chain.Recovery, *layers: LayerView | None
) -> tuple[Reconstruction, Certificate]:
    steps, found = drain(build_exactly(result.ensemble, layers, probes, "cpu", Control()))
    assert any(isinstance(step, RefineProgress) for step in steps)
    return found, certify(found, probes)


@pytest.mark.parametrize(
    "name", daily(["g", "tanh", "sigmoid", "softplus", "relu"], "tanh", "softplus")
)
def test_all_kept_right_gives_the_network_of_the_automatic_build(name: str) -> None:
    probes, result = _run(name, (3, 3, 1), 6)
    assert result.certificate.verified and len(result.clusters.kept) == 3
    found, certificate = _build(probes, result, _first(result))
    assert certificate.verified and certificate.reasons == () and found.exact
    error = match(result.network, found.network).max_weight_error
    assert error is not None and error < 1e-9
    assert (found.pruned, found.removed, found.steps) == (0, (0,), ())


@pytest.mark.parametrize("name", daily(["tanh", "gelu", "relu"], "tanh", "relu"))
def test_a_dropped_cluster_is_missing_and_the_certificate_says_so(name: str) -> None:
    probes, result = _run(name, (3, 3, 1), 6)
    node = result.clusters.kept[1].node
    found, certificate = _build(probes, result, _first(result, ("drop", node)))
    assert found.network.sizes == (3, 2, 1)
    assert not certificate.verified and certificate.reasons
    assert found.loss > 1e-6 and not found.exact
    # the loss that is said is the network's own
    said = float(np.mean((found.standard(probes.inputs) - probes.answers) ** 2))
    assert found.loss == said


def test_merged_clusters_are_one_neuron() -> None:
    probes, result = _run("tanh", (3, 3, 1), 6)
    one, two, _ = (cluster.node for cluster in result.clusters.kept)
    found, certificate = _build(probes, result, _first(result, ("merge", one, two), ("keep", one)))
    assert found.network.sizes == (3, 2, 1) and not certificate.verified


def test_one_too_many_is_built_too_and_not_verified() -> None:
    """The copies of a neuron split into two clusters: two neurons, at the floor, and reducible."""
    probes, result = _run("tanh", (3, 3, 1), 6)
    cluster = result.clusters.kept[0]
    left, right = (int(n) for n in result.tree.linkage[cluster.node - result.tree.vectors, :2])
    height = result.tree.heights[cluster.node - result.tree.vectors]
    edits = (("cut", cluster.node, height / 2), ("keep", left), ("keep", right))
    found, certificate = _build(probes, result, _first(result, *edits))
    assert found.network.sizes == (3, 4, 1)
    assert not certificate.verified and certificate.reasons


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "sizes"),
    [("tanh", (3, 2, 3, 2)), ("g", (4, 3, 3, 2))],
)
def test_the_second_layer_s_hand_counts(name: str, sizes: tuple[int, ...]) -> None:
    probes, result = _run(name, sizes, 6)
    views = result.reconstruction.layers
    assert result.certificate.verified and len(views) == 2
    found, certificate = _build(probes, result, *views)
    assert found.network.sizes == sizes and certificate.verified
    error = match(result.network, found.network).max_weight_error
    assert error is not None and error < 1e-7
    second = _edited(views[1], ("drop", views[1].clusters.kept[0].node))
    found, certificate = _build(probes, result, views[0], second)
    assert found.network.sizes == (sizes[0], sizes[1], 2, 2) and not certificate.verified
    assert len(found.layers[1].clusters.kept) == 2
    # and a first layer that the second was not seen with
    first = _edited(views[0], ("drop", views[0].clusters.kept[0].node))
    found, certificate = _build(probes, result, first, second)
    assert found.network.sizes == (sizes[0], sizes[1] - 1, 2, 2) and not certificate.verified


@pytest.mark.long
def test_what_the_rules_reject_can_be_kept_by_hand() -> None:
    """Every vector for itself, too few students for any: three of them, picked, are the layer."""
    probes, result = _run("tanh", (3, 2, 3, 2), 6)
    first, second = result.reconstruction.layers
    picked = [cluster.best for cluster in second.clusters.kept]
    alone = replace(second, cut=Cut(1e-300, 1.0, 30.0))
    assert not _edited(alone).clusters.kept
    mine = _edited(alone, *(("keep", vector) for vector in picked))
    found, certificate = _build(probes, result, first, mine)
    assert found.network.sizes == (3, 2, 3, 2) and certificate.verified


@pytest.mark.long
def test_a_layer_that_cannot_be_built_is_one_sentence() -> None:
    probes, result = _run("tanh", (3, 3, 1), 6)
    nothing = _first(result, *(("drop", cluster.node) for cluster in result.clusters.clusters))
    with pytest.raises(InputError, match="hidden layer has no kept cluster"):
        _build(probes, result, nothing)
    probes, result = _run("tanh", (3, 2, 3, 2), 6)
    first, second = result.reconstruction.layers
    with pytest.raises(InputError, match="Layer 2 has not been compared yet"):
        _build(probes, result, first)
    with pytest.raises(InputError, match="earlier version"):
        _build(probes, result, first, replace(second, below=()))
    empty = _edited(second, *(("drop", cluster.node) for cluster in second.clusters.clusters))
    with pytest.raises(InputError, match="Layer 2 has no kept cluster"):
        _build(probes, result, first, empty)


def test_layers_that_were_compared_standardised_are_built_too() -> None:
    """Three layers of relu are seen by ``grow``, whose vectors read standardised outputs."""
    sizes = (3, 2, 3, 2, 2)
    teacher = make_teacher("synthetic", sizes=sizes, activation="relu", seed=2).network
    x, y = ask(Teacher(teacher), 3000, "gaussian", 3, 1)
    probes = make_probes(x, y, 1)
    full = make_problem(probes, "relu", sizes[1:-1], torch.device("cpu"))
    shape, theta = from_network(probes.to_standard(teacher), skip=True)
    first, second, third, _ = (block[0] for block in unpack(shape, theta).blocks)
    copies, loss = 4, np.full(4, 1e-30)

    def seen(below: tuple[torch.Tensor, ...], rows: torch.Tensor, skip: bool) -> LayerView:
        """As students see it who hold just these rows above what is given."""
        base = ground(full, below)
        problem = base.problem((len(rows),), skip)
        above = torch.ones(1, *problem.shape.shapes[1], dtype=torch.float64)
        student = pack([base.inside(rows)[None], above])
        return _shared(problem, student.repeat(copies, 1), loss, 0, base)

    ensemble = ensemble_of(shape, theta.repeat(copies, 1).numpy(), loss, 0)
    cloud = pool(ensemble)
    tree = build_tree(cloud)
    cut = Cut(1e-3, 0.5, 30.0)
    layers = (
        LayerView(cloud, tree, cut, apply_cut(tree, cloud, cut)),
        seen((first,), second, skip=False),
        seen((first, second), third, skip=True),
    )
    assert [len(layer.clusters.kept) for layer in layers] == [2, 3, 2]
    _, found = drain(build_exactly(ensemble, layers, probes, "cpu", Control()))
    # of so few neurons with kinks not every weight shows; the function does
    assert found.network.sizes == sizes and max(found.loss, found.heldout_loss) < 1e-24
