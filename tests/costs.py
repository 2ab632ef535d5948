"""What the tests cost in processor seconds, per folder and test, whatever else the machine does.

    OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 python -m pytest -p tests.costs [what]

Counted is what this process and all that it has started (command lines, node, a server, a browser)
have used while a test was set up, run and taken down; a fixture counts for the test that asked
first. Processes that still run are found under /proc, so elsewhere than on Linux they do not count.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest

DEAREST = 40
"""How many tests are listed."""

_PROC = Path("/proc")
_COSTS: defaultdict[str, float] = defaultdict(float)


def _stat(process: Path) -> tuple[int, float] | None:
    """A process's parent and its processor seconds, children that have ended included."""
    try:
        # the name, in parentheses, may hold anything; fields 4 and 14 to 17 of proc(5) follow
        fields = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def spent() -> float:
    """Processor seconds of this process and everything below it until now."""
    own = os.times()
    total = time.process_time() + own.children_user + own.children_system
    children: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for process in _PROC.glob("[0-9]*"):
        found = _stat(process)
        if found is not None:
            children[found[0]].append((int(process.name), found[1]))
    below = [os.getpid()]
    while below:
        for number, seconds in children.pop(below.pop(), []):
            total += seconds
            below.append(number)
    return total


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    before = spent()
    done = yield
    _COSTS[item.nodeid] += spent() - before
    return done


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    folders: defaultdict[str, float] = defaultdict(float)
    for test, seconds in _COSTS.items():
        folders["/".join(test.partition("::")[0].split("/")[:2])] += seconds
    for costs, title in ((folders, "by folder"), (_COSTS, f"the dearest {DEAREST}")):
        terminalreporter.section(f"{title}, {sum(costs.values()):.0f} processor seconds in all")
        for name, seconds in sorted(costs.items(), key=lambda row: -row[1])[:DEAREST]:
            terminalreporter.write_line(f"{seconds:8.1f}  {name}")
