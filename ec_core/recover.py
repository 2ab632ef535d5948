"""``ec.recover``: the whole chain in one call, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ec_core import race
from ec_core.chain import Recovery
from ec_core.control import Control
from ec_core.events import Event, drain
from ec_core.probing.asking import Asker, probe
from ec_core.probing.probes import ProbeSet
from ec_core.race import AUTO, Field


def recover(
    source: ProbeSet | Asker | Callable[[np.ndarray], np.ndarray],
    *,
    activation: str = AUTO,
    hidden_layers: int | str = AUTO,
    inputs: int | None = None,
    probes: int | None = None,
    distribution: str = "gaussian",
    data: np.ndarray | None = None,
    seed: int = 0,
    budget: float | None = None,
    on_event: Callable[[Event], None] | None = None,
    **settings: Any,
) -> Recovery:
    """Recover the network behind some answers.

    source : a ProbeSet, or a callable that answers questions x (N, D) with y (N, K); the callable
        is asked ``probes`` questions of ``distribution`` and never anything else, or, where no
        number is given, as many as the students turn out to need; an Asker is the same
    data : (n, D) rows to ask with, for the distributions that need them
    activation : the teacher's, from ``ACTIVATIONS``; "auto": found out, by a race of all of them
    hidden_layers : of the teacher; "auto": as many as the tuple ``width`` names, else found out
    inputs : D, where the callable does not say
    budget : seconds, None for no limit; seed : of all random numbers
    on_event : called with every event
    settings : the other fields of ``RecoverConfig`` (students, width, gamma, …)

    Raises InputError for input that cannot be used; a run that does not succeed is a result with
    ``report["verified"]`` False.

    >>> import numpy as np
    >>> result = recover(lambda x: 2 * np.tanh(x @ [[1.0], [2.0]]), activation="tanh", inputs=2,
    ...                  probes=200, students=3, width=2)
    >>> result.report["verified"], result.network.sizes
    (True, (2, 1, 1))
    """
    field = Field.of(activation, hidden_layers, settings.get("width"))
    config = field.settings(seed=seed, **settings)
    if not isinstance(source, ProbeSet | Asker):
        how: dict[str, Any] = {
            "distribution": distribution,
            "seed": seed,
            "inputs": inputs,
            "data": data,
        }
        known: dict[str, Any] = {
            "hidden_layers": config.hidden_layers,
            "activation": config.activation,
        }
        if probes is None:
            source = Asker(source, **how, **known)
        else:
            source = probe(source, count=probes, **how)
    return drain(race.run(source, field, config, Control(budget)), on_event)
