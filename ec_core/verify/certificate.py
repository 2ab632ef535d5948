"""Is the recovered network the teacher? Decided without the teacher.

Equal answers at rounding level on probes that were not learnt from, together with irreducibility,
make two networks equal up to symmetry (Sussmann 1992 for one hidden layer of tanh; Fefferman 1994
for depth); a Jacobian of full rank modulo symmetries says that the probes pin every weight down.
Answers with few digits say less: there an approximation can look like the real thing, and three
more conditions keep it out (``parsimony``, ``structure``, and error bars that are small enough).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ec_core.checkpoints import NOTHING_KEPT, Checkpoints
from ec_core.networks.activations import activation
from ec_core.networks.network import Network
from ec_core.probing.arithmetic import arithmetic_errors
from ec_core.probing.probes import ROUNDING_FLOOR, ProbeSet
from ec_core.probing.structure import SUSPICIOUS, fresh_limit, structure
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.verify.cures import Cure
from ec_core.verify.error_bars import Bars, Directions, directions, error_bars, leverage
from ec_core.verify.irreducible import reducible
from ec_core.verify.parsimony import CLIFF, LARGEST, loss_with_one_less
from ec_core.verify.tolerance import EXACT, tolerance

DETERMINED = 0.1
"""A neuron is known if the error bars of its weights are below this share of their size."""
UNTESTED = 0.99
"""Answers with more leverage than this were fitted, not tested (teachers of the synthetic family
stay below 0.9). Measured: a line added to a selu network was imitated by a neuron that only two
probes saw bend, and those two were fitted exactly by the two weights that the line left free."""
SIGNS_APART = 30.0
"""The second-best signs must leave a map this many times larger than the answers' errors."""
EXPLAINED = 1e-5
"""Second-best signs that leave less, relative to a typical neuron, cannot be told apart."""
_ROWS_PER_WEIGHT, _LEAST_ROWS = 4, 1000
FULL_RANK = 1e-11
"""Singular values of the column-scaled Jacobian below this share of the largest count as zero."""


STATUSES = EXACT_STATUS, VERIFIED, ESTIMATE, FAILED = "exact", "verified", "estimate", "failed"
"""How a run can end, best first."""


@dataclass(frozen=True)
class Certificate:
    """verified, the reasons if not, and what could cure them; losses, rank and conditioning.

    status : "exact" (verified to rounding), "verified" (to the answers' own precision), "estimate"
    (the network read off noisy answers, with error bars, not verified) or "failed"

    rank of ``expected`` (parameters less the scalings that a homogeneous activation leaves free);
    condition: largest over smallest counted singular value of the column-scaled Jacobian;
    bars: one standard deviation per weight, None where the probes leave some weight open.
    All three are None for a large network that is another function: what the probes would tell
    of its weights says nothing of the teacher's, and costs minutes.
    """

    verified: bool
    status: str
    reasons: tuple[str, ...]
    cures: tuple[Cure, ...]
    loss: float
    heldout_loss: float
    rank: int | None
    expected: int
    condition: float | None
    bars: Bars | None

    @property
    def advice(self) -> tuple[str, ...]:
        """What to try next, one sentence each."""
        return tuple(cure.sentence for cure in self.cures)

    @property
    def max_error_bar(self) -> float | None:
        """The largest standard deviation of a weight that the probes can tell."""
        return None if self.bars is None else self.bars.largest


@dataclass(frozen=True)
class _Doubt:
    """A failed condition and what to try, each one sentence.

    noise : it is the answers' own error alone that leaves the doubt
    """

    reason: str
    advice: Cure
    noise: bool = False


MORE_PROBES, WIDER_PROBES = Cure.QUESTIONS, Cure.SPREAD
WIDER, OTHER_CLASS, MORE_DIGITS = Cure.WIDER, Cure.CLASS, Cure.DIGITS


def certify(
    reconstruction: Reconstruction, probes: ProbeSet, marks: Checkpoints = NOTHING_KEPT
) -> Certificate:
    """Check a reconstruction against the probes alone; ``marks`` keep where its refits stand."""
    probes = probes.measured(reconstruction.error)
    network = reconstruction.standard
    expected = network.parameter_count - _free(network)
    rank = condition = bars = None
    doubts = list(_misfit(reconstruction, probes))
    another = any(doubt.advice is WIDER for doubt in doubts)
    if not (another and reconstruction.signs is None):
        doubts += _signs(reconstruction, probes)
    doubts += [_Doubt(reason, WIDER) for reason in reducible(network)]
    doubts += _one_sided(network, probes)
    if not (another and expected > LARGEST):
        decomposition, rank, alone = _seen(network, probes, expected)
        condition = float(decomposition.values[0] / decomposition.values[max(rank, 1) - 1])
        if rank == expected:
            bars = error_bars(network, reconstruction.network, probes, decomposition, rank)
            doubts += _undetermined(reconstruction.network, bars, probes)
            doubts += _untested(alone)
        else:
            reason = (
                f"The probes determine only {rank} of {expected} directions of the weights "
                "(rank of the Jacobian)."
            )
            doubts.append(_Doubt(reason, WIDER_PROBES))
    if not doubts:
        # refits cost time, and say nothing about a network that is not right anyway
        doubts += _approximation(reconstruction, probes, marks)
    return Certificate(
        verified=not doubts,
        status=_status(reconstruction, doubts, probes),
        reasons=tuple(dict.fromkeys(doubt.reason for doubt in doubts)),
        cures=tuple(dict.fromkeys(doubt.advice for doubt in doubts)),
        loss=reconstruction.loss,
        heldout_loss=reconstruction.heldout_loss,
        rank=rank,
        expected=expected,
        condition=condition,
        bars=bars,
    )


