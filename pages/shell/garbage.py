"""What stays for as long as the server runs is taken out of the search for garbage.

Streamlit has Python look for garbage after every run of a page or a fragment, everywhere, and with
torch and its kin loaded that stops all threads, training too, for 0.2 s each time (measured: a live
page made training five times slower, and a page that shows nothing new took mostly that). So what
there is, is set aside (``gc.freeze``) when the first page is opened, and again whenever a search
has become long: UMAP and Numba are loaded later, and caches fill.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Mapping
from typing import Any

LONG = 0.015
"""Seconds of a processor after which a search is long: some 300,000 things were looked at."""

SELDOM = 15.0
"""Seconds from one setting aside to the next, at least: it looks through all there is."""

_FULL = 2
"""The generation of a search everywhere."""


class Watch:
    """Notices long searches, and sets aside what there is once one was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = 0.0
        self._due = False
        self._last = -SELDOM

    def begin(self) -> None:
        """Set aside what there is, and watch from now on."""
        if self.looked not in gc.callbacks:
            gc.callbacks.append(self.looked)
        self.settle()

    def looked(self, phase: str, about: Mapping[str, Any]) -> None:
        """Called by Python around each search; no two run at once."""
        if about["generation"] != _FULL:
            return
        if phase == "start":
            self._began = time.thread_time()
        elif time.thread_time() - self._began > LONG:
            self._due = True

    def settle_if_due(self) -> None:
        """Between two pages: set aside what there is, if a search was long, and not too often."""
        if not self._due or time.monotonic() - self._last < SELDOM:
            return
        if self._lock.acquire(blocking=False):
            try:
                self.settle()
            finally:
                self._lock.release()

    def settle(self) -> None:
        """What was set aside before is looked through once more: what had become garbage among it
        goes now.
        """
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._due, self._last = False, time.monotonic()


WATCH = Watch()
"""Of this process."""
