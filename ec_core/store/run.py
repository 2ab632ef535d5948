"""One run on disk: everything from the teacher to the report.

    run.json                 what it is: schema, kind, label, time, status, settings
    teacher.safetensors      the network file of the contract, beside teacher.json (its card)
    probes.npz               x (N, D) and y (N, K) as in the contract, and how they were split
    ensemble.npz             the students
    cuts.json                the cut in use and the ones kept under a name
    events.npz               what the stages had to say (notes, widths tried, neurons removed)
    reconstruction.npz       the recovered network and how it came about
    recovered.safetensors    the same network as a network file of the contract
    report.json              the report of the contract
    builds.json, build-*.npz other networks built from the same students, see ``builds``
    versions/                earlier states of the run, see ``versions``
    owner.json               whose it is, see ``owner``
    notes.json               what a person says of it, see ``notes``

An app may keep parts of its own beside these (``save_json``, ``save_plain``, …).
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ec_core import events as event_kinds
from ec_core.cluster.cloud import WeightCloud
from ec_core.cluster.cut import Cluster, Clusters, Cut
from ec_core.cluster.dendrogram import Dendrogram
from ec_core.cluster.layer import LayerView
from ec_core.errors import InputError
from ec_core.events import Event, PruneStep, SignsFound
from ec_core.expand.students import StudentEnsemble, ensemble_arrays, ensemble_from_arrays
from ec_core.networks.network import Network
from ec_core.networks.spline import Spline
from ec_core.probing.columns import NAMELESS, Columns, columns_of, named_arrays
from ec_core.probing.outputs import AUTO, LOGITS
from ec_core.probing.presets import TeacherCard
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.reconstruct.reconstruct import Learning, Reconstruction
from ec_core.store.folder import Folder

SCHEMA = 1
"""Raised when older programs could no longer read what newer ones write."""

ABOUT, TEACHER, PROBES, ENSEMBLE, CUTS = "run", "teacher", "probes", "ensemble", "cuts"
EVENTS, RECONSTRUCTION, RECOVERED, REPORT = "events", "reconstruction", "recovered", "report"

_EVENT_KINDS = tuple(
    kind
    for kind in vars(event_kinds).values()
    if isinstance(kind, type) and issubclass(kind, Event)
)

_RECONSTRUCTION_KINDS = (
    *(Reconstruction, Learning, Network, Spline, PruneStep, SignsFound),
    *(LayerView, WeightCloud, Dendrogram, Cut, Clusters, Cluster),
)


@dataclass(frozen=True)
class RunSummary:
    """What the list of runs shows of one.

    created : seconds since the epoch; status : a word of the app's choice, "new" at first
    parts : the parts that are there
    damaged : one sentence if the run cannot be opened, else None
    """

    id: str
    kind: str
    label: str
    created: float
    status: str
    parts: frozenset[str]
    damaged: str | None = None


class StoredRun(Folder):
    """A run by its folder; two of the same id see the same files. Made by ``RunStore``."""

    def __init__(
        self, path: Path, lock: threading.RLock, guard: Callable[[Folder], None] | None = None
    ) -> None:
        super().__init__(path, guard)
        self._lock = lock

    @property
    def id(self) -> str:
        return self.path.name

    # about the run

    def _about(self) -> dict[str, Any]:
        """run.json, read once for as long as it stays the same. Nobody may change it."""
        try:
            at = os.stat(self._name(ABOUT, ".json"))
        except OSError:
            about = self.load_json(ABOUT)  # says what is wrong
        else:
            # replaced, never written into: another file has another number
            about = _read(self._start, at.st_ino, at.st_mtime_ns, at.st_size)
        if about.get("schema") != SCHEMA:
            raise InputError(
                f"Run {self.id} has format {about.get('schema')!r}; this program reads {SCHEMA}. "
                "Open it with the program that wrote it."
            )
        return about

    def _change(self, **changes: Any) -> None:
        with self._lock:
            self.save_json(ABOUT, {**self._about(), **changes})

    def summary(self) -> RunSummary:
        """Never raises: a folder that cannot be read is a damaged run."""
        parts = self.parts() - {ABOUT}
        try:
            return RunSummary(self.id, *self._described(), parts)
        except InputError as error:
            return RunSummary(self.id, "", self.id, 0.0, "damaged", parts, str(error))

    def check(self) -> None:
        """Raises InputError where the run cannot be opened."""
        self._described()

    def _described(self) -> tuple[str, str, float, str]:
        """Kind, label, when it was created, status."""
        about = self._about()
        try:
            kind, label, status = (str(about[name]) for name in ("kind", "label", "status"))
            return kind, label, float(about["created"]), status
        except (KeyError, TypeError, ValueError):
            raise self.damaged(f"{ABOUT}.json") from None

    def set_status(self, status: str) -> None:
        """Where the run stands, in a word."""
        self._change(status=status)

    def rename(self, label: str) -> None:
        self._change(label=label)

    def settings(self) -> dict[str, Any]:
        """The settings kept with the run (JSON), {} at first."""
        return copy.deepcopy(dict(self._about().get("settings", {})))

    def setting(self, name: str) -> Any:
        """One of them, None where there is none; the others are not copied for it."""
        return copy.deepcopy(self._about().get("settings", {}).get(name))

    def save_settings(self, settings: dict[str, Any]) -> None:
        """Replace the settings; plain data that JSON can hold."""
        self._change(settings=settings)

    def update_settings(self, **changes: Any) -> None:
        """Change some settings and leave the others, whoever else changes them meanwhile."""
        with self._lock:
            self.save_settings({**self.settings(), **changes})

    # its parts

    def save_teacher(self, card: TeacherCard) -> None:
        self.save_network(TEACHER, card.network)
        facts = {name: value for name, value in vars(card).items() if name != "network"}
        self.save_json(TEACHER, facts)

    def teacher(self) -> TeacherCard:
        facts, network = self.load_json(TEACHER), self.load_network(TEACHER)
        try:
            return TeacherCard(network=network, **facts)
        except TypeError:
            raise self.damaged("teacher.json") from None

    def save_probes(
        self,
        x: np.ndarray,
        y: np.ndarray,
        seed: int = 0,
        columns: Columns = NAMELESS,
        output: str = LOGITS,
    ) -> None:
        """Questions x (N, D), answers y (N, K) and the seed of their split, for ``make_probes``;
        ``columns``: what they are called, ``output``: what stands after the last layer.
        """
        arrays = {"x": x, "y": y, "seed": np.array(seed), "drawn": np.array(True)}
        arrays["tidy"], arrays["output"] = np.array(True), np.array(output)
        self.save_arrays(PROBES, {**arrays, **named_arrays(columns)})

    def output(self) -> str:
        """What stands after the last layer of what answered; earlier versions knew of nothing."""
        if not self.has(PROBES):
            return LOGITS
        return str(self.load_arrays(PROBES, "x", "y").get("output", LOGITS))

    def columns(self) -> Columns:
        """What the columns of the questions and answers are called."""
        return columns_of(self.load_arrays(PROBES, "x", "y"))

    def answers(self) -> tuple[np.ndarray, np.ndarray]:
        """The questions x (N, D) and answers y (N, K) as they were saved."""
        arrays = self.load_arrays(PROBES, "x", "y")
        return arrays["x"], arrays["y"]

    def probes(self) -> ProbeSet:
        arrays = self.load_arrays(PROBES, "x", "y", "seed")
        # earlier versions kept the order of the rows, and their students learnt from another part;
        # later ones kept rows and columns that say nothing new
        drawn, tidy = (bool(arrays.get(name, False)) for name in ("drawn", "tidy"))
        x, y, seed = arrays["x"], arrays["y"], int(arrays["seed"])
        output = str(arrays.get("output", LOGITS))
        probes = make_probes(
            x, y, seed, drawn=drawn, numbers=output != AUTO, tidy=tidy, output=output
        )
        return probes.named(columns_of(arrays))

    def save_ensemble(self, ensemble: StudentEnsemble) -> None:
        self.save_arrays(ENSEMBLE, ensemble_arrays(ensemble))

    def ensemble(self) -> StudentEnsemble:
        return ensemble_from_arrays(self.load_arrays(ENSEMBLE))

    def cuts(self) -> dict[str, Cut]:
        """The cuts by name; the one in use is called ``""``. {} at first."""
        if not self.has(CUTS):
            return {}
        try:
            return {name: Cut.from_plain(facts) for name, facts in self.load_json(CUTS).items()}
        except (InputError, TypeError, ValueError, AttributeError):
            raise self.damaged("cuts.json") from None

    def save_cut(self, cut: Cut, name: str = "") -> None:
        """Keep a cut under a name, or, without one, as the cut in use."""
        with self._lock:
            self._save_cuts({**self.cuts(), name: cut})

    def forget_cut(self, name: str) -> None:
        with self._lock:
            self._save_cuts({key: cut for key, cut in self.cuts().items() if key != name})

    def _save_cuts(self, cuts: dict[str, Cut]) -> None:
        self.save_json(CUTS, {name: asdict(cut) for name, cut in cuts.items()})

    def save_events(self, events: tuple[Event, ...]) -> None:
        """What stages reported; replaces what was kept before."""
        self.save_plain(EVENTS, tuple(events))

    def events(self) -> tuple[Event, ...]:
        """The events kept, () at first."""
        return tuple(self.load_plain(EVENTS, _EVENT_KINDS)) if self.has(EVENTS) else ()

    def save_reconstruction(self, result: Reconstruction) -> None:
        """The recovered network, as a network file too, and how it came about."""
        self.save_network(RECOVERED, result.network)
        # last: whoever finds it finds both
        self.save_plain(RECONSTRUCTION, result)

    def reconstruction(self) -> Reconstruction:
        return self.load_reconstruction(RECONSTRUCTION)

    def load_reconstruction(self, part: str) -> Reconstruction:
        """A recovered network by its part: others may be kept beside the one in use."""
        result: Reconstruction = self.load_plain(part, _RECONSTRUCTION_KINDS)
        return result

    def recovered(self) -> Network:
        """The network alone."""
        return self.load_network(RECOVERED)

    def save_report(self, report: dict[str, Any]) -> None:
        self.save_json(REPORT, report)

    def report(self) -> dict[str, Any]:
        return self.load_json(REPORT)


@lru_cache(maxsize=1024)
def _read(path: str, number: int, changed: int, size: int) -> dict[str, Any]:
    """run.json as it is now. The store is asked for a run a hundred times at every click."""
    return Folder(Path(path)).load_json(ABOUT)
