"""What stands after the last layer, where only learning from the answers tells.

Rows that sum to one are probabilities. But answers between 0 and 1 may be a sigmoid's, or a
network's own that happen to lie there, as those of many a regression do. Both readings race
(``race``), width by width: the right one dives, and the other stalls, since a network of the same
activation does not write it. Where neither dives the answers stay what they are.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import product

from ec_core import chain, race
from ec_core.candidates import Field
from ec_core.chain import Done, Recovery, Source
from ec_core.config import RecoverConfig
from ec_core.control import Control
from ec_core.events import Event, Note
from ec_core.heats import dived, heat
from ec_core.probing.linear import is_linear
from ec_core.probing.outputs import LOGITS
from ec_core.probing.probes import ProbeSet

STAGE = "answers"

SHARE = 0.25
"""Of the time that is left, for finding out which reading it is."""


def run(
    source: Source,
    field: Field,
    config: RecoverConfig,
    control: Control,
    done: Done = chain.unheeded,
) -> Generator[Event, None, Recovery]:
    """As ``race.run``, after finding out what the answers are where that is left open.

    >>> from ec_core.events import drain
    >>> from ec_core.probing.asking import probe
    >>> import numpy as np
    >>> odds = lambda x: 2 * np.tanh(x @ [[1.0], [2.0]]) + np.tanh(x[:, :1])
    >>> probes = probe(lambda x: 1 / (1 + np.exp(-odds(x))), count=300, inputs=2)
    >>> config = RecoverConfig("tanh", students=3)
    >>> found = drain(run(probes, Field(("tanh",), (1,)), config, Control()))
    >>> found.report["output"], found.network.sizes, found.certificate.verified
    ('sigmoid', (2, 2, 1), True)
    """
    source = yield from decided(source, field, config, control)
    for sentence in _probes(source).remarks:
        yield Note(STAGE, sentence)
    return (yield from race.run(source, field, config, control, done))


def decided(
    source: Source, field: Field, config: RecoverConfig, control: Control
) -> Generator[Event, None, Source]:
    """The source with its answers read as what they are."""
    undecided = _probes(source).undecided
    if undecided is None:
        return source
    other = undecided.could_be
    yield Note(
        STAGE,
        f"All answers lie where those of a {other} do; whether they are is found out by learning "
        "from both readings.",
    )
    until = (1.0 - SHARE) * control.remaining() if control.remaining() < float("inf") else 0.0
    fields = (field, field.second) if field.later else (field,)
    for racing, (depth, width) in product(fields, field.heats):
        for kind in (LOGITS, other):
            reading = _read_as(source, kind)
            probes = race.answers(reading, width, depth).told(config.precision)
            if is_linear(probes):
                # what one neuron makes of a line is a line again: it says nothing of the other
                continue
            runners = yield from heat(probes, racing.at(depth), width, config, control, until)
            if dived(runners[0], probes):
                return reading
            if control.over or control.remaining() < until:
                return _read_as(source, LOGITS)
    return _read_as(source, LOGITS)


def _probes(source: Source) -> ProbeSet:
    return source if isinstance(source, ProbeSet) else source(source.first)


def _read_as(source: Source, kind: str) -> Source:
    """The same answers, read as another output's."""
    if isinstance(source, ProbeSet):
        undecided = source.undecided
        if undecided is None or kind == LOGITS:
            return source
        return undecided.read_as(kind).named(source.columns)
    source.read_as(kind)
    return source
