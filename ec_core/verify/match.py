"""How far a recovered network is from a known teacher, neuron by neuron.

Layer by layer, from the inputs up: pair the neurons, then undo on ``other`` what the symmetries of
its activation allow (order, signs, positive scales), so that the next layer's incoming columns
already follow. Symmetries as in Martinelli et al., ICML 2024. For even + linear activations flips
are *not* undone: a flipped neuron leaves a linear term behind and is another function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.activations import Activation, activation
from ec_core.networks.canonical import centred, folded, quiet, turns
from ec_core.networks.network import Network
from ec_core.probing.probes import ProbeSet
from ec_core.verify.coordinates import own_coordinates
from ec_core.verify.draft import Draft, same_norm, undo
from ec_core.verify.irreducible import reducible, silent
from ec_core.verify.pairing import LayerView, cosine_distances, norms, pair

MATCHED_COSINE = 1e-3
"""A pair is one neuron if its incoming vectors are this close in direction (2.6 degrees) …"""

MATCHED_NORM = 0.05
"""… and, where the activation does not divide the norm out, differ in length by at most 5 %."""

FUNCTION_PROBES = 10_000
FUNCTION_SEED = 0


@dataclass(frozen=True)
class LayerMatch:
    """The pairs of one hidden layer: H teacher neurons, H' neurons of the other network.

    matched, missing, extra : pairs that are one neuron; neurons left over on either side
    max_cosine_distance : of the worst pair, matched or not (None where there is no pair)
    order (H,) : the other network's neuron paired with each teacher neuron, -1 for none
    signs (H,) : -1 where the incoming vectors of a pair point opposite ways
    """

    matched: int
    missing: int
    extra: int
    max_cosine_distance: float | None
    order: np.ndarray
    signs: np.ndarray


@dataclass(frozen=True)
class MatchReport:
    """How two networks compare; the definitions are those of ``match``.

    layers : one ``LayerMatch`` per hidden layer
    max_weight_error : largest difference of two weights or biases, None where sizes differ;
        max_weight_error_identified : the same without what questions leave free, see ``match``
    function_error : largest difference of their answers to fresh questions, as a share of the
        answers' spread; function_error_identified : the same where the questions lie
    aligned : ``other`` rewritten to stand beside the teacher weight by weight, None where
        sizes differ
    teacher_reducible : sentences, where the teacher itself has dead or equal neurons, or relu
        neurons that never fire: then a smaller network can be the same function, and ``missing``
        neurons are no failure
    standardised : the teacher's inputs lie far from zero, and all but ``max_weight_error`` was
        compared in coordinates of its own (``own_coordinates``), in which the weights differ by
        ``max_weight_error_standardised``
    teacher_within : the teacher as far as questions tell it, beside which ``aligned`` stands; None
        where they tell all of it
    """

    layers: tuple[LayerMatch, ...]
    max_weight_error: float | None
    max_weight_error_identified: float | None
    function_error: float | None
    aligned: Network | None
    teacher_reducible: tuple[str, ...] = ()
    standardised: bool = False
    max_weight_error_standardised: float | None = None
    function_error_identified: float | None = None
    teacher_within: Network | None = None

    @property
    def note(self) -> str | None:
        """What comparing in other coordinates means, in a sentence; None in the files' own."""
        if not self.standardised:
            return None
        rest = ""
        if self.max_weight_error_standardised is not None:
            rest = f"; there the weights differ by {self.max_weight_error_standardised:.0e} at most"
        return (
            "The teacher's inputs lie far from zero, which costs its biases digits: neurons and "
            f"functions are compared in inputs measured from where its neurons switch{rest}."
        )

    def as_json(self) -> dict[str, Any]:
        """Plain numbers and None, as the command line prints them."""
        names = ("matched", "missing", "extra", "max_cosine_distance")
        far: dict[str, Any] = {}
        if self.standardised:
            far = {
                "max_weight_error_standardised": self.max_weight_error_standardised,
                "note": self.note,
            }
        if self.teacher_within is not None:
            far["function_error_identified"] = self.function_error_identified
        return {
            **far,
            "layers": [{name: getattr(layer, name) for name in names} for layer in self.layers],
            "max_weight_error": self.max_weight_error,
            "max_weight_error_identified": self.max_weight_error_identified,
            "function_error": self.function_error,
            "teacher_reducible": list(self.teacher_reducible),
        }