def _status(reconstruction: Reconstruction, doubts: list[_Doubt], probes: ProbeSet) -> str:
    """One of the words above; an estimate is a network whose only fault is the answers' error."""
    if not doubts:
        return EXACT_STATUS if reconstruction.loss <= EXACT * probes.rounding else VERIFIED
    told = reconstruction.error is not None and all(doubt.noise for doubt in doubts)
    return ESTIMATE if told else FAILED


def _imprecise(probes: ProbeSet) -> bool:
    """Do the answers have fewer digits than float64, so that an approximation could pass?"""
    return probes.precision > ROUNDING_FLOOR or probes.error is not None


def _structure(network: Network, probes: ProbeSet) -> float:
    """Standard deviations of structure in the residuals of all probes, held-out ones too."""
    x = np.concatenate([probes.inputs, probes.standard_inputs(probes.x_heldout)])
    y = np.concatenate([probes.answers, probes.standard_answers(probes.y_heldout)])
    return structure(x, network(x) - y, network.weights[0])


def _structure_of_arithmetic(network: Network, probes: ProbeSet) -> float:
    """The same of the errors that the network's own computation in the answers' type makes."""
    errors = arithmetic_errors(network, probes.x, probes.looks, output=probes.output)
    rows = probes.to_standard(network).weights[0]
    structures = [structure(probes.inputs, error / probes.y_scale, rows) for error in errors]
    return max(structures, default=0.0)


def _misfit(reconstruction: Reconstruction, probes: ProbeSet) -> Iterator[_Doubt]:
    """Does the network answer as the teacher did, also where it did not learn?"""
    allowed = tolerance(reconstruction.network, probes)
    if not reconstruction.loss <= allowed:
        smooth = _structure(reconstruction.standard, probes) > SUSPICIOUS
        noisy = not smooth and reconstruction.heldout_loss <= 2.0 * reconstruction.loss
        kind = (
            "what it leaves looks like noise of "
            f"{np.sqrt(reconstruction.heldout_loss):.0e} of the answers' "
            "spread, and a network read off noisy answers cannot be told from an approximation"
            if noisy
            else "what it leaves is smooth, so it is another function"
        )
        reason = (
            f"The best network leaves a loss of {reconstruction.loss:.1e} on the probes it learnt "
            "from, "
            f"an exact one would be below {allowed:.0e}; {kind}."
        )
        if noisy and probes.error is not None:
            reason = (
                f"The answers err by {np.sqrt(reconstruction.heldout_loss):.0e} of their spread, "
                "and a "
                "network read off noisy answers cannot be told from an approximation."
            )
            yield _Doubt(reason, MORE_DIGITS, noise=True)
            return
        yield _Doubt(reason, WIDER)
        yield from () if smooth else (_Doubt(reason, MORE_DIGITS),)
        yield _Doubt(reason, OTHER_CLASS)
        return
    limit = allowed
    if _imprecise(probes):
        learnt = reconstruction.standard(probes.inputs) - probes.answers
        parameters, fresh = reconstruction.standard.parameter_count, len(probes.x_heldout)
        limit = fresh_limit(learnt, parameters, fresh, probes.precision)
    if not reconstruction.heldout_loss <= limit:
        reason = (
            f"The loss on held-out probes is {reconstruction.heldout_loss:.1e}, on those learnt "
            f"from {reconstruction.loss:.1e}: the network interpolates instead of being the "
            "teacher."
        )
        yield _Doubt(reason, MORE_PROBES)


def _signs(reconstruction: Reconstruction, probes: ProbeSet) -> Iterator[_Doubt]:
    """Is there one choice of signs only that explains the leftover linear maps?"""
    if not activation(reconstruction.standard.activation).leaves_linear:
        return
    if reconstruction.signs is None:
        neurons = sum(reconstruction.standard.sizes[1:-1])
        reason = f"The signs of {neurons} neurons cannot be searched exactly: too few equations."
        yield _Doubt(reason, MORE_PROBES)
        return
    apart = max(EXPLAINED, SIGNS_APART * float(np.sqrt(probes.precision)))
    if not reconstruction.signs.unique and reconstruction.signs.runner_up <= apart:
        reason = "Several choices of signs explain the answers equally well."
        yield _Doubt(reason, MORE_DIGITS if _imprecise(probes) else OTHER_CLASS)


