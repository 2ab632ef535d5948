"""The parts of a run as files that other programs can read."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch

from ec_core.expand.students import ensemble_arrays
from ec_core.networks.parameters import unpack
from ec_core.probing.columns import named_arrays
from ec_core.runs.run import Run
from ec_core.store.plain import arrays_bytes

_OF_THE_TEACHER = ("source", "label")
"""Settings that say how the teacher was made."""


def probes(run: Run) -> bytes:
    """Questions x (N, D) and answers y (N, K) as they were given or asked: a probe file."""
    x, y = run.stored.answers()
    return arrays_bytes({"x": x, "y": y, **named_arrays(run.stored.columns())})


def students(run: Run) -> bytes:
    """Every student's weights by layer, and all else that trains it on: an .npz file.

    weight_l (S, H', H), bias_l (S, H') of layer l; skip_l (S, H', …) what it reads past the layer
    below, where the activation needs that; in standardised coordinates, (value - mean) / scale
    with the means and scales that are in the file. Where inputs follow from others students see
    fewer: u with basis (V, R) @ u = the standardised inputs that vary (``identified``).
    """
    ensemble, asked = run.ensemble(), run.probes()
    arrays: dict[str, Any] = ensemble_arrays(ensemble)
    layers = unpack(ensemble.shape, torch.from_numpy(ensemble.theta))
    for layer in range(len(layers.blocks)):
        arrays[f"weight_{layer}"] = layers.weight(layer).numpy()
        arrays[f"bias_{layer}"] = layers.bias(layer).numpy()
        if ensemble.shape.skip and layer:
            arrays[f"skip_{layer}"] = layers.skip(layer).numpy()
    for name in ("x_mean", "x_scale", "y_mean", "y_scale", "identified"):
        arrays[name] = np.asarray(getattr(asked, name))
    if asked.subspace is not None:
        arrays["basis"] = asked.subspace.basis
    return arrays_bytes(arrays)


def settings(run: Run) -> str:
    """What was chosen, as JSON; how the teacher was made is not in it while that is locked away."""
    chosen = run.stored.settings()
    if run.truth_locked:
        chosen = {name: value for name, value in chosen.items() if name not in _OF_THE_TEACHER}
    return json.dumps(chosen, indent=2)
