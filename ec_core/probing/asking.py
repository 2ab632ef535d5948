"""Where the questions come from, and asking them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ec_core.errors import InputError
from ec_core.networks.activations import activation as look_up
from ec_core.probing.outputs import AUTO
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.probing.unanswered import as_missing
from ec_core.seeding import stage_seed

DISTRIBUTIONS = ("gaussian", "box", "data", "data+noise")

BOX_HALF_WIDTH = float(np.sqrt(3.0))
"""A uniform box of this half width has variance one, as the Gaussian has."""

NOISE_SHARE = 0.5
"""Noise added to data, as a share of the features' mean standard deviation. One scale for all
features: noise in proportion to each feature would leave dead pixels dead."""

MAX_NUMBERS = 2**27
"""Questions hold at most so many numbers, N·D: one GiB, as much as a probe file may hold."""

Answerer = Callable[[np.ndarray], np.ndarray]
"""Anything that answers questions x (N, D) with y (N, K)."""


def default_count(inputs: int, hidden_layers: int = 1, activation: str | None = None) -> int:
    """Enough probes where only the input size D, the depth and perhaps the activation are known.

    1,500 settle two inputs; every further input brings weights to every neuron, every further
    layer a whole matrix of them; three layers of kinks are found with four times as many.
    (Measured on the synthetic family; more only costs time.)

    >>> default_count(4), default_count(64), default_count(2, 3), default_count(2, 3, "relu")
    (1700, 4700, 4800, 19200)
    """
    deep_kinks = activation is not None and look_up(activation).homogeneous and hidden_layers > 2
    count = (1500 + 50 * inputs) * max(1, hidden_layers) * (4 if deep_kinks else 1)
    return min(20_000, count)


def _rows(data: np.ndarray | None, inputs: int) -> np.ndarray:
    if data is None:
        raise InputError(
            "There are no data to ask with: this network names no data set; "
            "choose the gaussian or the box distribution."
        )
    if data.ndim != 2 or data.shape[1] != inputs or len(data) == 0:
        raise InputError(
            f"The data have shape {data.shape}; this network expects rows of {inputs} features."
        )
    return data


def draw_inputs(
    count: int | None, distribution: str, inputs: int, seed: int, data: np.ndarray | None = None
) -> np.ndarray:
    """Questions x (N, D).

    count : N; None takes every row for ``data`` and ``default_count`` for all others
    distribution : gaussian N(0, 1); box, uniform of variance one; data, rows without
        repetition in their order; data+noise, rows drawn with repetition plus Gaussian noise of
        one scale for all features
    inputs : D
    data : (n, D) rows for the last two
    Raises InputError for another distribution, a count that is not positive or larger than the
    data have rows, and missing data.

    >>> draw_inputs(3, "box", 2, seed=0).shape
    (3, 2)
    """
    if distribution not in DISTRIBUTIONS:
        raise InputError(
            f"Distribution {distribution!r} is not known; choose one of {', '.join(DISTRIBUTIONS)}."
        )
    most = MAX_NUMBERS // inputs
    if count is not None and not 1 <= count <= most:
        raise InputError(
            f"The number of probes is {count}; expected 1 to {most:,} with {inputs} inputs."
        )
    if seed < 0:
        raise InputError(f"The seed is {seed}; expected zero or a positive whole number.")
    # a stream of its own: the split of the probes uses the same seed
    rng = np.random.default_rng(stage_seed(seed, "questions"))
    if distribution == "data":
        rows = _rows(data, inputs)
        if count is not None and count > len(rows):
            raise InputError(
                f"{count} probes were asked for, but the data have {len(rows)} rows; "
                "ask for fewer or choose data+noise."
            )
        chosen = np.sort(rng.permutation(len(rows))[: count or len(rows)])
        return np.asarray(rows[chosen])
    if count is None:
        count = default_count(inputs)
    if distribution == "data+noise":
        rows = _rows(data, inputs)
        scale = NOISE_SHARE * float(rows.std(axis=0).mean())
        picked = rows[rng.integers(len(rows), size=count)]
        return np.asarray(picked + scale * rng.standard_normal((count, inputs)))
    if distribution == "box":
        return rng.uniform(-BOX_HALF_WIDTH, BOX_HALF_WIDTH, (count, inputs))
    return rng.standard_normal((count, inputs))


def ask(
    teacher: Answerer,
    count: int | None,
    distribution: str,
    inputs: int,
    seed: int,
    data: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Questions x (N, D), see ``draw_inputs``, and the teacher's answers y (N, K)."""
    x = as_asked(teacher, draw_inputs(count, distribution, inputs, seed, data))
    return x, answers(teacher, x)


