"""How long do thirty people wait for their pages while a network is being trained?

    python tests/benchmarks/crowd.py [--people 30] [--minutes 3] [--pause 8] [--idle | --apart]

A real server, one finished run, and people who speak Streamlit's own protocol, each with a cookie
of their own: each opens one page after the other, a page every ``--pause`` seconds, at random
moments. Meanwhile the server trains students of 16-16-1 in a thread, as jobs do (``--idle``: it
does not; ``--apart``: a process of its own does instead). Printed: median, 95 and 99 per cent of
the seconds from asking for a page until all of it has come; how many there were; what the process
has used; and the iterations of the training per second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.benchmarks.page_cost import PAGES, ROOT, server, used, whole_page


async def person(
    number: int, port: int, query: str, until: float, pause: float, waits: list[float]
) -> None:
    """One page after the other, in one window."""
    chance = random.Random(number)
    await asyncio.sleep(chance.uniform(0, pause))
    cookie = {"Cookie": f"ec_visitor={number:043d}"}
    async with connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        additional_headers=cookie,
        max_size=None,
        open_timeout=60,
    ) as tab:
        while time.monotonic() < until:
            asked = BackMsg()
            asked.rerun_script.page_name = chance.choice(PAGES)
            asked.rerun_script.query_string = query
            began = time.monotonic()
            await tab.send(asked.SerializeToString())
            await whole_page(tab)
            waits.append(time.monotonic() - began)
            await asyncio.sleep(max(0.0, chance.uniform(0.5, 1.5) * pause - waits[-1]))


async def crowd(people: int, *told: object) -> None:
    await asyncio.gather(*(person(number, *told) for number in range(people)))  # type: ignore[arg-type]


def trained(told: Path) -> tuple[int, float]:
    """Iterations of the training beside the server, and after how many seconds; zeros before it."""
    if not told.exists():
        return 0, 0.0
    said = json.loads(told.read_text())
    return said["iterations"], said["seconds"]


@contextmanager
def _apart(home: Path, told: Path, log: Path) -> Iterator[None]:
    """The same training in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("trained_server.py")), "alone"]
    environment = {**os.environ, "EC_HOME": str(home / "apart"), "EC_TRAIN": str(told)}
    environment |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with log.open("ab") as printed:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=printed)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--pause", type=float, default=8.0)
    parser.add_argument("--idle", action="store_true")
    parser.add_argument("--apart", action="store_true")
    options = parser.parse_args()
    from tests.browser.benches import finished_run

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        query = f"run={finished_run(home)}"
        told, log = home / "iterations", home / "server.log"
        start = "" if options.idle or options.apart else "trained_server.py"
        with server(home, start, log, EC_TRAIN=str(told)) as (port, pid), ExitStack() as stack:
            if options.apart:
                stack.enter_context(_apart(home, told, log))
            waits: list[float] = []
            # everything is loaded once
            asyncio.run(crowd(len(PAGES), port, query, time.monotonic() + 20, 2.0, []))
            first = trained(told)
            before, began = used(pid), time.monotonic()
            until = began + 60 * options.minutes
            asyncio.run(crowd(options.people, port, query, until, options.pause, waits))
            seconds, share = time.monotonic() - began, used(pid) - before
            middle, late, latest = np.percentile(waits, [50, 95, 99])
            last = trained(told)
            pace = (last[0] - first[0]) / max(last[1] - first[1], 1e-9)
        said = log.read_text(errors="replace").strip()
    if not (pace or options.idle):
        sys.exit(f"The training beside the pages did not begin; the server's log:\n{said}")
    print(
        f"{options.people} people, {len(waits)} pages in {seconds:.0f} s: median {middle:.2f} s, "
        f"95 % {late:.2f} s, 99 % {latest:.2f} s, most {max(waits):.2f} s; "
        f"{share / seconds:.2f} cores; {pace:.1f} iterations per second"
    )
    if "Traceback" in said:
        sys.exit(said)


if __name__ == "__main__":
    main()
