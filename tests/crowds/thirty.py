"""Thirty people on one server: nothing is lost, nobody sees another's run, nothing grows.

    python tests/crowds/thirty.py [--people 30] [--minutes 15] [--pause 8]
    python tests/crowds/thirty.py --at-once [--people 30]

People who speak Streamlit's own protocol, each with a cookie of their own. Each starts demos,
opens a page every ``--pause`` seconds, moves the cut, reloads, closes the window and comes back;
in between the page that is open draws itself again as it would in a browser. At the end every job
has come to its end, every cut that was moved is stored, nobody has been shown the address of
another's run, no page has shown an error and the server's log is empty of them. Printed: how long
pages took, how the server's memory went, and what was wrong. ``--at-once`` instead: all press "Run
the demo" in one moment; when the first and the last has its network. Exit code 1 where anything is
wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.page_cost import server, used
from tests.crowds.tab import Tab

PAGES = ("", "teacher", "expand", "cluster", "reconstruct", "compare", "difficulty")
_RUN = re.compile(r"run=([0-9a-z]{29})")
_DONE = 300.0
"""Seconds that are waited at the end for the jobs that are still in line."""


@dataclass
class Seen:
    """What the people have seen and done, all together.

    waits : seconds for each page; runs : by person; cuts : the height that each run's cut was
    moved to last; wrong : sentences
    """

    waits: list[float] = field(default_factory=list)
    runs: dict[int, set[str]] = field(default_factory=dict)
    cuts: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def _secret(number: int) -> str:
    return f"{number:043d}"


def finished(home: Path, run: str) -> bool:
    """Has the run its network, and does nobody work on it any more?"""
    folder = home / run
    return (folder / "reconstruction.npz").is_file() and not (folder / "at-work.json").exists()


class Person:
    """One of them: what they do next is drawn by lot."""

    def __init__(self, number: int, port: int, home: Path, seen: Seen) -> None:
        self.number, self.home, self.seen = number, home, seen
        self.port, self.chance = port, random.Random(number)
        self.tab = Tab(port, _secret(number))
        self.mine = seen.runs.setdefault(number, set())

    async def live(self, until: float, pause: float) -> None:
        await asyncio.sleep(self.chance.uniform(0, pause))
        try:
            self.seen.waits.append(await self.tab.open())
            await self._start()
            while time.monotonic() < until:
                await asyncio.sleep(self.chance.uniform(0.5, 1.5) * pause)
                await self._something()
        except Exception as error:
            self.seen.wrong.append(f"person {self.number}: {type(error).__name__}: {error}")
        finally:
            self._look()
            await self.tab.close()

    async def _something(self) -> None:
        act = self.chance.choices(
            [self._page, self._cut, self._reload, self._come_back, self._start],
            weights=[60, 15, 10, 10, 5],
        )[0]
        await act()
        self._look()

    def _look(self) -> None:
        """Nothing on the page is another's, and nothing went wrong."""
        others = {
            run for number, runs in self.seen.runs.items() if number != self.number for run in runs
        }
        for query in self.tab.links:
            found = _RUN.search(query)
            if found is not None and found[1] in others:
                self.seen.wrong.append(f"person {self.number} was shown {found[1]}")
        self.seen.wrong += [f"person {self.number}: {error}" for error in self.tab.errors]
        self.tab.errors.clear()

    async def _start(self) -> None:
        """The demo, from the Start page; not a second one while the first is in line."""
        if any(not finished(self.home, run) for run in self.mine):
            return
        self.seen.waits.append(await self.tab.go("", ""))
        self.seen.waits.append(await self.tab.click("run_demo"))
        found = _RUN.search(self.tab.query)
        if found is None:
            self.seen.wrong.append(f"person {self.number}: the demo did not begin")
        else:
            self.mine.add(found[1])

    async def _page(self) -> None:
        run = self.chance.choice(sorted(self.mine)) if self.mine else None
        query = "" if run is None else f"run={run}"
        self.seen.waits.append(await self.tab.go(self.chance.choice(PAGES), query))

    async def _cut(self) -> None:
        """The cut of a run that has one is dragged somewhere else."""
        ready = [run for run in sorted(self.mine) if finished(self.home, run)]
        if not ready:
            return await self._page()
        run, height = self.chance.choice(ready), self.chance.uniform(1e-4, 1e-2)
        self.seen.waits.append(await self.tab.go("cluster", f"run={run}"))
        said = json.loads(self.tab.data["workbench"])
        steps, at = said["history"]["steps"], said["history"]["at"]
        cut = {**steps[at], "height": height, "rule": "hand"}
        message = {"tree": said["tree"], "serial": f"tab{self.number}-{len(self.seen.waits)}"}
        message |= {"base": at + 1, "steps": [cut], "at": at + 1, "seen": said["serial"]}
        await self.tab.say("workbench", {"change": {**message, "origins": []}})
        self.seen.cuts[run] = height

    async def _reload(self) -> None:
        page, query = self.tab.page, self.tab.query
        await self.tab.close()
        self.tab = Tab(self.port, _secret(self.number), page, query)
        self.seen.waits.append(await self.tab.open())

    async def _come_back(self) -> None:
        await self.tab.close()
        await asyncio.sleep(self.chance.uniform(2, 20))
        await self._reload()


