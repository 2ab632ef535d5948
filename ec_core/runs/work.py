"""The background jobs of a run: which stage, with what, and where its result goes.

The board of jobs is given in: it belongs to a process, not to a run.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from ec_core.cluster import Cut, apply_cut, automatic_cut, build_tree, pool
from ec_core.cluster.layer import LayerView
from ec_core.control import Control
from ec_core.errors import InputError, JobError
from ec_core.events import Event, TrainingProgress
from ec_core.expand.enough import enough
from ec_core.expand.students import StudentEnsemble
from ec_core.expand.trainer import expand
from ec_core.jobs import Job, JobBoard, JobSnapshot
from ec_core.jobs.job import Expected, OnEnd, Stage
from ec_core.reconstruct.exact_build import build_exactly
from ec_core.reconstruct.reconstruct import ReconstructConfig, Reconstruction, reconstruct
from ec_core.runs import at_work, builds, chosen, expected, results, tree_cache, versions
from ec_core.runs.active import active, line
from ec_core.runs.run import Run
from ec_core.verify.certificate import certify

_WATCHED, _SLOWEST_ITERATION = 40, 0.1
"""Iterations of the demo that are slowed down, and seconds each of them takes at least."""

EXPAND, RECONSTRUCT, DEMO = "Expand", "Reconstruct", "Demo"


def submit(
    board: JobBoard,
    run: Run,
    kind: str,
    stage: Stage,
    on_end: OnEnd | None = None,
    takes: Expected | None = None,
    **how: Any,
) -> Job:
    """Put a job of a run in line.

    how : what else than its kind starts the same job once more, after a restart
    Raises JobError while another job works on the run.
    """
    if active(board, run) is not None:
        raise JobError("This run is already being worked on; wait for it or stop it first.")
    settings = run.settings()

    def ended(snapshot: JobSnapshot) -> None:
        try:
            if on_end is not None:
                on_end(snapshot)
        finally:
            at_work.end(run)

    at_work.begin(run, kind, **how)
    return board.submit(
        stage,
        run=run.id,
        label=f"{kind}: {run.title}",
        device=line(settings.device),
        seconds=settings.budget,
        on_end=ended,
        expected=takes,
    )


@dataclass(frozen=True)
class _Building:
    """One way of building a run's network: how, from which cuts, and under which key it is kept."""

    run: Run
    cuts: tuple[Cut | None, ...]
    how: str = builds.AUTOMATIC
    setting: str = ""
    key: str = builds.AUTOMATIC
    base: Cut | None = None

    def keep(self, result: Reconstruction, seconds: float, use: bool = True) -> None:
        """Store a network with its verdict, beside those there are; ``use``: as the result."""
        run = self.run
        before = None
        if run.has("recovered") and builds.in_use(run) is None:
            before = results.of(run).certificate
        certificate = certify(result, run.probes())
        about = builds.describe(
            self.key,
            self.how,
            self.setting,
            self.cuts,
            result,
            certificate,
            seconds,
            self.base,
        )
        builds.keep(run, about, result, before)
        # kept for the pages: of a large network the certificate takes its time
        results.certified(run, self.key, certificate)
        used = builds.in_use(run)
        if use or (used is not None and used.key == self.key):
            builds.use(run, self.key)


def start_expand(board: JobBoard, run: Run, more: StudentEnsemble | None = None) -> Job:
    """Train the run's students in the background; ``more``: let these go on where they stood."""
    probes = run.probes() if more is not None else run.ask()
    activation = run.activation
    config = run.settings().recover_config(activation).expand_config()
    asker = run.asker() if more is None else None

    def stage(control: Control) -> Generator[Event, None, StudentEnsemble]:
        if asker is None:
            return (yield from expand(probes, activation, config, control, more))
        asked, found = yield from enough(asker, asker.first, activation, config, control)
        run.keep_asked(asker)
        return (yield from expand(asked, activation, config, control, found=found))

    def store(snapshot: JobSnapshot) -> None:
        if snapshot.result is not None:
            # a continued training does not search for the width again
            told = snapshot.seen.events if more is None else ()
            versions.keep(run, "before the students were trained on")
            run.save_ensemble(snapshot.result, told)
            if more is not None:
                run.mark_steered()

    if more is None:
        run.mark_steered(False)
    return submit(board, run, EXPAND, stage, store, expected.training(run), more=more is not None)


def start_reconstruct(board: JobBoard, run: Run) -> Job:
    """Build the network from the run's stored cut in the background."""
    cut = run.cut()

    def stage(control: Control) -> Generator[Event, None, Reconstruction]:
        return _by_pruning(run, cut, control)

    def store(snapshot: JobSnapshot) -> None:
        if snapshot.result is not None:
            _Building(run, (cut,)).keep(snapshot.result, snapshot.seconds)

    return submit(board, run, RECONSTRUCT, stage, store, expected.building(run))


