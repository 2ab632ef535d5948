"""What a run is being worked on with, kept with the run: after a restart it says what broke off.

A mark is set when a job is put in line and taken away when it ends, however
it ends; one that was set by another process of the server belongs to a job that is gone.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import Any

from ec_core.errors import ECError
from ec_core.runs.run import Run

_SERVER = secrets.token_hex(8)
"""This process."""

_PART = "at-work"


def server() -> str:
    """Tells this process of the server from those before it."""
    return _SERVER


def begin(run: Run, kind: str, **how: Any) -> None:
    """A job of this kind is put in line; ``how`` (plain data): what else starts it once more."""
    run.stored.save_json(_PART, {"kind": kind, "server": server(), "how": how})


def end(run: Run) -> None:
    """It has ended, or a person does not want it any more."""
    with contextlib.suppress(ECError):  # deleted with its run
        run.stored.forget(_PART)


def interrupted(run: Run) -> tuple[str, dict[str, Any]] | None:
    """Kind and ``how`` of a job that a restart broke off; None where there is none."""
    stored = run.stored
    if not stored.has(_PART):
        return None
    try:
        mark = stored.load_json(_PART)
        if mark["server"] == server():
            return None
        return str(mark["kind"]), dict(mark["how"])
    except (ECError, KeyError, TypeError, ValueError):
        return None  # ended in this moment, or of another version
