"""What a result was made with, so that somebody else can make it again, as plain data."""

from __future__ import annotations

import platform
import re
import subprocess
import time
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from ec_core.devices import resolve_device

_ROOT = Path(__file__).resolve().parents[1]
_LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn")
"""What computes; their versions may change last digits."""

_PATIENCE = 5.0
"""Seconds that git may take; it takes some hundredths."""


@cache
def version() -> str:
    """Of this program, by the file beside it where it runs from its own folder."""
    try:
        text = (_ROOT / "pyproject.toml").read_text(encoding="utf-8")
        found = re.search(r'^name = "ec-core"\nversion = "([^"]+)"', text, re.MULTILINE)
    except OSError:
        found = None
    if found is not None:
        return found[1]
    try:
        return metadata.version("ec-core")
    except metadata.PackageNotFoundError:
        return "unknown"


@cache
def commit() -> str | None:
    """The git commit this program runs from, "…, changed" where files differ from it; None of one
    that was installed without its history.
    """
    if not (_ROOT / ".git").exists():
        return None

    def git(*words: str) -> str:
        told = subprocess.run(
            ["git", "-C", str(_ROOT), *words],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
        return told.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + (", changed" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return None


@cache
def _libraries() -> dict[str, str]:
    known = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            known[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return known


def made_with(device: str, seed: int, command: str | None = None) -> dict[str, Any]:
    """Version, commit, date, device, threads, seed and libraries of what is computed now.

    device : as it was asked for; command : what repeats it, None where that is not known

    >>> made = made_with("cpu", seed=3)
    >>> made["seed"], made["threads"] >= 1, made["command"]
    (3, True, None)
    """
    used = resolve_device(device)
    name = torch.cuda.get_device_name(used) if used.type == "cuda" else platform.machine()
    return {
        "version": version(),
        "commit": commit(),
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "device": f"{used} ({name})",
        "threads": torch.get_num_threads(),
        "seed": seed,
        "command": command,
        "libraries": dict(_libraries()),
    }


def sentence(made: Mapping[str, Any]) -> str:
    """The same for a person.

    >>> made = {"version": "0.2.0", "commit": "0123456789abcdef, changed", "threads": 2, "seed": 0}
    >>> sentence({**made, "date": "2026-11-27T20:00:00Z", "device": "cpu (x86_64)"})
    'Made with Expand-and-Cluster 0.2.0 (commit 0123456789, changed) on 27 November 2026, on cpu \
(x86_64) with 2 threads and seed 0.'
    """
    known = str(made.get("commit") or "")
    short = re.sub(r"[0-9a-f]{11,}", lambda match: match[0][:10], known)
    when = str(made.get("date", ""))
    try:
        day = time.strptime(when, "%Y-%m-%dT%H:%M:%SZ")
        when = f"{day.tm_mday} {time.strftime('%B %Y', day)}"
    except ValueError:
        pass
    threads, used = made.get("threads"), ""
    if threads is not None:
        used = f"{threads} thread{'' if threads == 1 else 's'} and "
    return (
        f"Made with Expand-and-Cluster {made.get('version', 'unknown')}"
        f"{f' (commit {short})' if short else ''} on {when}, on {made.get('device', 'unknown')} "
        f"with {used}seed {made.get('seed')}."
    )
