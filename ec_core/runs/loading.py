"""The runs of this computer, and their parts as they are on disk, read once.

What is read is kept in memory by the stamp of its file, so that a page that refreshes itself reads
nothing twice.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ec_core.errors import InputError
from ec_core.events import Event
from ec_core.expand.students import StudentEnsemble
from ec_core.probing.outputs import known
from ec_core.probing.presets import TeacherCard
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.probing.remote.served import FOLDER
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.runs import owners, races
from ec_core.runs.source import Source
from ec_core.store import RunStore, StoredRun

if TYPE_CHECKING:
    from ec_core.store.database import Ledger, RunIndex

BESIDE_THE_APP = Path(__file__).resolve().parents[2] / "runs"
"""Where runs are kept if the environment's EC_HOME names no place."""


@lru_cache(maxsize=8)
def _store(root: Path) -> RunStore:
    return RunStore(root, owners.check)


@lru_cache(maxsize=8)
def _store_at(root: str | None) -> RunStore:
    return _store(Path(root or BESIDE_THE_APP))


def store() -> RunStore:
    """The runs of this computer: EC_HOME, or runs/ beside app.py. What somebody else may not change
    is refused by it, see ``owners``.
    """
    # asked hundreds of times for a page: by the text, which makes no path of it
    return _store_at(os.environ.get("EC_HOME"))


def ledger() -> Ledger:
    """The list of jobs of these runs."""
    # sqlalchemy, which the engine alone has not
    from ec_core.store.database import Ledger, opened, place

    return Ledger(opened(place(store().root)))


@lru_cache(maxsize=8)
def _index(root: Path, url: str) -> RunIndex:
    from ec_core.store.database import RunIndex, opened

    return RunIndex(_store(root), opened(url))


def index() -> RunIndex:
    """The index of these runs."""
    from ec_core.store.database import place

    return _index(store().root, place(store().root))


def renew(*ids: str) -> None:
    """These runs were changed by whoever calls: lists asked for next know of it."""
    with suppress(InputError):
        index().renew(*ids)


def answers_folder() -> Path:
    """Where the answers of models that are asked elsewhere are kept, for all runs together."""
    return store().root / FOLDER


def opened(root: Path, run_id: str) -> StoredRun:
    """A run's folder. Raises InputError if there is none or it is damaged."""
    return _store(root).open(run_id)


@lru_cache(maxsize=64)
def source(root: Path, run_id: str) -> Source:
    """Where the answers come from, with the network or the answers; it never changes."""
    stored = opened(root, run_id)
    fields = stored.settings()["source"]
    card: TeacherCard | None = stored.teacher() if stored.has("teacher") else None
    origin = Source.from_json(fields)
    if card is not None:
        return replace(origin, network=card.network)
    return replace(origin, answers=stored.answers(), columns=stored.columns())


@lru_cache(maxsize=16)
def race(root: Path, run_id: str, stamp: int) -> races.Race:
    """How the candidates raced. Raises InputError where that cannot be read."""
    stored = opened(root, run_id)
    try:
        return races.from_json(stored.load_json(races.PART))
    except (KeyError, TypeError, ValueError):
        raise stored.damaged(f"{races.PART}.json") from None


@lru_cache(maxsize=16)
def probes(root: Path, run_id: str, stamp: int) -> ProbeSet:
    """The questions asked, with their answers."""
    return opened(root, run_id).probes()


@lru_cache(maxsize=64)
def rows_as_then(root: Path, run_id: str, stamp: int) -> str:
    """What ``make_probes`` is told so that it does as it did when a run was made: "" for nothing.

    ", tidy=False" only where tidying would make a difference, and the output only where it would
    be taken for another one, or would be found out once more.
    """
    stored = opened(root, run_id)
    arrays, told = stored.load_arrays("probes"), ""
    output = stored.output()
    if not stored.has("teacher") and known(arrays["y"]) != output:
        told = f", output={output!r}"
    return _rows_as_then(stored, arrays) + told


def _rows_as_then(stored: StoredRun, arrays: dict[str, np.ndarray]) -> str:
    if not arrays.get("drawn", False):
        return ", drawn=False, tidy=False"
    if arrays.get("tidy", False):
        return ""
    then, x, y = stored.probes(), arrays["x"], arrays["y"]
    now = make_probes(x, y, int(arrays["seed"]), numbers=True)
    same = now.subspace is None and now.looks == then.looks and np.array_equal(now.x, then.x)
    return "" if same else ", tidy=False"


@lru_cache(maxsize=16)
def ensemble(root: Path, run_id: str, stamp: int) -> StudentEnsemble:
    """The students."""
    return opened(root, run_id).ensemble()


@lru_cache(maxsize=16)
def events(root: Path, run_id: str, stamp: int) -> tuple[Event, ...]:
    """What the training told."""
    return opened(root, run_id).events()


@lru_cache(maxsize=16)
def reconstruction(root: Path, run_id: str, stamp: int) -> Reconstruction:
    """The network in use."""
    return opened(root, run_id).reconstruction()
