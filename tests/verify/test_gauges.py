"""Networks that are the same up to an added function, or up to the units of a learnt curve."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import ec_core as ec
from ec_core.cli import main
from ec_core.networks.network import LEARNT, Network
from ec_core.networks.spline import fitted
from ec_core.verify.gauges import compared
from ec_core.verify.match import match
from tests.verify.test_match import disguised, teacher


def _shared(network: Network, rng: np.random.Generator) -> Network:
    """Another network with the same probabilities: one function of its neurons added to all."""
    more, constant = rng.standard_normal(network.weights[-1].shape[1]), rng.standard_normal()
    weights = (*network.weights[:-1], network.weights[-1] + more)
    return Network(
        network.activation, weights, (*network.biases[:-1], network.biases[-1] + constant)
    )


@pytest.mark.parametrize("activation", ["tanh", "gelu", "relu"])
def test_networks_with_the_same_probabilities_are_one_up_to_an_added_function(
    activation: str,
) -> None:
    net = teacher((4, 5, 3), activation, 0)
    other = disguised(_shared(net, np.random.default_rng(1)), 2)
    facts = compared(net, other)
    assert facts["function_error"] > 0.1 and facts["max_weight_error"] > 0.1
    inside = facts["up_to_logits"]
    assert inside["function_error"] < 1e-12 and inside["max_weight_error"] < 1e-12
    assert "after a softmax both networks give the same probabilities" in inside["sentence"]
    # what is the same without it, and what is not the same at all, is not compared so
    assert "up_to_logits" not in compared(net, disguised(net, 3))
    assert "up_to_logits" not in compared(net, teacher((4, 5, 3), activation, 9))
    assert compared(net, disguised(net, 3)) == match(net, disguised(net, 3)).as_json()


def _curved(sizes: tuple[int, ...], seed: int) -> Network:
    """Lopsided curves, so that no sign of a neuron is open."""
    rng = np.random.default_rng(seed)
    z = np.linspace(-12, 12, 4000)
    bump = np.exp(-((z - 0.5) ** 2)) + 0.3 * np.tanh(z)
    curves = tuple(fitted(np.linspace(-12, 12, 90), z, bump) for _ in sizes[1:-1])
    weights = tuple(rng.standard_normal((b, a)) for a, b in pairwise(sizes))
    return Network(LEARNT, weights, tuple(rng.standard_normal(b) for b in sizes[1:]), None, curves)


def _in_other_units(network: Network, seed: int) -> Network:
    """The same function: scales and shifts traded between weights and curves, neurons reordered."""
    rng = np.random.default_rng(seed)
    for i in range(len(network.curves)):
        weights, biases = list(network.weights), list(network.biases)
        curves = list(network.curves)
        scale, factor = rng.choice([-1, 1], 2) * rng.uniform(0.3, 3, 2)
        shift, offset = rng.standard_normal(2)
        weights[i], biases[i] = weights[i] / scale, (biases[i] - shift) / scale
        curves[i] = curves[i].moved(shift, scale).scaled(factor, offset)
        weights[i + 1] = weights[i + 1] / factor
        biases[i + 1] = biases[i + 1] - weights[i + 1].sum(axis=1) * offset
        network = Network(LEARNT, tuple(weights), tuple(biases), None, tuple(curves))
        network = network.permuted(rng.permutation(network.sizes[i + 1]), i)
    return network


@pytest.mark.parametrize("sizes", [(3, 4, 2), (4, 5, 3, 1)])
def test_curve_networks_are_compared_in_the_units_of_the_first(sizes: tuple[int, ...]) -> None:
    for seed in range(4):
        net = _curved(sizes, seed)
        other = _in_other_units(net, seed + 50)
        x = np.random.default_rng(0).standard_normal((100, sizes[0]))
        np.testing.assert_allclose(other(x), net(x), atol=1e-10)
        facts = compared(net, other)
        assert facts["max_weight_error"] < 1e-9 and max(facts["curve_errors"]) < 1e-9
        assert [layer["matched"] for layer in facts["layers"]] == list(sizes[1:-1])
        assert "in the units of the first" in facts["note"]
        different = compared(net, _in_other_units(_curved(sizes, seed + 7), seed))
        assert different["max_weight_error"] > 0.1


def test_a_learnt_curve_and_a_softmax_together() -> None:
    net = _curved((3, 4, 3), 1)
    weights = (net.weights[0], net.weights[1] + 0.7)
    more = Network(LEARNT, weights, net.biases, None, net.curves)
    inside = compared(net, _in_other_units(more, 3))["up_to_logits"]
    assert inside["max_weight_error"] < 1e-9 and inside["function_error"] < 1e-9


def test_the_command_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = teacher((4, 5, 3), "tanh", 0)
    ec.save_network(net, tmp_path / "a.safetensors")
    ec.save_network(_shared(net, np.random.default_rng(1)), tmp_path / "b.safetensors")
    names = [str(tmp_path / name) for name in ("a.safetensors", "b.safetensors")]
    assert main(["compare", *names]) == 0
    assert json.loads(capsys.readouterr().out)["up_to_logits"]["function_error"] < 1e-12
