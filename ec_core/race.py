"""Which activation, and how many hidden layers? Candidates race, and the certificate decides.

Students of every candidate learn from the same answers for a few iterations. Those of the teacher's
own activation and depth dive to the floor of rounding; all others stall at what an imitation by so
many neurons is worth, 1e-8 at best where the right one ends at 1e-31. After every round the better
half goes on (successive halving: Jamieson & Talwalkar 2016), at one width after the other, one
hidden layer first, then more. What dives is recovered by the whole chain, exactly as if it had been
told; if that is not verified, the next one is.

Two activations that write the same functions dive together. tanh and sigmoid do it with as many
neurons: the one that is verified first is returned, and the report says how the other would write
it. relu and leaky_relu need two neurons more that bend at one place, and the certificate refuses
such a pair: only the shorter writing is verified.

Where no candidate is verified the activation is none of the list, and is learnt (``curves``).
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace

from ec_core import chain
from ec_core.candidates import (
    DIVED,
    SAME,
    TRIED,
    Candidate,
    Field,
    Runner,
    following,
    promising,
    unrecovered,
    worth_another,
)
from ec_core.chain import Done, Part, Recovery, Source
from ec_core.config import RecoverConfig
from ec_core.control import Control
from ec_core.curves import recovery as curves
from ec_core.curves.search import FREE, Learnt
from ec_core.events import (
    CandidateProgress,
    CandidateTried,
    Event,
    Note,
    RaceEnded,
)
from ec_core.expand.enough import questions_for
from ec_core.expand.free_number import learn_alpha
from ec_core.heats import STAGE, STUDENTS, dived, heat, late
from ec_core.networks.activations import numbered
from ec_core.networks.architecture import Architecture
from ec_core.probing.asking import asking_facts
from ec_core.probing.linear import refuse_linear
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.reconstruct import Reconstruction

__all__ = ["STAGE", "answers", "dived", "heat", "race", "run", "with_slope"]

LEVEL_OF, LEVEL = 4, 1.5
"""So many candidates within this factor of the best: wrong activations end decades apart."""

SHARE = 0.5
"""Of the time that is left, for the race."""

FREE_ELU = "elu:alpha"
"""Of which the students learn alpha. It races with the later candidates, at small widths: its
curvature is dense."""

WIDEST_FREE = 16


def race(
    source: Source, field: Field, config: RecoverConfig, control: Control
) -> Generator[Event, None, list[Runner]]:
    """Heats until one has dived, or there are no more; every candidate's best, best first."""
    best: dict[Candidate, Runner] = {}
    until = (1.0 - SHARE) * control.remaining() if control.remaining() < float("inf") else 0.0
    for racing in (field, field.second) if field.later else (field,):
        if racing is not field and _level(list(best.values())):
            break
        if (yield from _heats(source, racing, best, config, control, until)):
            break
    runners = sorted(best.values(), key=lambda runner: runner.loss)
    yield RaceEnded(
        STAGE,
        tuple((r.candidate.activation, r.candidate.hidden_layers, r.loss) for r in runners),
        tuple((c.activation, c.hidden_layers) for c in promising(runners, field)),
    )
    return runners


def _heats(
    source: Source,
    racing: Field,
    best: dict[Candidate, Runner],
    config: RecoverConfig,
    control: Control,
    until: float,
) -> Generator[Event, None, bool]:
    """One heat after the other, ``best`` kept up to date: has one dived, or is it late?"""
    left = racing.heats
    while left:
        depth, width = following(left, best)
        left.remove((depth, width))
        probes = answers(source, width, depth).told(config.precision)
        refuse_linear(probes)
        runners = yield from heat(probes, racing.at(depth), width, config, control, until)
        over = late(control, until) or dived(runners[0], probes)
        if racing.free and width <= WIDEST_FREE and not over:
            runners += yield from _free_heat(depth, width, probes, config, control, until)
        for runner in runners:
            known = best.get(runner.candidate)
            if known is None or runner.loss < known.loss:
                best[runner.candidate] = runner
        if late(control, until) or any(dived(runner, probes) for runner in runners):
            return True
    return False


def _free_heat(
    depth: int, width: int, probes: ProbeSet, config: RecoverConfig, control: Control, until: float
) -> Generator[Event, None, list[Runner]]:
    """elu of an alpha that its students learn; none where it is late."""
    hidden = (width,) * depth
    learning = learn_alpha(probes, hidden, STUDENTS, config.seed, control, until)
    at = (0, float("inf"))
    while True:
        try:
            at = next(learning)
        except StopIteration as end:
            ensemble = end.value
            break
        yield CandidateProgress(STAGE, FREE_ELU, depth, width, *at, False)
    yield CandidateProgress(STAGE, FREE_ELU, depth, width, *at, True)
    if ensemble is None:
        return []
    return [Runner(Candidate(ensemble.shape.activation, depth), ensemble)]


def _level(runners: list[Runner]) -> bool:
    """Do the best activations end together? Then noise stops them, and others would end there."""
    losses = sorted(runner.loss for runner in runners)
    return len(losses) >= LEVEL_OF and losses[LEVEL_OF - 1] <= LEVEL * losses[0]


