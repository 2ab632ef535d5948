"""The host's page in a real browser: it renews itself, fits, and breaks none of its own rules."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware

from ec_core.jobs import JobBoard
from ec_core.runs.visitors import of_browser
from hosting import door
from hosting.routes import routes
from serving.headers import SecurityHeaders
from tests.browser.tabs import PATIENCE_MS
from tests.jobs.stages import PATIENCE, Gate

pytestmark = [pytest.mark.browser, pytest.mark.long]

TOKEN = "a token that nobody knows"


@pytest.fixture
def hosted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, JobBoard]]:
    """A server of the host's routes alone, with its work."""
    monkeypatch.setenv("EC_HOME", str(tmp_path / "runs"))
    monkeypatch.setenv(door.TOKEN, TOKEN)
    board = JobBoard()
    app = Starlette(routes=routes(lambda: board), middleware=[Middleware(SecurityHeaders)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", board
    server.should_exit = True
    thread.join(PATIENCE)
    assert board.close(PATIENCE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_host_looks_and_acts(browser: Browser, hosted: tuple[str, JobBoard], scheme: str) -> None:
    address, board = hosted
    gates = [Gate() for _ in range(9)]
    for number, gate in enumerate(gates):
        key = of_browser(f"{number % 4}").key or ""
        board.submit(gate, run=f"r{number}", label="Recover: it", who=key)
    context = browser.new_context(
        viewport={"width": 1280, "height": 720},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    shown, said = context.new_page(), list[str]()
    shown.on("console", lambda line: said.append(line.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.goto(f"{address}/host")
    shown.fill("input", TOKEN)
    shown.get_by_role("button", name="Open").click()
    shown.wait_for_selector("tbody tr:nth-child(9)")
    for width in (1280, 390):
        shown.set_viewport_size({"width": width, "height": 720})
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
    shown.set_viewport_size({"width": 1280, "height": 720})
    # what ends is gone without a click
    gates[0].opened.set()
    rows = shown.locator("tbody tr")
    expect(rows).to_have_count(8, timeout=PATIENCE_MS)
    # a question that is open is not taken away
    shown.get_by_text("Clear the line").click()
    gates[1].opened.set()
    shown.wait_for_timeout(3000)
    expect(rows).to_have_count(8)
    shown.get_by_role("button", name="Stop them").click()
    expect(rows).to_have_count(1, timeout=PATIENCE_MS)
    shown.get_by_role("button", name="Take nothing in").click()
    shown.get_by_text("Takes nothing in").wait_for()
    context.close()
    policy = [line for line in said if "Content Security" in line or "Error" in line]
    assert policy == []
