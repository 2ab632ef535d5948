"""Is the network with its learnt curves the teacher? As far as answers can say that, no further.

Of a curve there is always another that lies as near as its error: so what is verified is this
network with this curve, to 1e-n, where n is measured. The conditions are those of ``verify``, and
three more: the loss falls with the knots as that of a spline does, one neuron less is beyond a
cliff however many knots it has, and no layer has a single neuron, since any function of one number
is one neuron with a curve of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ec_core.curves.errors import Told, told
from ec_core.curves.gauge import within
from ec_core.curves.learning import Lesson
from ec_core.curves.refine import Level
from ec_core.networks.activations import activation
from ec_core.networks.network import Network
from ec_core.probing.probes import ProbeSet
from ec_core.verify.certificate import EXACT_STATUS, EXPLAINED, FAILED, VERIFIED, Certificate
from ec_core.verify.cures import Cure
from ec_core.verify.irreducible import DEAD
from ec_core.verify.parsimony import CLIFF
from ec_core.verify.tolerance import EXACT, ROUNDED

LIMIT = 1e-6
"""Largest error of answers and curves, as a share of their spread, of which anything is claimed."""

FALLS = 1e3
"""A spline's loss falls by so much from the first level to the last; two levels do 256² of it."""

_SIGNS = 16
"""Neurons of a layer up to which all choices of signs are looked at."""


@dataclass(frozen=True)
class Found:
    """What is judged: a standardised network, the rows (N,) that it learnt from, the levels of its
    refinement (none of a network with named functions), and the loss with one neuron less.
    """

    network: Network
    rows: np.ndarray
    loss: float
    levels: tuple[Level, ...]
    less: float


@dataclass(frozen=True)
class Judged:
    """The certificate; what the questions tell; the claim: ``error`` of answers and curves, at
    most, and the share of the questions kept for verification at which all sums lie between the
    knots.
    """

    certificate: Certificate
    told: Told
    error: float
    inside: float


def judge(found: Found, probes: ProbeSet) -> Judged:
    """Check a network against questions it did not learn from, and itself."""
    x, y = probes.inputs[found.rows], probes.answers[found.rows]
    fresh = probes.standard_inputs(probes.x_heldout)
    inside = within(found.network, fresh)
    heldout = np.inf
    if inside.any():
        known = Lesson(fresh[inside], probes.standard_answers(probes.y_heldout)[inside])
        heldout = known.loss(found.network)
    measured = told(found.network, Lesson(x, y))
    worst = float(np.sqrt(max(found.loss, heldout)))
    error = max(worst, *measured.curves) if measured.curves else worst
    doubts = [
        *_misfit(found, heldout, error, probes),
        *_levels(found),
        *_size(found),
        *_probed(found.network, x, measured),
        *_signs(found.network),
    ]
    status = (VERIFIED if found.network.curves else EXACT_STATUS) if not doubts else FAILED
    return Judged(
        Certificate(
            verified=not doubts,
            status=status,
            reasons=tuple(dict.fromkeys(reason for reason, _ in doubts)),
            cures=tuple(dict.fromkeys(cure for _, cure in doubts)),
            loss=found.loss,
            heldout_loss=heldout,
            rank=measured.rank,
            expected=measured.expected,
            condition=measured.condition,
            bars=None,
        ),
        measured,
        error,
        float(inside.mean()) if len(inside) else 0.0,
    )


Doubt = tuple[str, Cure]


def _misfit(found: Found, heldout: float, error: float, probes: ProbeSet) -> Iterator[Doubt]:
    if np.sqrt(probes.precision) > LIMIT:
        yield (
            f"The answers err by {np.sqrt(probes.precision):.0e} of their spread; a curve read off "
            f"answers with an error above {LIMIT:.0e} cannot be told from an approximation.",
            Cure.DIGITS,
        )
        return
    if not found.network.curves:
        allowed = max(EXACT * probes.rounding, ROUNDED * probes.precision)
        worst = max(found.loss, heldout)
        if not worst <= allowed:
            yield (
                f"The network leaves a loss of {worst:.1e}, an exact one would be below "
                f"{allowed:.0e}.",
                Cure.CLASS,
            )
    elif not error <= LIMIT:
        yield (
            f"The network with its learnt curve is known to {error:.0e} of the answers' spread, "
            f"and only what is known to {LIMIT:.0e} is told from an imitation.",
            Cure.QUESTIONS,
        )


