"""The background jobs of a run: which stage, with what, and where its result goes.

Nothing here draws; ``on_end`` is called in the worker's thread, so it must not call st.*.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ec_core.control import Control
from ec_core.events import Event
from ec_core.expand.config import ExpandConfig
from ec_core.expand.students import StudentEnsemble
from ec_core.expand.trainer import expand
from ec_core.jobs import Job, JobSnapshot
from ec_core.reconstruct.reconstruct import ReconstructConfig, reconstruct
from pages.ui import grove
from pages.ui.board import board, line
from pages.ui.runs import Run

EXPAND, RECONSTRUCT, DEMO = "Expand", "Reconstruct", "Demo"


def start_expand(run: Run, more: StudentEnsemble | None = None) -> Job:
    """Train the run's students in the background; ``more``: let these go on where they stood."""
    settings, probes, activation = run.settings(), run.probes(), run.activation
    config = settings.expand_config()

    def stage(control: Control) -> Generator[Event, None, Any]:
        return expand(probes, activation, config, control, more)

    def store(snapshot: JobSnapshot) -> None:
        if snapshot.result is not None:
            run.save_ensemble(snapshot.result)

    return board().submit(
        stage,
        run=run.id,
        label=f"{EXPAND}: {run.title}",
        device=line(settings.device),
        seconds=settings.budget,
        on_end=store,
    )


def start_reconstruct(run: Run) -> Job:
    """Build the network from the run's stored cut in the background."""
    settings, probes, ensemble = run.settings(), run.probes(), run.ensemble()
    cloud, tree = grove.grow(ensemble)
    clusters = grove.cut_at(tree, cloud, run.cut())
    config = ReconstructConfig()

    def stage(control: Control) -> Generator[Event, None, Any]:
        return reconstruct(ensemble, clusters, cloud, probes, config, control)

    def store(snapshot: JobSnapshot) -> None:
        if snapshot.result is not None:
            run.save_reconstruction(snapshot.result)

    return board().submit(
        stage,
        run=run.id,
        label=f"{RECONSTRUCT}: {run.title}",
        device=line(settings.device),
        seconds=settings.budget,
        on_end=store,
    )


def expand_config_of(run: Run) -> ExpandConfig:
    """The configuration a run's students are trained with."""
    return run.settings().expand_config()
