"""Where the fit of a batch stands, as plain arrays: to be kept, and to be gone on from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ec_core.checkpoints import Plain
from ec_core.leastsquares.levenberg_marquardt import Batch, start
from ec_core.leastsquares.problem import Problem

_FIELDS = tuple(Batch.__dataclass_fields__)


def batch_arrays(batch: Batch) -> dict[str, np.ndarray]:
    """The arrays of a batch by name; copies."""
    return {name: getattr(batch, name).cpu().numpy().copy() for name in _FIELDS}


def batch_from(plain: Plain, device: torch.device) -> Batch:
    """The inverse of ``batch_arrays``."""
    # copied by torch: sums of a library may depend on where in memory an array begins
    return Batch(*(torch.tensor(plain[name]).to(device) for name in _FIELDS))


def put_down(batch: Batch, past: Sequence[np.ndarray]) -> Plain:
    """A batch of C candidates after T - 1 iterations. past : T losses (C,), the first one first"""
    return {**batch_arrays(batch), "past": np.array(past)}


def taken_up(
    plain: Plain | None, problem: Problem, theta: Tensor
) -> tuple[Batch, list[np.ndarray]]:
    """The inverse of ``put_down``; where nothing was put down, theta (C, P) and its losses."""
    if plain is None:
        batch = start(problem, theta)
        return batch, [batch.loss.cpu().numpy()]
    return batch_from(plain, problem.x.device), list(plain["past"])