def _levels(found: Found) -> Iterator[Doubt]:
    if not found.network.curves:
        return
    first, last = found.levels[0].loss, found.levels[-1].loss
    if not last <= first / FALLS:
        yield (
            f"More knots lower the loss from {first:.0e} to {last:.0e} only: it is not the curve "
            "that is not fine enough, so the network is another.",
            Cure.CLASS,
        )


def _size(found: Found) -> Iterator[Doubt]:
    if found.network.curves and 1 in found.network.sizes[1:-1]:
        yield (
            "A layer has one neuron, and any function of one number is one neuron with a curve of "
            "its own: nothing confirms that the curve is shared.",
            Cure.CLASS,
        )
    needed = CLIFF * found.loss
    if found.less <= needed:
        yield (
            f"With one neuron less the loss is {found.less:.0e}, less than {CLIFF:.0e} times the "
            "loss found: the network could be an approximation of another function.",
            Cure.CLASS,
        )
    for layer, w in enumerate(found.network.weights[1:], start=1):
        outgoing = np.linalg.norm(w, axis=0)
        if (outgoing <= DEAD * outgoing.max()).any():
            yield f"A neuron of hidden layer {layer} has no effect.", Cure.WIDER


def _probed(network: Network, x: np.ndarray, measured: Told) -> Iterator[Doubt]:
    if measured.rank < measured.expected and network.curves:
        yield (
            f"The probes determine only {measured.rank} of {measured.expected} directions of "
            "weights and curve together (rank of the Jacobian): neurons may see separate parts "
            "of the curve, or the curve may be one of which many networks make the same function.",
            Cure.SPREAD,
        )
    elif measured.rank < measured.expected:
        yield (
            f"The probes determine only {measured.rank} of {measured.expected} directions of the "
            "weights (rank of the Jacobian).",
            Cure.SPREAD,
        )
    if measured.alone:
        which = "1 answer alone tells" if measured.alone == 1 else f"{measured.alone} answers tell"
        yield f"{which} some of the numbers, so nothing confirms them.", Cure.QUESTIONS
    for layer, kind in enumerate(network.kinds):
        kinks: Sequence[float] = activation(kind).kinks if isinstance(kind, str) else ()
        z = network.hidden(x, layer) if kinks else np.zeros((1, 1))
        if any(((z > kink).all(axis=0) | (z < kink).all(axis=0)).any() for kink in kinks):
            yield (
                f"The probes stay on one side of a kink of a neuron of layer {layer + 1}.",
                Cure.SPREAD,
            )


def _signs(network: Network) -> Iterator[Doubt]:
    """Neurons of a named function with s(-z) = s(z) - z, whose signs some set could share."""
    for layer, kind in enumerate(network.kinds):
        if not (isinstance(kind, str) and activation(kind).leaves_linear):
            continue
        w, outgoing = network.weights[layer], network.weights[layer + 1]
        maps = np.einsum("kh,hd->hkd", outgoing, w).reshape(len(w), -1)
        if len(w) > _SIGNS:
            yield f"The signs of {len(w)} neurons cannot be searched exactly.", Cure.QUESTIONS
            continue
        typical = float(np.median(np.linalg.norm(maps, axis=1)))
        sets = (
            list(members)
            for size in range(1, len(w) + 1)
            for members in combinations(range(len(w)), size)
        )
        if any(
            np.linalg.norm(maps[members].sum(axis=0)) <= EXPLAINED * typical for members in sets
        ):
            yield "Several choices of signs explain the answers equally well.", Cure.CLASS
