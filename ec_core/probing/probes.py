"""A probe set: the questions, the answers, and the coordinates in which students learn.

Students see standardised inputs and answers (mean 0, standard deviation 1; features that never
change, or follow from others, are left out: their weights cannot be learnt). A part of the probes
is held out for verification.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ec_core.networks.files import write_atomically
from ec_core.networks.network import Network
from ec_core.probing.checking import as_table, at_ends, refuse_constant, refuse_few
from ec_core.probing.columns import NAMELESS, Columns
from ec_core.probing.drawing import drawn_order
from ec_core.probing.labels import refuse_labels, refuse_largest_only
from ec_core.probing.outputs import AUTO, LOGITS, PLAIN, Output, Reading, read, suspected
from ec_core.probing.precision import FLOAT64, REPEATS, TOLD, Stored, stored
from ec_core.probing.relations import free_directions
from ec_core.probing.rows import Rows, complete, disagreement, settle
from ec_core.probing.splitting import scaled, split, varies
from ec_core.probing.subspace import Subspace

HELD_OUT = 0.2
"""The share of the answers that is kept for verification."""

ROUNDING_FLOOR = 1e-25
"""Mean squared error of standardised answers that float64 rounding alone can leave behind."""


NOISE_ROOM = 1.2
"""A loss up to so many times the answers' measured error counts as at it."""


