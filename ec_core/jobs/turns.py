"""Whose turn is it at a device? People take turns, and short jobs do not wait for long ones.

Nobody can tell beforehand how long a job takes, so each begins with a turn of ``TURN`` seconds,
which is all that a small network needs. What is not done by then steps back: it waits for those who
have not had a turn yet, then goes on, one long job after the other (multi-level feedback queues:
Corbató et al. 1962, with two levels). The first job of everybody comes before the second of
anybody; of first turns, those of people whose last is longest ago.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

TURN = 10.0
"""Seconds that whoever gets the device has it for at least: the demo ends within them."""

STARVED = 60.0
"""Seconds of waiting after which a long job has a turn, whoever else has come."""


@dataclass(frozen=True)
class Claim:
    """A job that wants the device, as far as its turn depends on it.

    who : whose it is; arrival : ascending in the order in which jobs came
    worked : seconds for which it has had the device, in all
    waited : seconds since it had it last, or since it came
    served : ascending with the moment at which a job of that person last got the device
    """

    who: str
    arrival: int
    worked: float = 0.0
    waited: float = 0.0
    served: int = 0

    @property
    def long(self) -> bool:
        """Has it had its turn, and has to stand back for those who have not?"""
        return self.worked >= TURN and self.waited < STARVED


def in_turn(claims: Sequence[Claim]) -> list[int]:
    """Positions of the claims in the order in which they get the device.

    >>> a, b = "Ada", "Bob"
    >>> in_turn([Claim(a, 1, worked=20.0), Claim(a, 2), Claim(a, 3), Claim(b, 4)])
    [1, 3, 2, 0]
    """
    earlier: Counter[tuple[bool, str]] = Counter()
    keys = {}
    for at in sorted(range(len(claims)), key=lambda at: claims[at].arrival):
        one = claims[at]
        served = 0 if one.long else one.served
        keys[at] = (one.long, earlier[one.long, one.who], served, one.arrival)
        earlier[one.long, one.who] += 1
    return sorted(keys, key=lambda at: keys[at])


def gives_way(holder: Claim, turn: float, claims: Sequence[Claim]) -> bool:
    """Does whoever has the device step back for one of those who wait?

    turn : seconds for which it has had the device this time

    >>> gives_way(Claim("Ada", 1, worked=30.0), 30.0, [Claim("Bob", 2)])
    True
    >>> gives_way(Claim("Ada", 1, worked=30.0), 30.0, [Claim("Bob", 2, worked=10.0)])
    False
    """
    if turn < TURN or not claims:
        return False
    return in_turn([*claims, holder])[0] != len(claims)
