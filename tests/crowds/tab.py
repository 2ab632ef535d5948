"""A tab without a browser: it opens pages, clicks, is drawn again by itself as its page asks for,
and keeps what a browser keeps, so that the server has as much to do for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from serving.visitors import COOKIE

PATIENCE = 120.0
"""Seconds after which a page that has not come is lost."""

_KEPT = 2
"""Pages for which a browser keeps a large element that it need not be sent again."""


@dataclass
class Tab:
    """One window of somebody's. What it shows: ``buttons`` and ``components`` by their keys,
    ``data`` of components (JSON), ``links`` (addresses of runs), ``texts``; what went wrong:
    ``errors``.
    """

    port: int
    secret: str
    page: str = ""
    query: str = ""
    session: str = ""
    buttons: dict[str, str] = field(default_factory=dict)
    components: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    fragments: int = 0
    _socket: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None
    _again: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _kept: dict[str, tuple[int, ForwardMsg]] = field(default_factory=dict)
    _asked: int = 0
    _drawn: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> float:
        """Come to the page; seconds until all of it is there."""
        self._socket = await connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": f"{COOKIE}={self.secret}"},
            max_size=None,
            open_timeout=PATIENCE,
        )
        self._reader = asyncio.create_task(self._read())
        return await self.go(self.page, self.query)

    async def close(self) -> None:
        for task in (*self._again.values(), self._reader):
            if task is not None:
                task.cancel()
        self._again.clear()
        if self._socket is not None:
            await self._socket.close()

    async def go(self, page: str, query: str | None = None) -> float:
        """Another page of the app, in the same window."""
        self.page = page
        if query is not None:
            self.query = query
        return await self._ask(BackMsg())

    async def click(self, key: str) -> float:
        """A button by its key."""
        asked = BackMsg()
        asked.rerun_script.widget_states.widgets.add(id=self.buttons[key], trigger_value=True)
        return await self._ask(asked)

    async def say(self, key: str, value: Any) -> float:
        """What a component sends."""
        asked = BackMsg()
        asked.rerun_script.widget_states.widgets.add(
            id=self.components[key], json_value=json.dumps(value)
        )
        return await self._ask(asked)

    async def _ask(self, asked: BackMsg) -> float:
        self._quiet()
        self.buttons, self.components, self.links, self.texts = {}, {}, set(), []
        self._asked += 1
        self._kept = {n: one for n, one in self._kept.items() if one[0] >= self._asked - _KEPT}
        began = time.monotonic()
        self._drawn.clear()
        await self._send(asked)
        await asyncio.wait_for(self._drawn.wait(), PATIENCE)
        return time.monotonic() - began

    async def _send(self, asked: BackMsg) -> None:
        assert self._socket is not None
        asked.rerun_script.page_name, asked.rerun_script.query_string = self.page, self.query
        asked.rerun_script.cached_message_hashes.extend(self._kept)
        await self._socket.send(asked.SerializeToString())

    def _quiet(self) -> None:
        for task in self._again.values():
            task.cancel()
        self._again.clear()

    async def _read(self) -> None:
        assert self._socket is not None
        async for data in self._socket:
            message = ForwardMsg()
            message.ParseFromString(data if isinstance(data, bytes) else data.encode())
            self._take(message)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            message, kind = self._kept[message.ref_hash][1], "delta"
        if message.metadata.cacheable:
            self._kept[message.hash] = (self._asked, message)
        if kind == "delta":
            self._draw(message)
        elif kind == "script_finished":
            self._ended(message.script_finished)
        elif kind == "new_session":
            self.session = message.new_session.initialize.session_id or self.session
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            name = message.auto_rerun.fragment_id
            if name not in self._again:
                waits = self._draw_again(name, message.auto_rerun.interval)
                self._again[name] = asyncio.create_task(waits)
        elif kind == "stop_auto_rerun":
            for name in set(message.stop_auto_rerun.fragment_ids) & set(self._again):
                self._again.pop(name).cancel()
        elif kind == "page_not_found":
            self.errors.append(f"no page {message.page_not_found.page_name!r}")

    def _ended(self, how: int) -> None:
        if how == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            self.fragments += 1
        elif how == ForwardMsg.FINISHED_SUCCESSFULLY:
            self._drawn.set()
        elif how == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.errors.append("a page cannot be compiled")
            self._drawn.set()

    async def _draw_again(self, fragment: str, every: float) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(every)
                asked = BackMsg()
                asked.rerun_script.fragment_id = fragment
                asked.rerun_script.is_auto_rerun = True
                await self._send(asked)

    def _draw(self, message: ForwardMsg) -> None:
        if message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "button":
            self.buttons[_key(element.button.id)] = element.button.id
        elif kind == "bidi_component":
            key = _key(element.bidi_component.id)
            self.components[key] = element.bidi_component.id
            if element.bidi_component.WhichOneof("data") == "json":
                self.data[key] = element.bidi_component.json
        elif kind == "page_link":
            self.links.add(element.page_link.query_string)
        elif kind == "html":
            self.texts.append(element.html.body)
        elif kind == "markdown":
            self.texts.append(element.markdown.body)
        elif kind == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            self.errors.append(element.alert.body)
        elif kind == "toast":
            self.errors.append(element.toast.body)


def _key(name: str) -> str:
    """The key that a widget was given, from Streamlit's name of it.

    >>> _key("$$ID-0a1b2c-run_demo")
    'run_demo'
    """
    return name.split("-", 2)[-1]
