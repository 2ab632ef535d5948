"""Models that are being asked, noted beside their answers: after a restart it shows what broke off.

As ``at_work`` does for the jobs of a run: a mark is set when a job is put in line and taken away
when it ends, and one that was set by another process of the server belongs to a job that is gone.
What was answered is on disk, so that the same asking goes on from there. No token is in a mark.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ec_core.errors import ECError
from ec_core.networks.files import write_atomically
from ec_core.runs import at_work
from ec_core.runs.loading import answers_folder

_FOLDER = "at-work"

Told = tuple[dict[str, Any], int]
"""Whom to ask and how, plain data, and how many questions."""


def _mark(options: Mapping[str, Any], by: str | None) -> Path:
    """The same place for the same asking by the same visitor."""
    text = json.dumps(dict(options), sort_keys=True) + (by or "")
    return answers_folder() / _FOLDER / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.json"


def begin(options: Mapping[str, Any], count: int, by: str | None = None) -> None:
    """So many questions to this model are put in line; ``by``: the key of who wants them."""
    facts = {"server": at_work.server(), "options": dict(options), "count": count, "by": by}
    # a disk that is full is said where the first answer is to be kept
    with contextlib.suppress(OSError, ECError):
        path = _mark(options, by)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(facts).encode())


def end(options: Mapping[str, Any], by: str | None = None) -> None:
    """They are answered, or nobody wants them any more."""
    with contextlib.suppress(OSError):
        _mark(options, by).unlink(missing_ok=True)


def interrupted(by: str | None = None) -> list[Told]:
    """What a restart broke off of what this visitor wanted, the newest first."""
    found = []
    for path in (answers_folder() / _FOLDER).glob("*.json"):
        try:
            facts = json.loads(path.read_bytes())
            if facts["server"] != at_work.server() and facts.get("by") == by:
                told = dict(facts["options"]), int(facts["count"])
                found.append((path.stat().st_mtime, told))
        except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
            continue  # ended in this moment, or of another version
    return [told for _, told in sorted(found, key=lambda one: -one[0])]
