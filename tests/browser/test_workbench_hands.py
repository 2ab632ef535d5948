"""What a person's hands do on the workbench: merge, split, type a number, point, colour, search."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import benches
from tests.browser.benches import bench_is_there, drawn, finds, open_bench, saved
from tests.browser.tabs import new_tab, visit
from tests.often import daily

Open = Callable[..., Any]

pytestmark = pytest.mark.browser

TRUE_NEURONS = 4
READABLE = 4.5

TAIL = """() => {
  const main = document.querySelector('[data-testid=stMain]')
  const block = document.querySelector('[data-testid=stMainBlockContainer]')
  return main.scrollHeight - (block.getBoundingClientRect().bottom + main.scrollTop)
}"""
"""Pixels that can be scrolled to below the page's content."""

CONTRAST = """element => {
  const style = getComputedStyle(element)
  const light = text => {
    const linear = c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(c => linear(c / 255))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [a, b] = [light(style.color), light(style.backgroundColor)]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}"""
"""WCAG's ratio of a button's words to its ground."""


@pytest.fixture(scope="module")
def trained(server: Any) -> str:
    return benches.trained_run(server.home)


@pytest.fixture
def run(server: Any, trained: str) -> str:
    return benches.copies(server.home, trained)


def clusters(tab: Any) -> dict[str, str]:
    """The kept clusters of the table: their number, and how many neurons they hold."""
    drawn(tab)
    rows = tab.locator(".table tbody tr:not(.rejected)")
    cells = [row.locator("td").all_inner_texts() for row in rows.all()]
    return {row[0].strip(): row[1] for row in cells}


def exported(tab: Any) -> dict[str, Any]:
    tab.locator(".menu summary", has_text="Export").click()
    with tab.expect_download() as waiting:
        tab.locator("[data-export=json]").click()
    facts: dict[str, Any] = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    return facts


def pick(tab: Any, number: str, more: bool = False) -> None:
    row = tab.locator(
        ".table tbody tr:not(.rejected)", has=tab.get_by_label(f"Pick cluster {number}")
    )
    row.locator("td").nth(1).click(modifiers=["Shift"] if more else [])


def undo(tab: Any) -> None:
    tab.locator("[data-do=undo]").click()
    saved(tab)


