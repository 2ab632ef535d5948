"""Models at hand in Python, and files that frameworks write: the network read answers alike."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
import torch
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from torch import nn

import ec_core as ec
from ec_core.errors import InputError
from ec_core.networks.asked import AskedModel
from ec_core.networks.network import Network
from ec_core.networks.reading import NetworkFile, open_model, open_network

os.environ.setdefault("KERAS_BACKEND", "torch")
keras: Any = pytest.importorskip("keras")
layers: Any = keras.layers

X = np.random.default_rng(8).standard_normal((50, 3))
SHORT = 2e-5
"""What float32 arithmetic of the frameworks may differ by, for answers of the size of one."""


def torch_model(act: nn.Module, head: nn.Module | None = None) -> nn.Sequential:
    torch.manual_seed(4)
    parts = [nn.Linear(3, 5), nn.BatchNorm1d(5), act, nn.Dropout(0.3), nn.Linear(5, 2)]
    model = nn.Sequential(*parts, *([head] if head is not None else []))
    norm = parts[1]
    assert isinstance(norm, nn.BatchNorm1d) and norm.running_mean is not None
    with torch.no_grad():
        norm.running_mean.copy_(torch.linspace(-0.5, 0.4, 5))
        norm.bias.copy_(torch.linspace(0.3, -0.2, 5))
    return model.eval()


def logits(model: nn.Sequential, count: int = 5) -> np.ndarray:
    with torch.no_grad():
        return np.asarray(model[:count].double()(torch.from_numpy(X)).numpy())


def written(model: nn.Module, how: str) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, about its own exporters
        if how == "onnx":
            torch.onnx.export(model, (torch.zeros(2, 3),), buffer, dynamo=False)  # type: ignore
        else:
            torch.export.save(torch.export.export(model, (torch.zeros(2, 3),)), buffer)
    return buffer.getvalue()


ACTIVATIONS: dict[str, tuple[nn.Module, str]] = {
    "tanh": (nn.Tanh(), "tanh"),
    "silu": (nn.SiLU(), "silu"),
    "gelu": (nn.GELU(), "gelu"),
    "mish": (nn.Mish(), "mish"),
    "softsign": (nn.Softsign(), "softsign"),
    "leaky_relu": (nn.LeakyReLU(0.2), "leaky_relu:0.2"),
    "elu": (nn.ELU(0.5), "elu:0.5"),
    "relu6": (nn.ReLU6(), "relu6"),
}


@pytest.mark.parametrize("case", ["silu", "softsign", "leaky_relu", "elu", "relu6", "gelu", "mish"])
def test_an_onnx_file_of_torch_s_is_read_with_its_activation(case: str) -> None:
    act, expected = ACTIVATIONS[case]
    model = torch_model(act, nn.Softmax(dim=1))
    file = open_network(written(model, "onnx"), "model.onnx")
    assert file.named() == expected and file.head == "softmax" and not file.plain
    np.testing.assert_allclose(file.network()(X), logits(model), atol=SHORT)


@pytest.mark.parametrize("case", ["softsign", "leaky_relu"])
def test_an_exported_program_is_read_with_its_activation(case: str) -> None:
    act, expected = ACTIVATIONS[case]
    model = torch_model(act, nn.LogSoftmax(dim=1))
    file = open_network(written(model, "pt2"), "model.pt2")
    assert file.named() == expected and file.head == "log-softmax"
    np.testing.assert_allclose(file.network()(X), logits(model), atol=1e-12)
    assert [naming.weight for naming in file.names()] == ["0.weight", "4.weight"]


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.tanh(self.a(x))
        return torch.as_tensor(self.b(h + torch.relu(h * h.sum(dim=1, keepdim=True))))


def test_what_is_no_chain_is_asked_through_onnxruntime_and_refused_as_a_program() -> None:
    model = Residual().eval()
    asked = open_model(written(model, "onnx"), "odd.onnx")
    assert isinstance(asked, AskedModel) and "used more than once" in asked.why and asked.single
    x = X.astype(np.float32)
    with torch.no_grad():
        expected = model(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(asked(x.astype(np.float64)), expected, atol=SHORT)
    with pytest.raises(InputError, match="no chain of fully connected layers"):
        open_model(written(model, "pt2"), "odd.pt2")
    with pytest.raises(InputError, match="cannot be read as a network, since"):
        open_network(written(model, "onnx"), "odd.onnx")
    probes = ec.probe(asked, count=20, seed=1)
    assert (probes.x == probes.x.astype(np.float32)).all()


def test_from_torch_reads_or_asks() -> None:
    model = torch_model(nn.Tanh(), nn.Softmax(dim=1))
    network = ec.from_torch(model)
    assert isinstance(network, Network) and network.activation == "tanh"
    np.testing.assert_allclose(network(X), logits(model), atol=1e-12)
    other = ec.from_torch(Residual().double())
    assert isinstance(other, AskedModel) and not other.single
    np.testing.assert_allclose(
        other(X), Residual().double()(torch.from_numpy(X)).detach().numpy(), atol=1e-12
    )
    with pytest.raises(InputError, match="pass inputs="):
        ec.from_torch(nn.Tanh())


def keras_models() -> dict[str, tuple[Any, str | None]]:
    """Models and the activation of their network, None where they can only be asked."""
    keras.utils.set_random_seed(6)
    given = layers.Input((3,))
    hidden = layers.Dense(3, activation="gelu")(given)
    sequence = keras.Sequential
    return {
        "plain": (sequence([layers.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(2)]), "tanh"),
        "norms": (
            sequence(
                [
                    layers.Input((3,)),
                    layers.BatchNormalization(),
                    layers.Dense(4, use_bias=False),
                    layers.BatchNormalization(),
                    layers.LeakyReLU(),
                    layers.Dropout(0.2),
                    layers.Flatten(),
                    layers.Dense(2),
                ]
            ),
            "leaky_relu:0.3",
        ),
        "functional": (keras.Model(given, layers.Dense(2)(hidden)), "gelu"),
        "two activations": (
            sequence(
                [
                    layers.Input((3,)),
                    layers.Dense(4, "tanh"),
                    layers.Dense(4, "relu"),
                    layers.Dense(2),
                ]
            ),
            None,
        ),
    }


def keras_answers(model: Any) -> np.ndarray:
    return np.asarray(model.predict(X.astype(np.float32), verbose=0))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_keras_s_own_files_are_read(ending: str, tmp_path: Path) -> None:
    for name, (model, activation) in keras_models().items():
        path = tmp_path / f"m.{ending}"
        model.save(path)
        found = open_model(path.read_bytes(), path.name)
        if isinstance(found, NetworkFile):
            assert found.named() == activation, name
            assert {naming.layout for naming in found.names()} == {"in-out"}
            answers = found.network()(X)
        else:
            assert activation is None and "tanh and relu" in found.why
            answers = found(X)
        np.testing.assert_allclose(answers, keras_answers(model), atol=SHORT, err_msg=name)


@pytest.mark.filterwarnings("ignore")
def test_weights_alone_and_models_at_hand(tmp_path: Path) -> None:
    models = keras_models()
    plain = models["plain"][0]
    plain.save_weights(tmp_path / "m.weights.h5")
    file = open_network((tmp_path / "m.weights.h5").read_bytes(), "m.weights.h5")
    assert file.plain and file.named() is None
    np.testing.assert_allclose(file.network("tanh")(X), keras_answers(plain), atol=SHORT)
    for model, activation in models.values():
        network = ec.from_keras(model)
        assert getattr(network, "activation", None) == activation
        np.testing.assert_allclose(network(X), keras_answers(model), atol=SHORT)


def fitted(estimator: Any, y: np.ndarray) -> Any:
    return estimator.fit(X * [1, 10, 100] + [0, 5, 1000], y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_s_networks_from_files_and_at_hand() -> None:
    inputs = X * [1, 10, 100] + [0, 5, 1000]
    labels, two = np.arange(50) % 3, (X[:, 0] > 0).astype(int)
    options: dict[str, Any] = {"hidden_layer_sizes": (4,), "max_iter": 20, "random_state": 0}
    scaled = make_pipeline(StandardScaler(), MLPClassifier(solver="adam", **options))
    cases: list[tuple[Any, np.ndarray, str, str | None, Callable[[Any], np.ndarray]]] = [
        (scaled, two, "relu", "sigmoid", lambda m: m.predict_proba(inputs)[:, 1:]),
        (
            MLPClassifier(activation="logistic", solver="lbfgs", **options),
            labels,
            "sigmoid",
            "softmax",
            lambda m: m.predict_log_proba(inputs),
        ),
        (
            MLPRegressor(activation="tanh", **options),
            X[:, 0],
            "tanh",
            None,
            lambda m: m.predict(inputs),
        ),
    ]
    for estimator, y, activation, head, ask in cases:
        model = fitted(estimator, y)
        file = open_network(skops.io.dumps(model), "model.skops")
        assert (file.named(), file.head) == (activation, head)
        for network in (file.network(), ec.from_sklearn(model)):
            answers = network(inputs)
            if head == "sigmoid":
                answers = 1 / (1 + np.exp(-answers))
            elif head == "softmax":
                answers = answers - np.log(np.exp(answers).sum(axis=1, keepdims=True))
            np.testing.assert_allclose(answers.squeeze(), ask(model).squeeze(), atol=1e-10)
    other = fitted(make_pipeline(MinMaxScaler(), MLPRegressor(**options)), X[:, 0])
    with pytest.raises(InputError, match="MinMaxScaler"):
        open_model(skops.io.dumps(other), "other.skops")
    asked = ec.from_sklearn(other)
    assert isinstance(asked, AskedModel)
    np.testing.assert_array_equal(asked(inputs), other.predict(inputs))


def test_from_onnx_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    model = torch_model(nn.Tanh())
    path.write_bytes(written(model, "onnx"))
    network = ec.from_onnx(path)
    assert isinstance(network, Network) and network.sizes == (3, 5, 2)
