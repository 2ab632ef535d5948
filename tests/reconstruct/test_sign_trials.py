"""Which fits with other signs are another network, and which the same again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import ec_core as ec
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network
from ec_core.reconstruct.sign_trials import _rivals, _units


def _seen(network: Network) -> list[np.ndarray]:
    shape, theta = from_network(network)
    return _units(shape, theta)


def _made(name: str, seed: int = 0) -> Network:
    return ec.make_teacher("synthetic", sizes=(3, 4, 3, 2), activation=name, seed=seed).network


def _turned(network: Network, order: list[int], scales: np.ndarray) -> Network:
    """The first layer's neurons in another order, times scales that the next layer undoes."""
    w, b = list(network.weights), list(network.biases)
    w[0], b[0] = (scales[:, None] * w[0])[order], (scales * b[0])[order]
    w[1] = (w[1] / scales)[:, order]
    return Network(network.activation, tuple(w), tuple(b))


def _with_a_neuron_more(network: Network, read: float) -> Network:
    w, b = list(network.weights), list(network.biases)
    w[0], b[0] = np.r_[w[0], [[0.5, -1.0, 0.3]]], np.r_[b[0], 0.7]
    w[1] = np.c_[w[1], np.full(len(w[1]), read)]
    return Network(network.activation, tuple(w), tuple(b))


@pytest.mark.parametrize("name", ["relu", "gelu"])
def test_order_and_free_scales_make_no_other_network(name: str) -> None:
    network = _made(name)
    scales = np.array([0.3, 2.0, 5.0, 1.0]) if name == "relu" else np.ones(4)
    turned = _turned(network, [2, 0, 3, 1], scales)
    x = torch.randn(50, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).numpy()
    np.testing.assert_allclose(turned(x), network(x), rtol=1e-12, atol=1e-12)
    assert not _rivals(_seen(turned), _seen(network))


@pytest.mark.parametrize("layer", [0, 1])
def test_a_neuron_turned_around_makes_another_one(layer: int) -> None:
    network = _made("relu")
    w, b = list(network.weights), list(network.biases)
    sign = np.array([-1.0, *[1.0] * (len(b[layer]) - 1)])
    w[layer], b[layer] = sign[:, None] * w[layer], sign * b[layer]
    assert _rivals(_seen(Network("relu", tuple(w), tuple(b))), _seen(network))


def test_a_neuron_that_nobody_reads_is_not_there_and_one_more_is_no_rival() -> None:
    network = _made("relu")
    idle, more = (_with_a_neuron_more(network, read) for read in (0.0, 0.4))
    assert not _rivals(_seen(idle), _seen(network)) and not _rivals(_seen(network), _seen(idle))
    # it needs more than the winner, whatever it does with it; the other way around it is smaller
    assert not _rivals(_seen(more), _seen(network))
    assert _rivals(_seen(network), _seen(more))


def test_units_have_length_one_and_leave_scales_out() -> None:
    shape, theta = from_network(_made("relu"))
    units = _units(shape, theta)
    assert [unit.shape for unit in units] == [(4, 4), (3, 5)]
    for unit in units:
        np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1.0)


@pytest.mark.long
def test_a_spare_neuron_does_not_leave_the_signs_open() -> None:
    """Found with one neuron too many, with which other signs can be imitated on the probes."""
    teacher = ec.make_teacher("synthetic", sizes=(5, 4, 3, 2), activation="relu", seed=0).network
    probes = ec.probe(ec.Teacher(teacher), count=3000, seed=0)
    result = ec.recover(probes, activation="relu", hidden_layers=2)
    assert result.report["verified"], result.report["reasons"]
    assert result.network.sizes == teacher.sizes
