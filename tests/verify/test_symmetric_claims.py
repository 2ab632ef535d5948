"""A network written in another of its equal ways has the same certificate, and matches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.networks.network import Network
from ec_core.probing.probes import make_probes
from ec_core.verify.error_bars import directions, error_bars
from ec_core.verify.irreducible import reducible
from ec_core.verify.match import match


def _network(name: str, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    w = rng.standard_normal((3, 2))
    w *= 2.0 / np.linalg.norm(w, axis=1, keepdims=True)
    return Network(
        name,
        (w, rng.choice([-1, 1], (1, 3)) * rng.uniform(0.5, 1.5, (1, 3))),
        (0.3 * rng.standard_normal(3), rng.standard_normal(1)),
    )


def _rewritten(network: Network, seed: int) -> Network:
    """Neurons in another order; those of tanh flipped at random, those of relu scaled."""
    rng = np.random.default_rng(seed)
    order, factor = rng.permutation(3), np.ones(3)
    if network.activation == "tanh":
        factor = rng.choice([-1.0, 1.0], 3)
    if network.activation == "relu":
        factor = rng.uniform(0.5, 2.0, 3)
    w, a = network.weights
    b, c = network.biases
    return Network(
        network.activation,
        ((w * factor[:, None])[order], (a / factor)[:, order]),
        ((b * factor)[order], c),
    )


@settings(max_examples=12)
@given(st.sampled_from(["tanh", "relu", "g"]), st.integers(0, 300), st.integers(0, 300))
def test_rank_and_match_do_not_depend_on_how_a_network_is_written(
    name: str, seed: int, other: int
) -> None:
    network = _network(name, seed)
    written = _rewritten(network, other)
    x = np.random.default_rng(seed).standard_normal((200, 2))
    np.testing.assert_allclose(written(x), network(x), atol=1e-13)
    ranks = []
    for one in (network, written):
        values = next(iter(directions(one, x, 1000))).values
        ranks.append(int((values > 1e-11 * values[0]).sum()))
    assert ranks[0] == ranks[1]
    assert reducible(network) == reducible(written)
    report = match(network, written)
    assert report.max_weight_error is not None and report.max_weight_error < 1e-12
    assert report.function_error is not None and report.function_error < 1e-12


@settings(max_examples=6)
@given(st.integers(0, 300), st.floats(2.0, 50.0))
def test_error_bars_grow_with_the_answers_noise(seed: int, factor: float) -> None:
    network = _network("tanh", seed)
    rng = np.random.default_rng(seed)
    x, noise = rng.standard_normal((400, 2)), rng.standard_normal((400, 1))
    largest = []
    for size in (1e-6, 1e-6 * factor):
        probes = make_probes(x, network(x) + size * noise).measured(size**2)
        standard = probes.to_standard(network)
        seen = next(iter(directions(standard, probes.inputs, 1000)))
        bars = error_bars(standard, network, probes, seen, network.parameter_count)
        largest.append(bars.largest)
    assert largest[1] / largest[0] == pytest.approx(factor, rel=1e-2)