def _memory(pid: int) -> float:
    """Resident MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


async def _watched(pid: int, until: float, told: list[tuple[float, float]]) -> None:
    began = time.monotonic()
    while time.monotonic() < until:
        told.append((time.monotonic() - began, _memory(pid)))
        await asyncio.sleep(10)


async def _many(options: Any, port: int, pid: int, home: Path) -> tuple[Seen, list[Any]]:
    first = Tab(port, _secret(options.people))
    await first.open()  # everything is loaded once
    await first.close()
    seen, memory = Seen(), list[tuple[float, float]]()
    until = time.monotonic() + 60 * options.minutes
    people = [Person(number, port, home, seen) for number in range(options.people)]
    await asyncio.gather(
        *(one.live(until, options.pause) for one in people), _watched(pid, until, memory)
    )
    return seen, memory


async def _until(true: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        await asyncio.sleep(0.2)
    return true()


def _stored(home: Path, seen: Seen) -> None:
    """Every run that was begun is there, whole, its owner's, and cut as it was cut last."""
    keys = dict[str, int]()
    for number, runs in seen.runs.items():
        for run in runs:
            folder = home / run
            if not finished(home, run):
                seen.wrong.append(f"run {run} of person {number} has not come to its end")
                continue
            about = json.loads((folder / "run.json").read_text())
            if about["status"] != "verified":
                seen.wrong.append(f"run {run} of person {number} is {about['status']}")
            key = json.loads((folder / "owner.json").read_text())["key"]
            if keys.setdefault(key, number) != number:
                seen.wrong.append(f"run {run} of person {number} is another's")
            cuts = json.loads((folder / "cuts.json").read_text())
            if run in seen.cuts and cuts[""]["height"] != seen.cuts[run]:
                seen.wrong.append(f"the cut of run {run} is lost")


def crowd(options: Any) -> list[str]:
    """The people, for so many minutes; what was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "runs"
        home.mkdir()
        log = Path(folder) / "server.log"
        with server(home, log=log) as (port, pid):
            began, before = time.monotonic(), used(pid)
            seen, memory = asyncio.run(_many(options, port, pid, home))
            share = (used(pid) - before) / (time.monotonic() - began)
            all_runs = [run for runs in seen.runs.values() for run in runs]
            asyncio.run(_until(lambda: all(finished(home, run) for run in all_runs), _DONE))
            _stored(home, seen)
        said = log.read_text(errors="replace")
    seen.wrong += [line for line in said.splitlines() if "Traceback" in line or "ERROR" in line]
    middle, late, latest = np.percentile(seen.waits, [50, 95, 99])
    print(
        f"{options.people} people, {options.minutes:g} minutes: {len(all_runs)} demos, "
        f"{len(seen.cuts)} cuts moved, {len(seen.waits)} pages: median {middle:.2f} s, 95 % "
        f"{late:.2f} s, 99 % {latest:.2f} s, most {max(seen.waits):.2f} s; {share:.2f} cores"
    )
    late_ones = [mb for at, mb in memory if at >= memory[-1][0] / 3]
    print(
        f"memory: {memory[0][1]:.0f} MB at first, in the last two thirds {min(late_ones):.0f} to "
        f"{max(late_ones):.0f} MB, {memory[-1][1]:.0f} MB at last"
    )
    if seen.wrong and said.strip():
        print(said)
    return seen.wrong


async def _press(options: Any, port: int, home: Path) -> list[str]:
    tabs = [Tab(port, _secret(number)) for number in range(options.people)]
    for tab in tabs:
        await tab.open()
    began = time.monotonic()
    waits = await asyncio.gather(*(tab.click("run_demo") for tab in tabs))
    done = dict[int, float]()

    def look() -> bool:
        for number, tab in enumerate(tabs):
            found = _RUN.search(tab.query)
            if number not in done and found is not None and finished(home, found[1]):
                done[number] = time.monotonic() - began
        return len(done) == len(tabs)

    await _until(look, 600)
    wrong = [error for tab in tabs for error in tab.errors]
    wrong += [] if len(done) == len(tabs) else [f"only {len(done)} demos have ended"]
    for tab in tabs:
        await tab.close()
    ends = sorted(done.values())
    print(
        f"{options.people} demos at once: the click is answered in {np.median(waits):.2f} s "
        f"(most {max(waits):.2f} s); the first is done after {ends[0]:.1f} s, half of them after "
        f"{np.median(ends):.0f} s, the last after {ends[-1]:.0f} s"
    )
    return wrong


def at_once(options: Any) -> list[str]:
    """All press the button in one moment; what was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        home, log = Path(folder) / "runs", Path(folder) / "server.log"
        home.mkdir()
        with server(home, log=log) as (port, _):
            wrong = asyncio.run(_press(options, port, home))
        said = log.read_text(errors="replace")
    return wrong + [line for line in said.splitlines() if "Traceback" in line or "ERROR" in line]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--pause", type=float, default=8.0)
    parser.add_argument("--at-once", action="store_true")
    options = parser.parse_args()
    wrong = at_once(options) if options.at_once else crowd(options)
    for sentence in wrong[:20]:
        print(sentence)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
