"""A softmax model of Keras, from the probabilities that it computes in float32."""

from __future__ import annotations

import numpy as np
import pytest

import ec_core as ec
from tests.networks.keras_classifier import keras_model, network

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.long
def test_it_is_recovered_to_the_precision_of_its_answers() -> None:
    model = keras_model()
    x = np.random.default_rng(3).standard_normal((4000, 4)).astype(np.float32)
    y = np.asarray(model.predict(x, verbose=0))
    assert y.dtype == np.float32
    result = ec.recover(ec.make_probes(x, y), activation="tanh", hidden_layers=1, students=4)
    report = result.report
    assert report["status"] == "verified", report["reasons"]
    assert (report["output"], report["sizes"]) == ("softmax", [4, 5, 3])
    assert 1e-8 < float(str(report["precision"])) < 1e-6
    found = ec.match(network(), result.network, within=result.probes)
    assert found.max_weight_error is not None and found.max_weight_error < 1e-6
