"""What students of a shape learn from: which of the probes, and how many."""

from __future__ import annotations

import torch

from ec_core.devices import memory_bound
from ec_core.expand.regimes import regime_of
from ec_core.leastsquares.problem import CHUNK_BYTES, GPU_SHARE, Problem, rows_for
from ec_core.networks.activations import activation as look_up
from ec_core.networks.architecture import Architecture
from ec_core.probing.probes import ProbeSet


def probes_needed(shape: Architecture) -> int:
    """Probes that students of this shape are trained on, if there are so many.

    >>> probes_needed(Architecture((4, 100, 1), "g")), probes_needed(Architecture((4, 4, 1), "g"))
    (2404, 1000)
    """
    return rows_for(shape, regime_of(shape).answers_per_parameter)


def make_problem(
    probes: ProbeSet, activation: str, hidden: int | tuple[int, ...], device: torch.device
) -> Problem:
    """The problem for students of these hidden sizes; skip paths where the activation needs them.

    hidden : one number for one hidden layer, or one per layer
    """
    hidden = (hidden,) if isinstance(hidden, int) else hidden
    x, y = torch.from_numpy(probes.inputs), torch.from_numpy(probes.answers)
    shape = Architecture(
        (x.shape[1], *hidden, y.shape[1]), activation, skip=look_up(activation).leaves_linear
    )
    chunk = CHUNK_BYTES if device.type == "cpu" else int(GPU_SHARE * memory_bound(device))
    return Problem(
        shape,
        x.to(device),
        y.to(device),
        chunk,
        answers_per_parameter=regime_of(shape).answers_per_parameter,
    )
