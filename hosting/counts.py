"""Who was here lately, and how many pages were drawn for them; of this process, in memory."""

from __future__ import annotations

import threading
import time

LATELY = 1800.0
"""Seconds after which somebody who opened no page is not here any more."""


class Counts:
    """May be used by all threads.

    >>> counts = Counts()
    >>> for who in ("Ada", "Bob", "Ada"):
    ...     counts.page(who)
    >>> counts.pages, counts.people()
    (3, 2)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str | None, float] = {}
        self.pages = 0

    def page(self, who: str | None) -> None:
        """A page is drawn for somebody; None of one who cannot be told from others."""
        now = time.monotonic()
        with self._lock:
            self.pages += 1
            self._seen[who] = now
            if self.pages % 1000 == 0:
                self._seen = {key: at for key, at in self._seen.items() if now - at < LATELY}

    def people(self) -> int:
        """How many were here lately."""
        now = time.monotonic()
        with self._lock:
            return sum(now - at < LATELY for at in self._seen.values())


COUNTS = Counts()
"""Those of this process."""
