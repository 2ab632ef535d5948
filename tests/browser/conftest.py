"""A real server on a free port and a real browser; on failure a screenshot and the server's log."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.browser.tabs import PATIENCE_MS, new_context, new_tab, tab_in, visit

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "browser"
"""Where screenshots and logs of failures go (ignored by git)."""
_START_SECONDS, _STOP_SECONDS = 180, 60
_TEST_SECONDS = 900
"""A test ends on its own far sooner; this is for one that hangs."""

CRASHED = [
    "Target crashed",
    "Page crashed",
    "TargetClosedError",
    "Browser closed",
    "Connection closed",
]
"""How Playwright says that the browser or its driver has ended."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser_path() -> str | None:
    """The browser of the machine, if it has one."""
    given = os.environ.get("EC_CHROMIUM")
    return given or next((path for path in map(shutil.which, _NAMES) if path), None)


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"


@dataclass
class Server:
    """The app's server; ``home`` holds its runs, ``log`` what it printed."""

    home: Path
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    more: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, port: int = 0) -> None:
        """Start it, on a free port or on this one, and wait until it is healthy."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            self.port = int(probe.getsockname()[1])
        command = [
            *(sys.executable, "-m", "streamlit", "run", "app.py"),
            *("--server.port", str(self.port), "--server.address", "127.0.0.1"),
            *("--server.headless", "true"),
        ]
        environment = {**os.environ, "EC_HOME": str(self.home), "OMP_NUM_THREADS": "1", **self.more}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        for _ in range(_START_SECONDS * 4):
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.25)
        raise AssertionError(f"The server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                # in the middle of a long computation; a crash would end it no more gently
                self.process.kill()
                self.process.wait()
            self.process = None

    def start_again(self) -> None:
        """Start it where it was, so that open tabs find it again."""
        self.start(self.port)

    def restart(self) -> None:
        """End it, as a crash or a reboot would, and start another on the same runs."""
        self.stop()
        self.start()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    running = Server(folder / "runs", folder / "server.log")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's chromium, headless. Skips with the reason where there is none, never in CI."""
    path = browser_path()
    if path is None:
        message = "no chromium found (looked for " + ", ".join(_NAMES) + ")"
        if in_ci():
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def _woven(items: list[pytest.Item]) -> list[pytest.Item]:
    """Files with browser tests spread evenly among the others.

    With xdist's ``--no-loadscope-reorder`` they are worked off in this order: one process waits for
    its browser while the other computes, and none of them is left to the end.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    slow = [path for path in files if files[path][0].get_closest_marker("browser")]
    others = [path for path in files if path not in slow]
    place = {path: (index + 0.5) / len(others) for index, path in enumerate(others)}
    place |= {path: index / len(slow) for index, path in enumerate(slow)}
    return [item for path in sorted(files, key=lambda path: place[path]) for item in files[path]]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests come between others, and get more time; a crashed browser gets another try.

    Every one of them waits for what it expects, so one that fails has a reason of its own. Only
    where the browser or its driver is gone nothing was tested; that is listed at the end (-rfER).
    """
    items[:] = _woven(items)
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.timeout(_TEST_SECONDS))
            # unless switched off (-p no:rerunfailures)
            if config.pluginmanager.hasplugin("rerunfailures"):
                item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=CRASHED))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # begins anew with a second try
    before = call.when != "setup" and item.stash.get(_REPORT, False)
    item.stash[_REPORT] = before or report.failed
    return report


_REPORT = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def usual(browser: Any) -> Iterator[Any]:
    """The browser that keeps the app's scripts from test to test, compiled: a third of the cost of
    opening a page.
    """
    context = new_context(browser)
    yield context
    context.close()


@pytest.fixture
def open_tab(
    browser: Any, usual: Any, server: Server, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Any]]:
    """Open an address of the app in a fresh tab with a session of its own.

    A second tab of a test is in another browser: two tabs of one are never drawn at once.
    """
    tabs: list[Any] = []

    def get(path: str = "/") -> Any:
        tab = new_tab(browser) if tabs else tab_in(usual)
        tabs.append(tab)
        visit(tab, server.url + path)
        return tab

    yield get
    if request.node.stash.get(_REPORT, False):
        KEPT.mkdir(parents=True, exist_ok=True)
        for number, tab in enumerate(tabs):
            tab.screenshot(path=KEPT / f"{request.node.name}-{number}.png")
        shutil.copy(server.log, KEPT / f"{request.node.name}.log")
    for index, tab in enumerate(tabs):
        if index == 0:
            tab.close()
        else:
            tab.context.close()
