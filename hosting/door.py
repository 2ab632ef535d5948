"""The host's door: EC_HOST_TOKEN opens the host's page, and without it there is none.

Whoever has told the token gets a cookie that is good for some hours, in this life of the process;
no other site's page can use it, and no script can read it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time

from starlette.requests import Request
from starlette.responses import Response

from hosting.metrics import same
from serving.origins import same as same_place

TOKEN = "EC_HOST_TOKEN"
LEAST = 16
"""Letters of a token: one that could be tried out is none."""

COOKIE = "ec_host"
_HOURS = 12
_THIS_LIFE = secrets.token_bytes(32)


def wanted() -> bool:
    """Is there a host's page?"""
    return bool(os.environ.get(TOKEN))


def check() -> None:
    """Raises SystemExit for a token that could be guessed."""
    token = os.environ.get(TOKEN, "")
    if token and len(token) < LEAST:
        raise SystemExit(
            f"{TOKEN} has {len(token)} letters; expected {LEAST} or more, such as those of "
            'python -c "import secrets; print(secrets.token_urlsafe())".'
        )


def _seal(until: int) -> str:
    key = _THIS_LIFE + os.environ[TOKEN].encode()
    return f"{until}.{hmac.new(key, f'host {until}'.encode(), hashlib.sha256).hexdigest()}"


def knows(token: str) -> bool:
    """Is that the token?"""
    return same(token, os.environ[TOKEN])


def is_host(request: Request) -> bool:
    """Does whoever asks have the cookie, and has it not run out?"""
    given = request.cookies.get(COOKIE, "")
    until = given.partition(".")[0]
    if not until.isascii() or not until.isdigit() or len(until) > 12:
        return False
    return same(given, _seal(int(until))) and int(until) > time.time()


def from_our_page(request: Request) -> bool:
    """Does a form come from a page of this server?"""
    return same_place(request.headers.get("origin", ""), request.headers.get("host", ""))


def let_in(request: Request, answer: Response) -> Response:
    """The answer, with the cookie."""
    secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
    answer.set_cookie(
        COOKIE,
        _seal(int(time.time()) + 3600 * _HOURS),
        max_age=3600 * _HOURS,
        path="/host",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def show_out(answer: Response) -> Response:
    """The answer, without the cookie."""
    answer.delete_cookie(COOKIE, path="/host")
    return answer