def _view(
    draft: Draft, layer: int, count: int, columns: np.ndarray, entry: Activation
) -> LayerView:
    """The first ``count`` neurons, biases from the point of symmetry, whole periods left out."""
    vectors = draft.vectors(layer)[:count, columns]
    outgoing = draft.weights[layer + 1][:, :count]
    if entry.period:
        odd = turns(vectors[:, -1], entry) % 2 == 1
        outgoing = outgoing * np.where(odd, float(entry.turn), 1.0)
    return LayerView(centred(folded(vectors, entry), entry), outgoing)


def _match_layer(
    teacher: Network,
    other: Network,
    mine: Draft,
    yours: Draft,
    filed: tuple[Draft, Draft] | None,
    layer: int,
    known: np.ndarray,
) -> LayerMatch:
    """Pair one layer's neurons and undo the symmetries of ``yours`` in place.

    filed : both networks in the coordinates of their files, where those are others; the same is
        undone there, except that norms are those of the files
    """
    entry = activation(other.activation)
    columns = np.ones(mine.weights[layer].shape[1] + 1, dtype=bool)
    if layer == 0:
        columns[:-1] = known
    count, count_other = teacher.sizes[layer + 1], other.sizes[layer + 1]
    pairs = pair(
        _view(mine, layer, count, columns, entry),
        _view(yours, layer, count_other, columns, entry),
        entry,
        outgoing_known=teacher.sizes == other.sizes,
        last=layer + 2 == len(teacher.weights),
    )
    places = np.arange(len(mine.biases[layer]))
    new_order = np.empty_like(places)
    new_order[pairs[:, 0]] = pairs[:, 1]
    # whoever is left over stands beside a zero neuron
    new_order[np.setdiff1d(places, pairs[:, 0])] = np.setdiff1d(places, pairs[:, 1])
    yours.reorder(layer, new_order)
    if filed is not None:
        filed[1].reorder(layer, new_order)
    signs = np.ones(count)
    for neuron in map(int, pairs[:, 0]):
        signs[neuron] = undo(mine, yours, layer, neuron, columns, entry)
        if filed is not None and entry.homogeneous:
            same_norm(*filed, layer, neuron, columns, entry.degree)
        elif filed is not None and signs[neuron] < 0 and not entry.leaves_linear:
            filed[1].flip(layer, neuron, entry)
    a = centred(mine.vectors(layer)[pairs[:, 0]][:, columns], entry)
    b = centred(yours.vectors(layer)[pairs[:, 0]][:, columns], entry)
    distance = cosine_distances(a, b, entry)
    same = distance <= MATCHED_COSINE
    if not entry.homogeneous:
        same &= np.abs(norms(a) - norms(b)) <= MATCHED_NORM * np.maximum(norms(a), norms(b))
    order = np.full(count, -1)
    order[pairs[:, 0]] = pairs[:, 1]
    matched = int(np.sum(same))
    return LayerMatch(
        matched, count - matched, count_other - matched, float(distance.max()), order, signs
    )


def _unpaired(count: int, count_other: int) -> LayerMatch:
    """A hidden layer that only one of the two networks has."""
    return LayerMatch(0, count, count_other, None, np.full(count, -1), np.ones(count))


def weight_error(teacher: Network, aligned: Network, known: np.ndarray) -> float | None:
    """Largest absolute difference; of the first layer only the columns that are known (D,).

    None where it is beyond float64.
    """
    pairs = [
        (teacher.weights[0][:, known], aligned.weights[0][:, known]),
        *zip(teacher.weights[1:], aligned.weights[1:], strict=True),
        *zip(teacher.biases, aligned.biases, strict=True),
    ]
    error = max(float(np.abs(a - b).max(initial=0.0)) for a, b in pairs)
    return error if np.isfinite(error) else None


def gaussian_inputs(network: Network) -> np.ndarray:
    """(N, D) fresh questions, always the same, for a network."""
    shape = (FUNCTION_PROBES, network.sizes[0])
    return np.random.default_rng(FUNCTION_SEED).standard_normal(shape)


def _function_error(teacher: Network, other: Network) -> float | None:
    """Largest difference of the answers over each answer's standard deviation, Gaussian inputs."""
    x = gaussian_inputs(teacher)
    with np.errstate(over="ignore", invalid="ignore"):
        y = teacher(x)
        spread = y.std(axis=0)
        error = float(np.max(np.abs(other(x) - y) / np.where(spread > 0, spread, 1.0)))
    return error if np.isfinite(error) else None


def untouched_inputs(network: Network) -> tuple[int, ...]:
    """Inputs whose weights are all exactly zero: so recovery leaves inputs it could not see."""
    return tuple(int(i) for i in np.flatnonzero(np.all(network.weights[0] == 0, axis=0)))


