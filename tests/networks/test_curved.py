"""Networks with learnt curves, and with several activations: in files, in programs, refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import ec_core as ec
from ec_core.errors import InputError
from ec_core.networks.files import network_bytes, parse_network
from ec_core.networks.spline import Spline, fitted
from ec_core.networks.writers import exported

X = np.random.default_rng(0).standard_normal((40, 3)) * 2


def _layers(*sizes: int) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    rng = np.random.default_rng(1)
    weights = tuple(rng.standard_normal((b, a)) for a, b in pairwise(sizes))
    return weights, tuple(rng.standard_normal(b) for b in sizes[1:])


def _curve(sign: float) -> Spline:
    z = np.linspace(-3, 3, 400)
    return fitted(np.linspace(-3, 3, 20), z, np.exp(-((z - sign) ** 2)))


CURVED = ec.Network("curve", *_layers(3, 4, 5, 2), curves=(_curve(0.3), _curve(-0.5)))
MIXED = ec.Network("tanh,gelu", *_layers(3, 4, 5, 2))


def test_mixed_answers_are_torchs() -> None:
    h = torch.from_numpy(X)
    (w1, w2, w3), (b1, b2, b3) = (
        (map(torch.from_numpy, MIXED.weights)),
        (map(torch.from_numpy, MIXED.biases)),
    )
    h = torch.nn.functional.gelu(torch.tanh(h @ w1.T + b1) @ w2.T + b2) @ w3.T + b3
    np.testing.assert_allclose(MIXED(X), h.numpy(), atol=1e-12)


def test_curved_answers_are_written_out() -> None:
    h = X
    for w, b, curve in zip(CURVED.weights, CURVED.biases, CURVED.curves, strict=False):
        h = curve.design((h @ w.T + b).ravel()) @ curve.coefficients
        h = h.reshape(len(X), -1)
    np.testing.assert_allclose(CURVED(X), h @ CURVED.weights[-1].T + CURVED.biases[-1], atol=1e-12)


@pytest.mark.parametrize("network", [CURVED, MIXED], ids=["curve", "mixed"])
def test_a_file_gives_the_network_back(network: ec.Network, tmp_path: Path) -> None:
    ec.save_network(network, tmp_path / "net.safetensors")
    again = ec.load_network(tmp_path / "net.safetensors")
    assert again.activation == network.activation
    np.testing.assert_array_equal(again(X), network(X))


@pytest.mark.parametrize("network", [CURVED, MIXED], ids=["curve", "mixed"])
def test_a_program_answers_alike(network: ec.Network) -> None:
    program: dict[str, Any] = {}
    exec(exported(network, "net.py").decode(), program)
    np.testing.assert_allclose(program["network"](X), network(X), atol=1e-10)


@pytest.mark.parametrize("name", ["net.pt", "net.onnx", "net.keras", "net.skops"])
def test_other_formats_refuse_in_a_sentence(name: str) -> None:
    for network in (CURVED, MIXED):
        with pytest.raises(InputError, match=r"save it as \.safetensors or \.py"):
            exported(network, name)


def test_a_file_with_half_a_curve_is_refused() -> None:
    import safetensors.numpy

    tensors = safetensors.numpy.load(network_bytes(CURVED))
    del tensors["curves.1.knots"]
    data = safetensors.numpy.save(tensors, {"activation": "curve", "format": "ec-mlp/1"})
    with pytest.raises(InputError, match="parts missing"):
        parse_network(data)


@pytest.mark.parametrize(
    ("activation", "curves"), [("curve", 1), ("curve", 0), ("tanh", 2), ("tanh,gelu,tanh", 0)]
)
def test_layers_and_curves_must_be_as_many(activation: str, curves: int) -> None:
    with pytest.raises(InputError, match="one name, 2 names, or 2 curves"):
        ec.Network(activation, *_layers(3, 4, 5, 2), curves=CURVED.curves[:curves])


def test_standard_coordinates_keep_the_curves() -> None:
    probes = ec.make_probes(X * [1, 2, 3] + 1, CURVED(X))
    again = probes.to_original(probes.to_standard(CURVED))
    np.testing.assert_allclose(again(X), CURVED(X), atol=1e-10)


def test_a_teacher_can_be_compared_by_its_answers() -> None:
    report = ec.match(CURVED, CURVED)
    assert report.function_error == 0.0
    assert report.max_weight_error is None
