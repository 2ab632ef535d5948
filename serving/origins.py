"""Another site's page does not speak for a visitor.

Streamlit checks the origin of a WebSocket by its host alone, and browsers send a host's cookies to
every port of it: a page of any other program on the same host could act as whoever visits it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

from serving.visitors import many


def same(origin: str, host: str, also: tuple[str, ...] = ()) -> bool:
    """Is a page's origin that of the host it speaks to, its port included, or one of those named?

    >>> same("https://app.example", "app.example"), same("http://app.example:8502", "app.example")
    (True, False)
    """
    return urlsplit(origin).netloc.lower() == host.lower() or origin.rstrip("/") in also


class SameOrigin:
    """ASGI middleware: where there are many visitors, a WebSocket is opened by our pages alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not _allowed(Headers(scope=scope)):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)


def _allowed(headers: Headers) -> bool:
    origin = headers.get("origin")
    # no browser leaves it out; and whoever runs the server may have switched the check off
    if origin is None or not config.get_option("server.enableCORS") or not many(headers):
        return True
    named = tuple(str(one).rstrip("/") for one in config.get_option("server.corsAllowedOrigins"))
    return same(origin, headers.get("host", ""), named)
