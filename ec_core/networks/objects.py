"""Models that are at hand in Python, read as networks: ``ec.from_torch`` and its siblings.

They return a ``Network`` where the model is one, and otherwise a callable teacher (``AskedModel``)
that ``recover`` asks like any function.
"""

from __future__ import annotations

import copy
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ec_core.errors import InputError
from ec_core.networks.asked import AskedModel
from ec_core.networks.files import read_model_file
from ec_core.networks.network import Network
from ec_core.networks.readers import estimators, exported
from ec_core.networks.readers.keras_config import layers_of
from ec_core.networks.readers.keras_model import model_from
from ec_core.networks.reading import NetworkFile, from_chain

Model = Network | AskedModel
"""A network, or what can only be asked."""


def _clause(error: Exception) -> str:
    """The beginning of a sentence of ours, to stand after "since"."""
    return str(error).split(";")[0].rstrip(".").removeprefix("the model ")


@contextmanager
def _quietly() -> Iterator[None]:
    """Without torch's warnings about its own archive and its log of what it cannot follow."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _whole(model: NetworkFile | AskedModel) -> Model:
    return model if isinstance(model, AskedModel) else model.network()


def _read_inputs(module: torch.nn.Module) -> int:
    first = next((m for m in module.modules() if isinstance(m, torch.nn.Linear)), None)
    if first is None:
        raise InputError(
            "The module has no Linear layer that tells the number of inputs; pass inputs=…."
        )
    return int(first.in_features)


def from_torch(module: torch.nn.Module, inputs: int | None = None) -> Model:
    """A torch module as a network, weights and biases in float64.

    module : fully connected layers with one activation, in a Sequential or a forward of one's own;
        it is copied and stays as it is
    inputs : D, where no Linear layer at its beginning tells it
    A head (softmax, sigmoid) is left out; batch normalisation and the like are folded. A module of
    another kind is returned as a callable that asks it.

    >>> layers = torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    >>> network = from_torch(torch.nn.Sequential(*layers))
    >>> network.activation, network.sizes
    ('tanh', (3, 4, 2))
    """
    width = _read_inputs(module) if inputs is None else inputs
    plain = copy.deepcopy(module).cpu().eval()
    buffer = io.BytesIO()
    try:
        with _quietly():
            exact = copy.deepcopy(plain).double()
            example = (torch.zeros(2, width, dtype=torch.float64),)
            torch.export.save(torch.export.export(exact, example), buffer)
        return _whole(exported.read(buffer.getvalue(), "the model"))
    except InputError as error:
        why = _clause(error)
    except Exception:  # torch raises many types for what it cannot follow
        why = "torch.export cannot follow what it does"
    # shorter numbers than float32, or several kinds: questions are not rounded to them
    double = {p.dtype for p in plain.parameters()} == {torch.float64}
    plain = plain if double else plain.float()

    def answer(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            asked = torch.from_numpy(np.asarray(x, dtype=np.float64))
            answers = plain(asked if double else asked.float())
        if not isinstance(answers, torch.Tensor):
            raise InputError(
                f"The module answers with {type(answers).__name__}; expected one tensor, (N, K)."
            )
        return np.asarray(answers.numpy())

    return AskedModel("the model", answer, width, why, single=not double)


def from_sklearn(estimator: Any) -> Model:
    """A fitted MLPClassifier or MLPRegressor, alone or in a Pipeline with StandardScalers.

    estimator : the scaler is folded into the first layer, a classifier's softmax or sigmoid is left
        out; another estimator is returned as a callable that asks its predict_proba, or predict

    >>> from sklearn.neural_network import MLPRegressor
    >>> from_sklearn(MLPRegressor(hidden_layer_sizes=(3,)))
    Traceback (most recent call last):
        ...
    ec_core.errors.InputError: the model holds a network that was not fitted; call fit first.
    """
    try:
        return _whole(from_chain(estimators.chain_of(estimator, "the model")))
    except InputError as error:
        ask: Callable[[np.ndarray], Any] | None = getattr(estimator, "predict_proba", None)
        ask = ask or getattr(estimator, "predict", None)
        width = getattr(estimator, "n_features_in_", None)
        if ask is None or width is None:
            raise
        asked = ask

        def answer(x: np.ndarray) -> np.ndarray:
            return np.asarray(asked(x))

        return AskedModel("the model", answer, int(width), _clause(error))


def from_keras(model: Any) -> Model:
    """A Keras model of Dense layers with one activation, Sequential or Functional.

    model : a head is left out, batch normalisation folded; another model is returned as a callable
        that asks its predict

    >>> from_keras(3)
    Traceback (most recent call last):
        ...
    ec_core.errors.InputError: from_keras was given int; expected a Keras model.
    """
    if not hasattr(model, "to_json") or not hasattr(model, "get_layer"):
        raise InputError(f"from_keras was given {type(model).__name__}; expected a Keras model.")
    try:
        layers = layers_of(json.loads(model.to_json()), "the model")
        weights = [
            [
                (str(array.path), np.asarray(array.numpy(), dtype=np.float64))
                for array in model.get_layer(config["name"]).weights
            ]
            if kind != "InputLayer"
            else []
            for kind, config in layers
        ]
        return _whole(model_from(layers, list(weights), "the model"))
    except (InputError, NotImplementedError) as error:
        shape = getattr(model, "input_shape", None)
        if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] is None:
            raise InputError(
                f"The model cannot be asked: its input has the shape {shape}; expected (None, D)."
            ) from None

        def answer(x: np.ndarray) -> np.ndarray:
            return np.asarray(model.predict(x, verbose=0))

        return AskedModel("the model", answer, int(shape[1]), _clause(error), single=True)


def from_onnx(path: str | Path) -> Model:
    """The model of an ONNX file: a network, or a callable that asks it through onnxruntime.

    path : of the file

    >>> from_onnx("missing.onnx")
    Traceback (most recent call last):
        ...
    ec_core.errors.InputError: Cannot read missing.onnx: No such file or directory; check the path.
    """
    return _whole(read_model_file(path))
