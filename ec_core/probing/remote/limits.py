"""How much may be asked, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ec_core.errors import InputError


@dataclass
class Meter:
    """Counts questions, and keeps to a budget and a rate.

    most : questions that may be asked in all; rate : per second; None: no limit
    asked : really asked and answered; kept : answered from disk instead

    >>> meter = Meter(most=3)
    >>> meter.before(2); meter.asked += 2; meter.before(2)
    Traceback (most recent call last):
    ...
    ec_core.errors.InputError: 2 of 3 questions have been asked and 2 more are needed; give a \
larger budget (--questions).
    """

    most: int | None = None
    rate: float | None = None
    asked: int = 0
    kept: int = 0
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = time.sleep
    _next: float = 0.0

    def before(self, count: int) -> None:
        """Wait until so many questions may be asked. Raises InputError beyond the budget."""
        if self.most is not None and self.asked + count > self.most:
            raise InputError(
                f"{self.asked} of {self.most} questions have been asked and {count} more are "
                "needed; give a larger budget (--questions)."
            )
        if self.rate is None:
            return
        now = self.clock()
        if now < self._next:
            self.wait(self._next - now)
        self._next = max(now, self._next) + count / self.rate

    def at_once(self, batch: int) -> int:
        """How many questions to send together: no more than a second's worth."""
        return batch if self.rate is None else max(1, min(batch, int(self.rate)))
