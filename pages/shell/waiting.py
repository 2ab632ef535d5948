"""What a person who waits in line is told: their place, and an honest word on how long."""

from __future__ import annotations

from ec_core.jobs import Waiting
from pages.shell import words


def sentence(ahead: tuple[Waiting, ...]) -> str:
    """What is ahead of a waiting job, in words.

    >>> sentence((Waiting("a", 10.0, 50.0), Waiting("b", 0.0, 150.0)))
    '2 jobs before yours, about 3 min'
    >>> sentence((Waiting("a", 700.0, 0.0),))
    '1 job before yours; it takes longer than foreseen, 11 min 40 s so far'
    >>> sentence((Waiting("a", 10.0, None), Waiting("b", 0.0, 150.0)))
    '2 jobs before yours, at least 2 min; of one of them nobody can tell'
    """
    jobs = f"{words.many(len(ahead), 'job')} before yours"
    if not ahead:
        return "about to start"
    late = [one for one in ahead if one.left == 0.0 and one.seconds]
    unknown = [one for one in ahead if one.left is None]
    left = sum(one.left or 0.0 for one in ahead)
    if late:
        which = "it" if len(ahead) == 1 else "the one at work"
        rest = f", about {words.about(left)} without it" if left else ""
        so_far = words.duration(late[0].seconds)
        return f"{jobs}{rest}; {which} takes longer than foreseen, {so_far} so far"
    if len(unknown) == len(ahead):
        return f"{jobs}; nobody can tell how long"
    if unknown:
        which = "one" if len(unknown) == 1 else str(len(unknown))
        return f"{jobs}, at least {words.about(left)}; of {which} of them nobody can tell"
    return f"{jobs}, about {words.about(left)}"
