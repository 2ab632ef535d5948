"""The ensemble: all students of a run, with what is needed to stop, store and continue them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ec_core.errors import InputError
from ec_core.events import CONVERGED, TRAINING
from ec_core.expand.regimes import regime_of
from ec_core.leastsquares.levenberg_marquardt import FIRST_DAMPING, FIRST_GROWTH
from ec_core.networks.architecture import Architecture
from ec_core.networks.parameters import random_parameters, unpack
from ec_core.seeding import stage_seed


@dataclass(frozen=True)
class StudentEnsemble:
    """S trained students of one shape, in standardised coordinates.

    theta (S, P); losses (S,) mean squared errors; statuses: S states of ``events``;
    iterations, restarts (S,); damping, growth (S,): where Levenberg-Marquardt stood;
    history (T, S): loss after every iteration; seconds: training time; seed: of the run.
    steps (S,): how many of the T iterations each took part in; older stored ones do not know.
    """

    shape: Architecture
    theta: np.ndarray
    losses: np.ndarray
    statuses: tuple[str, ...]
    iterations: np.ndarray
    restarts: np.ndarray
    damping: np.ndarray
    growth: np.ndarray
    history: np.ndarray
    seconds: float
    seed: int
    steps: np.ndarray | None = None

    @property
    def students(self) -> int:
        return len(self.losses)

    @property
    def incoming(self) -> np.ndarray:
        """(S, H, D+1) weight vectors (w, b) of the first layer."""
        return self.vectors(0)

    def vectors(self, layer: int) -> np.ndarray:
        """(S, H, F) weight vectors of hidden layer ``layer`` (0: the first), bias last.

        Beyond the first layer they compare only between students that read the same neurons.
        """
        block = unpack(self.shape, torch.from_numpy(self.theta)).blocks[layer].numpy()
        bias = self.shape.bias(layer)
        parts = [block[..., :bias], block[..., bias + 1 :], block[..., bias : bias + 1]]
        return np.concatenate(parts, axis=2)

    def outgoing(self, layer: int) -> np.ndarray:
        """(S, K', H) weights with which later layers read the neurons of hidden layer ``layer``."""
        blocks = unpack(self.shape, torch.from_numpy(self.theta)).blocks
        readers = self.shape.readers(layer + 1)
        columns = [blocks[m][..., self.shape.columns(m, layer + 1)].numpy() for m in readers]
        return np.concatenate(columns, axis=1)

    def converged(self) -> np.ndarray:
        """(S,) bool: which students explain the answers to their own precision."""
        return np.array([status == CONVERGED for status in self.statuses])


def ensemble_of(
    shape: Architecture, theta: np.ndarray, losses: np.ndarray, seed: int
) -> StudentEnsemble:
    """Students theta (S, P) as an ensemble that has not been trained yet, to be continued."""
    students = len(theta)
    return StudentEnsemble(
        shape=shape,
        theta=theta,
        losses=losses,
        statuses=(TRAINING,) * students,
        iterations=np.zeros(students, dtype=np.int64),
        restarts=np.zeros(students, dtype=np.int64),
        damping=np.full(students, FIRST_DAMPING),
        growth=np.full(students, FIRST_GROWTH),
        history=np.empty((0, students)),
        seconds=0.0,
        seed=seed,
    )


def initial_theta(
    shape: Architecture, seed: int, students: int, restarts: int = 0, first: int = 0
) -> torch.Tensor:
    """Starting weights theta (S, P) of students first … first + S - 1, by (seed, student, restart).

    Drawn on the CPU whatever the device, so that one seed means one start everywhere.
    """
    rows, starts = [], regime_of(shape).starts
    for student in range(first, first + students):
        generator = torch.Generator().manual_seed(
            stage_seed(seed, "students", shape.sizes[1], student, restarts)
        )
        rows.append(random_parameters(shape, 1, generator, starts.norm, starts.spread))
    return torch.cat(rows)


_ARRAYS = ("theta", "losses", "iterations", "restarts", "damping", "growth", "history")


def ensemble_arrays(ensemble: StudentEnsemble) -> dict[str, np.ndarray]:
    """The ensemble as named arrays without pickles, for an .npz file."""
    arrays = {name: getattr(ensemble, name) for name in _ARRAYS}
    if ensemble.steps is not None:
        arrays["steps"] = ensemble.steps
    return {
        **arrays,
        "statuses": np.array(ensemble.statuses),
        "sizes": np.array(ensemble.shape.sizes),
        "activation": np.array(ensemble.shape.activation),
        "skip": np.array(ensemble.shape.skip),
        "seconds": np.array(ensemble.seconds),
        "seed": np.array(ensemble.seed),
    }


def ensemble_from_arrays(arrays: dict[str, np.ndarray]) -> StudentEnsemble:
    """The inverse of ``ensemble_arrays``. Raises InputError if something is missing."""
    needed = {*_ARRAYS, "statuses", "sizes", "activation", "skip", "seconds", "seed"}
    missing = needed - set(arrays)
    if missing:
        raise InputError(f"The stored students lack {', '.join(sorted(missing))}; train them anew.")
    shape = Architecture(
        tuple(int(n) for n in arrays["sizes"]), str(arrays["activation"]), bool(arrays["skip"])
    )
    return StudentEnsemble(
        shape=shape,
        **{name: np.asarray(arrays[name]) for name in _ARRAYS},
        statuses=tuple(str(status) for status in arrays["statuses"]),
        seconds=float(arrays["seconds"]),
        seed=int(arrays["seed"]),
        steps=np.asarray(arrays["steps"]) if "steps" in arrays else None,
    )
