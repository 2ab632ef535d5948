"""What stands between the network and the app: who comes, and what a browser is told of the page.

Knows neither pages nor engine, so that a server answers before those are loaded.
"""

from __future__ import annotations

from starlette.middleware import Middleware

from serving.headers import SecurityHeaders
from serving.origins import SameOrigin
from serving.visitors import VisitorCookie, check_setting

__all__ = ["middleware"]


def middleware() -> list[Middleware]:
    """For ``st.App``. Raises SystemExit, with a sentence, for a setting that cannot be meant."""
    check_setting()
    return [Middleware(SecurityHeaders), Middleware(SameOrigin), Middleware(VisitorCookie)]
