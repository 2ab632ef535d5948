"""Every view of the workbench under the mouse: axes, links, sorting, branches, settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import benches
from tests.browser.benches import drag_cut, drawn, eventually, finds, found, open_bench, saved

Open = Callable[..., Any]

pytestmark = pytest.mark.browser

TRUE_NEURONS = 4
UMAP_MS = 600_000
"""The first UMAP compiles itself, beside everything else that a loaded machine does."""

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
    return benches.stored(server.home, run)


def canvas(tab: Any, view: str) -> Any:
    return tab.locator(f"[data-view={view}] canvas")


def point(tab: Any, view: str, fx: float, fy: float) -> tuple[float, float]:
    """A place on a view in coordinates of the page."""
    box = canvas(tab, view).bounding_box()
    return box["x"] + fx * box["width"], box["y"] + fy * box["height"]


def until(tab: Any, view: str, changed_from: str) -> str:
    """Wait until a canvas shows something else."""
    changed = f"the picture {view} has not changed"
    eventually(tab, lambda: picture(tab, view) != changed_from, changed)
    return picture(tab, view)


def picture(tab: Any, view: str) -> str:
    """A canvas as it is when all that was done has been drawn."""
    drawn(tab)
    shown: str = canvas(tab, view).evaluate("c => c.toDataURL()")
    return shown


def lit(tab: Any, count: int = 1) -> None:
    """Wait until so many rows of the table light up."""
    expect(tab.locator(".table tbody tr.lit")).to_have_count(count)


def picks(tab: Any) -> None:
    """Wait until the page says that something is picked."""
    expect(tab.locator("[data-part=picked]")).to_contain_text("picked")


@pytest.mark.long
def test_axes_zoom_and_pan(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    tab.mouse.move(0, 0)
    whole = picture(tab, "tree")
    tab.locator("[data-do=log]").click()
    linear = until(tab, "tree", whole)
    expect(tab.locator("[data-do=log]")).to_have_attribute("aria-pressed", "false")
    expect(tab.locator("[data-part=axis]")).to_contain_text("linear")
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


@pytest.mark.long
def test_rejected_branches_are_grey_and_say_why(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    drawn(tab)
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
    expect(row.locator(".why span").first).to_have_attribute("title", re.compile("needed"))
    box = canvas(tab, "tree").bounding_box()
    rejected = tab.locator(".tip:visible", has_text=re.compile("rejected: found by.*10 needed"))
    for k in range(8, 98, 2):
        tab.mouse.move(box["x"] + k / 100 * box["width"], box["y"] + 0.9 * box["height"])
        drawn(tab)
        if rejected.count():
            break
    expect(rejected).to_have_count(1)


@pytest.mark.long
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
            drawn(tab)
            if rows.count():
                break
        expect(rows).not_to_have_count(0)
        expect(tab.locator(".tip")).to_be_visible()
    # a vector of the map says whose it is
    for word in ("student ", "neuron ", "loss ", "norm ", "sign "):
        expect(tab.locator(".tip")).to_contain_text(word)
    # and a click picks its cluster
    tab.mouse.down()
    tab.mouse.up()
    picks(tab)


@pytest.mark.long
def test_pca_is_there_until_umap_is_and_can_be_chosen(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    note = tab.locator("[data-part=mapnote]")
    expect(note).to_have_text(re.compile(r"^(PCA; UMAP is (getting ready|\d+ % done)|UMAP)$"))
    expect(note).to_have_text("UMAP", timeout=UMAP_MS)
    umap = picture(tab, "map")
    tab.locator("[data-map=PCA]").click()
    until(tab, "map", umap)
    expect(note).to_have_text("PCA")
    expect(tab.locator("[data-map=PCA]")).to_have_attribute("aria-pressed", "true")
    tab.locator("[data-map=UMAP]").click()
    expect(tab.locator("[data-map=UMAP]")).to_have_attribute("aria-pressed", "true")
    expect(note).to_have_text("UMAP")


@pytest.mark.long
def test_what_was_chosen_stays_when_umap_arrives(open_tab: Open, server: Any) -> None:
    # vectors of its own: UMAP of these has not been computed yet
    run = benches.run_of_vectors(server.home, benches.crowd(10, 40, 5, 8))
    tab = open_bench(open_tab, run)
    tab.locator("[data-map=PCA]").click()
    tab.locator("[data-do=log]").click()
    tab.locator("[data-check=truth]").check()
    tab.locator(".table thead button").nth(1).click()
    sizes = tab.locator(".table thead th").nth(1)
    expect(sizes).to_have_attribute("aria-sort", "descending")
    button = tab.locator(".table tbody tr button").first
    button.focus()
    tab.wait_for_function(
        "() => [...globalThis.ecBlobs.values()].some(blob => blob.id.includes('umap'))",
        timeout=UMAP_MS,
    )
    drawn(tab)
    expect(tab.locator("[data-part=mapnote]")).to_have_text("PCA")
    expect(tab.locator("[data-map=PCA]")).to_have_attribute("aria-pressed", "true")
    expect(tab.locator("[data-do=log]")).to_have_attribute("aria-pressed", "false")
    expect(tab.locator("[data-check=truth]")).to_be_checked()
    expect(sizes).to_have_attribute("aria-sort", "descending")
    expect(button).to_be_focused()
    tab.locator("[data-map=UMAP]").click()
    expect(tab.locator("[data-part=mapnote]")).to_have_text("UMAP")


@pytest.mark.long
def test_a_click_is_not_lost_to_a_table_made_anew(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    before = found(tab)
    drop = tab.locator(".table tbody tr").first.get_by_role("button", name="drop")
    drop.hover()
    tab.mouse.down()
    # the whole page comes once more before the button is let go, as when UMAP is ready
    tab.evaluate("() => globalThis.dispatchEvent(new Event('ec-blob'))")
    tab.mouse.up()
    finds(tab, before - 1)
    # the same from the keyboard: whoever has pressed a button is still on it, and takes it back
    saved(tab)
    keep = tab.locator(".table tbody tr.rejected", has_text="dropped by hand").get_by_role("button")
    keep.focus()
    tab.keyboard.press("Enter")
    finds(tab, before)
    saved(tab)
    focused = tab.locator(".table tbody tr:not(.rejected) button:focus")
    expect(focused).to_have_text("drop")
    tab.keyboard.press("Enter")
    finds(tab, before - 1)
    saved(tab)


def test_the_table_is_sorted_by_any_column(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    heads = tab.locator(".table thead button")
    other = {"ascending": "descending", "descending": "ascending"}

    def ordered(index: int, wanted: str) -> None:
        """The table follows a click within some frames."""
        head = tab.locator(".table thead th").nth(index)
        expect(head).to_have_attribute("aria-sort", wanted)
        drawn(tab)

    def sort(index: int, wanted: str) -> None:
        heads.nth(index).click()
        ordered(index, wanted)

    ordered(0, "ascending")
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
    finds(tab, before + 1)
    saved(tab)


@pytest.mark.long
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
        drawn(tab)
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


@pytest.mark.long
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
    judged = ["true neurons", "extra", "worst distance"]
    expect(tab.locator(".saved thead th:nth-last-child(-n+4)")).to_have_text(judged)
    drawn(tab)
    heads = tab.locator(".saved thead th").all_inner_texts()

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
    expect(tab.locator(".saved .now td").nth(4)).to_have_text("4")
    # kept with the run: still there in another session, until they are forgotten
    again = open_bench(open_tab, run)
    again.get_by_role("button", name="Forget the setting far too high").click()
    saved(again)
    assert "named: far too high" not in stored(server, run)
    expect(again.locator(".saved tbody tr")).to_have_count(2)
