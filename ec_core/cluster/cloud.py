"""The weight cloud: incoming vectors of all students in one normal form, and whence each came.

Source: Martinelli et al., ICML 2024, cluster phase; docs/method.md#symmetries.
Axes: S students, H hidden, D inputs, K outputs, M pooled vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ec_core.errors import InputError
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.activations import Activation, activation
from ec_core.networks.canonical import canonical, centred, folded, mirrored, reference_direction

NEGLIGIBLE = 1e-10
"""Relative to the largest of its student, a norm below this is rounding, not weight.

Exact students leave 1e-16 to 1e-12 in their dead neurons; a neuron that does something in
standardised answers is many decades above."""

BEYOND = 1e100
"""A weight above this is no number to compare with: its square would be none that is finite."""


@dataclass(frozen=True)
class WeightCloud:
    """M canonical vectors with the provenance that undoes the normal form.

    vectors (M, D+1) : canonical (w, b) in standardised inputs
    student, neuron (M,) : where each vector came from, indices into the ensemble
    sign, norm (M,) : vectors = sign · incoming, divided by norm for homogeneous activations only
    outgoing (M, K) : outgoing weights as the student holds them (no sign or norm moved into them)
    loss (M,) : the loss of the student
    activation : its name; reference (D+1,) : the direction that decided the signs
    """

    vectors: np.ndarray
    student: np.ndarray
    neuron: np.ndarray
    sign: np.ndarray
    norm: np.ndarray
    outgoing: np.ndarray
    loss: np.ndarray
    activation: str
    reference: np.ndarray

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def entry(self) -> Activation:
        return activation(self.activation)

    @property
    def students(self) -> int:
        """Number of distinct students that contribute vectors."""
        return len(np.unique(self.student))

    def original(self, which: list[int] | np.ndarray) -> np.ndarray:
        """(m, D+1) vectors as their students hold them: the normal form undone, but for periods."""
        vectors, sign = self.vectors[which], self.sign[which]
        if self.entry.centre:
            vectors[sign < 0] = mirrored(vectors[sign < 0], self.entry)
            return vectors
        scale = sign * self.norm[which] if self.entry.homogeneous else sign
        return np.asarray(vectors * scale[:, None])

    @property
    def strength(self) -> np.ndarray:
        """(M,) size of each neuron's outgoing weights ‖a‖; ‖a‖·‖(w,b)‖ where norms move into a."""
        size = np.linalg.norm(self.outgoing, axis=1)
        return np.asarray(size * self.norm**self.entry.degree if self.entry.homogeneous else size)


def _alive(incoming: np.ndarray, outgoing: np.ndarray, entry: Activation) -> np.ndarray:
    """(S, H) bool: which neurons of incoming (S, H, D+1), outgoing (S, K, H) do something.

    Left out are neurons with negligible outgoing weights (dead), with negligible incoming
    weights (constants), and with numbers that are not finite or ``BEYOND`` all measure.
    """
    finite = (np.abs(incoming) < BEYOND).all(axis=2) & (np.abs(outgoing) < BEYOND).all(axis=1)
    incoming = np.where(finite[:, :, None], incoming, 0.0)
    strength = np.linalg.norm(np.where(finite[:, None, :], outgoing, 0.0), axis=1)
    if entry.homogeneous:
        # only the product means anything: the student may hold it on either side
        strength = strength * np.linalg.norm(incoming, axis=2) ** entry.degree
    # bias left out: a neuron that ignores its inputs is a constant, whatever its bias
    weight = np.linalg.norm(incoming[:, :, :-1], axis=2)
    if entry.homogeneous:
        weight = weight / np.maximum(np.linalg.norm(incoming, axis=2), np.finfo(float).tiny)
    result: np.ndarray = finite
    for size in (strength, weight):
        result = result & (size > NEGLIGIBLE * size.max(axis=1, initial=0.0, keepdims=True))
    return result


def pool(ensemble: StudentEnsemble, best: int | None = None, layer: int = 0) -> WeightCloud:
    """Pool one hidden layer (0: the first) of every student into one cloud of canonical vectors.

    Beyond the first layer that makes sense once all students read the same neurons below; D then
    counts what the layer reads, earlier layers included where there are skip paths. Dead and
    constant neurons are left out; ``best`` keeps only that many students, those with the smallest
    losses. Vectors are ordered by student, then neuron; there may be none.
    Raises InputError if ``best`` is less than one.
    """
    incoming = np.asarray(ensemble.vectors(layer), dtype=np.float64)
    outgoing = np.asarray(ensemble.outgoing(layer), dtype=np.float64)
    losses = np.asarray(ensemble.losses, dtype=np.float64)
    if best is not None and best < 1:
        raise InputError(f"The best {best} students were asked for; expected at least one.")
    entry = ensemble.shape.entry
    alive = _alive(incoming, outgoing, entry)
    if best is not None:
        chosen = np.argsort(losses, kind="stable")[:best]  # NaN sorts last
        alive &= np.isin(np.arange(len(losses)), chosen)[:, None]
    student, neuron = np.nonzero(alive)
    vectors = incoming[student, neuron]
    reference = reference_direction(centred(folded(vectors, entry), entry))
    vectors, sign, norm = canonical(vectors, entry, reference)
    return WeightCloud(
        vectors=vectors,
        student=student,
        neuron=neuron,
        sign=sign,
        norm=norm,
        outgoing=outgoing[student, :, neuron],
        loss=losses[student],
        activation=ensemble.shape.activation,
        reference=reference,
    )
