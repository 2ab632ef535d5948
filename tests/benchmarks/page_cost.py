"""What does a page cost the server? Processor seconds for one opening of it, with a finished run.

    python tests/benchmarks/page_cost.py [--times 10] [--profile PAGE]

A real server, a run that is finished, and sessions that speak Streamlit's own protocol: each page
is opened ``--times`` times by a new session, after two that do not count, while another window
stays open; what the process has used meanwhile is divided by that. Then the same with the page run
again in one session. Only processor time is counted; other work on the machine makes it longer all
the same, by up to a half. ``--profile`` prints instead, for one page, the functions that take the
time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.sync.client import connect as sync_connect
from websockets.typing import Subprotocol

ROOT = Path(__file__).resolve().parents[2]
LOADED = 40.0
"""Seconds after which all is loaded that is loaded once."""

PAGES = ("", "teacher", "expand", "cluster", "reconstruct", "compare", "difficulty")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(
    home: Path, start: str = "", log: Path | None = None, **variables: str
) -> Iterator[tuple[int, int]]:
    """Port and process of a server over these runs.

    start : a script beside this one that begins Streamlit's command line in its own way
    log : where to what it prints goes; variables : more of its environment
    """
    port = free_port()
    command = [
        sys.executable,
        *([str(Path(__file__).with_name(start))] if start else ["-m", "streamlit"]),
        *("run", "app.py", "--server.headless", "true"),
        *("--server.port", str(port), "--server.address", "127.0.0.1"),
    ]
    environment = {**os.environ, "EC_HOME": str(home), "OMP_NUM_THREADS": "1"}
    environment |= {"PYTHONPATH": str(ROOT), "EC_VISITORS": "many", **variables}
    # a file, never a pipe: nobody reads it meanwhile
    with Path(os.devnull if log is None else log).open("ab") as printed:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=printed)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def used(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def whole_page(tab: ClientConnection) -> None:
    """Wait until all of the page that was asked for has come."""
    async for data in tab:
        message = ForwardMsg()
        message.ParseFromString(data if isinstance(data, bytes) else data.encode())
        ended = message.WhichOneof("type") == "script_finished"
        if ended and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            return


async def visits(port: int, page: str, query: str, sessions: int, again: int) -> None:
    """Sessions, one after the other; each runs the page once, and ``again`` so many times more."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    asked.rerun_script.query_string = query
    for _ in range(sessions):
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        kind = [Subprotocol("streamlit")]
        async with connect(address, subprotocols=kind, max_size=None, open_timeout=60) as tab:
            for _ in range(1 + again):
                await tab.send(asked.SerializeToString())
                await whole_page(tab)


@contextmanager
def bystander(port: int) -> Iterator[None]:
    """Somebody whose window stays open: with the last one Streamlit forgets its compiled pages."""
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    with sync_connect(address, subprotocols=[Subprotocol("streamlit")], open_timeout=60):
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--profile", default=None, metavar="PAGE")
    options = parser.parse_args()
    from tests.browser.benches import finished_run

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        query = f"run={finished_run(home)}"
        if options.profile is not None:
            with server(home, "page_profile.py") as (port, _):
                asyncio.run(visits(port, options.profile, query, 3, options.times))
            return
        with server(home) as (port, pid), bystander(port):
            # UMAP is loaded after the first look at a tree, and set aside some time after that
            asyncio.run(visits(port, "cluster", query, 1, 0))
            time.sleep(LOADED)
            asyncio.run(visits(port, "cluster", query, 2, 0))
            print("| page | opened by a new session | run again in one |\n| --- | --- | --- |")
            for page in PAGES:
                asyncio.run(visits(port, page, query, 2, 1))
                costs = []
                for sessions, again in ((options.times, 0), (1, options.times)):
                    before = used(pid)
                    asyncio.run(visits(port, page, query, sessions, again))
                    costs.append(1e3 * (used(pid) - before) / options.times)
                print(f"| {page or 'start'} | {costs[0]:.0f} ms | {costs[1]:.0f} ms |", flush=True)


if __name__ == "__main__":
    main()
