"""The background jobs of a run: which stage, with what, and where its result goes.

Nothing here draws; stages and ``on_end`` run in the worker's thread and must not call st.*.
"""

from __future__ import annotations

import time
from collections.abc import Generator

from ec_core.cluster import Cut, apply_cut, automatic_cut, build_tree, pool
from ec_core.control import Control
from ec_core.errors import JobError
from ec_core.events import Event, TrainingProgress
from ec_core.expand.students import StudentEnsemble
from ec_core.expand.trainer import expand
from ec_core.jobs import Job, JobSnapshot
from ec_core.jobs.job import Expected, OnEnd, Stage
from ec_core.reconstruct.reconstruct import ReconstructConfig, Reconstruction, reconstruct
from pages.ui import expected, grove, results
from pages.ui.board import active, board, line
from pages.ui.runs import Run

_WATCHED, _SLOWEST_ITERATION = 40, 0.1
"""Iterations of the demo that are slowed down, and seconds each of them takes at least."""

EXPAND, RECONSTRUCT, DEMO = "Expand", "Reconstruct", "Demo"


def _submit(
    run: Run,
    kind: str,
    stage: Stage,
    on_end: OnEnd | None = None,
    takes: Expected | None = None,
) -> Job:
    if active(run) is not None:
        raise JobError("This run is already being worked on; wait for it or stop it first.")
    settings = run.settings()
    return board().submit(
        stage,
        run=run.id,
        label=f"{kind}: {run.title}",
        device=line(settings.device),
        seconds=settings.budget,
        on_end=on_end,
        expected=takes,
    )


def _keep(run: Run, result: Reconstruction, cut: Cut, seconds: float) -> None:
    """Store a result and, for the list of runs, whether it is verified."""
    run.save_reconstruction(result, cut, seconds)
    # kept for the pages: of a large network the certificate takes its time
    verified = results.of(run).certificate.verified
    run.stored.set_status("verified" if verified else "not verified")


def start_expand(run: Run, more: StudentEnsemble | None = None) -> Job:
    """Train the run's students in the background; ``more``: let these go on where they stood."""
    probes = run.probes() if more is not None else run.ask()
    run.mark_steered(more is not None)
    activation = run.activation
    config = run.settings().recover_config(activation).expand_config()

    def stage(control: Control) -> Generator[Event, None, StudentEnsemble]:
        return expand(probes, activation, config, control, more)

    def store(snapshot: JobSnapshot) -> None:
        if snapshot.result is not None:
            # a continued training does not search for the width again
            told = snapshot.seen.events if more is None else ()
            run.save_ensemble(snapshot.result, told)

    return _submit(run, EXPAND, stage, store, expected.training(run))


def start_reconstruct(run: Run) -> Job:
    """Build the network from the run's stored cut in the background."""
    probes, ensemble, cut = run.probes(), run.ensemble(), run.cut()
    config, best = ReconstructConfig(device=run.settings().device), run.best_students

    def stage(control: Control) -> Generator[Event, None, Reconstruction]:
        cloud, tree = grove.grow(ensemble, best)
        clusters = apply_cut(tree, cloud, cut)
        return (yield from reconstruct(ensemble, clusters, cloud, probes, config, control))

    def store(snapshot: JobSnapshot) -> None:
        if snapshot.result is not None:
            _keep(run, snapshot.result, cut, snapshot.seconds)

    return _submit(run, RECONSTRUCT, stage, store, expected.building(run))


def _paced(
    steps: Generator[Event, None, StudentEnsemble],
) -> Generator[Event, None, StudentEnsemble]:
    """The same training, no faster than the eye can follow: it would be over in two seconds."""
    while True:
        began = time.monotonic()
        try:
            event = next(steps)
        except StopIteration as end:
            result: StudentEnsemble = end.value
            return result
        yield event
        if isinstance(event, TrainingProgress) and event.iteration <= _WATCHED:
            time.sleep(max(0.0, _SLOWEST_ITERATION - (time.monotonic() - began)))


def start_whole(run: Run) -> Job:
    """The whole chain in one job, every stage stored as soon as it is done."""
    probes, settings = run.ask(), run.settings()
    activation = run.activation
    config = settings.recover_config(activation).expand_config()

    def stage(control: Control) -> Generator[Event, None, Reconstruction]:
        training = expand(probes, activation, config, control)
        ensemble = yield from _paced(training) if settings.demo else training
        run.save_ensemble(ensemble)
        cloud = pool(ensemble)
        tree = build_tree(cloud)
        cut = automatic_cut(tree, settings.gamma, settings.beta)
        run.save_cut(cut)
        clusters = apply_cut(tree, cloud, cut)
        building = ReconstructConfig(device=settings.device)
        return (yield from reconstruct(ensemble, clusters, cloud, probes, building, control))

    def store(snapshot: JobSnapshot) -> None:
        if snapshot.result is not None:
            _keep(run, snapshot.result, run.cut(), snapshot.seconds)

    return _submit(run, DEMO, stage, store, expected.whole(run))
