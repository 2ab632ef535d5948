"""What loss may an exact network leave? As much as the answers' own machine errs by, no more."""

from __future__ import annotations

import numpy as np

from ec_core.networks.network import Network
from ec_core.probing.arithmetic import TYPES, arithmetic_error
from ec_core.probing.precision import TOLD
from ec_core.probing.probes import ProbeSet

EXACT = 10.0
"""Exact answers: float64 rounding alone explains a loss of so many times the floor."""
ROUNDED = 3.0
"""Answers with few digits: a loss may be this many times the rounding error they show."""
COMPUTED = 10.0
"""Answers computed in a short type: so many times what the network found errs by in that type.
Another order of summation, another library's functions err differently, by a small factor."""
VOUCHED = 2.0
"""Where a person told the error, mean squared: so many times that."""


def tolerance(network: Network, probes: ProbeSet) -> float:
    """The loss up to which a network, in the file's coordinates, explains the answers."""
    if probes.looks == TOLD:
        return max(EXACT * probes.rounding, VOUCHED * probes.precision)
    if probes.looks in TYPES:
        made = arithmetic_error(network, probes.x, probes.looks, probes.output)
        return max(
            EXACT * probes.rounding,
            ROUNDED * probes.precision,
            COMPUTED * float(np.mean(made / probes.y_scale**2)),
        )
    return max(EXACT * probes.rounding, ROUNDED * probes.precision)
