"""Every view of the workbench under the mouse: axes, links, sorting, branches, settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import benches
from tests.browser.benches import drag_cut, found, open_bench, saved

Open = Callable[..., Any]

pytestmark = pytest.mark.browser

TRUE_NEURONS = 4

COLOURS = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const seen = new Set()
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 255) seen.add(data[i] + ' ' + data[i + 1] + ' ' + data[i + 2])
  }
  return [...seen]
}"""
"""Every colour that is on a canvas, fully covered."""


@pytest.fixture(scope="module")
def trained(server: Any) -> str:
    return benches.trained_run(server.home)


@pytest.fixture
def run(server: Any, trained: str) -> str:
    return benches.copies(server.home, trained)


def stored(server: Any, run: str) -> dict[str, Any]:
    cuts: dict[str, Any] = json.loads((server.home / run / "cuts.json").read_text())
    return cuts


def canvas(tab: Any, view: str) -> Any:
    return tab.locator(f"[data-view={view}] canvas")


def point(tab: Any, view: str, fx: float, fy: float) -> tuple[float, float]:
    """A place on a view in coordinates of the page."""
    box = canvas(tab, view).bounding_box()
    return box["x"] + fx * box["width"], box["y"] + fy * box["height"]


def until(tab: Any, view: str, changed_from: str) -> str:
    """Wait until a canvas shows something else."""
    for _ in range(600):
        now: str = canvas(tab, view).evaluate("c => c.toDataURL()")
        if now != changed_from:
            return now
        tab.wait_for_timeout(50)
    raise AssertionError(f"the picture {view} has not changed")


def picture(tab: Any, view: str) -> str:
    shown: str = canvas(tab, view).evaluate("c => c.toDataURL()")
    return shown


def lit(tab: Any, count: int = 1) -> None:
    """Wait until so many rows of the table light up."""
    tab.wait_for_function(
        """count => {
          const host = [...document.querySelectorAll('*')]
            .find(e => e.shadowRoot?.querySelector('.wb'))
          return host.shadowRoot.querySelectorAll('.table tbody tr.lit').length === count
        }""",
        arg=count,
    )


def test_axes_zoom_and_pan(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    tab.mouse.move(0, 0)
    whole = picture(tab, "tree")
    tab.locator("[data-do=log]").click()
    linear = until(tab, "tree", whole)
    assert tab.locator("[data-do=log]").get_attribute("aria-pressed") == "false"
    assert "linear" in tab.locator("[data-part=axis]").inner_text()
    # the cut is still there to be moved
    drag_cut(tab, 0.0)
    tab.locator("[data-do=log]").click()
    until(tab, "tree", linear)
    tab.locator("[data-do=in]").click()
    near = until(tab, "tree", whole)
    # drag the ground sideways, then with the wheel, then all of it again
    x, y = point(tab, "tree", 0.5, 0.15)
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x - 60, y, steps=4)
    tab.mouse.up()
    moved = until(tab, "tree", near)
    tab.mouse.wheel(0, -200)
    until(tab, "tree", moved)
    tab.locator("[data-do=fit]").click()
    tab.keyboard.press("Escape")
    tab.mouse.move(0, 0)
    tab.locator("[data-part=picked]", has_text="Pick a branch").wait_for()


