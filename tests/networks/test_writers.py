"""Networks written for other programs, loaded there and asked: the same answers."""

from __future__ import annotations

import io
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import skops.io
import torch
from onnxruntime.capi import onnxruntime_pybind11_state as ort
from torch import nn

import ec_core as ec
from ec_core.cli import main
from ec_core.errors import InputError
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.network import Network
from ec_core.networks.reading import open_network
from ec_core.networks.writers import WRITERS, exported, onnx_model, remark
from ec_core.networks.writers.numpy_code import CODE

os.environ.setdefault("KERAS_BACKEND", "torch")
keras: Any = pytest.importorskip("keras")

X = np.random.default_rng(1).standard_normal((40, 3))


def network(activation: str = "tanh") -> Network:
    rng = np.random.default_rng(2)
    sizes = (3, 4, 5, 2)
    pairs = list(pairwise(sizes))
    return Network(
        activation,
        tuple(rng.standard_normal((b, a)) for a, b in pairs),
        tuple(rng.standard_normal(b) for _, b in pairs),
    )


def test_torch_loads_its_state_dict() -> None:
    ours = network()
    state = torch.load(io.BytesIO(exported(ours, "n.pt")), weights_only=True)
    parts = [nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)]
    model = nn.Sequential(*parts).double()
    model.load_state_dict(state)
    with torch.no_grad():
        answers = model(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(answers, ours(X), atol=1e-14)


NOT_IN_ONNX = ("hardtanh", "squared_relu", "hardsigmoid", "relu6", "logsigmoid")
ONNX = ["tanh", "relu", "gelu", "gelu_tanh", "silu", "g", "leaky_relu:0.3", "elu:0.5", "selu"]


@pytest.mark.parametrize("activation", ONNX)
def test_onnxruntime_runs_its_model_and_we_read_it_back(activation: str) -> None:
    ours = network(activation)
    data = exported(ours, "n.onnx")
    session = onnxruntime.InferenceSession(data)
    double = "double" in session.get_inputs()[0].type
    assert double == (activation in ("tanh", "relu", "silu"))
    (answers,) = session.run(None, {"x": X.astype(np.float64 if double else np.float32)})
    np.testing.assert_allclose(answers, ours(X), atol=1e-13 if double else 1e-4)
    back = open_network(data, "n.onnx").network()
    assert back.activation == activation
    np.testing.assert_allclose(back(X), ours(X), atol=1e-13 if double else 1e-4)


def test_what_is_written_in_float32_says_so_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Held against what onnxruntime itself computes in float64."""
    for activation in ACTIVATIONS:
        ours, out = network(activation), tmp_path / f"{activation}.onnx"
        if activation in NOT_IN_ONNX:
            continue
        said = remark(ours, out.name)
        with monkeypatch.context() as patch:
            patch.setattr(onnx_model, "_DOUBLE", (activation,))
            try:
                session = onnxruntime.InferenceSession(exported(ours, out.name))
                error = np.abs(session.run(None, {"x": X})[0] - ours(X)).max()
            except (ort.NotImplemented, ort.InvalidGraph):
                error = np.inf
        assert (said is None) == (error < 1e-13), activation
        assert remark(ours, "n.pt") is None and remark(ours, "n.safetensors") is None
    assert "float32 numbers" in str(remark(network("gelu"), "n.ONNX"))
    source = tmp_path / "n.safetensors"
    ec.save_network(network("gelu"), source)
    assert main(["export", str(source), "--out", str(tmp_path / "n.onnx"), "--json"]) == 0
    assert "float32 numbers" in json.loads(capsys.readouterr().out)["remarks"][0]
    assert main(["export", str(source), "--out", str(tmp_path / "n.onnx")]) == 0
    assert "float32 numbers, about seven digits" in capsys.readouterr().out
    with pytest.warns(UserWarning, match="float32 numbers"):
        ec.save_network(network("gelu"), tmp_path / "n.onnx")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("activation", ["tanh", "leaky_relu:0.3", "elu:0.5", "gelu", "hardswish"])
def test_keras_loads_its_model(activation: str, tmp_path: Path) -> None:
    ours = network(activation)
    path = tmp_path / "n.keras"
    ec.save_network(ours, path)
    model = keras.saving.load_model(path)
    np.testing.assert_allclose(
        np.asarray(model.predict(X, verbose=0)), ours(X), atol=1e-4
    )  # predict reads float32
    assert open_network(path.read_bytes(), path.name).network().activation == activation


@pytest.mark.filterwarnings("ignore")
def test_keras_loads_weights_alone(tmp_path: Path) -> None:
    ours = network()
    ec.save_network(ours, tmp_path / "n.weights.h5")
    dense = [keras.layers.Dense(n, activation=a) for n, a in ((4, "tanh"), (5, "tanh"), (2, None))]
    model = keras.Sequential([keras.layers.Input((3,)), *dense])
    model.load_weights(tmp_path / "n.weights.h5")
    np.testing.assert_allclose(np.asarray(model.predict(X, verbose=0)), ours(X), atol=1e-4)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_scikit_learn_predicts_with_its_model(activation: str) -> None:
    ours = network(activation)
    data = exported(ours, "n.skops")
    assert skops.io.get_untrusted_types(data=data) == []
    np.testing.assert_allclose(skops.io.loads(data).predict(X), ours(X), atol=1e-13)
    assert open_network(data, "n.skops").network().activation == activation


@pytest.mark.parametrize("activation", [*sorted(CODE), "leaky_relu:0.3", "elu:0.5", "silu:1.7"])
def test_the_numpy_function_gives_the_same_answers(activation: str) -> None:
    ours = network(activation)
    text = exported(ours, "n.py").decode()
    function = text[text.index("def network") :].strip().splitlines()
    assert len(function) <= 10
    scope: dict[str, Any] = {}
    exec(text, scope)
    np.testing.assert_allclose(scope["network"](X), ours(X), atol=1e-13)


def test_every_activation_has_a_formula_in_numpy() -> None:
    assert set(CODE) == set(ACTIVATIONS)


def test_a_format_without_the_activation_says_so() -> None:
    for name, expected in (("n.skops", "scikit-learn has no"), ("n.keras", "Keras has no")):
        with pytest.raises(InputError, match=f"{expected} activation erf"):
            exported(network("erf"), name)
    with pytest.raises(InputError, match="ONNX has no activation squared_relu"):
        exported(network("squared_relu"), "n.onnx")


def test_equal_networks_give_equal_files() -> None:
    for ending in (".onnx", ".keras", ".py"):
        assert exported(network(), f"n{ending}") == exported(network(), f"n{ending}")


def test_the_command_writes_by_the_ending(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "n.safetensors"
    ec.save_network(network(), source)
    for ending in WRITERS:
        out = tmp_path / f"m{ending}"
        assert main(["export", str(source), "--out", str(out), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["bytes"] == out.stat().st_size and said["activation"] == "tanh"
    assert main(["export", str(source), "--out", str(tmp_path / "m.xyz")]) == 2
    assert "ends in none of .safetensors, .pt" in capsys.readouterr().err
    assert not (tmp_path / "m.xyz").exists()


@pytest.mark.parametrize("name", ["n.h5", "n.npz", "n.PTH", "n.pkl", "n.csv", "n.json"])
def test_no_safetensors_file_stands_under_the_name_of_another_format(name: str) -> None:
    network = Network("tanh", (np.ones((3, 2)), np.ones((1, 3))), (np.zeros(3), np.zeros(1)))
    with pytest.raises(InputError, match="a format that is not written"):
        exported(network, name)
    assert exported(network, "n.of.mine") == exported(network, "n.safetensors")
