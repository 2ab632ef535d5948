"""A model that can be asked and not be read as one of this program's networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.chain import Chain, Link


@dataclass(frozen=True)
class AskedModel:
    """A callable teacher: it answers questions x (N, D), and there is nothing to compare with.

    answer : from questions to answers (N, K); inputs : D; why : what keeps it from being a
        network of this program, a clause
    single : it computes in float32, so that questions have to be such numbers
    links : what was understood of it

    >>> model = AskedModel("m", lambda x: 2 * x, 1, "it is a toy")
    >>> model(np.ones((2, 1))).tolist()
    [[2.0], [2.0]]
    """

    name: str
    answer: Callable[[np.ndarray], np.ndarray]
    inputs: int
    why: str
    single: bool = False
    links: tuple[Link, ...] = ()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Answers (N, K). Raises InputError for questions of another shape."""
        x = np.asarray(x)
        if x.ndim != 2 or x.shape[1] != self.inputs:
            raise InputError(
                f"Questions have shape {x.shape}; {self.name} expects (N, {self.inputs})."
            )
        return self.answer(x)

    @property
    def sentence(self) -> str:
        """What it is taken for."""
        return (
            f"{self.name} is no network of this program, since {self.why}; it is asked like any "
            "function, and the result is judged by its certificate alone."
        )

    def refuse(self) -> InputError:
        """Where only a network serves."""
        return InputError(
            f"{self.name} cannot be read as a network, since {self.why}; it can only be asked "
            "(recover, probe)."
        )


def asked_chain(chain: Chain, why: str) -> AskedModel:
    """A chain whose activations no network of this program has, computed in float64."""
    inputs = chain.layers[0].weight.shape[1]
    return AskedModel(chain.name, chain.answers, inputs, why, links=chain.links)