def _one_sided(network: Network, probes: ProbeSet) -> Iterator[_Doubt]:
    """Neurons with a kink that the probes never cross."""
    kinks = activation(network.activation).kinks
    if not kinks:
        return
    for layer in range(len(network.weights) - 1):
        z = network.hidden(probes.inputs, layer)
        sides = [(z > kink).all(axis=0) | (z < kink).all(axis=0) for kink in kinks]
        count = int(np.any(sides, axis=0).sum())
        if count:
            neurons = "1 neuron" if count == 1 else f"{count} neurons"
            which = "the kink" if len(kinks) == 1 else "a kink"
            reason = f"The probes stay on one side of {which} of {neurons} of layer {layer + 1}."
            yield _Doubt(reason, WIDER_PROBES)


def _undetermined(network: Network, bars: Bars, probes: ProbeSet) -> Iterator[_Doubt]:
    """Hidden neurons whose weights are not known to a tenth of their size.

    Those of the first layer over what one standard deviation of their inputs does, or the input
    with the smallest unit would speak for all.
    """
    for layer in range(len(network.weights) - 1):
        known = np.isfinite(bars.weights[layer]).all(axis=0)
        scale = probes.x_scale[known] if layer == 0 else np.ones(int(known.sum()))
        parts = [
            (network.weights[layer][:, known] * scale, bars.weights[layer][:, known] * scale, 1),
            (network.weights[layer + 1], bars.weights[layer + 1], 0),
        ]
        vague = np.zeros(network.sizes[layer + 1], dtype=bool)
        for values, spread, axis in parts:
            vague |= np.linalg.norm(spread, axis=axis) > DETERMINED * np.linalg.norm(
                values, axis=axis
            )
        if vague.any():
            verb = "1 neuron" if vague.sum() == 1 else f"{int(vague.sum())} neurons"
            reason = (
                f"The weights of {verb} of hidden layer {layer + 1} are not known to a tenth of "
                "their size (error bars)."
            )
            yield _Doubt(reason, MORE_PROBES, noise=probes.error is not None)


def _untested(alone: int) -> Iterator[_Doubt]:
    """Answers that agree only because some weights serve them alone."""
    if alone:
        which = "1 probe alone tells" if alone == 1 else f"{alone} probes alone tell"
        reason = f"{which} some of the weights, so no other answer confirms them."
        yield _Doubt(reason, WIDER_PROBES)


def _approximation(
    reconstruction: Reconstruction, probes: ProbeSet, marks: Checkpoints
) -> Iterator[_Doubt]:
    """Could a function that is no network of this class look the same?"""
    if _imprecise(probes):
        alike = _structure(reconstruction.standard, probes)
        if alike > SUSPICIOUS + _structure_of_arithmetic(reconstruction.network, probes):
            reason = (
                f"Neighbouring probes are missed in the same direction ({alike:.0f} standard "
                "deviations): what is left is not the rounding of the answers alone."
            )
            yield _Doubt(reason, OTHER_CLASS)
    elif reconstruction.standard.parameter_count > LARGEST:
        return
    needed = CLIFF * max(
        reconstruction.loss, reconstruction.heldout_loss, probes.precision, ROUNDING_FLOOR
    )
    less = loss_with_one_less(reconstruction.standard, probes, needed, marks)
    if less <= needed:
        reason = (
            f"With one neuron less the loss is {less:.0e}, less than {CLIFF:.0e} times the "
            "loss found: the network could be an approximation of another function."
        )
        yield _Doubt(reason, MORE_DIGITS, noise=probes.error is not None)


def _free(network: Network) -> int:
    """Directions in which symmetries let the weights move: one per homogeneous neuron."""
    return sum(network.sizes[1:-1]) if activation(network.activation).homogeneous else 0


def _seen(network: Network, probes: ProbeSet, expected: int) -> tuple[Directions, int, int]:
    """What the probes determine: the directions, their rank, and how many probes stand alone.

    A few answers per weight are looked at first, and all before it is said that they do not tell.
    """
    first = max(_LEAST_ROWS, _ROWS_PER_WEIGHT * network.parameter_count // network.sizes[-1])
    x = probes.inputs
    for decomposition in directions(network, x, first):
        rank, alone = (
            min(expected, int((decomposition.values > FULL_RANK * decomposition.values[0]).sum())),
            0,
        )
        if rank == expected:
            leverages = leverage(network, x[: decomposition.rows], decomposition, rank)
            alone = int((leverages > UNTESTED).any(axis=1).sum())
            if not alone:
                break
    return decomposition, rank, alone
