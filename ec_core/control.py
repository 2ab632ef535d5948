"""The handle through which a person steers work that runs in another thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ec_core.checkpoints import NOTHING_KEPT, Checkpoints

RESTART, STOP = "restart", "stop"

LATE, LATE_SHARE = 2.0, 0.05
"""A budget may be overrun by so many seconds, or by this share of it if that is more."""

MOST_RESERVED = 0.3
"""Share of a budget that is kept for what must follow, at most."""


class Control:
    """Stop, pause and per-student requests; looked at between iterations, safe from any thread.

    seconds : wall-clock budget from now on (None: no limit). Pauses do not count. Work is over
        when another step as long as the last would end too late, not when time has run out.
    hold : called in the working thread when it comes upon a pause; returns when work goes on. A
        job gives its device away meanwhile; by default the thread just waits.
    crowded : says between steps whether to step back for others, as in a pause; nobody by default
    marks : where long work stands is kept there, so that it can be gone on with in another process

    >>> control = Control()
    >>> control.stop_student(3)
    >>> control.take_requests()
    (('stop', 3),)
    >>> control.stop(); control.stopped
    True
    """

    def __init__(
        self,
        seconds: float | None = None,
        hold: Callable[[], None] | None = None,
        crowded: Callable[[], bool] = lambda: False,
        marks: Checkpoints = NOTHING_KEPT,
    ) -> None:
        self.marks = marks
        self._stop, self._leave = threading.Event(), threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._lock = threading.Lock()
        self._requests: list[tuple[str, int]] = []
        self._budget = seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._reserved, self._pace = 0.0, 0.0
        self._hold: Callable[[], object] = hold or self._go.wait
        self._crowded = crowded
        self._held = 0.0
        self._looked: float | None = None

    def stop(self) -> None:
        """Ask for an orderly end; work in progress ends after its current iteration."""
        self._stop.set()
        self._go.set()

    def leave(self) -> None:
        """Ask work whose marks are kept to write down where it stands and to go no further: it is
        gone on with elsewhere. Nothing is over by that.
        """
        self._leave.set()
        self._go.set()

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def stop_student(self, student: int) -> None:
        """Freeze one student where it is."""
        with self._lock:
            self._requests.append((STOP, student))

    def restart_student(self, student: int) -> None:
        """Start one student anew from fresh random weights."""
        with self._lock:
            self._requests.append((RESTART, student))

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    @property
    def leaving(self) -> bool:
        return self._leave.is_set()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    @property
    def out_of_time(self) -> bool:
        """Is the budget spent, or would it be by one more step?"""
        return not self.room_for(self._pace)

    def room_for(self, seconds: float) -> bool:
        """May work begin that takes so many seconds? It may end a little late."""
        if self._deadline is None or self._budget is None:
            return True
        late = max(LATE, LATE_SHARE * self._budget) / 4
        return max(0.0, seconds - late) < self.remaining()

    def reserve(self, seconds: float) -> None:
        """Keep so much of the budget for what must follow: the verdict on what was found."""
        if self._deadline is not None and self._budget is not None:
            self._reserved = min(seconds, MOST_RESERVED * self._budget)

    @property
    def over(self) -> bool:
        """True as soon as work should end, by request or by budget."""
        return self.stopped or self.out_of_time

    def remaining(self) -> float:
        """Seconds left in the budget (infinite without one), less what is reserved."""
        if self._deadline is None:
            return float("inf")
        return self._deadline - self._reserved - time.monotonic()

    def clock(self) -> float:
        """Seconds of a clock that stands still in pauses; only differences mean anything."""
        return time.monotonic() - self._held

    def rest(self) -> None:
        """Wait here while paused, or for others' turns; for the thread that works, between any two
        steps.
        """
        if not self.paused and (self.stopped or self.leaving or not self._crowded()):
            return
        began = time.monotonic()
        self._hold()
        rested = time.monotonic() - began
        self._held += rested
        if self._deadline is not None:
            self._deadline += rested

    def wait(self, seconds: float) -> bool:
        """Sleep so long, or until work is asked to stop; whether it was.

        >>> control = Control()
        >>> control.wait(0.0)
        False
        >>> control.stop(); control.wait(3600.0)
        True
        """
        return self._stop.wait(seconds)

    def take_requests(self) -> tuple[tuple[str, int], ...]:
        """The per-student requests since the last call; returns them once.

        Waits here while paused, so that a worker needs one call per iteration.
        """
        self.rest()
        now = self.clock()
        if self._looked is not None:
            self._pace = now - self._looked
        self._looked = now
        with self._lock:
            requests, self._requests = tuple(self._requests), []
        return requests
