"""Figures for Prometheus at /metrics, off unless the host wants them.

EC_METRICS_TOKEN is what a scraper says (``Authorization: Bearer …``); EC_METRICS=loopback lets
programs of this machine ask without one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from serving.visitors import loopback, passed_on

if TYPE_CHECKING:
    from ec_core.jobs import JobBoard
    from hosting.standing import Standing

TOKEN, SETTING, LOOPBACK = "EC_METRICS_TOKEN", "EC_METRICS", "loopback"
PATH = "/metrics"


def wanted() -> bool:
    """Are there metrics at all?"""
    return bool(os.environ.get(TOKEN)) or os.environ.get(SETTING) == LOOPBACK


def same(given: str, token: str) -> bool:
    """Compared in a time that tells nothing of either.

    >>> same("a", "a"), same("a", "b")
    (True, False)
    """
    one, other = (hashlib.sha256(text.encode()).digest() for text in (given, token))
    return hmac.compare_digest(one, other)


def _allowed(request: Request) -> bool:
    token = os.environ.get(TOKEN)
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if token and given:
        return same(given, token)
    if os.environ.get(SETTING) != LOOPBACK or request.client is None:
        return False
    # a page in somebody's browser may name another host for this machine
    here = loopback(request.client.host) and loopback(request.headers.get("host", ""))
    return here and not passed_on(request.headers)


class _Collector:
    """Prometheus' own interface: families of figures, made when they are asked for."""

    def __init__(self, now: Standing) -> None:
        self.now = now

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        now = self.now

        def one(kind: Any, name: str, words: str, value: float | None) -> Any:
            family = kind(f"ec_{name}", words)
            if value is not None:
                family.add_metric([], value)
            return family

        jobs = GaugeMetricFamily("ec_jobs", "Jobs that have not ended.", labels=["state"])
        for state in ("queued", "running", "paused", "stopping"):
            jobs.add_metric([state], now.by_state.get(state, 0))
        yield jobs
        ended = CounterMetricFamily("ec_jobs_ended", "Jobs that ended.", labels=["state"])
        for state in ("finished", "stopped", "failed", "interrupted"):
            ended.add_metric([state], now.ended.get(state, 0))
        yield ended
        yield one(CounterMetricFamily, "waited_seconds", "Seconds that jobs waited.", now.waited)
        yield one(CounterMetricFamily, "computed_seconds", "Seconds computed.", now.worked)
        yield one(CounterMetricFamily, "page_runs", "Pages drawn.", now.pages)
        yield one(GaugeMetricFamily, "sessions", "Open pages.", now.sessions)
        yield one(GaugeMetricFamily, "people", "People of the last half hour.", now.people)
        yield one(GaugeMetricFamily, "taking_jobs", "1 where jobs are taken in.", now.taking)
        yield one(GaugeMetricFamily, "memory_bytes", "Of the server's process.", now.process_memory)
        yield one(GaugeMetricFamily, "runs", "Runs that are kept.", now.runs)
        yield one(GaugeMetricFamily, "runs_bytes", "What runs take of the disk.", now.runs_bytes)
        yield one(GaugeMetricFamily, "disk_free_bytes", "Room on the disk.", now.disk_free)
        for name, words in (("free", "Unused"), ("total", "All")):
            family = GaugeMetricFamily(
                f"ec_device_memory_{name}_bytes", f"{words} memory.", labels=["device"]
            )
            for device in now.devices:
                value = getattr(device, name)
                if value is not None:
                    family.add_metric([device.name], value)
            yield family


def text(now: Standing) -> bytes:
    """The figures as Prometheus reads them."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(_Collector(now))
    return generate_latest(registry)


def route(board: Callable[[], JobBoard | None]) -> Route:
    """The route. board : the work of this process, None while it is being loaded"""

    def answer() -> Response:
        from prometheus_client import CONTENT_TYPE_LATEST

        from hosting.standing import standing

        working = board()
        if working is None:
            return PlainTextResponse("The program is being loaded; ask again.", 503)
        return Response(text(standing(working)), media_type=CONTENT_TYPE_LATEST)

    async def metrics(request: Request) -> Response:
        if not _allowed(request):
            return PlainTextResponse(
                "Metrics are for whoever runs this server; send its token.", 401
            )
        return await run_in_threadpool(answer)

    return Route(PATH, metrics)