@dataclass(frozen=True)
class ProbeSet:
    """Questions with answers, as given, and how to standardise them.

    x (N, D), y (N, K) : probes to learn from, in the teacher's coordinates
    x_heldout, y_heldout : probes kept for verification
    x_mean, x_scale (D,), y_mean, y_scale (K,) : standardised = (value - mean) / scale
    identified (D,) bool : False for inputs that never vary; students do not see them
    precision : mean squared error that the standardised answers show by themselves, their
        rounding (0 for full float64), or that a person told; looks : the answers' number type
    error : mean squared error of the standardised answers as learning has shown it, None before
    subspace : where varying inputs follow from others, and the students' coordinates; None: none do
    output : what stands after the last layer; y are the logits before it, not the answers given
    left_out : rows that were given and are not used; remarks : what the answers were taken for and
        what was done to rows, in sentences
    undecided : where the answers may be another output's, what there is to read them anew
    columns : what the questions' and answers' columns are called, where that is known
    """

    x: np.ndarray
    y: np.ndarray
    x_heldout: np.ndarray
    y_heldout: np.ndarray
    x_mean: np.ndarray
    x_scale: np.ndarray
    y_mean: np.ndarray
    y_scale: np.ndarray
    identified: np.ndarray
    precision: float = 0.0
    looks: str = FLOAT64
    error: float | None = None
    subspace: Subspace | None = None
    left_out: int = 0
    remarks: tuple[str, ...] = ()
    columns: Columns = NAMELESS
    output: Output = PLAIN
    undecided: Undecided | None = None

    @property
    def inputs(self) -> np.ndarray:
        """(N, D') standardised training inputs, in the students' coordinates."""
        return self.standard_inputs(self.x)

    @property
    def answers(self) -> np.ndarray:
        """(N, K) standardised training answers."""
        return np.asarray((self.y - self.y_mean) / self.y_scale)

    @property
    def floor(self) -> float:
        """The loss at which a student explains the answers to their own precision."""
        if self.error is not None:
            return max(self.rounding, NOISE_ROOM * self.error)
        return max(self.rounding, self.stored.slack * self.precision)

    @property
    def rounding(self) -> float:
        """The loss that float64 rounding alone can leave behind, also in the teacher's own units.

        A weighted sum of inputs far from zero loses as many digits as their mean over their spread
        has (measured: a tenth of this for time in seconds and a tanh network in its own units).
        """
        offset = self.x_mean[self.identified] / self.x_scale[self.identified]
        return max(ROUNDING_FLOOR, float(np.sum((np.finfo(np.float64).eps * offset) ** 2)))

    @property
    def stored(self) -> Stored:
        """What the answers look like."""
        return Stored(self.looks, self.precision)

    def told(self, error: float | None) -> ProbeSet:
        """The same probes, whose answers err by ``error`` (root mean square, over their spread), as
        a person says; None: nothing was said.
        """
        if error is None:
            return self
        return replace(self, precision=error**2, looks=TOLD, error=error**2)

    def named(self, columns: Columns) -> ProbeSet:
        """The same probes, with names for their columns."""
        return replace(self, columns=columns.fitting(self.x.shape[1], self.y.shape[1]))

    def measured(self, error: float | None) -> ProbeSet:
        """The same probes, whose answers were seen to err by ``error`` (mean squared)."""
        return self if error is None or self.looks == TOLD else replace(self, error=error)

    @property
    def unidentified_inputs(self) -> tuple[int, ...]:
        return tuple(int(i) for i in np.flatnonzero(~self.identified))

    @property
    def free_directions(self) -> tuple[str, ...]:
        """What all questions keep fixed, one sentence each: weights along it change no answer."""
        names = self.columns.inputs or ()
        return free_directions(self.identified, self.x_mean, self.x_scale, self.subspace, names)

    def standard_inputs(self, x: np.ndarray) -> np.ndarray:
        """Inputs (N, D) of the teacher in the students' coordinates (N, D')."""
        z = np.asarray(((x - self.x_mean) / self.x_scale)[:, self.identified])
        return z if self.subspace is None else self.subspace.coordinates(z)

    def standard_answers(self, y: np.ndarray) -> np.ndarray:
        return np.asarray((y - self.y_mean) / self.y_scale)

    def to_standard(self, network: Network) -> Network:
        """A network in the teacher's coordinates, rewritten for standardised inputs and answers.

        What its weights do to inputs that never change is part of the biases.
        """
        weights, biases = list(network.weights), list(network.biases)
        biases[0] = biases[0] + weights[0] @ self.x_mean + self._fixed(weights[0])
        weights[0] = (weights[0] * self.x_scale)[:, self.identified]
        if self.subspace is not None:
            weights[0] = self.subspace.seen(weights[0])
        weights[-1] = weights[-1] / self.y_scale[:, None]
        biases[-1] = (biases[-1] - self.y_mean) / self.y_scale
        return replace(network, weights=tuple(weights), biases=tuple(biases))

    def to_original(self, network: Network) -> Network:
        """The inverse of ``to_standard``; of all networks that answer so, the one of least norm.

        The norm is that of the first layer's weights per standard deviation of each input. Weights
        of constant inputs become zero.
        """
        weights, biases = list(network.weights), list(network.biases)
        full = self._unseen_filled(weights[0])
        biases[0] = biases[0] - full @ self.x_mean
        weights[0] = full
        weights[-1] = weights[-1] * self.y_scale[:, None]
        biases[-1] = biases[-1] * self.y_scale + self.y_mean
        original = replace(network, weights=tuple(weights), biases=tuple(biases))
        # the answers that it learnt from sum to zero; rounding may have left something
        return original.centred() if self.output.gauge else original

    def within(self, network: Network) -> Network:
        """The network of least norm that answers like this one wherever questions lie.

        Both in the teacher's coordinates; the same network where questions go everywhere. Two
        networks give the same answers to all questions that could be asked here if, and for
        irreducible ones only if, these are equal up to symmetry.
        """
        if self.identified.all() and (self.subspace is None or not self.subspace.redundant):
            return network
        weights, biases = list(network.weights), list(network.biases)
        least = np.where(self.identified, weights[0], 0.0)
        if self.subspace is not None:
            seen = self.subspace.seen((weights[0] * self.x_scale)[:, self.identified])
            least = self._unseen_filled(seen)
        biases[0] = biases[0] + self._fixed(weights[0]) + (weights[0] - least) @ self.x_mean
        weights[0] = least
        return replace(network, weights=tuple(weights), biases=tuple(biases))

    def _fixed(self, weight: np.ndarray) -> np.ndarray:
        """(H,) what weights (H, D) make of the inputs that never change."""
        return np.asarray(weight[:, ~self.identified] @ self.x[0, ~self.identified])

    def _unseen_filled(self, weight: np.ndarray) -> np.ndarray:
        """Weights (H, D) on inputs as given, of least norm, from the students' (H, D')."""
        full = np.zeros((len(weight), len(self.identified)))
        full[:, self.identified] = (
            weight if self.subspace is None else self.subspace.least_norm(weight)
        )
        return np.asarray(full / self.x_scale)


@dataclass(frozen=True)
class Undecided:
    """Answers whose range leaves open what they are, as ``make_probes`` was given them.

    could_be : the output, other than a network's own numbers, whose answers lie there
    """

    could_be: str
    x: np.ndarray
    y: np.ndarray
    seed: int
    held_out: float
    drawn: bool
    tidy: bool

    def read_as(self, output: str) -> ProbeSet:
        """The answers taken for those of this output."""
        return make_probes(
            self.x, self.y, self.seed, self.held_out, self.drawn, True, self.tidy, output
        )


