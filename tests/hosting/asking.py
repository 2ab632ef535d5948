"""Asks the host's routes as a browser or a scraper would, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.applications import Starlette


class Client:
    """Of one address, with its cookies."""

    def __init__(self, app: Starlette, host: str = "127.0.0.1") -> None:
        self.app, self.host, self.cookies = app, host, httpx.Cookies()

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        """One request and its answer; redirects are not followed."""

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(self.host, 5000))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost:8501", cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **how)
                self.cookies = client.cookies
                return answer

        return asyncio.run(asked())

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.ask("GET", path, headers=dict(headers or {}))

    def post(
        self, path: str, data: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """A form that is sent from a page of ours, unless ``headers`` say otherwise."""
        usual = {"origin": "http://localhost:8501"}
        return self.ask("POST", path, data=dict(data), headers={**usual, **(headers or {})})
