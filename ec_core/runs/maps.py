"""The UMAP maps of a run's trees: jobs like any other, in a line of their own.

UMAP is slow at first and must not hold up a page; and nobody wants to wait for a training only to
see a map. So its jobs have a board of their own, given in by whoever owns the process.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from ec_core.cluster import Embedding, umap_embedding
from ec_core.control import Control
from ec_core.events import Event, Note
from ec_core.jobs import Job, JobBoard
from ec_core.runs.run import Run
from ec_core.runs.tree_cache import name_of, of, stack

STAGE, LINE = "map", "maps"
MOST = 32
"""Maps remembered, those looked at last."""


class _StoppedError(Exception):
    """Raised out of UMAP's own loop, which asks nobody whether it should go on."""


@dataclass
class _Layout:
    """share : how much of a layout is done; the worker writes it, everybody may read it."""

    share: float = 0.0

    def stage(
        self, vectors: np.ndarray, seed: int, control: Control
    ) -> Generator[Event, None, Embedding | None]:
        """Lay vectors out; None where that was stopped."""
        yield Note(STAGE, f"Laying out {len(vectors):,} weight vectors.")

        def tell(share: float) -> None:
            self.share = share
            if control.over:
                raise _StoppedError

        try:
            return None if control.over else umap_embedding(vectors, seed, tell)
        except _StoppedError:
            return None


@dataclass(frozen=True)
class Map:
    """One tree's map: its job, and how far that is."""

    job: Job
    layout: _Layout = field(default_factory=_Layout)

    @property
    def made(self) -> Embedding | None:
        """The finished map, None before, and where it failed or was stopped."""
        if not self.job.over:
            return None
        made: Embedding | None = self.job.snapshot().result
        return made

    @property
    def error(self) -> str | None:
        """One sentence where it failed."""
        return self.job.snapshot().error if self.job.over else None


class Maps:
    """The maps of one process; made with the board whose line they wait in."""

    def __init__(self, board: JobBoard) -> None:
        self._board, self._lock = board, threading.Lock()
        self._known: OrderedDict[tuple[str, bool], Map] = OrderedDict()
        self._warm: Job | None = None

    def warm_up(self) -> Job:
        """Import and compile UMAP once, before anybody needs it."""
        with self._lock:
            if self._warm is None:
                vectors = np.random.default_rng(0).standard_normal((24, 3))
                self._warm = self._submit("warm-up", vectors, 0).job
            return self._warm

    def of(self, run: Run, with_truth: bool, layer: int = 0) -> Map:
        """The map of M [+ H] vectors: the cloud, and the teacher's if they are to be shown."""
        key = (name_of(run, layer), with_truth)
        with self._lock:
            known = self._known.get(key)
            if known is None:
                vectors = stack(run, of(run, layer)[0], with_truth)
                known = self._submit(key[0], vectors, run.settings().seed)
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > MOST:
                self._known.popitem(last=False)[1].job.stop()
        return known

    def again(self, run: Run, with_truth: bool, layer: int = 0) -> None:
        """Forget a map that failed or was stopped: the next who asks has it drawn."""
        with self._lock:
            known = self._known.get((name_of(run, layer), with_truth))
            if known is not None and known.job.over and known.made is None:
                del self._known[name_of(run, layer), with_truth]

    def stop(self, run: Run, with_truth: bool, layer: int = 0) -> None:
        """End a map on its way. Raises NotYoursError where whoever asks may not."""
        run.stored.changing()
        self.of(run, with_truth, layer).job.stop()

    def _submit(self, name: str, vectors: np.ndarray, seed: int) -> Map:
        layout = _Layout()
        job = self._board.submit(
            lambda control: layout.stage(vectors, seed, control),
            run=f"map of {name}",
            label=f"Map: {len(vectors):,} weight vectors",
            device=LINE,
        )
        return Map(job, layout)
