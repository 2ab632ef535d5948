"""What nobody told of a run is found out: what its answers are, and who wins the race."""

from __future__ import annotations

from collections.abc import Generator

from ec_core import chain, ends, race
from ec_core.candidates import Candidate
from ec_core.control import Control
from ec_core.events import CandidateTried, Event, Note
from ec_core.probing.probes import ProbeSet
from ec_core.runs import races
from ec_core.runs.run import Run


def decided(run: Run, probes: ProbeSet, control: Control) -> Generator[Event, None, ProbeSet]:
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


def keeper(run: Run) -> races.Keeper:
    """What a race tells goes to the run; the one that is taken is what the run is about."""

    def keep(race: races.Race) -> None:
        run.save_race(race)
        if race.taken is not None and not run.has("ensemble"):
            run.mark_found(race.taken)

    return races.Keeper(keep)


def raced(
    run: Run, source: chain.Source, control: Control
) -> Generator[Event, None, Candidate | None]:
    """The race as a stage of its own: who is ahead; None where a person stopped it."""
    told = keeper(run)
    work = race.race(source, run.field, run.recover_config(), control)
    if (yield from races.unless_stopped(work, told, control)) is None:
        return None
    first = told.race.ahead[0]
    taken = CandidateTried(race.STAGE, first.activation, first.hidden_layers)
    told(taken)
    yield taken
    return first
