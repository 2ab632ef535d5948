"""Does a page open as quickly with 5,000 runs as with ten? Processor time of the server, paired.

    python tests/benchmarks/many_runs.py [--runs 5000] [--few 10] [--rounds 8] [--times 10]

A real run is made and copied (what it says of itself as a file of its own, its arrays as links to
the same bytes), all of one visitor. Two servers, one over few runs and one over many; their pages
are opened in turns, ``--times`` by new sessions in every round, and what both processes have used
is compared round by round. Printed: the median cost of an opening with few and with many, and the
median ratio of a round with its extremes. Before that, once: the seconds from the first page of a
server that has no index until all runs are in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from ec_core.runs import visitors
from ec_core.store.runs import run_id
from tests.benchmarks.page_cost import server, used, whole_page

SECRET = "m" * 43
PAGES = ("", "runs")


def copies(of: Path, home: Path, count: int) -> None:
    """So many runs like one, each a millisecond younger than the one before."""
    about = json.loads((of / "run.json").read_text())
    owner = {"key": visitors.of_browser(SECRET).key, "name": "", "others": "look"}
    began = time.time_ns() // 1_000_000 - count
    for number in range(count):
        folder = home / run_id(began + number)
        ignored = shutil.ignore_patterns("run.json", "owner.json", "*.sqlite*", "at-work.json")
        shutil.copytree(of, folder, copy_function=os.link, ignore=ignored)
        text = json.dumps({**about, "label": f"run {number}", "created": time.time() - number})
        (folder / "run.json").write_text(text)
        (folder / "owner.json").write_text(json.dumps(owner))


async def visits(port: int, page: str, sessions: int) -> None:
    """New sessions of the visitor, one after the other; each opens the page once."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    address, kind = f"ws://127.0.0.1:{port}/_stcore/stream", [Subprotocol("streamlit")]
    cookie = {"Cookie": f"ec_visitor={SECRET}"}
    for _ in range(sessions):
        async with connect(
            address, subprotocols=kind, additional_headers=cookie, max_size=None, open_timeout=60
        ) as tab:
            await tab.send(asked.SerializeToString())
            await whole_page(tab)


def indexed(home: Path) -> int:
    """How many runs are in a home's index."""
    with closing(sqlite3.connect(f"file:{home}/jobs.sqlite?mode=ro", uri=True)) as database:
        return int(database.execute("select count(*) from runs").fetchone()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    from tests.browser.benches import finished_run

    with tempfile.TemporaryDirectory() as folder:
        first, few, many = (Path(folder, name) for name in ("first", "few", "many"))
        made = first / finished_run(first)
        copies(made, few, options.few)
        copies(made, many, options.runs)
        with server(few) as one, server(many) as other:
            began = time.monotonic()
            asyncio.run(visits(other[0], "", 1))
            opened = time.monotonic() - began
            while indexed(many) < options.runs:
                time.sleep(0.1)
                asyncio.run(visits(other[0], "", 1))
            print(f"no index yet: first page {opened:.1f} s, all of them after", end=" ")
            print(f"{time.monotonic() - began:.1f} s", flush=True)
            print("| page | few | many | ratio |\n| --- | --- | --- | --- |")
            for page in PAGES:
                costs: list[tuple[float, float]] = []
                for port, _ in (one, other):
                    asyncio.run(visits(port, page, 3))
                for _ in range(options.rounds):
                    pair = []
                    for port, pid in (one, other):
                        before = used(pid)
                        asyncio.run(visits(port, page, options.times))
                        pair.append(1e3 * (used(pid) - before) / options.times)
                    costs.append((pair[0], pair[1]))
                ratios = sorted(b / a for a, b in costs)
                left, right = (statistics.median(cost[k] for cost in costs) for k in (0, 1))
                print(
                    f"| {page or 'start'} | {left:.0f} ms | {right:.0f} ms | "
                    f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
