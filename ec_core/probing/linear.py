"""Answers that are a linear function of the questions: no neuron has left a trace in them.

Axes: N probes, D inputs, K answers each.
"""

from __future__ import annotations

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.probes import ProbeSet

SPARE = 2
"""Questions for every number of a linear function, before its fitting them says anything."""


def is_linear(probes: ProbeSet) -> bool:
    """Does y = A x + c explain all answers, to their own precision?

    Of few questions nothing is said: D + 1 of them are always answered so.

    >>> from ec_core.probing.probes import make_probes
    >>> x = np.random.default_rng(0).standard_normal((100, 2))
    >>> is_linear(make_probes(x, x @ [[1.0], [2.0]])), is_linear(make_probes(x, np.abs(x)))
    (True, False)
    """
    x = np.hstack([probes.inputs, np.ones((len(probes.x), 1))])
    few = SPARE * x.shape[1]
    if len(x) < few:
        return False
    # most answers are seen not to be linear by a part of them
    for count in (few, len(x)):
        told = probes.answers[:count]
        fitted, *_ = np.linalg.lstsq(x[:count], told, rcond=None)
        if float(np.mean((x[:count] @ fitted - told) ** 2)) > probes.floor:
            return False
    return True


def refuse_linear(probes: ProbeSet) -> None:
    """Raise InputError where the answers are linear."""
    if is_linear(probes):
        raise InputError(
            "The answers are a linear function of the inputs, to their last digit: no neuron left "
            "a trace in them, and a network of any activation could have given them; ask questions "
            "that spread more widely, or take the linear function as it is."
        )
