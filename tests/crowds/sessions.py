"""Does a server keep anything of sessions that are over?

    python tests/crowds/sessions.py [--sessions 200]

As many sessions as told, a few at a time, each on another page of a finished run, closed again.
Streamlit keeps a closed session for two minutes, in case its browser comes back, and forgets it
when the next one is closed after that. Printed before and after: threads, open files, memory.
Exit code 1 where threads or files have grown.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.page_cost import PAGES, server
from tests.crowds.tab import Tab

AT_ONCE = 5
FORGOTTEN = 130.0
"""Seconds after which a closed session is not kept any more."""


def state(pid: int) -> tuple[int, int, float]:
    """Threads, open files, resident MB of a process."""
    said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = len(os.listdir(f"/proc/{pid}/fd"))
    return int(said["Threads"]), files, int(said["VmRSS"].split()[0]) / 1024


async def _visit(port: int, query: str, first: int, count: int) -> None:
    for number in range(first, first + count, AT_ONCE):
        tabs = [
            Tab(port, f"{at:043d}", PAGES[at % len(PAGES)], query)
            for at in range(number, min(number + AT_ONCE, first + count))
        ]
        await asyncio.gather(*(tab.open() for tab in tabs))
        await asyncio.gather(*(tab.close() for tab in tabs))


async def _forgotten(port: int, query: str) -> None:
    await asyncio.sleep(FORGOTTEN)
    await _visit(port, query, 0, 1)
    await asyncio.sleep(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=200)
    options = parser.parse_args()
    from tests.browser.benches import finished_run

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        query = f"run={finished_run(home)}"
        with server(home) as (port, pid):
            # everything is loaded once, and pools of threads have their size
            asyncio.run(_visit(port, query, 0, 3 * len(PAGES)))
            asyncio.run(_forgotten(port, query))
            before = state(pid)
            asyncio.run(_visit(port, query, 0, options.sessions))
            open_ = state(pid)
            asyncio.run(_forgotten(port, query))
            after = state(pid)
    for name, said in (("before", before), ("just closed", open_), ("after", after)):
        print(f"{name}: {said[0]} threads, {said[1]} open files, {said[2]:.0f} MB")
    sys.exit(after[0] > before[0] or after[1] > before[1])


if __name__ == "__main__":
    main()
