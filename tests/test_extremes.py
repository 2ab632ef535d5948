"""Numbers at the ends of float64: a result or one sentence, no overflow, no infinite cut."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core import figures
from ec_core.cli.output import json_text
from ec_core.cluster import counts, plateaus
from ec_core.cluster.cloud import WeightCloud
from ec_core.cluster.cut import apply_cut, automatic_cut, paper_cut
from ec_core.cluster.dendrogram import build_tree
from ec_core.errors import InputError
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.canonical import canonical
from ec_core.networks.files import network_bytes, parse_network
from ec_core.networks.network import Network
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import make_probes
from ec_core.verify.answers import check_answers
from ec_core.verify.match import match

SIZES = st.sampled_from([5e-324, 1e-310, 1e-200, 1e-160, 1e-30, 1.0, 1e30, 1e99, 1e160, 1e307])
ODD = st.sampled_from([0.0, -0.0, 5e-324, -1e-310, 1e-200, 1.0, -1e99, 1e200, 1.7e308])
ACTIVATION = st.sampled_from(["tanh", "relu", "sigmoid", "gelu", "g"])
SEED = st.integers(0, 999)


def finite(*arrays: np.ndarray | float) -> bool:
    return all(bool(np.isfinite(array).all()) for array in arrays)


@settings(max_examples=40)
@given(x_size=SIZES, y_size=SIZES, odd=ODD, seed=SEED)
def test_probes_of_any_size_are_standardised_or_refused(
    x_size: float, y_size: float, odd: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-1, 1, (30, 2)) * x_size, rng.uniform(-1, 1, (30, 2)) * y_size
    x[seed % 30, 0] = odd
    y[(seed + 7) % 30, 1] = odd
    try:
        probes = make_probes(x, y, seed)
    except InputError as error:
        assert "\n" not in str(error) and str(error).endswith(".")
        return
    assert finite(probes.inputs, probes.answers, probes.precision, probes.floor)
    assert finite(probes.standard_answers(probes.y_heldout))
    assert probes.floor > 0 and (probes.y_scale > 0).all() and (probes.x_scale > 0).all()


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-170, 1e-90, 1e-40])
def test_small_is_not_constant(size: float) -> None:
    """What varies varies, however small its unit; where float64 ends, that is what is said."""
    x = np.random.default_rng(3).integers(-9, 9, (40, 2)).astype(float)
    y = np.sin(x[:, :1])
    if size < 1e-100:
        for given_x, given_y, column in ((x * size, y, "1 of x"), (x, y * size, "1 of y")):
            with pytest.raises(InputError, match=f"Column {column} holds no number above"):
                make_probes(given_x, given_y if size > 1e-300 else np.round(9 * y) * size)
        return
    probes = make_probes(x * size, y)
    assert probes.unidentified_inputs == ()
    np.testing.assert_allclose(probes.inputs.std(axis=0), 1.0)


def sized(activation: str, seed: int, *factors: float) -> Network:
    net = make_teacher("synthetic", sizes=(3, 4, 2), activation=activation, seed=seed).network
    with np.errstate(over="ignore", under="ignore"):
        return replace(
            net,
            weights=tuple(
                np.clip(w * f, -1.7e308, 1.7e308) for w, f in zip(net.weights, factors, strict=True)
            ),
        )


@settings(max_examples=40)
@given(a=SIZES, b=SIZES, c=SIZES, d=SIZES, activation=ACTIVATION, seed=SEED)
def test_networks_of_any_size_are_read_and_compared(
    a: float, b: float, c: float, d: float, activation: str, seed: int
) -> None:
    first, second = sized(activation, seed, a, b), sized(activation, seed + 1, c, d)
    assert parse_network(network_bytes(first)).weights[0].tolist() == first.weights[0].tolist()
    for other in (second, first):
        facts = match(first, other).as_json()
        assert json.loads(json_text(facts)) is not None
        values = [facts["max_weight_error"], facts["function_error"]]
        assert all(value is None or math.isfinite(value) for value in values)
    x = np.random.default_rng(seed).standard_normal((20, 3))
    checked = check_answers(first, x, np.ones((20, 2)) * x[:, :2])
    assert checked.error is None or math.isfinite(checked.error)


@settings(max_examples=30)
@given(size=SIZES, odd=ODD, name=st.sampled_from(sorted(ACTIVATIONS)), seed=SEED)
def test_canonical_vectors_are_finite_and_their_norms_true(
    size: float, odd: float, name: str, seed: int
) -> None:
    vectors = np.random.default_rng(seed).uniform(-1, 1, (6, 3)) * size
    vectors[2, 1] = odd
    vectors[4] = 0.0
    entry = ACTIVATIONS[name]
    found, sign, norm = canonical(vectors, entry)
    assert finite(found, sign) and not np.isnan(norm).any()
    if entry.homogeneous:
        assert (np.linalg.norm(found, axis=1) < 1 + 1e-12).all()
        if 1e-10 < size < 1e300:
            np.testing.assert_allclose(np.linalg.norm(found[[0, 1, 3, 5]], axis=1), 1.0)


def cloud(vectors: np.ndarray, students: int) -> WeightCloud:
    m = len(vectors)
    return WeightCloud(
        vectors=vectors,
        student=np.arange(m) % students,
        neuron=np.arange(m) // students,
        sign=np.ones(m),
        norm=np.linalg.norm(vectors, axis=1),
        outgoing=np.ones((m, 1)),
        loss=np.full(m, 1e-30),
        activation="tanh",
        reference=np.array([1.0, 0.0, 0.0]),
    )


@settings(max_examples=30)
@given(
    size=st.sampled_from([0.0, 5e-324, 1e-310, 1e-200, 1e-20, 1.0, 1e99]),
    apart=st.sampled_from([0.0, 5e-324, 1e-310, 1e-170, 1e-12, 1.0]),
    count=st.integers(0, 12),
    seed=SEED,
)
def test_clouds_of_any_size_have_a_tree_a_finite_cut_and_figures(
    size: float, apart: float, count: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    vectors = np.repeat(rng.uniform(-1, 1, (max(count // 4, 1), 3)) * size, 4, axis=0)[:count]
    vectors = vectors + apart * rng.integers(-1, 2, vectors.shape)
    vectors = np.where(rng.random(vectors.shape) < 0.1, -0.0, vectors)
    made = cloud(vectors, 4)
    tree = build_tree(made)
    assert finite(tree.heights, tree.cosine, tree.scale)
    for cut in (automatic_cut(tree), paper_cut(tree)):
        assert math.isfinite(cut.height) and cut.height > 0
        clusters = apply_cut(tree, made, cut)
        assert sum(len(c.members) for c in clusters.clusters) == len(made)
        for cluster in clusters.clusters:
            assert finite(cluster.spread, cluster.angle, cluster.mean_angle)
    if len(made) > 1:
        assert "NaN" not in figures.dendrogram(tree, clusters, cut, made).to_json()
        found = plateaus(tree, 0.5, 30.0)
        assert "NaN" not in figures.count_by_height(counts(tree, 0.5, 30.0), found, cut).to_json()


@pytest.mark.parametrize("losses", [[0.0, 5e-324], [1e-310, 1e307], [math.nan, math.inf, -0.0]])
def test_losses_of_any_size_are_drawn(losses: list[float]) -> None:
    history = np.array([losses, losses[::-1]]).T
    statuses = ["converged"] * history.shape[1]
    drawn = json.loads(figures.loss_curves(history, statuses, 1e-25).to_json())
    assert "Infinity" not in json.dumps(drawn)
