"""Who works on a job: a process of a machine, and whether it is still there.

On the same machine the process itself is looked for, by its number and by when it began, so that
another which was given the same number is not taken for it; no clock is asked, since clocks are
set. Of another machine only its heartbeat is known.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SILENT = 60.0
"""Seconds without a heartbeat after which a process of another machine is taken for gone."""


@dataclass(frozen=True)
class Worker:
    """token : of this life of the process; host, process, began : where, which and since when."""

    token: str
    host: str
    process: int
    began: str

    def alive(self, heartbeat: float, now: float) -> bool:
        """Is it still there? heartbeat, now : seconds by the same clock"""
        me = here()
        if self.token == me.token:
            return True
        if self.host == me.host:
            # of an earlier life of this very process nothing runs any more
            return self.process != me.process and _began(self.process) == self.began != ""
        # a clock that was set back must not keep it alive for a day
        return abs(now - heartbeat) <= SILENT


def _began(process: int) -> str:
    """When a process began, in whatever the system counts in; "" where there is none."""
    try:
        # the name, in brackets, may hold anything
        fields = Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2]
        return fields.split()[19]
    except (OSError, IndexError):
        pass
    try:
        os.kill(process, 0)
    except (OSError, OverflowError):
        return ""
    return "running"


@cache
def _token(process: int) -> str:
    return secrets.token_hex(8)


def here() -> Worker:
    """Who works in this process."""
    process = os.getpid()
    return Worker(_token(process), socket.gethostname()[:128], process, _began(process))
