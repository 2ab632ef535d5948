"""The teacher: a black box that answers questions and counts them. It has no other door."""

from __future__ import annotations

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.network import Network


class Teacher:
    """Answers queries, and shows nothing else of itself.

    network : the one that answers
    queries : how many inputs have been answered so far
    inputs : D, the number of input features

    Raises InputError for inputs of another shape than (N, D).

    >>> net = Network("relu", (np.eye(2), np.ones((1, 2))), (np.zeros(2), np.zeros(1)))
    >>> teacher = Teacher(net)
    >>> teacher(np.array([[1.0, 2.0], [-1.0, 4.0]])).tolist(), teacher.queries
    ([[3.0], [4.0]], 2)
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._queries = 0

    @property
    def queries(self) -> int:
        return self._queries

    @property
    def inputs(self) -> int:
        return self._network.sizes[0]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Answers (N, K) to questions x (N, D)."""
        x = np.asarray(x)
        if x.ndim != 2 or x.shape[1] != self.inputs or x.dtype.kind not in "fiu":
            raise InputError(
                f"Questions have shape {x.shape} and type {x.dtype}; "
                f"this teacher expects numbers of shape (N, {self.inputs})."
            )
        answers = self._network(x)
        self._queries += len(x)
        return answers