def _inverse(reading: Reading, scale: np.ndarray) -> Stored:
    """How exact logits are that were read so, over scale (K,); as ``stored`` says of others."""
    assert reading.variance is not None
    error = float(np.mean(reading.variance[reading.kept()] / scale**2))
    # full numbers whose inverse has lost some digits only are still as exact as arithmetic
    return Stored(reading.looks, 0.0 if error <= ROUNDING_FLOOR else error)


# what numbers of 1e-300 and their like lose to rounding is not worth a warning
@np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore")
def make_probes(
    x: np.ndarray,
    y: np.ndarray,
    seed: int = 0,
    held_out: float = HELD_OUT,
    drawn: bool = True,
    numbers: bool = False,
    tidy: bool = True,
    output: str = AUTO,
) -> ProbeSet:
    """Check questions x (N, D) and answers y (N, K), split and standardise them.

    held_out : the share of probes kept for verification, chosen by ``seed``
    drawn : rows come in a random order that does not depend on the given one, so that the first n
        stand for all; False keeps the given order, as runs stored by earlier versions did
    numbers : the answers are known to be a network's own numbers and are not taken for labels,
        nor for probabilities
    tidy : rows with missing values are left out, repeated ones kept once, and students do not see
        inputs that follow from others; False: as runs stored by earlier versions, where missing
        values are refused
    output : what stands after the last layer, one of ``OUTPUTS``; the logits before it are learnt
    Raises InputError for wrong shapes, NaN in most rows, constant answers, or labels.

    >>> rng = np.random.default_rng(0); x = rng.standard_normal((10, 2))
    >>> make_probes(x, x[:, :1]).x.shape
    (8, 2)
    """
    x, y = np.asarray(x), np.asarray(y)
    given, said = len(x) if x.ndim else 0, tuple[str, ...]()
    if not numbers:
        refuse_largest_only(y)
    if tidy:
        x, y, said = complete(x, y)
    if not numbers:
        refuse_labels(x, y)
    told = LOGITS if numbers and output == AUTO else output
    reading = read(y, told)
    x, y = as_table(x, "x"), as_table(reading.y, "y")
    refuse_few(x, y)
    undecided = None
    if told == AUTO and reading.output.kind == LOGITS and suspected(y) is not None:
        undecided = Undecided(str(suspected(y)), x, y, seed, held_out, drawn, tidy)
    usable = reading.kept()
    if not usable.all():
        said = (*said, at_ends(len(usable), int(usable.sum())))
        x, y = x[usable], y[usable]
    rows = settle(x, y) if tidy else Rows(x, y)
    refuse_constant(rows.x, rows.y)
    if drawn:
        rows = rows.ordered(drawn_order(rows.x, rows.y, seed))
    x, y, remarks = rows.x, rows.y, [*reading.output.sentences, *said, *rows.remarks]
    kept, held = split(x, seed, held_out, rows.question)
    y_scale = np.where(varies(y[kept]), y[kept].std(axis=0), 1.0)
    looks = stored(y, y_scale) if reading.variance is None else _inverse(reading, y_scale)
    variance = rows.variance(short=looks.kind != FLOAT64)
    if variance is not None:
        error = float(np.mean(variance / y_scale**2))
        if error > max(looks.error, ROUNDING_FLOOR):
            looks = Stored(REPEATS, error)
            remarks.append(disagreement(rows, float(np.sqrt(error))))
    blur = float(np.sqrt(looks.slack * looks.error)) if tidy else None
    inputs, kept, held = scaled(x, kept, held, blur)
    # some rows may be learnt from after all
    y_scale = np.where(varies(y[kept]), y[kept].std(axis=0), 1.0)
    return ProbeSet(
        x=x[kept],
        y=y[kept],
        x_heldout=x[held],
        y_heldout=y[held],
        x_mean=inputs.mean,
        x_scale=inputs.scale,
        y_mean=y[kept].mean(axis=0),
        y_scale=y_scale,
        identified=inputs.identified,
        precision=looks.error,
        looks=looks.kind,
        subspace=inputs.space,
        left_out=given - len(x),
        remarks=tuple(remarks),
        output=reading.output,
        undecided=undecided,
    )


def save_answers(x: np.ndarray, y: np.ndarray, path: str | Path) -> None:
    """Write a probe file at ``path``: ``.npz`` with x (N, D) and y (N, K).

    Raises InputError if the place cannot be written.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_answers(np.zeros((3, 2)), np.ones((3, 1)), Path(folder, "probes.npz"))
    ...     os.listdir(folder)
    ['probes.npz']
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=x, y=y)
    write_atomically(Path(path), buffer.getvalue())