@pytest.mark.long
def test_merged_and_split_clusters_say_what_they_are(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    before = clusters(tab)
    assert list(before) == [str(n + 1) for n in range(TRUE_NEURONS)]
    # two neurons of the teacher, far apart: the numbers are those of all members
    pick(tab, "2")
    pick(tab, "4", more=True)
    tab.locator("[data-hand=merge]").click()
    finds(tab, TRUE_NEURONS - 1)
    saved(tab)
    merged = clusters(tab)
    assert merged == {
        "1": before["1"],
        "2": str(int(before["2"]) + int(before["4"])),
        "3": before["3"],
    }
    row = tab.locator(".table tbody tr", has=tab.get_by_label("Pick cluster 2"))
    expect(row.locator(".why span").first).to_have_attribute(
        "title", re.compile("kept by hand .too wide")
    )
    written = next(c for c in exported(tab)["clusters"] if c["cluster"] == 2)
    assert written["angle_degrees"] > 30
    assert written["spread"] > 0.1
    shown = float(row.locator("td").nth(4).inner_text().rstrip("°"))
    assert shown == pytest.approx(written["angle_degrees"], rel=0.01)
    undo(tab)
    assert clusters(tab) == before
    # one is split: the others stay what they were, and the larger part does
    pick(tab, "2")
    tab.locator("[data-hand=split]").click()
    saved(tab)
    after = clusters(tab)
    assert {n: after[n] for n in ("1", "3", "4")} == {n: before[n] for n in ("1", "3", "4")}
    assert int(after["2"]) < int(before["2"])
    undo(tab)
    assert clusters(tab) == before
    # dropped: the others keep their numbers
    pick(tab, "1")
    tab.keyboard.press("d")
    finds(tab, TRUE_NEURONS - 1)
    assert list(clusters(tab)) == ["2", "3", "4"]
    saved(tab)


@pytest.mark.long
def test_typing_pointing_colouring_searching(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    tab.locator("[data-rule=hand]").click()
    field, answer = tab.locator("[data-form=want] input"), tab.locator("[data-part=answer]")
    picked = tab.locator("[data-part=picked]")
    # by keyboard alone: far too high, then four again, then a number that no height gives
    tab.locator(".cutline").press("Shift+ArrowDown")
    tab.locator("[data-view=tree] canvas").press("n")
    expect(field).to_be_focused()
    tab.keyboard.type("71")
    tab.keyboard.press("Enter")
    expect(answer).to_have_text(re.compile("^No height keeps exactly 71 clusters .* can be had: "))
    expect(field).to_have_value(str(benches.found(tab)))
    tab.keyboard.type(str(TRUE_NEURONS))
    tab.keyboard.press("Enter")
    finds(tab, TRUE_NEURONS)
    expect(answer).to_be_hidden()
    saved(tab)
    # a double click anywhere on the distances chooses a branch
    matrix = tab.locator("[data-view=matrix] canvas")
    matrix.scroll_into_view_if_needed()
    box = matrix.bounding_box()
    for fx, fy in ((0.1, 0.1), (0.4, 0.7), (0.99, 0.5), (0.5, 0.999), (0.02, 0.98)):
        tab.keyboard.press("Escape")
        expect(picked).to_contain_text("Pick a branch")
        tab.mouse.dblclick(box["x"] + fx * box["width"], box["y"] + fy * box["height"])
        expect(picked).to_contain_text("picked")
    # the map in three colourings, each another picture
    canvas, pictures = tab.locator("[data-view=map] canvas"), set()
    tab.keyboard.press("Escape")
    tab.mouse.move(0, 0)
    for choice in ("student", "loss", "cluster"):
        tab.locator(f"[data-colour={choice}]").click()
        expect(tab.locator(f"[data-colour={choice}]")).to_have_attribute("aria-pressed", "true")
        expect(canvas).to_have_attribute("aria-label", re.compile(f"coloured by {choice}$"))
        drawn(tab)
        pictures.add(canvas.evaluate("c => c.toDataURL()"))
    assert len(pictures) == 3
    # a neuron that is there lights up everywhere; one that is not gets a sentence
    views = ("tree", "map", "matrix", "plane")
    look = {v: tab.locator(f"[data-view={v}] canvas") for v in views}
    dark = {v: look[v].evaluate("c => c.toDataURL()") for v in views}
    member = exported(tab)["clusters"][0]["members"][0]
    tab.locator("[data-view=tree] canvas").press("f")
    tab.keyboard.type(f"student {member[0]}, neuron {member[1]}")
    tab.keyboard.press("Enter")
    expect(picked).to_have_text("1 neuron picked, of cluster 1")
    expect(tab.locator(".table tbody tr.lit")).to_have_count(1)
    expect(tab.locator(".tip")).to_contain_text(f"student {member[0]}, neuron {member[1]}")
    drawn(tab)
    for view in views:
        assert look[view].evaluate("c => c.toDataURL()") != dark[view]
    find = tab.locator("[data-form=find] input")
    find.fill("3.999")
    find.press("Enter")
    expect(picked).to_contain_text("Student 3 has no neuron 999")
    find.press("Escape")
    # a lasso picks vectors, however few of a cluster they are
    area = canvas.bounding_box()
    tab.mouse.move(area["x"] + 3, area["y"] + 3)
    tab.mouse.down()
    for fx, fy in ((0.5, 0.01), (0.5, 0.99), (0.01, 0.99), (0.01, 0.02)):
        tab.mouse.move(area["x"] + fx * area["width"], area["y"] + fy * area["height"])
    tab.mouse.up()
    expect(picked).to_have_text(re.compile(r"^\d+ neurons? picked, of "))


@pytest.mark.long
@pytest.mark.parametrize("scheme", daily(["light", "dark"], "dark"))
def test_chosen_segments_can_be_read_and_the_page_ends(
    browser: Any, server: Any, scheme: str
) -> None:
    run = benches.run_of_vectors(server.home, benches.crowd(10, 32, 9, 8))
    tab = new_tab(browser, color_scheme=scheme)
    visit(tab, f"{server.url}/cluster?run={run}")
    bench_is_there(tab)
    pressed = tab.locator(".wb button[aria-pressed=true]")
    for index in range(pressed.count()):
        button = pressed.nth(index)
        tab.mouse.move(0, 0)
        assert button.evaluate(CONTRAST) >= READABLE
        button.hover()
        assert button.evaluate(CONTRAST) >= READABLE
    assert pressed.count() >= 4
    # hundreds of rejected branches scroll in their table and do not lengthen the page
    assert tab.locator(".table tbody tr.rejected").count() > 50
    assert abs(tab.evaluate(TAIL)) < 20
    tab.context.close()
