"""Running a generator of events to its end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from ec_core.events import Event
from ec_core.events import drain as events_drain

Result = TypeVar("Result")


def drain(steps: Generator[Event, None, Result]) -> tuple[list[Event], Result]:
    """All events, and what is returned after them."""
    events: list[Event] = []
    return events, events_drain(steps, events.append)