def test_rejected_branches_are_grey_and_say_why(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    before = set(canvas(tab, "tree").evaluate(COLOURS))
    tab.locator("[data-rule=hand]").click()
    gamma = tab.locator("[data-dial=gamma]")
    for event in ("input", "change"):
        gamma.evaluate(
            "(e, kind) => { e.value = 1; e.dispatchEvent(new Event(kind, {bubbles: true})) }", event
        )
    # not every student found every neuron: what one of them lacks is kept no longer
    tab.locator(f".cutline:not([aria-valuetext*=' {TRUE_NEURONS} neurons'])").wait_for()
    saved(tab)
    assert found(tab) < TRUE_NEURONS
    assert not before <= set(canvas(tab, "tree").evaluate(COLOURS))
    row = tab.locator(".table tbody tr.rejected").first
    assert "needed" in row.locator(".why span").first.get_attribute("title")
    box = canvas(tab, "tree").bounding_box()
    seen = set()
    for k in range(8, 98, 2):
        tab.mouse.move(box["x"] + k / 100 * box["width"], box["y"] + 0.9 * box["height"])
        tip = tab.locator(".tip")
        if tip.is_visible():
            seen.add(tip.inner_text())
    assert any("rejected: found by" in words and "10 needed" in words for words in seen)


def test_what_is_hovered_in_one_view_shows_in_all(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    views = ("tree", "map", "matrix", "plane")
    tab.mouse.move(0, 0)
    dark = {view: picture(tab, view) for view in views}
    # a row of the table
    tab.locator(".table tbody tr").first.hover()
    lit(tab)
    for view in views:
        until(tab, view, dark[view])
    tab.mouse.move(0, 0)
    lit(tab, 0)
    # the diagonal of the matrix, the lines of the plane and the points of the map, in turn
    for view in ("matrix", "plane", "map"):
        canvas(tab, view).scroll_into_view_if_needed()
        tab.mouse.move(0, 0)
        lit(tab, 0)
        rows = tab.locator(".table tbody tr.lit")
        box = canvas(tab, view).bounding_box()
        for k in range(40 * 40):
            # along the diagonal first, where the matrix has its clusters
            fx, fy = (k / 40, k / 40) if k < 40 else ((k % 40) / 40, (k // 40) / 40)
            x, y = box["x"] + fx * box["width"], box["y"] + fy * box["height"]
            tab.mouse.move(x, y)
            if rows.count():
                break
        assert rows.count() > 0, view
        assert tab.locator(".tip").is_visible()
    # a vector of the map says whose it is
    words = tab.locator(".tip").inner_text()
    for word in ("student ", "neuron ", "loss ", "norm ", "sign "):
        assert word in words
    # and a click picks its cluster
    tab.mouse.down()
    tab.mouse.up()
    assert "picked" in tab.locator("[data-part=picked]").inner_text()


def test_pca_is_there_until_umap_is_and_can_be_chosen(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    note = tab.locator("[data-part=mapnote]")
    assert (
        note.inner_text() in ("PCA; UMAP is getting ready", "UMAP") or "done" in note.inner_text()
    )
    tab.wait_for_function(
        """() => [...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('.wb'))
          .shadowRoot.querySelector('[data-part=mapnote]').textContent === 'UMAP'""",
        timeout=300_000,
    )
    umap = picture(tab, "map")
    tab.locator("[data-map=PCA]").click()
    until(tab, "map", umap)
    assert note.inner_text() == "PCA"
    assert tab.locator("[data-map=PCA]").get_attribute("aria-pressed") == "true"
    tab.locator("[data-map=UMAP]").click()
    tab.locator("[data-map=UMAP][aria-pressed=true]").wait_for()
    assert note.inner_text() == "UMAP"


def test_the_table_is_sorted_by_any_column(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    heads = tab.locator(".table thead button")
    other = {"ascending": "descending", "descending": "ascending"}

    def order(index: int) -> str:
        seen: str = tab.locator(".table thead th").nth(index).get_attribute("aria-sort")
        return seen

    def sort(index: int, wanted: str) -> None:
        """The table follows a click within some frames."""
        heads.nth(index).click()
        tab.locator(f".table thead th:nth-child({index + 1})[aria-sort={wanted}]").wait_for()

    assert order(0) == "ascending"
    for index in range(heads.count()):
        # numbers begin with the largest, which is what is looked for
        first = "ascending" if heads.nth(index).inner_text() == "verdict" else "descending"
        sort(index, first)
        sort(index, other[first])
    for wanted in ("descending", "ascending"):
        sort(1, wanted)
        sizes = [
            int(text) for text in tab.locator(".table tbody td:nth-child(2)").all_inner_texts()
        ]
        assert sizes == sorted(sizes, reverse=wanted == "descending")
        assert len(set(sizes)) > 1
    # keep what the rules reject
    before = found(tab)
    tab.locator(".table tbody tr.rejected button").first.click()
    tab.locator(f".cutline[aria-valuetext*=' {before + 1} neurons found']").wait_for()
    saved(tab)


def test_a_branch_s_own_height_is_dragged(open_tab: Open, server: Any, run: str) -> None:
    tab = open_bench(open_tab, run)
    tab.locator(".table tbody tr").first.click()
    tab.locator("[data-hand=own]").click()
    saved(tab)
    first = stored(server, run)[""]["edits"]
    assert [edit[0] for edit in first] == ["cut"]
    # its handle lies where the cut of all was; that one is moved out of the way
    line = tab.locator(".cutline").bounding_box()
    y = line["y"] + line["height"] / 2
    drag_cut(tab, 2.0)
    saved(tab)
    box = canvas(tab, "tree").bounding_box()
    grip = None
    for k in range(8, 98):
        tab.mouse.move(box["x"] + k / 100 * box["width"], y)
        if canvas(tab, "tree").evaluate("c => c.style.cursor") == "ns-resize":
            grip = box["x"] + k / 100 * box["width"]
            break
    assert grip is not None
    tab.mouse.down()
    tab.mouse.move(grip, y + 40, steps=5)
    tab.mouse.up()
    saved(tab)
    moved = stored(server, run)[""]["edits"]
    assert moved[0][:2] == first[0][:2]
    assert moved[0][2] < first[0][2] / 10
    tab.locator("[data-do=undo]").click()
    saved(tab)
    assert stored(server, run)[""]["edits"] == first


def test_settings_are_kept_side_by_side_and_used(open_tab: Open, server: Any, run: str) -> None:
    tab = open_bench(open_tab, run)

    def keep(name: str) -> None:
        tab.locator(".saved input").fill(name)
        tab.locator(".saved form button").click()
        tab.locator(".saved tbody tr", has_text=name).wait_for()
        saved(tab)

    keep("the long one")
    drag_cut(tab, 9.0)
    saved(tab)
    keep("far too high")
    tab.locator("[data-check=truth]").check()
    heads = tab.locator(".saved thead th").all_inner_texts()
    assert heads[-3:] == ["true neurons", "extra", "worst distance"]

    def row(name: str) -> dict[str, str]:
        cells = tab.locator(".saved tbody tr", has_text=name).locator("td").all_inner_texts()
        return dict(zip(heads, cells, strict=False))

    good, bad = row("the long one"), row("far too high")
    assert (good["found"], good["true neurons"], good["extra"]) == ("4", "4 of 4", "0")
    assert bad["found"] != "4" or bad["true neurons"] != "4 of 4"
    assert "10⁻" in good["worst distance"]
    # one of them is used: it is what is stored as the cut to build from
    tab.get_by_role("button", name="Use the setting the long one").click()
    saved(tab)
    cuts = stored(server, run)
    assert cuts[""] == cuts["named: the long one"] != cuts["named: far too high"]
    assert tab.locator(".saved .now td").all_inner_texts()[4] == "4"
    # kept with the run: still there in another session, until they are forgotten
    again = open_bench(open_tab, run)
    again.get_by_role("button", name="Forget the setting far too high").click()
    saved(again)
    assert "named: far too high" not in stored(server, run)
    assert again.locator(".saved tbody tr").count() == 2
