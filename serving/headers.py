"""What browsers are told of every answer: where scripts may come from, who may show it in a frame.

EC_FRAME_ANCESTORS names sites (``https://lms.example``, spaces between) that may show the app
within a page of theirs, besides its own.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FRAMES = "EC_FRAME_ANCESTORS"
_SITE = re.compile(r"https?://[a-z0-9.*-]+(:\d+)?", re.IGNORECASE)
_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


@lru_cache
def _inline() -> tuple[str, ...]:
    """The hashes of the scripts that Streamlit's own page holds: those and no others may run."""
    page = Path(streamlit.__file__).with_name("static") / "index.html"
    text = page.read_bytes().replace(b"\r\n", b"\n") if page.is_file() else b""
    digests = (hashlib.sha256(script).digest() for script in _INLINE.findall(text))
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def frames() -> tuple[str, ...]:
    """The sites that may show the app in a frame; what is no site's address is left out."""
    return tuple(site for site in os.environ.get(FRAMES, "").split() if _SITE.fullmatch(site))


def policy(ancestors: tuple[str, ...] = ()) -> str:
    """The Content-Security-Policy.

    Streamlit writes styles into the page and makes a component's script an object of its own
    (blob:); of pictures it shows data too. Everything else has to come from this server.
    """
    script, shown_by = ("'self'", "blob:", *_inline()), ("'self'", *ancestors)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {' '.join(script)}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {' '.join(shown_by)}",
        )
    )


class SecurityHeaders:
    """ASGI middleware: adds them to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._told = {
            "content-security-policy": policy(frames()),
            "x-content-type-options": "nosniff",
            # a run's address is what opens it: it is told to nobody else
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._told.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, told if scope["type"] == "http" else send)