def as_asked(teacher: Answerer, x: np.ndarray) -> np.ndarray:
    """Questions x (N, D) as the teacher can read them: one that computes in float32 (it says so by
    its attribute ``single``) rounds them, and one at an address may round them in its own way
    (its ``as_asked``); unrounded, other questions would be noted than those that were answered.
    """
    rounded = getattr(teacher, "as_asked", None)
    if rounded is not None:
        return np.asarray(rounded(x))
    return x.astype(np.float32).astype(np.float64) if getattr(teacher, "single", False) else x


def answers(teacher: Answerer, x: np.ndarray) -> np.ndarray:
    """The teacher's answers y (N, K) to questions x (N, D), NaN for what is no number.

    Raises InputError for other shapes.
    """
    # a function may work on its questions in place, and what was asked has to stay what it was
    y = as_missing(_numbers(teacher(x.copy())))
    if y.ndim == 1:
        y = y[:, None]
    if y.ndim != 2 or len(y) != len(x):
        raise InputError(
            f"{len(x)} questions were answered with an array of shape {y.shape}; "
            f"expected ({len(x)}, outputs)."
        )
    return y


def _numbers(y: object) -> np.ndarray:
    """Answers as an array, whatever a person's function gives: tensors of any type and device, what
    is masked or None as NaN. Raises InputError for lists of different lengths.
    """
    if isinstance(y, torch.Tensor):
        y = y.detach().cpu()
        # NumPy knows no bfloat16; these numbers keep its few digits
        return np.asarray(y.double() if y.dtype == torch.bfloat16 else y)
    if isinstance(y, np.ma.MaskedArray) and y.dtype.kind in "fiu":
        kind = np.result_type(y.dtype, np.float16)  # one that has NaN
        return np.where(np.ma.getmaskarray(y), np.nan, np.asarray(y)).astype(kind)
    try:
        array = np.asarray(y)
    except ValueError:
        raise InputError(
            "Questions were answered with lists of different lengths; expected an array of shape "
            "(questions, outputs)."
        ) from None
    if array.dtype.kind == "O":
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            return array.astype(np.float64)  # None among numbers is NaN
    return array


