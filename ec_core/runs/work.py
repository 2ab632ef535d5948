"""The background jobs of a run: which stage, with what, and where its result goes.

The board of jobs is given in: it belongs to a process, not to a run.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

from ec_core import chain
from ec_core.candidates import Candidate
from ec_core.chain import Part
from ec_core.control import Control
from ec_core.errors import ECError, JobError
from ec_core.events import Event, TrainingProgress, relay
from ec_core.expand.enough import asked
from ec_core.expand.students import StudentEnsemble
from ec_core.jobs import LEFT, Job, JobBoard, JobSnapshot
from ec_core.jobs.job import Expected, OnEnd, Stage
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.runs import (
    admission,
    at_work,
    durable,
    expected,
    finding_out,
    on_cluster,
    owners,
    races,
    versions,
)
from ec_core.runs.active import active, line
from ec_core.runs.exact_work import exactly
from ec_core.runs.keeping import of_students
from ec_core.runs.loading import renew
from ec_core.runs.onward import begun_with, onward
from ec_core.runs.run import Run
from ec_core.runs.settings import CLUSTER

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
    admission.check(board, run, training=kind != RECONSTRUCT)
    settings = run.settings()
    away = settings.device == CLUSTER
    if away:
        # whatever it stores is stored there, and comes back
        stage, on_end = on_cluster.sent(run, kind, how), None
    begun = durable.begin(run, kind, line(settings.device), how)

    def ended(snapshot: JobSnapshot) -> None:
        stored = False
        try:
            if on_end is not None and snapshot.state != LEFT:
                on_end(snapshot)
            stored = True
        except Exception as error:
            begun.gone(error)
            raise
        finally:
            begun.end(snapshot, stored)
            renew(run.id)

    try:
        chosen = None if away else begun.left_of(settings.budget)
        seconds = None if away else admission.budget(run, chosen)
        job = admission.put(
            board,
            begun.staged(admission.forewarned(stage, seconds, chosen)),
            run=run.id,
            label=f"{kind}: {run.title}",
            # a cluster has a line of its own, in which nobody waits for anybody here
            device=f"{CLUSTER} {run.id}" if away else begun.row.device,
            seconds=seconds,
            on_end=ended,
            expected=takes,
            before=begun.before,
            who=owners.person(run.stored),
            lasting=True,
            memory=expected.memory(run),
        )
    except ECError:
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
        probes = yield from finding_out.decided(run, probes, control)
        # another asker: students of a race that was told its winner ask what they always ask
        one = known or (yield from finding_out.raced(run, run.asker() or probes, control))
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


def _plain(candidate: Candidate) -> list[Any]:
    return [candidate.activation, candidate.hidden_layers]


def start_reconstruct(board: JobBoard, run: Run) -> Job:
    """Build the network from the run's stored cut in the background.

    As the command line does, with other students where it is not verified and they could help;
    unless a person's hand is in what would be given up for them.
    """
    cut = run.cut()

    def stage(control: Control) -> Generator[Event, None, Reconstruction | None]:
        begun = begun_with(run, control, cut)
        return (yield from onward(run, begun.probes, begun, control))

    return submit(board, run, RECONSTRUCT, stage, None, expected.building(run))


def start_exact(board: JobBoard, run: Run, setting: str = "", layer: int = 0) -> Job:
    """Build the network of the clusters kept by hand, in every layer, in the background; see
    ``exact_work.exactly``.
    """
    stage = exactly(run, setting, layer)
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
        probes, begun = (yield from finding_out.decided(run, probes, control)), None
        if there:
            begun = begun_with(run, control, run.cut() if run.has("cut") else None)
        steps = onward(run, probes, begun, control, candidate)
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
    return start(board, run, *broken)


def start(board: JobBoard, run: Run, kind: str, how: dict[str, Any]) -> Job:
    """Start a job by what is written down of it."""
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
