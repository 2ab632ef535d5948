"""One heat of a race: candidates of one depth learn side by side, students of one width each."""

from __future__ import annotations

from collections.abc import Generator
from itertools import count

from ec_core.candidates import DIVED, Candidate, Runner, best_loss
from ec_core.config import RecoverConfig
from ec_core.control import Control
from ec_core.events import CandidateProgress, Event, TrainingProgress
from ec_core.expand.config import ExpandConfig
from ec_core.expand.students import StudentEnsemble
from ec_core.expand.trainer import expand
from ec_core.probing.probes import NOISE_ROOM, ProbeSet

STAGE = "race"

STUDENTS = 4
"""Of each candidate; one of them has to dive."""

ROUNDS = (6, 6, 12, 24)
"""Iterations between two cuts of the field. Thirteen teachers of 5-5-2, students of width 15: the
right one is among the first four after six iterations, and first after thirteen (relu second,
behind leaky_relu, which writes it too)."""

DEEP_ROUNDS = (12, 12, 24)
"""With more hidden layers the right one may be behind for longer. Of 5-4-3-2 g (seed 1), students
of width 16, it is tenth of thirteen after six iterations, second after twelve, and dives at 32."""

FALLS = 10.0
"""After the last round another follows while the best loss falls by such a factor in it: silu (seed
1) was at 1e-6 after 24 iterations, 3e-10 after 48, and dived at 58."""


GRACE = 3
"""Once a candidate is at the floor of rounding, the others have so many iterations more: an equal
writing of it gets there as well, and all others are decades behind."""


def dived(runner: Runner, probes: ProbeSet) -> bool:
    """Is this no imitation, but the network itself?"""
    return runner.loss <= max(DIVED, NOISE_ROOM * probes.floor)


def heat(
    probes: ProbeSet,
    candidates: list[Candidate],
    width: int,
    config: RecoverConfig,
    control: Control,
    until: float = 0.0,
) -> Generator[Event, None, list[Runner]]:
    """Candidates at one width, the better half of them going on after each round; best first.

    They learn side by side, an iteration of each in turn: so the race can be watched, and time that
    runs out finds them level. Ends when one has dived, or where no more than ``until`` seconds are
    left.
    """
    racing: dict[Candidate, Runner] = {}
    behind: list[Runner] = []
    going = candidates
    rounds = ROUNDS if candidates[0].hidden_layers == 1 else DEEP_ROUNDS
    for number in count(1):
        iterations = rounds[min(number, len(rounds)) - 1]
        best = min((runner.loss for runner in racing.values()), default=float("inf"))
        # of their own, since nobody stops a single student here, and all of them when it is late
        steered: list[Control] = []
        legs = []
        for candidate in going:
            how = _students(candidate, width, iterations, config)
            known = racing.get(candidate)
            before = None if known is None else known.ensemble
            # who ends sooner must not decide under which number another is kept
            steered.append(Control(marks=control.marks.apart()))
            training = expand(probes, candidate.activation, how, steered[-1], before)
            legs.append(_leg(candidate, width, training))
            if late(control, until):
                break
        ended = yield from _side_by_side(legs, probes.floor, control, steered, until)
        racing |= {runner.candidate: runner for runner in ended}
        order = sorted(racing.values(), key=lambda runner: runner.loss)
        if late(control, until) or dived(order[0], probes):
            return order + behind
        keep = max(2, -(-len(order) // 2))
        behind = order[keep:] + behind
        racing = {runner.candidate: runner for runner in order[:keep]}
        going = list(racing)
        if number >= len(rounds) and not order[0].loss <= best / FALLS:
            break
    return list(racing.values()) + behind


Leg = Generator[CandidateProgress, None, Runner]
"""A candidate's students in one round; of so many only how their candidate stands is reported."""


def _leg(
    candidate: Candidate, width: int, training: Generator[Event, None, StudentEnsemble]
) -> Leg:
    def progress(iteration: int, loss: float, done: bool = False) -> CandidateProgress:
        activation, layers = candidate.activation, candidate.hidden_layers
        return CandidateProgress(STAGE, activation, layers, width, iteration, loss, done)

    while True:
        try:
            event = next(training)
        except StopIteration as end:
            runner = Runner(candidate, end.value)
            break
        if isinstance(event, TrainingProgress):
            yield progress(event.iteration, best_loss(event.losses))
    yield progress(len(runner.ensemble.history), runner.loss, done=True)
    return runner


def _side_by_side(
    legs: list[Leg], floor: float, control: Control, steered: list[Control], until: float
) -> Generator[Event, None, list[Runner]]:
    """One event of each in turn, until all have ended, or one has been at the floor for a while."""
    ended: list[Runner] = []
    least, turns = float("inf"), 0
    while legs:
        going = []
        turns += least <= floor
        for leg in legs:
            control.take_requests()
            if turns > GRACE or late(control, until):
                for each in steered:
                    each.stop()
            try:
                event = next(leg)
            except StopIteration as end:
                ended.append(end.value)
            else:
                going.append(leg)
                least = min(least, event.loss)
                yield event
        legs = going
    return ended


def late(control: Control, until: float) -> bool:
    """Is it over, or are no more than so many seconds left?"""
    return control.over or control.remaining() < until


def _students(
    candidate: Candidate, width: int, iterations: int, config: RecoverConfig
) -> ExpandConfig:
    return ExpandConfig(
        students=STUDENTS,
        width=width,
        iterations=iterations,
        restarts=0,
        seed=config.seed,
        device=config.device,
        hidden_layers=candidate.hidden_layers,
        precision=config.precision,
    )