@quiet()
def match(
    teacher: Network,
    other: Network,
    unidentified: Sequence[int] | None = None,
    within: ProbeSet | None = None,
) -> MatchReport:
    """Compare ``other`` with a known teacher.

    within : the probes that ``other`` was learnt from. Where they span no more than a subspace of
        the inputs, both networks are compared as far as any question in it tells them: of all that
        answer alike there, the two of least norm (``ProbeSet.within``). ``max_weight_error`` and
        ``function_error`` are of the teacher as it is, which agrees elsewhere by chance only.
        Where their answers were probabilities both are written with a last layer whose rows sum to
        zero: nothing tells the one function that can be added to all logits.

    unidentified : inputs that never varied, whose weights no answer tells; they take no part in
        the pairing and are left out of ``max_weight_error_identified``. None: those inputs
        that ``other`` does not use at all.

    max_weight_error : largest absolute difference over all weights and biases, in the
        coordinates of the two networks, after undoing permutations, signs (odd and
        odd + constant; the constant moves into the next bias) and positive scales (relu,
        leaky_relu: every (w, b) gets its teacher neuron's norm). None where sizes differ.
    function_error : largest absolute difference of the answers to 10,000 Gaussian inputs, over
        the answers' standard deviation.

    Signs and scales are those of ``other``'s activation. Raises InputError if the two have
    different numbers of inputs or of answers.

    >>> net = Network("tanh", (np.eye(2), np.ones((1, 2))), (np.ones(2), np.zeros(1)))
    >>> twin = Network("tanh", (-np.eye(2), -np.ones((1, 2))), (-np.ones(2), np.zeros(1)))
    >>> match(net, twin).max_weight_error
    0.0
    """
    if teacher.sizes[0] != other.sizes[0] or teacher.sizes[-1] != other.sizes[-1]:
        raise InputError(
            f"The networks have {teacher.sizes[0]} and {other.sizes[0]} inputs, "
            f"{teacher.sizes[-1]} and {other.sizes[-1]} outputs; expected as many of each."
        )
    if within is not None and unidentified is None:
        unidentified = within.unidentified_inputs
    if within is not None and within.output.gauge:
        teacher, other = teacher.centred(), other.centred()
    if not (teacher.plain and other.plain):
        # a curve has a gauge of its own, and layers of several kinds several sets of symmetries
        return MatchReport((), None, None, _function_error(teacher, other), None)
    known = np.ones(teacher.sizes[0], dtype=bool)
    known[list(untouched_inputs(other) if unidentified is None else unidentified)] = False
    hidden, hidden_other = teacher.sizes[1:-1], other.sizes[1:-1]
    widths = [max(a, b) for a, b in zip(hidden, hidden_other, strict=False)]
    whole, whole_other = teacher, other
    if within is not None:
        teacher, other = within.within(teacher), within.within(other)
    free = whole is not teacher
    own = own_coordinates(teacher, known)
    near, near_other = teacher, other
    if own is not None:
        try:
            near, near_other = own.rewritten(teacher), own.rewritten(other)
        except InputError:
            own = None  # a weight of the other leaves float64 there
    mine, yours = Draft.of(near, widths), Draft.of(near_other, widths)
    filed = None if own is None else (Draft.of(teacher, widths), Draft.of(other, widths))
    layers = [
        _match_layer(teacher, other, mine, yours, filed, layer, known)
        for layer in range(len(widths))
    ]
    layers += [_unpaired(size, 0) for size in hidden[len(widths) :]]
    layers += [_unpaired(0, size) for size in hidden_other[len(widths) :]]
    aligned, nearby = None, None
    if teacher.sizes == other.sizes:
        aligned = (yours if filed is None else filed[1]).network(other)
        if own is not None:
            moved = yours.network(other)
            nearby = None if moved is None else weight_error(near, moved, known)
    everything = np.ones_like(known)
    return MatchReport(
        layers=tuple(layers),
        max_weight_error=weight_error(whole, aligned, everything) if aligned else None,
        max_weight_error_identified=weight_error(teacher, aligned, known) if aligned else None,
        function_error=_function_error(
            *((whole, whole_other) if own is None else map(own.rewritten, (whole, whole_other)))
        )
        if free
        else _function_error(near, near_other),
        aligned=aligned,
        teacher_reducible=(*reducible(near), *silent(near, gaussian_inputs(near))),
        standardised=own is not None,
        max_weight_error_standardised=nearby,
        function_error_identified=_function_error(near, near_other),
        teacher_within=teacher if free else None,
    )
