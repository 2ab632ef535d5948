"""``ec.recover``: the whole chain in one call, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ec_core import ends
from ec_core.candidates import AUTO, Field
from ec_core.chain import Recovery
from ec_core.control import Control
from ec_core.errors import InputError
from ec_core.events import Event, drain
from ec_core.probing.asking import Asker, probe
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.probing.tables import open_answers


def _given(
    path: str | Path,
    inputs: int | str | Sequence[str] | None,
    outputs: str | Sequence[str] | None,
    seed: int,
    output: str,
) -> ProbeSet:
    """The probes of a file of questions and answers."""
    if isinstance(inputs, int):
        raise InputError(
            f"inputs is {inputs}, which is for a callable; of the file {path} expected the columns "
            "of the questions, such as 'x1,x2'."
        )
    found = open_answers(path, inputs, outputs)
    return make_probes(found.x, found.y, seed, output=output).named(found.columns)


def recover(
    source: ProbeSet | Asker | Callable[[np.ndarray], np.ndarray] | str | Path,
    *,
    activation: str = AUTO,
    hidden_layers: int | str = AUTO,
    inputs: int | str | Sequence[str] | None = None,
    outputs: str | Sequence[str] | None = None,
    output: str = AUTO,
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
        number is given, as many as the students turn out to need; an Asker is the same; or the
        path of a file of questions and answers (see ``load_answers``)
    data : (n, D) rows to ask with, for the distributions that need them
    activation : the teacher's, from ``ACTIVATIONS``; "auto": found out, by a race of all of them,
        and learnt where none of them is verified; "free": learnt at once, as a curve
    hidden_layers : of the teacher; "auto": as many as the tuple ``width`` names, else found out
    inputs : D, where the callable does not say; of a file, the columns of the questions;
        outputs : of a file, those of the answers. Where nothing is said their names tell
    output : what stands after the last layer of whoever answers, "logits", "softmax", "sigmoid",
        "log-softmax" or "tanh": the network before it is recovered; "auto": found out. A ProbeSet
        and an Asker have their own
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
    if isinstance(source, str | Path):
        source = _given(source, inputs, outputs, seed, output)
    elif isinstance(inputs, int | None) and outputs is None:
        known_inputs = inputs
    else:
        raise InputError(
            f"inputs is {inputs!r} and outputs {outputs!r}, which are for a file; a callable needs "
            "the number of its inputs alone."
        )
    if not isinstance(source, ProbeSet | Asker):
        how: dict[str, Any] = {
            "distribution": distribution,
            "seed": seed,
            "inputs": known_inputs,
            "data": data,
            "output": output,
        }
        known: dict[str, Any] = {
            "hidden_layers": config.hidden_layers,
            "activation": config.activation,
        }
        if probes is None:
            source = Asker(source, **how, **known)
        else:
            source = probe(source, count=probes, **how)
    return drain(ends.run(source, field, config, Control(budget)), on_event)