def answers(source: Source, width: int, depth: int) -> ProbeSet:
    """As many as students of that size need, where they can be asked for."""
    if isinstance(source, ProbeSet):
        return source
    first = source(source.first)
    sizes = (first.inputs.shape[1], *(width,) * depth, first.y.shape[1])
    return source(max(source.first, questions_for(Architecture(sizes, "relu"))))


def run(
    source: Source,
    field: Field,
    config: RecoverConfig,
    control: Control,
    done: Done = chain.unheeded,
) -> Generator[Event, None, Recovery]:
    """Recover a network of which neither activation nor depth need be known; as ``chain.run``.

    field : the candidates, whose activation and depth replace those of ``config``. The report says
    in ``candidates`` who raced and how that ended.

    >>> from ec_core.events import drain
    >>> from ec_core.probing.asking import probe
    >>> import numpy as np
    >>> probes = probe(lambda x: np.tanh(x @ [[1.0], [2.0]]), count=200, inputs=2)
    >>> field = Field(("relu", "tanh"), (1,))
    >>> found = drain(run(probes, field, RecoverConfig("tanh", students=3), Control()))
    >>> found.report["activation"], found.certificate.verified
    ('tanh', True)
    """
    if field.only is not None:
        return (yield from chain.run(source, _told(config, field.only), control, done=done))
    if field.curve:
        return (yield from curves.run(source, field.depths, config, control, done=done))
    began = time.monotonic()
    runners = yield from race(source, field, config, control)
    verdicts: dict[Candidate, str] = {}
    best: Recovery | None = None
    queue = promising(runners, field)
    while queue:
        candidate = queue.pop(0)
        if best is not None and (
            control.over
            or not worth_another(best.certificate.status, len(best.network.sizes) - 2, candidate)
        ):
            continue
        yield Note(STAGE, f"{candidate.words} is ahead; it is recovered now.")
        yield CandidateTried(STAGE, candidate.activation, candidate.hidden_layers)
        parts: list[Part] = []
        keep = done if best is None else parts.append
        recovery = yield from chain.run(source, _told(config, candidate), control, done=keep)
        status = recovery.certificate.status
        named = replace(candidate, activation=recovery.network.activation)
        if any(runner.candidate == named for runner in runners):
            # leaky_relu whose slope is zero is relu, which raced as well
            verdicts[candidate] = SAME
            candidate = named
        verdicts[candidate] = status
        yield CandidateTried(STAGE, candidate.activation, candidate.hidden_layers, status)
        if not recovery.reconstruction.own_slope:
            queue = with_slope(candidate, recovery.reconstruction) + queue
        if best is None or chain.worth(recovery) > chain.worth(best):
            for part in parts:
                done(part)
            best = recovery
        if not queue and _goes_on(field, runners, best, control):
            more = yield from race(source, field.second, config, control)
            queue = [runner.candidate for runner in more if runner.loss <= DIVED][:TRIED]
            runners = sorted([*runners, *more], key=lambda runner: runner.loss)
    assert best is not None
    learnt: Learnt | None = None
    if _unlisted(field, best, control):
        best, learnt = yield from curves.instead_of(
            best, source, field.depths, config, control, done
        )
    candidates = _candidates(best, runners, verdicts) + _curve(learnt)
    seconds = time.monotonic() - began
    facts = {**asking_facts(source), "candidates": candidates, "seconds": seconds}
    return replace(best, report={**best.report, **facts})


def with_slope(candidate: Candidate, reconstruction: Reconstruction) -> list[Candidate]:
    """relu that turned out to be leaky_relu, of a slope that is known now."""
    slope = reconstruction.slope
    if slope is None:
        return []
    return [replace(candidate, activation=numbered("leaky_relu", slope))]


def _goes_on(field: Field, runners: list[Runner], best: Recovery, control: Control) -> bool:
    """Do the later candidates race after all, since those that dived are not verified?"""
    raced = {runner.candidate.activation for runner in runners}
    verified = best.certificate.status in ("exact", "verified", "estimate")
    return not (verified or control.over or set(field.later) <= raced)


def _unlisted(field: Field, best: Recovery, control: Control) -> bool:
    """Is the activation none that raced, and are the answers precise enough to learn it?"""
    precise = best.certificate.status == "failed" and best.probes.precision <= curves.PRECISE
    return bool(field.later) and precise and not control.over


def _curve(learnt: Learnt | None) -> list[dict[str, object]]:
    """The learnt activation among the candidates."""
    if learnt is None:
        return []
    return [
        {
            "activation": FREE,
            "hidden_layers": len(learnt.begun),
            "loss": learnt.found.loss,
            "verdict": learnt.judged.certificate.status,
        }
    ]


def _told(config: RecoverConfig, candidate: Candidate) -> RecoverConfig:
    return replace(config, activation=candidate.activation, hidden_layers=candidate.hidden_layers)


def _candidates(
    recovery: Recovery, runners: list[Runner], verdicts: dict[Candidate, str]
) -> list[dict[str, object]]:
    """Who raced, best first, each with its verdict; as plain data."""
    found = Candidate(recovery.network.activation, len(recovery.network.sizes) - 2)

    return [
        {
            "activation": runner.candidate.activation,
            "hidden_layers": runner.candidate.hidden_layers,
            "loss": runner.loss,
            "verdict": verdicts.get(
                runner.candidate, unrecovered(runner.candidate, runner.loss, found)
            ),
        }
        for runner in runners
    ]
