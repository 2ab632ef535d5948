"""The page of runs in a real browser: picked, named, deleted and undone, taken along, compared."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import benches
from tests.browser.conftest import Server
from tests.browser.test_looks import SIDEWAYS
from tests.browser.test_story import click, no_traceback, see

Open = Callable[..., Any]

pytestmark = [pytest.mark.browser, pytest.mark.long]


def box(tab: Any, run: str) -> Any:
    return tab.locator(f".st-key-pick_{run} label").first


def test_a_story_of_two_runs(open_tab: Open, server: Server, tmp_path: Path) -> None:
    first = benches.trained_run(server.home)
    second = benches.copies(server.home, first)
    tab = open_tab("/runs")
    # a name, by keyboard
    box(tab, first).click()
    title = tab.locator(".st-key-said_title input")
    title.fill("The first one")
    title.press("Tab")
    expect(tab.locator(".st-key-said_save button")).to_be_enabled()
    click(tab, "said_save")
    link = tab.locator(f".st-key-row_{first} a", has_text="The first one").first
    expect(link).to_be_visible()
    # taken along, and brought back as another run
    with tab.expect_download() as download:
        click(tab, "export_run")
    assert download.value.suggested_filename == "the-first-one.ecrun"
    file = tmp_path / "the-first-one.ecrun"
    download.value.save_as(file)
    tab.get_by_text("Take runs in from files").click()
    tab.locator("input[type=file]").set_input_files(str(file))
    click(tab, "import_go")
    expect(tab.locator("[class*=st-key-row_] a", has_text="The first one")).to_have_count(2)
    # deleted, and undone
    click(tab, "pick_none")
    box(tab, second).click()
    tab.locator(".st-key-delete_runs button").first.click()
    expect(tab.locator(f".st-key-row_{second}")).to_have_count(0)
    click(tab, "undo")
    expect(tab.locator(f".st-key-row_{second}")).to_have_count(1)
    # side by side, at an address that can be opened again
    box(tab, first).click()
    box(tab, second).click()
    click(tab, "look_beside")
    see(tab, "beside_losses")
    assert f"side={first}" in tab.url
    tab.reload()
    see(tab, "beside_counts")
    click(tab, "beside_back")
    see(tab, "runs_list")
    no_traceback(tab)
    for width in (390, 640):
        tab.set_viewport_size({"width": width, "height": 720})
        time.sleep(1)
        assert tab.evaluate(SIDEWAYS) == []
