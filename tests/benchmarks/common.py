"""What the benchmarks of training share: the problems, the clock, and the peak of memory."""

from __future__ import annotations

import math
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import ec_core as ec

STUDENTS, EXPANSION = 10, 4
PROBES = 1875
"""A fifth of the probes is held out: 1,500 to learn from."""

_PEAK_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Case:
    """One synthetic teacher's probes and the students that learn from them."""

    name: str
    activation: str
    probes: ec.ProbeSet
    width: int


def case(text: str, probes: int = PROBES, seed: int = 0) -> Case:
    """The problem written as ``4-4-1:g``: a synthetic teacher, students of expansion factor 4."""
    sizes_text, activation = text.split(":")
    sizes = tuple(map(int, sizes_text.split("-")))
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation=activation, seed=seed).network
    asked = ec.probe(ec.Teacher(teacher), count=probes)
    return Case(f"{sizes_text} {activation}", activation, asked, EXPANSION * sizes[1])


@dataclass
class Race:
    """Losses of a batch of students against the clock, which starts with the object.

    clock : wall time, or ``time.process_time`` where others use the machine (one thread then)
    arrived : seconds until half of the students were below ``goal`` (inf: never); best : lowest
    loss seen
    """

    goal: float
    clock: Callable[[], float] = time.perf_counter
    arrived: float = math.inf
    best: float = math.inf
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def seconds(self) -> float:
        return self.clock() - self.began

    def note(self, losses: np.ndarray) -> None:
        """Look at the losses (S,) of this moment."""
        self.best = min(self.best, float(np.nanmin(losses)))
        if math.isinf(self.arrived) and 2 * (losses < self.goal).sum() >= len(losses):
            self.arrived = self.seconds


def _peak() -> int:
    """Largest resident memory of this process so far, in bytes."""
    if _STATUS.exists():
        (line,) = (row for row in _STATUS.read_text().splitlines() if row.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else 1024 * largest


def peak_of(work: Callable[[], None]) -> int:
    """Bytes by which ``work`` raises the largest resident memory of this process.

    Run each in a process of its own: freed memory that an earlier work left behind would hide
    what a later one needs. On Linux the kernel's high-water mark is set back first; elsewhere the
    mark of the whole process life serves.
    """
    if _PEAK_RESET.exists():
        _PEAK_RESET.write_text("5")
    before = _peak()
    work()
    return _peak() - before


def seconds_text(seconds: float) -> str:
    return f"{seconds:.2f} s" if math.isfinite(seconds) else "never"
