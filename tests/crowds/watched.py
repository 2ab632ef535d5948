"""By how much is training slowed down where it is watched in ten tabs?

    python tests/crowds/watched.py [--tabs 10] [--pairs 10] [--seconds 12]

A server that trains, and for as many seconds each, in turn: nobody looks, and ``--tabs`` windows
show the run's Expand page, which draws itself again as it does in a browser. Printed: iterations
per second of both, pair by pair, and the median of their ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.page_cost import server, used
from tests.crowds.tab import Tab


async def _pace(told: Path, seconds: float) -> float:
    """Iterations per second from now on."""
    before = json.loads(told.read_text())
    await asyncio.sleep(seconds)
    after = json.loads(told.read_text())
    return float(
        (after["iterations"] - before["iterations"]) / (after["seconds"] - before["seconds"])
    )


async def _watch(options: Any, port: int, pid: int, told: Path) -> tuple[list[Any], int, float]:
    first = Tab(port, "0" * 43)
    await first.open()  # somebody has to come before anything is loaded
    await first.close()
    while not told.exists():
        await asyncio.sleep(0.2)
    pairs, drawn, share = [], 0, 0.0
    for pair in range(options.pairs):
        paces = {}
        # in turn, or what changes with time would be laid to one of them
        for watched in (pair % 2 == 0, pair % 2 == 1):
            run = json.loads(told.read_text())["run"]
            tabs = [Tab(port, "0" * 43, "expand", f"run={run}") for _ in range(options.tabs)]
            if watched:
                await asyncio.gather(*(tab.open() for tab in tabs))
            await asyncio.sleep(1.0)
            began, before = time.monotonic(), used(pid)
            paces[watched] = await _pace(told, options.seconds)
            if watched:
                share += (used(pid) - before) / (time.monotonic() - began) / options.pairs
                drawn += sum(tab.fragments for tab in tabs)
                for tab in tabs:
                    await tab.close()
        pairs.append((paces[False], paces[True]))
        print(f"alone {pairs[-1][0]:.1f}, watched {pairs[-1][1]:.1f} iterations per second")
    return pairs, drawn, share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=12.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home, told, log = Path(folder) / "runs", Path(folder) / "told", Path(folder) / "log"
        home.mkdir()
        with server(home, "trained_server.py", log, EC_TRAIN=str(told), EC_VISITORS="one") as at:
            pairs, drawn, share = asyncio.run(_watch(options, *at, told))
    ratios = [watched / alone for alone, watched in pairs]
    print(
        f"{options.tabs} tabs, drawn {drawn} times, {share:.2f} cores while watched: training has "
        f"{np.median(ratios):.3f} of its pace (from {min(ratios):.3f} to {max(ratios):.3f})"
    )


if __name__ == "__main__":
    main()
