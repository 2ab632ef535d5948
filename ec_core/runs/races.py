"""The race of candidates in a run: watched while it lasts, kept with the run as plain data."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from ec_core.candidates import Candidate, unrecovered
from ec_core.control import Control
from ec_core.curves.search import FREE
from ec_core.events import CandidateProgress, CandidateTried, Event, RaceEnded

Result = TypeVar("Result")

PART = "race"
"""The part of a run that holds it."""


@dataclass(frozen=True)
class Curve:
    """The losses of a candidate's best student, iteration by iteration; None is no number."""

    activation: str
    at: tuple[int, ...]
    losses: tuple[float | None, ...]


@dataclass(frozen=True)
class Heat:
    """Candidates of one depth whose students have so many neurons in each hidden layer."""

    hidden_layers: int
    width: int
    curves: tuple[Curve, ...]

    @property
    def learnt(self) -> bool:
        """Is it no heat of candidates, but the one line of an activation that is learnt?"""
        return any(curve.activation == FREE for curve in self.curves)


@dataclass(frozen=True)
class Standing:
    """A candidate and its best loss in any heat; verdict: "" where it was not recovered."""

    activation: str
    hidden_layers: int
    loss: float | None
    verdict: str = ""

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.activation, self.hidden_layers)

    @property
    def number(self) -> float:
        """The loss, infinite where it is no number."""
        return math.inf if self.loss is None else self.loss


@dataclass(frozen=True)
class Race:
    """heats : in the order they were run; over : nobody races at this moment
    candidates : best first, () while the first of them race
    ahead : those worth recovering, in this order; taken : the one that is, None before
    """

    heats: tuple[Heat, ...] = ()
    candidates: tuple[Standing, ...] = ()
    ahead: tuple[Candidate, ...] = ()
    taken: Candidate | None = None
    over: bool = False

    @property
    def learning(self) -> bool:
        """Is the race behind, or was there none, and the activation itself is learnt?"""
        return bool(self.heats) and self.heats[-1].learnt

    def joined(self, candidates: list[Standing], ahead: list[Candidate]) -> Race:
        """The same with others that have raced after those."""
        new = {one.candidate for one in candidates}
        known = [one for one in self.candidates if one.candidate not in new]
        everyone = sorted([*known, *candidates], key=lambda one: one.number)
        order = dict.fromkeys([*self.ahead, *ahead])
        return replace(self, candidates=tuple(everyone), ahead=tuple(order), over=True)

    def of(self, candidate: Candidate) -> Standing | None:
        """How a candidate stands, None where it did not race."""
        return next((one for one in self.candidates if one.candidate == candidate), None)

    def judged(self, candidate: Candidate, verdict: str) -> Race:
        """The same, with the verdict on what a candidate led to."""
        told = tuple(
            replace(one, verdict=verdict) if one.candidate == candidate else one
            for one in self.candidates
        )
        return replace(self, candidates=told)

    def told(self, found: Candidate) -> list[dict[str, Any]]:
        """Who raced, best first, each with its verdict, as the report has it."""
        return [
            {
                "activation": one.activation,
                "hidden_layers": one.hidden_layers,
                "loss": one.number,
                "verdict": one.verdict or unrecovered(one.candidate, one.number, found),
            }
            for one in self.candidates
        ]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def from_json(facts: dict[str, Any]) -> Race:
    """The inverse of ``as_json``."""
    heats = tuple(
        Heat(
            heat["hidden_layers"],
            heat["width"],
            tuple(
                Curve(one["activation"], tuple(one["at"]), tuple(one["losses"]))
                for one in heat["curves"]
            ),
        )
        for heat in facts["heats"]
    )
    taken = facts["taken"]
    return Race(
        heats,
        tuple(Standing(**one) for one in facts["candidates"]),
        tuple(Candidate(**one) for one in facts["ahead"]),
        None if taken is None else Candidate(**taken),
        facts["over"],
    )


_Curves = dict[str, tuple[list[int], list[float | None]]]


@dataclass
class _Book:
    """The mutable middle of ``seen``: curves by heat, in the order of appearance.

    Those that race later have heats of their own, of the same depths and widths.
    """

    heats: list[tuple[tuple[int, int], _Curves]] = field(default_factory=list)

    def add(self, event: CandidateProgress) -> None:
        key = (event.hidden_layers, event.width)
        learnt = event.activation == FREE
        same = bool(self.heats) and self.heats[-1][0] == key
        if not same or (FREE in self.heats[-1][1]) != learnt or (learnt and event.iteration == 1):
            self.heats.append((key, {}))
        at, losses = self.heats[-1][1].setdefault(event.activation, ([], []))
        loss = _number(event.loss)
        # the end of a round is told beside its last iteration
        if at and at[-1] == event.iteration:
            losses[-1] = loss
        else:
            at.append(event.iteration)
            losses.append(loss)


def _number(loss: float) -> float | None:
    return loss if math.isfinite(loss) else None


def seen(events: Iterable[Event]) -> Race:
    """The race as far as these events tell of it.

    >>> told = [CandidateProgress("race", "tanh", 1, 8, i, 10.0**-i) for i in (1, 2)]
    >>> seen(told).heats[0].curves[0].losses
    (0.1, 0.01)
    """
    book, race = _Book(), Race()
    for event in events:
        if isinstance(event, CandidateProgress):
            book.add(event)
            # a curve is learnt when the race is over
            race = race if event.activation == FREE else replace(race, over=False)
        elif isinstance(event, RaceEnded):
            race = race.joined(
                [Standing(name, layers, _number(loss)) for name, layers, loss in event.candidates],
                [Candidate(name, layers) for name, layers in event.ahead],
            )
        elif isinstance(event, CandidateTried):
            candidate = Candidate(event.activation, event.hidden_layers)
            if event.verdict:
                race = race.judged(candidate, event.verdict)
            else:
                race = replace(race, taken=candidate)
    heats = tuple(
        Heat(
            *key,
            tuple(Curve(name, tuple(at), tuple(losses)) for name, (at, losses) in curves.items()),
        )
        for key, curves in book.heats
    )
    return replace(race, heats=heats)


class Keeper:
    """Takes a race's events, and keeps what they tell with the run.

    keep : called with the race when it has ended, and whenever a candidate is tried or judged
    """

    def __init__(self, keep: Callable[[Race], None]) -> None:
        self._events: list[Event] = []
        self._keep = keep
        self.race = Race()

    def __call__(self, event: Event) -> None:
        if isinstance(event, CandidateProgress | RaceEnded | CandidateTried):
            self._events.append(event)
        if isinstance(event, RaceEnded | CandidateTried):
            self.race = seen(self._events)
            self._keep(self.race)


def unless_stopped(
    work: Generator[Event, None, Result], keeper: Keeper, control: Control
) -> Generator[Event, None, Result | None]:
    """Pass events on, each to the keeper too; None where a person stopped the race."""
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        keeper(event)
        yield event
        if isinstance(event, RaceEnded) and control.stopped:
            work.close()
            return None


def besides(events: Sequence[Event]) -> tuple[Event, ...]:
    """What was told besides the race, which is kept by itself."""
    apart = (CandidateProgress, RaceEnded, CandidateTried)
    return tuple(event for event in events if not isinstance(event, apart))
