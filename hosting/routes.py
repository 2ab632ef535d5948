"""What the server answers besides the app: only what its host has asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from hosting import door, host, metrics

if TYPE_CHECKING:
    from ec_core.jobs import JobBoard


def routes(board: Callable[[], JobBoard | None]) -> list[BaseRoute]:
    """For ``st.App``. board : the work of this process, None while it is being loaded"""
    found: list[BaseRoute] = []
    if metrics.wanted():
        found.append(metrics.route(board))
    if door.wanted():
        found += host.routes(board)
    return found
