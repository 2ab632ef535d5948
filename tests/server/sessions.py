"""Sessions without a browser: what a tab sends when it is opened, and what it is answered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.PageConfig_pb2 import PageConfig
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

_HEADING = re.compile(r"<h1>(.*?)</h1>")


@dataclass
class Visit:
    """What a page answered: its headings, Streamlit's own errors, and ours; ``lost``: that there is
    no such page.
    """

    page: str
    exceptions: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    wide: bool = False
    finished: bool = False
    lost: bool = False

    def take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "script_finished":
            # a page that is drawn again at once ends an earlier drawing with another word
            self.finished = message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        elif kind == "page_not_found":
            self.lost = True
        elif kind == "page_config_changed":
            self.wide = message.page_config_changed.layout == PageConfig.WIDE
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.HasField("html"):
                self.headings += _HEADING.findall(element.html.body)
            if element.HasField("exception"):
                self.exceptions.append(element.exception.type + ": " + element.exception.message)
            if element.HasField("alert") and element.alert.format == element.alert.ERROR:
                self.errors.append(element.alert.body)


async def _open(port: int, page: str, query: str) -> Visit:
    visit, asked = Visit(page), BackMsg()
    asked.rerun_script.page_name = page
    asked.rerun_script.query_string = query
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    async with connect(
        address, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=60
    ) as socket:
        await socket.send(asked.SerializeToString())
        async for data in socket:
            message = ForwardMsg()
            message.ParseFromString(data if isinstance(data, bytes) else data.encode())
            visit.take(message)
            if visit.finished:
                break
    return visit


async def _open_all(port: int, pages: Sequence[str], query: str) -> list[Visit]:
    return await asyncio.gather(*(_open(port, page, query) for page in pages))


def open_at_once(port: int, pages: Sequence[str], query: str = "") -> list[Visit]:
    """Open one session per page, all at the same moment; each until its page is drawn."""
    # in a thread: a browser test in this process may have left its own loop running
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _open_all(port, pages, query)).result()
