"""Earlier states of a run: its students and all that was made of them, kept before they change.

    versions/<number>/       the parts, as in the run's own folder
    versions/<number>/about.json

Questions and answers stay the run's own; they do not change when students do.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ec_core.errors import InputError
from ec_core.store.folder import Folder
from ec_core.store.notes import NOTES
from ec_core.store.owner import OWNER
from ec_core.store.run import ABOUT, PROBES, TEACHER, StoredRun

_FOLDER, _FACTS = "versions", "about"
_OWN = frozenset({ABOUT, TEACHER, PROBES, OWNER, NOTES, "at-work", "race", "truth"})
"""Parts that are the run's and in no version: nor is what is said of it, nor what it is being
worked on with, nor who raced before any students were trained, nor a truth that was brought."""


@dataclass(frozen=True)
class Version:
    """number : its name; kept : when, in seconds since the epoch; why : one sentence
    facts : what the app wants to say of it; settings : those of the run at that time
    """

    number: int
    kept: float
    why: str
    facts: dict[str, Any]
    settings: dict[str, Any]
    status: str


def _root(run: StoredRun) -> Path:
    return run.path / _FOLDER


def _copy(source: Path, target: Path) -> None:
    """Parts are replaced, never written into: a link holds the old one, and takes no room."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _move(parts: Folder, into: Path) -> None:
    for part in sorted(parts.parts() - _OWN - {_FACTS}):
        for file in sorted(parts.path.glob(f"{part}.*")):
            if file.is_file() and file.stem == part:
                (into / file.name).unlink(missing_ok=True)
                _copy(file, into / file.name)


def keep_version(run: StoredRun, why: str, facts: dict[str, Any], settings: dict[str, Any]) -> int:
    """Keep the run as it stands; its number. settings : those that belong to its students."""
    run.changing()
    root = _root(run)
    root.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=root))
    about = {"kept": time.time(), "why": why, "facts": facts, "settings": settings}
    try:
        Folder(made).save_json(_FACTS, {**about, "status": run.summary().status})
        _move(run, made)
        number = max((version.number for version in versions(run)), default=0) + 1
        made.rename(root / str(number))
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return number


def versions(run: StoredRun) -> tuple[Version, ...]:
    """The versions kept, newest first; those that cannot be read are left out."""
    kept = []
    names = [path.name for path in _root(run).iterdir()] if _root(run).is_dir() else []
    for name in names:
        if not name.isdigit():
            continue
        try:
            kept.append(Version(int(name), **Folder(_root(run) / name).load_json(_FACTS)))
        except (InputError, TypeError):
            continue
    return tuple(sorted(kept, key=lambda version: -version.number))


def version_folder(run: StoredRun, number: int) -> Folder:
    """The parts of a version. Raises InputError if there is none."""
    path = _root(run) / str(int(number))
    if not path.is_dir():
        raise InputError(f"Run {run.id} has no version {number}; it may have been brought back.")
    return Folder(path)


def bring_back(run: StoredRun, number: int) -> Version:
    """Put a version in the place of what the run has now, which is gone unless it was kept."""
    run.changing()
    folder = version_folder(run, number)
    version = next(v for v in versions(run) if v.number == number)
    run.forget(*(run.parts() - _OWN))
    _move(folder, run.path)
    run.update_settings(**version.settings)
    run.set_status(version.status)
    shutil.rmtree(folder.path, ignore_errors=True)
    return version
