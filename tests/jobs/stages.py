"""Stages and events that do what a test tells them."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

import numpy as np

from ec_core.control import Control
from ec_core.events import Event, TrainingProgress

PATIENCE = 20.0
"""Seconds after which a test gives up waiting; never reached when all is well."""


def progress(iteration: int, losses: list[float], width: int = 4) -> TrainingProgress:
    count = len(losses)
    return TrainingProgress(
        "expand",
        iteration,
        np.array(losses),
        ("training",) * count,
        np.full(count, iteration),
        np.zeros(count, dtype=int),
        width,
        0.0,
        0.0,
    )


class Gate:
    """A stage that reports, then waits until the test opens it or its control stops it."""

    def __init__(self, result: Any = "done", order: list[Any] | None = None) -> None:
        self.result, self.order = result, order
        self.begun, self.opened = threading.Event(), threading.Event()
        self.iterations = 0

    def __call__(self, control: Control) -> Generator[Event, None, Any]:
        if self.order is not None:
            self.order.append(self.result)
        while not (self.opened.is_set() or control.over):
            control.take_requests()
            self.iterations += 1
            yield progress(self.iterations, [1.0 / self.iterations])
            self.begun.set()
            self.opened.wait(0.001)
        return self.result
