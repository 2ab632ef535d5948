"""The routes of the host's page: looking, and what a host can do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from hosting import door, page

if TYPE_CHECKING:
    from ec_core.jobs import JobBoard

PATH = "/host"

NOT_NOW = (
    "Whoever runs this server takes no new work in at the moment; what was begun goes on. Try "
    "again later."
)

_SLOW = 0.5
"""Seconds that a wrong token costs, so that few can be tried."""

_ASSETS = Path(__file__).resolve().parents[1] / "assets" / "host"
_NOT_KEPT = {"cache-control": "no-store"}

_log = logging.getLogger(__name__)


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, headers=_NOT_KEPT)


def _back(request: Request) -> Response:
    # relative: the server may stand behind an address of its own
    return RedirectResponse("../host", 303, headers=_NOT_KEPT)


def _form(text: bytes) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(text.decode("utf-8", "replace"), max_num_fields=8))


class _Page:
    """board : the work of this process, None while it is being loaded"""

    def __init__(self, board: Callable[[], JobBoard | None]) -> None:
        self._board = board

    async def look(self, request: Request) -> Response:
        if not door.is_host(request):
            return _html(page.door())
        return await run_in_threadpool(self._drawn, page.whole)

    async def now(self, request: Request) -> Response:
        if not door.is_host(request):
            return _html("", 401)
        return await run_in_threadpool(self._drawn, page.content)

    def _drawn(self, draw: Callable[..., str]) -> Response:
        from hosting.standing import standing

        board = self._board()
        return _html(page.loading() if board is None else draw(standing(board)))

    async def enter(self, request: Request) -> Response:
        told = _form(await _body(request)) if door.from_our_page(request) else {}
        if not door.knows(told.get("token", "")):
            _log.warning("A wrong token was told to the host's page")
            await asyncio.sleep(_SLOW)
            return _html(page.door(wrong=True), 403)
        return door.let_in(request, _back(request))

    async def leave(self, request: Request) -> Response:
        return door.show_out(_back(request))

    async def act(self, request: Request) -> Response:
        """Stop a job, take nothing in or jobs again, clear the line."""
        if not door.is_host(request) or not door.from_our_page(request):
            return _html(page.door(), 403)
        told, what = _form(await _body(request)), request.url.path.rpartition("/")[2]
        board = self._board()
        if board is not None:
            await run_in_threadpool(_done, board, what, told)
        return _back(request)


async def _body(request: Request) -> bytes:
    """A form as it was sent; of more than a form can have, nothing."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > 4096:
            return b""
    return body


def _done(board: JobBoard, what: str, told: dict[str, str]) -> None:
    if what == "take":
        board.take(NOT_NOW if told.get("what") == "pause" else None)
        _log.info("The host takes %s in", "nothing" if told.get("what") == "pause" else "jobs")
    elif what == "stop":
        job = board.get(told.get("job", ""))
        if job is not None:
            _log.info("The host stops a job", extra={"job": job.id, "run": job.run})
            job.stop()
    else:
        waiting = [job for job in board.jobs() if job.state == "queued"]
        _log.info("The host clears the line of %d jobs", len(waiting))
        for job in reversed(waiting):
            job.stop()


def _file(name: str, kind: str) -> Route:
    def give(request: Request) -> Response:
        return FileResponse(_ASSETS / name, media_type=kind)

    return Route(f"{PATH}/{name}", give)


def routes(board: Callable[[], JobBoard | None]) -> list[BaseRoute]:
    """board : the work of this process, None while it is being loaded"""
    drawn = _Page(board)
    acts = ("stop", "take", "clear")
    return [
        Route(PATH, drawn.look),
        Route(f"{PATH}/now", drawn.now),
        Route(f"{PATH}/enter", drawn.enter, methods=["POST"]),
        Route(f"{PATH}/leave", drawn.leave, methods=["POST"]),
        *(Route(f"{PATH}/{name}", drawn.act, methods=["POST"]) for name in acts),
        _file("host.css", "text/css"),
        _file("host.js", "text/javascript"),
    ]
