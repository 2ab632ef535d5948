"""The background jobs of a run: which stage, with what, and where its result goes.

The board of jobs is given in: it belongs to a process, not to a run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from dataclasses import asdict
from typing import Any

import numpy as np

from ec_core import chain, ends, race
from ec_core.candidates import Candidate
from ec_core.chain import Begun, Part
from ec_core.checkpoints import Plain
from ec_core.cluster import Cut, apply_cut
from ec_core.cluster.layer import LayerView
from ec_core.control import Control
from ec_core.errors import InputError, JobError
from ec_core.events import CandidateTried, Event, Note, TrainingProgress, relay
from ec_core.expand.enough import asked
from ec_core.expand.students import StudentEnsemble, ensemble_arrays, ensemble_from_arrays
from ec_core.jobs import Job, JobBoard, JobSnapshot
from ec_core.jobs.job import Expected, OnEnd, Stage
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.exact_build import build_exactly
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.runs import (
    at_work,
    builds,
    chosen,
    durable,
    expected,
    owners,
    races,
    tree_cache,
    versions,
)
from ec_core.runs.active import active, line
from ec_core.runs.keeping import Building, hands_on, keeping, of_students
from ec_core.runs.run import Run
from ec_core.verify.certificate import certify

_WATCHED, _SLOWEST_ITERATION = 40, 0.1
"""Iterations of the demo that are slowed down, and seconds each of them takes at least."""

EXPAND, RECONSTRUCT, DEMO, WHOLE = "Expand", "Reconstruct", "Demo", "Recover"


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
    Raises JobError while another job works on the run, NotYoursError where whoever asks may not.
    """
    run.stored.changing()
    if active(board, run) is not None:
        raise JobError("This run is already being worked on; wait for it or stop it first.")
    settings = run.settings()
    begun = durable.begin(run, kind, line(settings.device), how)

    def ended(snapshot: JobSnapshot) -> None:
        stored = False
        try:
            if on_end is not None:
                on_end(snapshot)
            stored = True
        finally:
            begun.end(snapshot, stored)

    try:
        job = board.submit(
            begun.staged(stage),
            run=run.id,
            label=f"{kind}: {run.title}",
            device=begun.row.device,
            seconds=begun.left_of(settings.budget),
            on_end=ended,
            expected=takes,
            before=begun.before,
            who=owners.person(run.stored),
        )
    except JobError:
        at_work.not_begun(run, begun.row)
        raise
    durable.RECORDER.watch(begun, job)
    return job


def start_expand(
    board: JobBoard,
    run: Run,
    more: StudentEnsemble | None = None,
    candidate: Candidate | None = None,
) -> Job:
    """Train the run's students in the background; ``more``: let these go on where they stood.

    What nobody told is found out first, by a race, unless a ``candidate`` is chosen. Where the
    activation is learnt as a curve there is no training apart from all that follows: that is one
    job, see ``start_whole``.
    """
    if run.field.curve and more is None and candidate is None:
        return start_whole(board, run)
    probes = run.probes() if more is not None else run.ask()
    known = candidate or (run.candidate if more is not None or not run.open else None)
    asker = run.asker() if more is None else None

    def keep(part: Part) -> None:
        if isinstance(part, ProbeSet) and asker is not None:
            run.keep_asked(asker, asked(part))

    def stage(control: Control) -> Generator[Event, None, StudentEnsemble | None]:
        nonlocal probes
        probes = yield from _decided(run, probes, control)
        # another asker: students of a race that was told its winner ask what they always ask
        one = known or (yield from _raced(run, run.asker() or probes, control))
        if one is None:
            return None
        source = probes if asker is None else asker
        return (yield from chain.train(source, run.recover_config(one), control, more, keep))[1]

    def store(snapshot: JobSnapshot) -> None:
        if snapshot.result is not None:
            # a continued training does not search for the width again
            told = races.besides(snapshot.seen.events) if more is None else ()
            versions.keep(run, "before the students were trained on")
            run.save_ensemble(snapshot.result, told)
            run.mark_found(of_students(snapshot.result))
            run.mark_raced(False)
            run.mark_retried(False)
            if more is not None:
                run.mark_steered()

    if more is None:
        run.mark_steered(False)
    how = {} if candidate is None else {"candidate": _plain(candidate)}
    return submit(
        board, run, EXPAND, stage, store, expected.training(run), more=more is not None, **how
    )