def _by_pruning(run: Run, cut: Cut, control: Control) -> Generator[Event, None, Reconstruction]:
    ensemble = run.ensemble()
    cloud, tree = tree_cache.grow(ensemble, run.best_students)
    seen = LayerView(cloud, tree, cut, apply_cut(tree, cloud, cut))
    settings = run.settings()
    config = ReconstructConfig(device=settings.device, chosen=settings.chose(cut))
    return (yield from reconstruct(ensemble, seen, run.probes(), config, control))


def start_exact(board: JobBoard, run: Run, setting: str = "", layer: int = 0) -> Job:
    """Build the network of the clusters kept by hand, in every layer, in the background.

    setting, layer : of a kept setting, and of the layer whose it is; "": of the cuts in use

    Where pruning has not built one from the same cut to compare with, that is done too: before,
    where it is what makes later layers comparable, else after.
    """
    cuts = chosen.cuts(run, setting, layer)
    for which, cut in enumerate(cuts):
        if cut is not None and not tree_cache.clusters_of(run, cut, which).kept:
            name = f"Layer {which + 1}" if len(cuts) > 1 else "The hidden layer"
            raise InputError(f"{name} has no kept cluster at this cut; keep at least one.")
    first, key = cuts[0], builds.exact_key(setting, layer)
    assert first is not None
    known = builds.all_of(run).get(builds.AUTOMATIC)
    alone = known is not None or run.has("recovered")
    if not setting and len(cuts) == 1:
        alone = known is not None and known.cuts == (first,)

    def pruned(control: Control) -> Generator[Event, None, None]:
        began = time.monotonic()
        result = yield from _by_pruning(run, first, control)
        _Building(run, (first,)).keep(result, time.monotonic() - began, use=False)

    def stage(control: Control) -> Generator[Event, None, Reconstruction]:
        if len(cuts) > 1 and None in cuts:
            yield from pruned(control)
        began, ensemble = time.monotonic(), run.ensemble()
        layers = chosen.views(ensemble, run.best_students, cuts, builds.seen(run))
        device = run.settings().device
        result = yield from build_exactly(ensemble, layers, run.probes(), device, control)
        taken = tuple(None if seen is None else seen.cut for seen in layers)
        mine = _Building(run, taken, builds.EXACT, setting, key, builds.base(run))
        mine.keep(result, time.monotonic() - began)
        if len(cuts) == 1 and not alone and not control.over:
            yield from pruned(control)
        return result

    return submit(
        board, run, RECONSTRUCT, stage, None, expected.building(run), exact=[setting, layer]
    )


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


def start_whole(board: JobBoard, run: Run) -> Job:
    """The whole chain in one job, every stage stored as soon as it is done.

    Where the students are there already, it goes on with them.
    """
    there = run.has("ensemble")
    probes, settings = run.probes() if there else run.ask(), run.settings()
    activation = run.activation
    config = settings.recover_config(activation).expand_config()
    asker = run.asker()

    def stage(control: Control) -> Generator[Event, None, Reconstruction]:
        asked = probes
        if there:
            ensemble = run.ensemble()
        else:
            found = None
            if asker is not None:
                asked, found = yield from enough(asker, asker.first, activation, config, control)
                run.keep_asked(asker)
            training = expand(asked, activation, config, control, found=found)
            ensemble = yield from _paced(training) if settings.demo else training
            run.save_ensemble(ensemble)
        cloud = pool(ensemble)
        tree = build_tree(cloud)
        cut = automatic_cut(tree, settings.gamma, settings.beta)
        run.save_cut(cut)
        seen = LayerView(cloud, tree, cut, apply_cut(tree, cloud, cut))
        building = ReconstructConfig(device=settings.device)
        return (yield from reconstruct(ensemble, seen, asked, building, control))

    def store(snapshot: JobSnapshot) -> None:
        if snapshot.result is not None:
            _Building(run, (run.cut(),)).keep(snapshot.result, snapshot.seconds)

    return submit(board, run, DEMO, stage, store, expected.whole(run))


def go_on(board: JobBoard, run: Run) -> Job:
    """Start what a restart broke off once more, with what is stored. Raises JobError if nothing
    was.
    """
    broken = at_work.interrupted(run)
    if broken is None:
        raise JobError("Nothing of this run was interrupted; start it on its page.")
    kind, how = broken
    if kind == DEMO:
        return start_whole(board, run)
    if kind == RECONSTRUCT:
        return (
            start_exact(board, run, *how["exact"])
            if "exact" in how
            else start_reconstruct(board, run)
        )
    return start_expand(
        board, run, run.ensemble() if how.get("more") and run.has("ensemble") else None
    )
