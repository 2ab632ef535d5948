"""A real MLServer, killed in the middle and started again.

It pins packages of its own and so lives in an environment of its own: EC_MLSERVER names the Python
of one with ``pip install mlserver mlserver-sklearn keras h5py torch``.
"""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

import ec_core as ec
from ec_core.probing import Asker
from ec_core.probing.remote.kept import Kept
from tests.networks.keras_classifier import keras_model

KERAS_RUNTIME = '''
"""MLServer has no runtime for Keras; this is what its books tell people to write."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class KerasModel(MLModel):
    async def load(self) -> bool:
        self._model = keras.models.load_model(self.settings.parameters.uri)
        return True

    async def predict(self, payload):
        x = NumpyCodec.decode_input(payload.inputs[0]).astype("float32")
        y = self._model.predict(x, verbose=0)
        told = NumpyCodec.encode_output("predict", y)
        return InferenceResponse(model_name=self.name, outputs=[told])
'''

PYTHON = os.environ.get("EC_MLSERVER", "")

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.skipif(not PYTHON, reason="EC_MLSERVER names no Python with MLServer"),
]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """MLServer with one folder of models."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free_port()
        ports = {"grpc_port": _free_port(), "metrics_port": _free_port(), "http_port": self.port}
        settings = {"host": "127.0.0.1", "parallel_workers": 0, **ports}
        (folder / "settings.json").write_text(json.dumps(settings))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(Path(PYTHON).parent / "mlserver"), "start", str(self.folder)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/v2/models/{name}"


def _put(folder: Path, name: str, kind: str, uri: str) -> None:
    facts = {"name": name, "implementation": kind, "parameters": {"uri": uri}}
    (folder / "model-settings.json").write_text(json.dumps(facts))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A regressor and two classifiers of scikit-learn's own, and one of Keras, served."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 4))
    y = np.tanh(x @ rng.standard_normal((4, 4))) @ rng.standard_normal(4)
    how = {"activation": "tanh", "solver": "lbfgs", "random_state": 0}
    models = {"regressor": MLPRegressor(hidden_layer_sizes=(4,), max_iter=500, **how).fit(x, y)}
    for name, data, hidden in (("iris", load_iris(), 6), ("wine", load_wine(), 8)):
        made = MLPClassifier(hidden_layer_sizes=(hidden,), alpha=1e-2, max_iter=3000, **how)
        models[name] = made.fit(StandardScaler().fit_transform(data.data), data.target)
    for name, model in models.items():
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "model.joblib").write_bytes(pickle.dumps(model))
        _put(folder, name, "mlserver_sklearn.SKLearnModel", "./model.joblib")
    folder = tmp_path / "models" / "keras"
    folder.mkdir()
    keras_model().save(folder / "model.keras")
    (folder / "keras_runtime.py").write_text(KERAS_RUNTIME)
    _put(folder, "keras", "keras_runtime.KerasModel", str(folder / "model.keras"))
    server = Served(tmp_path / "models")
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _up(served: Served) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", served.port)) == 0:
                return
        subprocess.run(["sleep", "0.1"], check=True)
    raise AssertionError((served.folder / "server.log").read_text())


def test_a_regressor_though_the_server_is_killed(served: Served, tmp_path: Path) -> None:
    _up(served)
    told: list[str] = []

    def say(sentence: str) -> None:
        told.append(sentence)
        if served.process is None:
            served.start()

    model = ec.from_address(served.url("regressor"), keep=tmp_path, batch=100, say=say)
    assert model.inputs == 4
    asker = Asker(model, hidden_layers=1, activation="tanh")
    asked, first = 0, model.speech.ask

    def ask(x: np.ndarray) -> np.ndarray:
        nonlocal asked
        asked += 1
        if asked == 6:
            served.kill()
        return first(x)

    model.speech.ask = ask  # type: ignore[method-assign]
    asker(asker.first)
    assert any("cannot be reached" in sentence for sentence in told)
    kept = Kept(tmp_path, model.speech.about.identity)
    # the questions and those that found the size: each has one record
    records = (kept.path.stat().st_size - kept.path.read_bytes().index(b"\n") - 1) // (5 * 8 + 4)
    assert records == len(kept) == asker.first + 1
    found = ec.recover(asker, activation="tanh", hidden_layers=1)
    assert found.report["verified"] and found.report["sizes"] == [4, 4, 1]


@pytest.mark.parametrize(
    ("name", "outputs", "sizes"),
    [
        ("iris", "predict_proba", [4, 6, 3]),
        ("wine", "predict_proba", [13, 8, 3]),
        ("keras", None, [4, 5, 3]),
    ],
)
def test_a_classifiers_probabilities(
    served: Served, tmp_path: Path, name: str, outputs: str | None, sizes: list[int]
) -> None:
    _up(served)
    model = ec.from_address(served.url(name), outputs=outputs, inputs=sizes[0], keep=tmp_path)
    found = ec.recover(model, activation="tanh", hidden_layers=1)
    assert found.report["verified"] and found.report["sizes"] == sizes
    assert found.report["output"] == "softmax"
    # all that Keras says is in float32
    assert found.report["status"] == ("verified" if name == "keras" else "exact")