def _decided(run: Run, probes: ProbeSet, control: Control) -> Generator[Event, None, ProbeSet]:
    """The answers as what they are, after finding that out where their range leaves it open."""
    mark = control.marks.open("what stands after the last layer")
    if mark.done:
        return run.probes()
    if probes.undecided is None:
        control.marks.another_way()
        mark.end({})
        return probes
    finding = ends.decided(probes, run.field, run.recover_config(), control)
    while True:
        try:
            event = next(finding)
        except StopIteration as end:
            source: chain.Source = end.value
            break
        # how candidates stand at two readings is no race that could be watched
        if isinstance(event, Note):
            yield event
    if not control.over and isinstance(source, ProbeSet):
        run.keep_output(source.output.kind)
        mark.end({})
        control.marks.write()
    return run.probes()


def _plain(candidate: Candidate) -> list[Any]:
    return [candidate.activation, candidate.hidden_layers]


def _keeper(run: Run) -> races.Keeper:
    """What a race tells goes to the run; the one that is taken is what the run is about."""

    def keep(race: races.Race) -> None:
        run.save_race(race)
        if race.taken is not None and not run.has("ensemble"):
            run.mark_found(race.taken)

    return races.Keeper(keep)


def _raced(
    run: Run, source: chain.Source, control: Control
) -> Generator[Event, None, Candidate | None]:
    """The race as a stage of its own: who is ahead; None where a person stopped it."""
    keeper = _keeper(run)
    work = race.race(source, run.field, run.recover_config(), control)
    if (yield from races.unless_stopped(work, keeper, control)) is None:
        return None
    first = keeper.race.ahead[0]
    taken = CandidateTried(race.STAGE, first.activation, first.hidden_layers)
    keeper(taken)
    yield taken
    return first


def start_reconstruct(board: JobBoard, run: Run) -> Job:
    """Build the network from the run's stored cut in the background.

    As the command line does, with other students where it is not verified and they could help;
    unless a person's hand is in what would be given up for them.
    """
    cut = run.cut()

    def stage(control: Control) -> Generator[Event, None, Reconstruction | None]:
        begun = _begun(run, control, cut)
        return (yield from _chain(run, begun.probes, begun, control))

    return submit(board, run, RECONSTRUCT, stage, None, expected.building(run))


def _begun(run: Run, control: Control, cut: Cut | None) -> Begun:
    """What is stored of a run, to be built from with a cut; without one that is still to be made.

    Kept as it was when the work began: a better attempt is stored in its place.
    """

    def stored() -> Plain:
        facts = {
            "best": run.best_students,
            "asked": asked(run.probes()),
            "cut": None if cut is None else asdict(cut),
        }
        return {**ensemble_arrays(run.ensemble()), "facts": np.array(json.dumps(facts))}

    plain = dict(control.marks.once("begun with", stored))
    facts = json.loads(str(plain.pop("facts")))
    ensemble, probes, asker = ensemble_from_arrays(plain), run.probes(), run.asker()
    if asker is not None and facts["asked"] < asked(probes):
        probes = asker(facts["asked"]).told(run.settings().precision)
    if facts["cut"] is None:
        return Begun(probes, ensemble)
    then = Cut.from_plain(facts["cut"])
    cloud, tree = tree_cache.grow(ensemble, facts["best"])
    view = LayerView(cloud, tree, then, apply_cut(tree, cloud, then))
    return Begun(probes, ensemble, view, run.settings().chose(then))


