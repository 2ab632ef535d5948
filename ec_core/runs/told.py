"""What a job tells, written down, so that its curves are there after a restart.

Every event but progress is kept; of progress the newest, and the curves as thinned out as they are
shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ec_core import events as kinds
from ec_core.errors import InputError
from ec_core.events import CandidateProgress, Event
from ec_core.jobs import Curve, Seen
from ec_core.jobs.buffer import stack
from ec_core.store.plain import pack, unpack

_KINDS = tuple(
    kind for kind in vars(kinds).values() if isinstance(kind, type) and issubclass(kind, Event)
)
_CURVES: tuple[type, ...] = (Curve, *_KINDS)
_TRAINING, _REFINE = "training", "refine"


def events_written(events: Sequence[Event]) -> list[bytes]:
    """Each on its own, but how candidates stand at every iteration of a race."""
    return [
        pack(event)
        for event in events
        if isinstance(event, _KINDS)
        and not (isinstance(event, CandidateProgress) and not event.done)
    ]


def curves_written(seen: Seen) -> dict[str, bytes]:
    """The curves, each with the newest progress on it."""
    written = {}
    if seen.training is not None:
        # where every neuron lies is a picture of the moment
        newest = replace(seen.training, incoming=None)
        written[_TRAINING] = pack((newest, seen.curve))
    if seen.refine is not None:
        written[_REFINE] = pack((seen.refine, seen.refine_curve))
    return written


def read(events: Sequence[bytes], curves: dict[str, bytes]) -> Seen:
    """The inverse of both; what cannot be read was not told."""
    told = [event for data in events for event in _unpacked(data, ())]
    none = stack([])
    training, curve = _unpacked(curves.get(_TRAINING), (None, none))
    refine, refine_curve = _unpacked(curves.get(_REFINE), (None, none))
    return Seen(len(told), training, refine, curve, refine_curve, tuple(told))


def _unpacked(data: bytes | None, otherwise: Any) -> Any:
    if data is None:
        return otherwise
    try:
        found = unpack(data, _CURVES)
    except InputError:
        return otherwise
    return found if isinstance(found, tuple) else (found,)
