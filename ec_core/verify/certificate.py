"""Is the recovered network the teacher? Decided without the teacher.

Equal answers at rounding level on probes that were not learnt from, together with irreducibility,
make two networks equal up to symmetry (Sussmann 1992 for one hidden layer of tanh; Fefferman 1994
for depth); a Jacobian of full rank modulo symmetries says that the probes pin every weight down.
"""

from __future__ import annotations

from dataclasses import dataclass

from ec_core.networks.activations import activation
from ec_core.networks.network import Network
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.verify.error_bars import Bars, Directions, directions, error_bars
from ec_core.verify.irreducible import reducible

HELDOUT_FACTOR = 10.0
"""Held-out loss may be this many times the floor."""
_ROWS_PER_WEIGHT, _LEAST_ROWS = 4, 1000
FULL_RANK = 1e-11
"""Singular values of the column-scaled Jacobian below this share of the largest count as zero."""


@dataclass(frozen=True)
class Certificate:
    """verified, the reasons if not, and what to try next; losses, rank and conditioning.

    rank of ``expected`` (parameters less the scalings that a homogeneous activation leaves free);
    condition: largest over smallest counted singular value of the column-scaled Jacobian;
    bars: one standard deviation per weight, None where the probes leave some weight open.
    """

    verified: bool
    reasons: tuple[str, ...]
    advice: tuple[str, ...]
    loss: float
    heldout_loss: float
    rank: int
    expected: int
    condition: float
    bars: Bars | None

    @property
    def max_error_bar(self) -> float | None:
        """The largest standard deviation of a weight that the probes can tell."""
        return None if self.bars is None else self.bars.largest


def certify(found: Reconstruction, probes: ProbeSet) -> Certificate:
    """Check a reconstruction against the probes alone."""
    network = found.standard
    reasons: list[str] = []
    advice: list[str] = []
    tolerance = HELDOUT_FACTOR * probes.floor
    fits = found.loss <= tolerance
    if not fits:
        reasons.append(
            f"The best network leaves a loss of {found.loss:.1e} on the probes it learnt from; "
            f"an exact one would be below {tolerance:.0e}."
        )
        advice += [
            "Train wider or more students.",
            "Check that the activation and the number of hidden layers are the teacher's.",
        ]
    if fits and not found.heldout_loss <= tolerance:
        reasons.append(
            f"The loss on held-out probes is {found.heldout_loss:.1e}, on those learnt from "
            f"{found.loss:.1e}: the network interpolates instead of being the teacher."
        )
        advice.append("Ask more questions.")
    reasons += _sign_reasons(found, network)
    reasons += reducible(network)
    reasons += _one_sided(network, probes)
    seen = _directions(network, probes)
    expected = network.parameter_count - _free(network)
    rank = min(expected, int((seen.values > FULL_RANK * seen.values[0]).sum()))
    if rank < expected:
        reasons.append(
            f"The probes determine only {rank} of {expected} directions of the weights "
            "(rank of the Jacobian)."
        )
        advice.append("Ask more questions, spread more widely.")
    return Certificate(
        verified=not reasons,
        reasons=tuple(reasons),
        advice=tuple(dict.fromkeys(advice)),
        loss=found.loss,
        heldout_loss=found.heldout_loss,
        rank=rank,
        expected=expected,
        condition=float(seen.values[0] / seen.values[max(rank, 1) - 1]),
        bars=error_bars(network, found.network, probes, seen, rank) if rank == expected else None,
    )


def _sign_reasons(found: Reconstruction, network: Network) -> list[str]:
    if not activation(network.activation).leaves_linear:
        return []
    if found.signs is None:
        return [
            f"The signs of {network.sizes[1]} neurons cannot be searched exactly with "
            f"{network.sizes[0] * network.sizes[-1]} equations."
        ]
    if not found.signs.unique and found.signs.runner_up <= 1e-5:
        return ["Several choices of signs explain the answers equally well."]
    return []


def _one_sided(network: Network, probes: ProbeSet) -> list[str]:
    """Neurons with a kink that the probes never cross."""
    if not activation(network.activation).kink:
        return []
    z = network.hidden(probes.inputs)
    one_sided = int(((z > 0).all(axis=0) | (z < 0).all(axis=0)).sum())
    if not one_sided:
        return []
    return [f"The probes stay on one side of the kink of {one_sided} neurons."]


def _free(network: Network) -> int:
    """Directions in which symmetries let the weights move: one per homogeneous neuron."""
    return sum(network.sizes[1:-1]) if activation(network.activation).homogeneous else 0


def _directions(network: Network, probes: ProbeSet) -> Directions:
    # a few answers per weight say as much about rank as all of them, in a fraction of the time
    count = max(_LEAST_ROWS, _ROWS_PER_WEIGHT * network.parameter_count // network.sizes[-1])
    return directions(network, probes.inputs[:count])
