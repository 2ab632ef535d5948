"""Who asks: the program itself, or one of several people who use one server.

What a run's owner alone may do is refused where it would be done (``owners``), so that it does not
matter which button, callback, message or address it came by. For that, the framework that draws the
pages is asked who is behind the thread that something happens in: it knows that in every one of its
callbacks, and a value that is handed along would be forgotten in one of them. Threads in which
nobody is (background work, the command line, tests) are the program's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from ec_core.errors import NotYoursError


@dataclass(frozen=True)
class Visitor:
    """key : by which runs are known to be theirs, None of one who cannot be known again
    name : of a person who signed in; everything : may do all there is to do
    """

    key: str | None = None
    name: str = ""
    everything: bool = False


PROGRAM = Visitor(everything=True)
"""The program itself, and the one person that a server was started for."""

STRANGER = Visitor()
"""Whose browser sends no cookie."""

NO_COOKIE = (
    "This browser sends no cookie to this page, so that no run could be known to be yours; allow "
    "cookies for it, or open it in a window of its own."
)


class _Door:
    """Whom this process asks who is behind a thread."""

    who: Callable[[], Visitor] = staticmethod(lambda: PROGRAM)


def told_by(who: Callable[[], Visitor]) -> None:
    """From now on ``who`` says, in the thread it is called in, who asks. Once in a process."""
    _Door.who = staticmethod(who)


def asking() -> Visitor:
    """Who asks for what happens in this thread.

    >>> asking().everything
    True
    """
    return _Door.who()


def of_browser(secret: str) -> Visitor:
    """The visitor whose browser has this secret; of it no more than a hash is ever kept.

    >>> of_browser("a").key == of_browser("b").key
    False
    """
    return Visitor(_hash("browser", secret))


def of_person(issuer: str, subject: str, name: str = "") -> Visitor:
    """The person whom an identity provider (``issuer``) knows as ``subject``."""
    return Visitor(_hash("person", issuer, subject), name)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def known() -> Visitor:
    """Who asks, if runs can be theirs. Raises NotYoursError of a stranger."""
    visitor = asking()
    if visitor.key is None and not visitor.everything:
        raise NotYoursError(NO_COOKIE)
    return visitor


_SIGNED = re.compile(r"(.*) by ([0-9a-f]{64})", re.DOTALL)


def signed(name: str) -> str:
    """The name of a job that is no run's, with whose it is."""
    key = asking().key
    return name if key is None else f"{name} by {key}"


def unsigned(name: str) -> tuple[str, str | None]:
    """A name and whose it is, None where nobody asked that.

    >>> unsigned("address x")
    ('address x', None)
    """
    found = _SIGNED.fullmatch(name)
    return (found[1], found[2]) if found else (name, None)