class Asker:
    """A teacher at hand, which can be asked as many questions as it takes to learn from them.

    Calling it with a count asks so many, or all that the data have, or as many as the teacher
    allows (its ``most``), and returns the ProbeSet; only what has not been asked yet is asked.
    ``first`` is how many to begin with, ``x`` (N, D) and ``y`` (N, K) what was asked so far.

    teacher : what answers; inputs : D, where it does not know that itself
    distribution, seed : which questions, see ``draw_inputs``; data : (N, D), for "data" and
        "data+noise"
    hidden_layers, activation : of the network that is looked for, from which the usual ``first``
        follows
    numbers : the answers are known to be a network's own numbers, not labels (``make_probes``)
    output : what stands after the teacher's last layer, one of ``OUTPUTS``
    most : questions in all, at most

    >>> asker = Asker(lambda x: np.tanh(x[:, :1]), inputs=2, first=10)
    >>> len(asker(asker.first).x), len(asker(20).x), len(asker(15).x)
    (8, 16, 16)
    """

    def __init__(
        self,
        teacher: Answerer,
        *,
        distribution: str = "gaussian",
        seed: int = 0,
        inputs: int | None = None,
        data: np.ndarray | None = None,
        hidden_layers: int = 1,
        activation: str | None = None,
        first: int | None = None,
        numbers: bool = False,
        output: str = AUTO,
        most: int | None = None,
    ) -> None:
        self._teacher, self._distribution, self._seed = teacher, distribution, seed
        self._inputs, self._data = input_size(teacher, inputs, data), data
        self._all, self._numbers, self.output = distribution == "data", numbers, output
        limits = (most, getattr(teacher, "most", None))
        self._most = min((limit for limit in limits if limit is not None), default=MAX_NUMBERS)
        usual = default_count(self._inputs, hidden_layers, activation)
        self.first = usual if first is None else first
        self.x = np.empty((0, self._inputs))
        self.y: np.ndarray | None = None
        self._probes: ProbeSet | None = None

    def read_as(self, output: str) -> None:
        """From now on take the answers for those of another output; nothing is asked anew."""
        self.output, self._probes = output, None
        if self.y is not None:
            self._probes = self._ready()

    def _ready(self) -> ProbeSet:
        assert self.y is not None
        return make_probes(self.x, self.y, self._seed, numbers=self._numbers, output=self.output)

    def __call__(self, count: int) -> ProbeSet:
        if self._probes is not None and (self._all or count <= len(self.x)):
            return self._probes
        wanted: int | None = min(count, self._most, MAX_NUMBERS // self._inputs)
        if self._all:
            rows = len(self._data) if self._data is not None else 0
            wanted = self._most if self._most < rows else None
        if self._probes is not None and wanted is not None and wanted <= len(self.x):
            return self._probes
        x = draw_inputs(wanted, self._distribution, self._inputs, self._seed, self._data)
        x = as_asked(self._teacher, x)
        known = len(self.x)
        if self.y is not None and np.array_equal(x[:known], self.x):
            y = np.concatenate([self.y, answers(self._teacher, x[known:])])
        else:
            y = answers(self._teacher, x)
        self.x, self.y = x, y
        self._probes = self._ready()
        return self._probes

    def one(self) -> tuple[np.ndarray, np.ndarray]:
        """The first question (1, D) and its answer (1, K): does the teacher answer as expected?

        It is asked again with all others; a teacher at an address keeps what it was answered.
        """
        x = draw_inputs(1, self._distribution, self._inputs, self._seed, self._data)
        x = as_asked(self._teacher, x)
        return x, answers(self._teacher, x)

    @property
    def facts(self) -> dict[str, Any]:
        """What the teacher counts itself, for the report: questions that were really asked, say."""
        counted = getattr(self._teacher, "facts", None)
        return {} if counted is None else dict(counted())


def asking_facts(source: object) -> dict[str, Any]:
    """What a report says of the asking, where a source counts it itself."""
    return source.facts if isinstance(source, Asker) else {}


def input_size(teacher: Answerer, inputs: int | None, data: np.ndarray | None) -> int:
    """D, as told, or as the teacher or the data tell it. Raises InputError if nothing does."""
    if inputs is None:
        sizes = getattr(teacher, "sizes", None)
        inputs = getattr(teacher, "inputs", sizes[0] if sizes else None)
    if inputs is None and data is not None:
        inputs = data.shape[1]
    if inputs is None:
        raise InputError("The number of inputs is not known; pass inputs=….")
    return int(inputs)


def probe(
    teacher: Answerer,
    *,
    count: int | None = None,
    distribution: str = "gaussian",
    seed: int = 0,
    inputs: int | None = None,
    data: np.ndarray | None = None,
    hidden_layers: int = 1,
    activation: str | None = None,
    output: str = AUTO,
) -> ProbeSet:
    """Ask a teacher, or any callable, and make the answers ready to learn from.

    count : of questions; distribution, seed, data : see ``draw_inputs``
    inputs : D; read off the teacher or the data where they tell it
    hidden_layers, activation : what ``default_count`` goes by where ``count`` is not given
    output : what stands after the teacher's last layer, one of ``OUTPUTS``
    Raises InputError as ``draw_inputs`` and ``make_probes`` do.

    >>> probe(lambda x: np.tanh(x[:, :1]), count=10, inputs=2).x.shape
    (8, 2)
    """
    inputs = input_size(teacher, inputs, data)
    if count is None and distribution != "data":
        count = default_count(inputs, hidden_layers, activation)
    x, y = ask(teacher, count, distribution, inputs, seed, data)
    return make_probes(x, y, seed, output=output)
