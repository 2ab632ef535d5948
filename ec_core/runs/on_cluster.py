"""A run's job done on a Ray cluster: its folder goes there, is worked on, and comes back.

The worker does what this program would do here, with the same code, in a folder of its own; what it
tells and which files it has changed come back while it works, so that a page sees no difference.
What a person has said meanwhile (a name, a note) is theirs and stays: of the run's own description
only what the work changed is taken over.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ec_core.control import Control
from ec_core.errors import InputError
from ec_core.events import Event, Note
from ec_core.jobs import FAILED, Job, JobBoard
from ec_core.jobs.job import Stage
from ec_core.networks.files import write_atomically
from ec_core.pool import Again, Given, Told, spread
from ec_core.pool.on_ray import ADDRESS, RayWorkers
from ec_core.runs.loading import ledger
from ec_core.runs.run import Run
from ec_core.runs.settings import HERE
from ec_core.store.archive import is_part, parts_of
from ec_core.store.run import ABOUT

CARDS, THREADS = "EC_RAY_GPUS", "EC_RAY_THREADS"
"""What a worker has on the cluster: a share of a card (none), threads (1)."""

_LOOK = 0.25
"""Seconds between two looks at what the work told and wrote."""

_ABOUT = f"{ABOUT}.json"


@dataclass(frozen=True)
class Changed(Event):
    """Files of the run that the work has written or removed, and what it changed in run.json."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    status: str | None = None


def _read(folder: Path, names: Iterator[str] | list[str]) -> dict[str, bytes]:
    found = {}
    for name in names:
        try:
            found[name] = (folder / name).read_bytes()
        except FileNotFoundError:
            continue  # removed in this moment
    return found


@dataclass(frozen=True)
class RunTask:
    """The task of a worker: a run by its files, and what starts its job (``work.start``)."""

    id: str
    files: Mapping[str, bytes]
    kind: str
    how: Mapping[str, Any]

    def __call__(self, control: Control) -> Generator[Event, None, None]:
        """Do it in a folder that is removed at the end. Raises InputError where it fails."""
        from ec_core.runs.work import start  # which sends jobs here

        with _home() as root:
            folder = root / self.id
            for name, data in self.files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
            run = Run(self.id)
            run.save_settings(replace(run.settings(), device=HERE))
            files, board = _Files(folder), JobBoard()
            job = start(board, run, self.kind, dict(self.how))
            yield from _followed(job, files, control)
            board.close()


@contextmanager
def _home() -> Iterator[Path]:
    """An empty place for runs, of this process alone."""
    kept = {name: os.environ.pop(name, None) for name in ("EC_HOME", "EC_DATABASE_URL")}
    with tempfile.TemporaryDirectory(prefix="ec-run-") as place:
        os.environ["EC_HOME"] = place
        try:
            yield Path(place)
        finally:
            ledger().database.close()
            del os.environ["EC_HOME"]
            os.environ.update({name: value for name, value in kept.items() if value is not None})


class _Files:
    """What of a run's folder is known at the other end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known = self._stamps()
        self.about = self._described()

    def _stamps(self) -> dict[str, tuple[int, int]]:
        found = {}
        for name in parts_of(self.folder):
            try:
                at = (self.folder / name).stat()
            except FileNotFoundError:
                continue
            # replaced, never written into: another file has another number
            found[name] = (at.st_ino, at.st_mtime_ns)
        return found

    def _described(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / _ABOUT).read_bytes()))

    def changed(self) -> Changed | None:
        """What is new since the last time; None where nothing is."""
        before, now = self.known, self._stamps()
        if now == before:
            return None
        self.known = now
        new = [name for name, at in now.items() if before.get(name) != at and name != _ABOUT]
        about, then = self._described(), self.about
        self.about = about
        settings = {
            name: value
            for name, value in about["settings"].items()
            if then["settings"].get(name) != value
        }
        status = about["status"] if about["status"] != then["status"] else None
        gone = tuple(sorted(set(before) - set(now)))
        return Changed("cluster", _read(self.folder, new), gone, settings, status)


def _followed(job: Job, files: _Files, control: Control) -> Generator[Event, None, None]:
    """What a job tells and writes, and what is asked of it meanwhile."""
    told, stopped = 0, False
    newest: tuple[Event | None, Event | None] = (None, None)
    while True:
        over = job.wait(_LOOK)
        seen = job.buffer.seen()
        yield from seen.events[told:]
        told = len(seen.events)
        for before, event in zip(newest, (seen.training, seen.refine), strict=True):
            if event is not None and event is not before:
                yield event
        newest = (seen.training, seen.refine)
        changed = files.changed()
        if changed is not None:
            yield changed
        if over:
            break
        if control.stopped and not stopped:
            stopped = True
            job.stop()
        if control.paused and job.state == "running":
            job.pause()
            control.rest()
            if not control.stopped:
                job.resume()
        for what, student in control.take_requests():
            if job.state == "running":
                (job.stop_student if what == "stop" else job.restart_student)(student)
    snapshot = job.snapshot()
    if snapshot.state == FAILED:
        raise InputError(snapshot.error or "The work failed on the cluster.")


def apply(run: Run, changed: Changed) -> None:
    """Take over what the work changed. Raises InputError where the run is gone."""
    folder = run.stored.path
    for name, data in changed.files.items():
        if not is_part(name):
            raise InputError(f"{name!r} came back from the cluster and is no part of a run.")
        if not folder.is_dir():
            raise InputError("This run was deleted while the cluster worked on it.")
        (folder / name).parent.mkdir(exist_ok=True)
        write_atomically(folder / name, data)
    for name in changed.gone:
        if is_part(name):
            (folder / name).unlink(missing_ok=True)
    # last: whoever reads there that something was found also finds it
    if changed.settings:
        own = dict(changed.settings)
        if "chosen" in own:  # the place where it is computed was never the work's to choose
            own["chosen"] = {**own["chosen"], "device": run.settings().device}
        run.stored.update_settings(**own)
    if changed.status is not None:
        run.stored.set_status(changed.status)


def sent(run: Run, kind: str, how: Mapping[str, Any]) -> Stage:
    """A stage that does a job of the run on the cluster that EC_RAY names."""

    def stage(control: Control) -> Generator[Event, None, None]:
        address = os.environ.get(ADDRESS, "")
        if not address:
            raise InputError(
                f"This run is for a cluster, and {ADDRESS} names none; choose another device."
            )
        try:
            cards, threads = float(os.environ.get(CARDS) or 0), int(os.environ.get(THREADS) or 1)
        except ValueError:
            raise InputError(f"{CARDS} and {THREADS} are numbers; what is set is not.") from None
        folder = run.stored.path
        task = RunTask(run.id, _read(folder, parts_of(folder)), kind, dict(how))
        yield Note("expand", "Sent to the cluster; waiting for a free worker there.")
        for news in spread([task], RayWorkers(address, 1, threads, cards), control):
            if isinstance(news, Told):
                if isinstance(news.event, Changed):
                    apply(run, news.event)
                else:
                    yield news.event
            elif isinstance(news, Given):
                yield Note("expand", "A worker of the cluster has begun.")
            elif isinstance(news, Again):
                why = f"The cluster lost the worker ({news.why}); another one begins anew."
                yield Note("expand", why, warning=True)

    return stage