def _chain(
    run: Run,
    probes: ProbeSet,
    begun: Begun | None,
    control: Control,
    candidate: Candidate | None = None,
) -> Generator[Event, None, Reconstruction | None]:
    """The chain from where a run stands; every part is stored as it is done.

    probes : the questions asked so far; candidate : the one to recover, where it is chosen

    What nobody told is found out first; None where a person stopped that.
    """
    config, asker = run.recover_config(candidate), run.asker()
    cut, once = None, False
    if begun is not None:
        cut = None if begun.seen is None else begun.seen.cut
        # of a chosen cut the chain knows itself
        chosen = begun.chosen

        def only() -> Plain:
            return {"once": np.array(run.retried or (hands_on(run) and not chosen))}

        once = bool(control.marks.once("once only", only)["once"])
        if asker is not None:
            # as many as were asked already, as if the same asker had gone on
            asker(asked(probes))
    source, done = probes if asker is None else asker, keeping(run, asker, control.marks, cut)
    run.mark_whole(False)
    if once:
        return (yield from chain.attempt(source, config, control, begun, done)).reconstruction
    if begun is None:
        run.mark_raced(run.field.only is None and candidate is None)
    if begun is None and run.raced:
        work = race.run(source, run.field, config, control, done)
        recovered = yield from races.unless_stopped(work, _keeper(run), control)
        if recovered is None:
            return None
        recovery = recovered
    else:
        recovery = yield from chain.run(source, config, control, begun, done)
    kept = np.array_equal(recovery.ensemble.theta, run.ensemble().theta)
    run.mark_whole(kept and not control.over)
    return recovery.reconstruction


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
        config = run.recover_config()
        built = yield from chain.build(_begun(run, control, first), config, control)
        seconds = time.monotonic() - began
        mine = Building(run, (first,))
        mine.keep(built.reconstruction, built.certificate, seconds, use=False)

    def stage(control: Control) -> Generator[Event, None, Reconstruction]:
        if len(cuts) > 1 and None in cuts:
            yield from pruned(control)
        began, ensemble = time.monotonic(), run.ensemble()
        layers = chosen.views(ensemble, run.best_students, cuts, builds.seen(run))
        device = run.settings().device
        result = yield from build_exactly(ensemble, layers, run.probes(), device, control)
        taken = tuple(None if view is None else view.cut for view in layers)
        mine = Building(run, taken, builds.EXACT, setting, key, builds.base(run))
        mine.keep(result, certify(result, run.probes()), time.monotonic() - began)
        if len(cuts) == 1 and not alone and not control.over:
            yield from pruned(control)
        return result

    return submit(
        board, run, RECONSTRUCT, stage, None, expected.building(run), exact=[setting, layer]
    )


def _paced(event: Event, began: list[float]) -> Event:
    """The same event, no sooner than the eye can follow: it would be over in two seconds.

    began : when the event before it was passed on
    """
    if isinstance(event, TrainingProgress) and event.iteration <= _WATCHED:
        time.sleep(max(0.0, _SLOWEST_ITERATION - (time.monotonic() - began[0])))
    began[0] = time.monotonic()
    return event


def start_whole(
    board: JobBoard, run: Run, candidate: Candidate | None = None, there: bool | None = None
) -> Job:
    """The whole chain in one job, every part stored as soon as it is done.

    Where the students are there already, it goes on with them, unless another ``candidate`` is to
    be recovered: then what is there is kept as an earlier result.

    there : were they there when it was started first? By default that is now
    """
    if there is None:
        # a curve is learnt before the students that are looked at beside it
        there = run.has("ensemble") and candidate is None and not run.field.curve
    probes, watched = run.probes() if there else run.ask(), run.settings().demo

    def stage(control: Control) -> Generator[Event, None, Reconstruction | None]:
        nonlocal probes
        probes, begun = (yield from _decided(run, probes, control)), None
        if there:
            begun = _begun(run, control, run.cut() if run.has("cut") else None)
        steps = _chain(run, probes, begun, control, candidate)
        if watched and not there:
            clock = [time.monotonic()]
            steps = relay(steps, lambda event: _paced(event, clock))
        return (yield from steps)

    kind = DEMO if run.settings().demo else WHOLE
    how: dict[str, Any] = {} if candidate is None else {"candidate": _plain(candidate)}
    return submit(board, run, kind, stage, None, expected.whole(run), there=there, **how)


def go_on(board: JobBoard, run: Run) -> Job:
    """Start what a restart broke off once more, with what is stored. Raises JobError if nothing
    was.
    """
    broken = at_work.interrupted(run)
    if broken is None:
        raise JobError("Nothing of this run was interrupted; start it on its page.")
    kind, how = broken
    candidate = Candidate(*how["candidate"]) if "candidate" in how else None
    if kind in (DEMO, WHOLE):
        if "there" in how:
            return start_whole(board, run, candidate, there=bool(how["there"]))
        # of an earlier version, which kept no checkpoints: one that has its students goes on
        begun = candidate is not None and run.found == candidate and run.has("ensemble")
        return start_whole(board, run, None if begun else candidate)
    if kind == RECONSTRUCT:
        return (
            start_exact(board, run, *how["exact"])
            if "exact" in how
            else start_reconstruct(board, run)
        )
    more = run.ensemble() if how.get("more") and run.has("ensemble") else None
    return start_expand(board, run, more, candidate)
