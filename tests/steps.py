"""Running a generator of events to its end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from ec_core.events import Event

Result = TypeVar("Result")


def drain(steps: Generator[Event, None, Result]) -> tuple[list[Event], Result]:
    """All events, and what is returned after them."""
    events = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return events, end.value
