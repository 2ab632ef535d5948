"""A Keras classifier of 4 inputs, 5 tanh neurons and 3 classes; it answers in float32."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

import ec_core as ec


def weights() -> list[np.ndarray]:
    """Kernel and bias of either layer, as Keras keeps them."""
    rng = np.random.default_rng(0)
    shapes = ((4, 5), (5,), (5, 3), (3,))
    scales = (1.2, 0.5, 1.0, 0.3)
    return [
        (scale * rng.standard_normal(shape)).astype(np.float32)
        for shape, scale in zip(shapes, scales, strict=True)
    ]


def keras_model() -> Any:
    """The model, with these weights."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    model = keras.Sequential(
        [
            keras.layers.Input((4,)),
            keras.layers.Dense(5, activation="tanh"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.set_weights(weights())
    return model


def network() -> ec.Network:
    """The same network before its softmax, for comparison."""
    first, one, last, two = (w.astype(np.float64) for w in weights())
    return ec.Network("tanh", (first.T.copy(), last.T.copy()), (one, two))
