"""What programs that were killed have left in the store, and its removal."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from ec_core.store.runs import TRASH, RunStore

_FOLDERS = (".new-", ".deleted-")
"""How folders begin that are a run not yet, or no more."""

TRASH_DAYS = 7
"""Days that a deleted run stays in the trash at least."""

ABANDONED = 3600.0
"""Seconds after which nobody is still writing."""


def left_over(store: RunStore, abandoned: float = ABANDONED) -> dict[Path, int]:
    """Folders of runs that were being made or deleted, and unfinished files, with their bytes.

    abandoned : what changed within so many seconds may still be somebody's work, and is left out
    """
    found: dict[Path, int] = {}
    if not store.root.is_dir():
        return found
    candidates = [path for path in store.root.iterdir() if path.name.startswith(_FOLDERS)]
    for id_ in store.ids():
        # names of write_atomically: a dot, the file's name, a dot and some letters
        candidates += [path for path in (store.root / id_).rglob(".*.*.*") if path.is_file()]
    for path in candidates:
        try:
            age, size = _age_and_size(path)
        except FileNotFoundError:  # finished or removed meanwhile
            continue
        if age >= abandoned:
            found[path] = size
    return found


def old_trash(store: RunStore, days: float = TRASH_DAYS) -> dict[str, int]:
    """Ids of runs that were deleted more than so many days ago, with their bytes."""
    found = {}
    for run, at in store.discarded():
        if time.time() - at >= days * 86400:
            id_ = run.path.name.removeprefix(TRASH)
            found[id_] = sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file())
    return found


def _age_and_size(path: Path) -> tuple[float, int]:
    """Seconds since anything in it changed, and the bytes of its files."""
    inside = list(path.rglob("*")) if path.is_dir() and not path.is_symlink() else []
    stats = [file.lstat() for file in (path, *inside)]
    sizes = [
        stat.st_size for file, stat in zip((path, *inside), stats, strict=True) if file.is_file()
    ]
    return time.time() - max(stat.st_mtime for stat in stats), sum(sizes)


def remove(paths: dict[Path, int]) -> None:
    """Remove what ``left_over`` has found; what cannot be removed stays."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
