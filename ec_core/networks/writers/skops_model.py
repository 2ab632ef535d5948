"""scikit-learn's MLPRegressor with these weights, saved by skops, without pickle."""

from __future__ import annotations

import numpy as np

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.networks.network import Network

_CALLED = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}


def write(network: Network) -> bytes:
    """A fitted MLPRegressor whose ``predict`` gives the network's answers.

    Raises InputError for activations that scikit-learn does not have.
    """
    if network.activation not in _CALLED:
        raise InputError(
            f"scikit-learn has no activation {network.activation}, only {', '.join(_CALLED)}; save "
            "the network as .safetensors, .pt, .onnx or .py."
        )
    skops = need("skops.io", "sklearn-files", "scikit-learn models")
    networks = need("sklearn.neural_network", "sklearn-files", "scikit-learn models")
    sizes = network.sizes
    model = networks.MLPRegressor(
        hidden_layer_sizes=tuple(sizes[1:-1]), activation=_CALLED[network.activation]
    )
    model.n_features_in_, model.n_outputs_ = sizes[0], sizes[-1]
    model.n_layers_, model.out_activation_ = len(sizes), "identity"
    model.coefs_ = [np.ascontiguousarray(weight.T) for weight in network.weights]
    model.intercepts_ = [bias.copy() for bias in network.biases]
    model.n_iter_, model.t_, model.loss_ = 0, 0, 0.0
    data: bytes = skops.dumps(model)
    return data
