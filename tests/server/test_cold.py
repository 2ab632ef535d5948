"""A cold server, and everybody at once: each sees the page they asked for, and no error."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.shell.navigation import ASIDE, STEPS
from tests.server.sessions import open_at_once

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*STEPS, *ASIDE]
_TRIES = 600


@pytest.fixture
def cold_server(tmp_path: Path) -> Iterator[int]:
    """The port of a server that nobody has visited yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        *(sys.executable, "-m", "streamlit", "run", "app.py"),
        *("--server.port", str(port), "--server.address", "127.0.0.1"),
        *("--server.headless", "true"),
    ]
    environment = {**os.environ, "EC_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        for _ in range(_TRIES):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.mark.long
@pytest.mark.parametrize("people", [14, 40])
def test_many_people_open_the_app_in_its_first_second(cold_server: int, people: int) -> None:
    asked = ["" if step.key == "start" else step.key for step in PAGES]
    visits = open_at_once(cold_server, (asked * people)[:people])
    assert [visit for visit in visits if visit.exceptions or visit.errors or visit.lost] == []
    # whoever was first, everybody has the page that was asked for, laid out by app.py
    headings = {(visit.page, *visit.headings) for visit in visits}
    assert len(headings) == len({heading[1:] for heading in headings}) == len(asked)
    assert all(visit.wide for visit in visits)


@pytest.mark.long
def test_a_page_is_found_by_its_address_on_a_server_that_nobody_has_visited(
    cold_server: int,
) -> None:
    (visit,) = open_at_once(cold_server, ["teacher"])
    assert not visit.lost and visit.wide and not visit.exceptions


@pytest.mark.parametrize("page", [step.key for step in PAGES])
def test_a_page_has_a_door(page: str) -> None:
    """The start page is at the address of the app itself."""
    assert (ROOT / "pages" / f"_{page}.py").exists() == (page != "start")


@pytest.mark.parametrize(
    "file",
    [
        "app.py",
        *(f"pages/{step.key}/page.py" for step in PAGES),
        *(f"pages/_{step.key}.py" for step in PAGES if step.key != "start"),
    ],
)
def test_the_gate_is_imported_alone_before_anything_else_of_ours(file: str) -> None:
    """Whoever imports a part of it holds that part while it waits for the whole."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    ours = []
    # app.py has two halves: the second one is what a session runs
    halves = [half for node in tree.body if isinstance(node, ast.If) for half in node.orelse]
    for node in halves or tree.body:
        if isinstance(node, ast.Import):
            ours += [("import", alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            ours.append(("from", node.module))
    ours = [(how, name) for how, name in ours if name.split(".")[0] in ("ec_core", "pages")]
    assert ours[0] == ("import", "pages")
