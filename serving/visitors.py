"""A browser's secret, by which its runs are its own, and whether there is more than one visitor.

The secret is a cookie that no script can read. The server keeps none of them: where a run's owner
is stored, it is a hash (``pages.shell.visitor``).
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

COOKIE = "ec_visitor"
_BYTES = 32
"""Random bytes of a secret: 256 bits, as 43 letters."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS = 400 * 24 * 3600
"""How long a browser keeps it after the last visit; no longer is allowed by browsers."""

ONE, MANY, AUTO = "one", "many", "auto"
SETTING = "EC_VISITORS"

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def _setting() -> str:
    return (os.environ.get(SETTING) or AUTO).strip().lower()


def check_setting() -> None:
    """Raises SystemExit where EC_VISITORS is none of its values."""
    if _setting() not in (ONE, MANY, AUTO):
        raise SystemExit(f"{SETTING} is {_setting()!r}; expected {ONE}, {MANY} or {AUTO}.")


def loopback(host: str) -> bool:
    """Does a host's name or number, with a port or without, mean this machine itself?

    >>> [loopback(host) for host in ("localhost:8501", "127.0.0.1", "[::1]:80", "::1")]
    [True, True, True, True]
    >>> [loopback(host) for host in ("", "0.0.0.0", "192.168.1.5:8501", "localhost.example")]
    [False, False, False, False]
    """
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def many(headers: Mapping[str, str]) -> bool:
    """May others than the one person at this machine come, or has this request come from them?

    As EC_VISITORS says. By itself a server that listens on this machine alone has one visitor, as
    long as a request names this machine and was passed on by nobody: behind a proxy there are many.
    """
    setting = _setting()
    if setting in (ONE, MANY):
        return setting == MANY
    if not loopback(str(config.get_option("server.address") or "")):
        return True
    told = {name.lower(): value for name, value in headers.items()}
    return passed_on(told) or not loopback(told.get("host", "localhost"))


def passed_on(headers: Mapping[str, str]) -> bool:
    """Does a request say that a proxy passed it on? headers : by names in small letters"""
    return any(name in headers for name in _FORWARDED)


def is_secret(value: object) -> bool:
    """Is it of the form in which they are given out?"""
    return isinstance(value, str) and _SECRET.fullmatch(value) is not None


def _sent(headers: Headers) -> str | None:
    """The secret that a request brings."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie is not None and is_secret(cookie.value) else None


def _secure(scope: Scope, headers: Headers) -> bool:
    """Does the visitor come by https, at least as far as the proxy before us?"""
    return "https" in (scope["scheme"], headers.get("x-forwarded-proto", "").split(",")[0].strip())


def _wants_a_page(scope: Scope, headers: Headers) -> bool:
    # of the files of a page several are asked for at once: each would bring a secret of its own
    return scope["method"] == "GET" and "text/html" in headers.get("accept", "")


class VisitorCookie:
    """ASGI middleware: whoever opens a page without a secret is given one, others keep theirs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else None
        if headers is None or not _wants_a_page(scope, headers) or not many(headers):
            await self._app(scope, receive, send)
            return
        secret = _sent(headers) or secrets.token_urlsafe(_BYTES)
        attributes = [f"{COOKIE}={secret}", "Path=/", f"Max-Age={_SECONDS}", "HttpOnly"]
        attributes += ["SameSite=Lax", *(["Secure"] if _secure(scope, headers) else [])]

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", "; ".join(attributes))
            await send(message)

        await self._app(scope, receive, told)
