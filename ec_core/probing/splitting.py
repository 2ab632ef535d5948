"""Which rows are learnt from, which are held out, and how their inputs are standardised.

Axes: N probes, D inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.subspace import Subspace, subspace_of

CONSTANT_SPREAD = 1e-12
"""A feature is constant if its spread is below this share of its size: rounding, no signal."""

NOTHING_VARIES = "No input varies over the probes; expected at least one that does."


def varies(values: np.ndarray) -> np.ndarray:
    """(D,) bool: which columns of values (N, D) vary by more than rounding."""
    return np.asarray(values.std(axis=0) > CONSTANT_SPREAD * np.abs(values).max(axis=0))


def split(
    x: np.ndarray, seed: int, share: float, question: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers to learn from and to hold out, each in ascending order.

    x (N, D) : in the order of ``drawn_order``, or as given (runs stored by earlier versions)
    question (N,) : rows of the same question stay together, or its answer would have been learnt
    A row that alone makes some feature vary (a pixel lit in one image of a thousand) is learnt
    from: held out, it would be a question about a weight that no other probe can tell.
    """
    asked = np.arange(len(x)) if question is None else question
    questions = int(asked.max()) + 1
    order = np.random.default_rng(seed).permutation(questions)
    count = max(1, round(share * questions))
    if question is None:
        kept, held = order[count:], order[:count]
    else:
        learnt = np.isin(asked, order[count:])
        kept, held = np.flatnonzero(learnt), np.flatnonzero(~learnt)
    lost = varies(x) & ~varies(x[kept])
    if lost.any():
        needed = np.any(x[held][:, lost] != x[kept[0], lost], axis=1)
        if not needed.all():
            kept, held = np.concatenate([kept, held[needed]]), held[~needed]
    return np.sort(kept), np.sort(held)


@dataclass(frozen=True)
class Scaled:
    """Which inputs vary over the rows learnt from, how they are standardised, what they span."""

    identified: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    space: Subspace | None

    @classmethod
    def of(cls, x: np.ndarray, answer_error: float | None) -> Scaled:
        """From x (N, D) learnt from; answer_error None: relations are not looked for."""
        vary = varies(x)
        if not vary.any():
            raise InputError(NOTHING_VARIES)
        mean = np.where(vary, x.mean(axis=0), 0.0)
        scale = np.where(vary, x.std(axis=0), 1.0)
        space = None
        if answer_error is not None:
            space = subspace_of(x[:, vary], mean[vary], scale[vary], answer_error)
        return cls(vary, mean, scale, space)

    def outside(self, x: np.ndarray) -> np.ndarray:
        """(N,) bool: rows x (N, D) that break a relation between inputs."""
        if self.space is None:
            return np.zeros(len(x), dtype=bool)
        return self.space.outside(((x - self.mean) / self.scale)[:, self.identified])


def scaled(
    x: np.ndarray, kept: np.ndarray, held: np.ndarray, answer_error: float | None
) -> tuple[Scaled, np.ndarray, np.ndarray]:
    """How to standardise x (N, D), and the rows to learn from and to hold out after all.

    A row held out that breaks what all rows learnt from have in common is learnt from, as a row
    that alone makes a feature vary is; many such rows say that there was no relation.
    """
    most = len(held) // 2
    while True:
        found = Scaled.of(x[kept], answer_error)
        outside = found.outside(x[held])
        if not outside.any():
            return found, kept, held
        if len(held) - outside.sum() < max(1, most):
            return Scaled.of(x[kept], None), kept, held
        kept, held = np.sort(np.concatenate([kept, held[outside]])), held[~outside]
