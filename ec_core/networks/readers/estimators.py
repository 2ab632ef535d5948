"""scikit-learn's multilayer perceptrons, alone or after a StandardScaler, as steps of a chain.

Shared by the ``.skops`` reader and by ``ec.from_sklearn``; only attributes are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.chain import Chain, fold
from ec_core.networks.steps import Affine, Function, Linear, Step, function

_NETWORKS = ("MLPClassifier", "MLPRegressor")
_EXPECTED = "expected an MLPClassifier or MLPRegressor, alone or in a Pipeline with StandardScalers"


def _scaler(estimator: Any, called: str) -> Affine:
    mean, scale = getattr(estimator, "mean_", None), getattr(estimator, "scale_", None)
    size = int(estimator.n_features_in_)
    centre = np.zeros(size) if mean is None else np.asarray(mean, dtype=np.float64)
    spread = np.ones(size) if scale is None else np.asarray(scale, dtype=np.float64)
    return Affine(1 / spread, -centre / spread, "StandardScaler", called)


def _network(estimator: Any, name: str) -> Iterator[Step]:
    if not hasattr(estimator, "coefs_"):
        raise InputError(f"{name} holds a network that was not fitted; call fit first.")
    last = len(estimator.coefs_) - 1
    for i, (kernel, bias) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True)):
        weight = np.ascontiguousarray(np.asarray(kernel, dtype=np.float64).T)
        bias = np.asarray(bias, dtype=np.float64)
        yield Linear(weight, bias, f"coefs_[{i}]", f"intercepts_[{i}]", "in-out")
        if i < last:
            yield function(str(estimator.activation), f"hidden layer {i + 1}")
    end = str(estimator.out_activation_)
    if end == "exp":
        yield Function("exponential", "out_activation_")
    elif end != "identity":
        yield function(end, "out_activation_")


def _steps(estimator: Any, name: str, called: str) -> Iterator[Step]:
    kind = type(estimator).__name__
    if kind == "Pipeline":
        for label, step in estimator.steps:
            if step is not None and step != "passthrough":
                yield from _steps(step, name, str(label))
    elif kind == "StandardScaler":
        yield _scaler(estimator, called)
    elif kind in _NETWORKS:
        yield from _network(estimator, name)
    else:
        raise InputError(f"{name} holds a {kind}; {_EXPECTED}.")


def chain_of(estimator: Any, name: str) -> Chain:
    """The chain of an estimator. Raises InputError for one of another kind, by its name."""
    return fold(list(_steps(estimator, name, "estimator")), name)
