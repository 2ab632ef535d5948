"""How a server stands at one moment, as plain data: for metrics, and for the host's page.

Nothing of it tells what somebody works on: no title, no name; a visitor is the first letters of a
hash.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hosting.counts import COUNTS
from hosting.logs import short

if TYPE_CHECKING:
    from ec_core.jobs import Job, JobBoard

DISK_EVERY = 60.0
"""Seconds for which the size of all runs is good: it takes a look at every file."""


@dataclass(frozen=True)
class JobStands:
    """A job that has not ended.

    kind : the first word of its label; who : a short hash, None of nobody's; memory : bytes it
    holds, as reckoned; working : does it have the device? place : in line, 0 where it does not wait
    """

    id: str
    kind: str
    who: str | None
    device: str
    state: str
    working: bool
    waited: float
    worked: float
    memory: float
    place: int = 0


@dataclass(frozen=True)
class Device:
    """free, total : bytes of memory, None where nobody can tell"""

    name: str
    words: str
    free: int | None
    total: int | None


@dataclass(frozen=True)
class Standing:
    """See the fields' names; bytes and seconds. ended : jobs since the start of the process."""

    jobs: tuple[JobStands, ...] = ()
    ended: Mapping[str, int] = field(default_factory=dict)
    waited: float = 0.0
    worked: float = 0.0
    taking: bool = True
    people: int = 0
    sessions: int = 0
    pages: int = 0
    process_memory: int | None = None
    runs: int = 0
    runs_bytes: int = 0
    disk_free: int | None = None
    disk_total: int | None = None
    devices: tuple[Device, ...] = ()

    @property
    def by_state(self) -> dict[str, int]:
        """How many jobs are in which state."""
        states: dict[str, int] = {}
        for job in self.jobs:
            states[job.state] = states.get(job.state, 0) + 1
        return states


def _job(job: Job) -> JobStands:
    waited, worked = job.times()
    return JobStands(
        job.id,
        job.label.partition(":")[0],
        short(job.who),
        job.device.partition(" ")[0],
        job.state,
        job.at_work,
        waited,
        worked,
        job.memory,
        job.place,
    )


def _process_memory() -> int | None:
    try:
        lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
    except (OSError, ValueError, StopIteration):
        return None


def _sessions() -> int:
    from streamlit import runtime

    try:
        # nothing public says it
        return int(runtime.get_instance()._session_mgr.num_active_sessions())
    except (RuntimeError, AttributeError):
        return 0


class _Disk:
    """How much all runs take, looked at now and then."""

    def __init__(self) -> None:
        self._at, self._known = 0.0, (0, 0)

    def runs(self) -> tuple[int, int]:
        """How many there are, and their bytes."""
        from ec_core.runs.loading import store
        from ec_core.runs.space import folder_bytes

        if not self._at or time.monotonic() - self._at > DISK_EVERY:
            self._at = time.monotonic()
            self._known = len(store().ids()), folder_bytes(store().root)
        return self._known


_DISK = _Disk()


def _devices() -> tuple[Device, ...]:
    import os

    import torch

    from ec_core import devices

    free = devices.free_memory(torch.device("cpu"))
    total = devices.memory_of("cpu")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    known = None if free is None else int(total)
    found = [Device("cpu", f"{cores} processor cores", free, known)]
    if torch.cuda.is_available():
        card_free, card_total = torch.cuda.mem_get_info()
        found.append(Device("cuda", torch.cuda.get_device_name(), card_free, card_total))
    return tuple(found)


def standing(board: JobBoard) -> Standing:
    """How it stands now."""
    from ec_core.runs.loading import store

    tally, (runs, used) = board.tally(), _DISK.runs()
    root = store().root.absolute()
    place = next((one for one in (root, *root.parents) if one.is_dir()), root)
    try:
        disk = shutil.disk_usage(place)
    except OSError:
        disk = None
    return Standing(
        jobs=tuple(_job(job) for job in board.jobs() if not job.over),
        ended=tally.ended,
        waited=tally.waited,
        worked=tally.worked,
        taking=board.taking,
        people=COUNTS.people(),
        sessions=_sessions(),
        pages=COUNTS.pages,
        process_memory=_process_memory(),
        runs=runs,
        runs_bytes=used,
        disk_free=None if disk is None else disk.free,
        disk_total=None if disk is None else disk.total,
        devices=_devices(),
    )
