"""The token: taken from the environment for each request, and shown nowhere.

Servers quote what they were sent, and errors quote servers. Whatever of others' text is said on
goes through ``hidden``.
"""

from __future__ import annotations

import os
import re

from ec_core.errors import InputError

TOKEN = "EC_TOKEN"
"""The environment variable that holds a bearer token. It is read for each request and kept
nowhere."""

QUOTED = 200
"""Signs of a text of others that are quoted."""

_SENDABLE = re.compile(r"[\x21-\x7e]+")
"""What a header can hold without changing it; a blank would be two words."""


def token() -> str | None:
    """The token, None where there is none. Raises InputError for one that cannot be sent.

    It is looked at here: the library that sends it would quote it in its error.
    """
    text = os.environ.get(TOKEN, "").strip()
    if text and not _SENDABLE.fullmatch(text):
        raise InputError(f"{TOKEN} holds signs that no token has, such as a line's end; check it.")
    return text or None


def hidden(text: str, most: int = QUOTED) -> str:
    """A text of others, short, on one line, and without the token should it be in there.

    The token goes before anything is cut off, or half of it could stay.

    >>> hidden("no   such model  "), hidden("abcdef", most=3)
    ('no such model', 'abc…')
    """
    secret = os.environ.get(TOKEN, "").strip()
    if secret:
        text = text.replace(secret, "…")
    words = " ".join(text.split())
    words = "".join(sign for sign in words if sign.isprintable())
    return words if len(words) <= most else words[:most] + "…"
