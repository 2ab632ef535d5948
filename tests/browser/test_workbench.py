"""The workbench in a real browser: hands on the cut, and nothing lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import benches
from tests.browser.benches import (
    STUDENTS,
    WIDTH,
    bench_is_there,
    cut_at,
    drag_cut,
    drawn,
    eventually,
    finds,
    found,
    go,
    is_at,
    open_bench,
    reaches,
    saved,
)
from tests.browser.tabs import new_tab, visit

Open = Callable[..., Any]

pytestmark = pytest.mark.browser

TRUE_NEURONS = 4
MINUTE = 60_000


@pytest.fixture(scope="module")
def trained(server: Any) -> str:
    return benches.trained_run(server.home)


@pytest.fixture
def run(server: Any, trained: str) -> str:
    return benches.copies(server.home, trained)


def stored(server: Any, run: str) -> dict[str, Any]:
    return benches.stored(server.home, run)


def no_traceback(tab: Any) -> None:
    assert tab.locator("[data-testid=stException]").count() == 0
    assert tab.locator("[data-testid=stAlert]").count() == 0


def test_the_story_of_tuning_by_hand(open_tab: Open, server: Any, run: str) -> None:
    tab = open_bench(open_tab, run)
    # somebody cut far too high: everything is one cluster
    tab.locator("[data-rule=hand]").click()
    drag_cut(tab, 9.0)
    saved(tab)
    assert found(tab) != TRUE_NEURONS
    # down to the long plateau
    drag_cut(tab, -5.0)
    finds(tab, TRUE_NEURONS)
    saved(tab)
    # split one branch: click its row, then Split
    drawn(tab)
    tab.locator(".table tbody tr").first.click()
    tab.locator("[data-hand=split]").click()
    saved(tab)
    assert stored(server, run)[""]["edits"][0][0] == "cut"
    # drop one cluster
    before = found(tab)
    tab.keyboard.press("Escape")
    drawn(tab)
    tab.locator(".table tbody tr").first.locator("td button").last.click()
    finds(tab, before - 1)
    saved(tab)
    # both are taken back
    tab.locator("[data-do=undo]").click()
    tab.locator("[data-do=undo]").click()
    finds(tab, TRUE_NEURONS)
    saved(tab)
    assert stored(server, run)[""]["edits"] == []
    # a name for it
    tab.locator(".saved input").fill("on the plateau")
    tab.locator(".saved form button").click()
    tab.locator(".saved tbody tr", has_text="on the plateau").wait_for()
    saved(tab)
    kept = stored(server, run)
    assert kept["named: on the plateau"] == kept[""]
    # and the network from it has the right size
    tab.locator(".st-key-go_reconstruct button").first.click()
    tab.locator(".st-key-start_reconstruct button").first.click()
    tab.locator(".st-key-building_words", has_text=re.compile("2-4-1|2–4–1")).wait_for(
        timeout=4 * MINUTE
    )
    no_traceback(tab)


@pytest.mark.long
def test_nothing_is_lost(open_tab: Open, server: Any, run: str) -> None:
    tab = open_bench(open_tab, run)
    drag_cut(tab, -3.0)
    saved(tab)
    tab.locator(".table tbody tr").first.click()
    tab.keyboard.press("d")
    saved(tab)
    finds(tab, TRUE_NEURONS - 1)
    state = (cut_at(tab), found(tab))
    # a reload of the tab
    tab.reload()
    bench_is_there(tab)
    assert (cut_at(tab), found(tab)) == state
    # another page and back
    go(tab, "Teacher")
    go(tab, "Cluster")
    saved(tab)
    assert (cut_at(tab), found(tab)) == state
    # a key pressed just before leaving
    tab.locator(".cutline").press("Shift+ArrowDown")
    reaches(tab, state[0] - 1)
    go(tab, "Expand")
    go(tab, "Cluster")
    saved(tab)
    reaches(tab, state[0] - 1)
    tab.locator("[data-do=undo]").click()
    saved(tab)
    # the server ends and another begins
    server.restart()
    again = open_bench(open_tab, run)
    assert (cut_at(again), found(again)) == state
    again.locator("[data-do=undo]").click()
    finds(again, TRUE_NEURONS)
    again.locator("[data-do=redo]").click()
    finds(again, TRUE_NEURONS - 1)
    again.locator("[data-do=undo]").click()
    finds(again, TRUE_NEURONS)
    again.locator("[data-do=undo]").click()
    expect(again.locator("[data-do=undo]")).to_be_disabled()
    no_traceback(again)


LOSE = """() => {
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (data) {
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
    if (globalThis.ecLose && text.includes('"serial"')) { globalThis.ecLost = true; return }
    send.call(this, data)
  }
}"""
"""While ecLose is true the workbench's messages never leave the browser; all others do."""

AT_ONCE = """step => {
  const host = [...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('.wb'))
  const line = host.shadowRoot.querySelector('.cutline')
  const key = { key: 'ArrowDown', shiftKey: true, bubbles: true, composed: true }
  line.dispatchEvent(new KeyboardEvent('keydown', key))
  if (step === null) { location.reload(); return }
  const links = [...document.querySelectorAll('.st-key-steps a')]
  links.find(link => link.innerText.includes(step))?.click()
}"""
"""A key on the cut, and away within the same task: nothing can be sent in between."""


@pytest.fixture
def losing(open_tab: Open, run: str) -> Any:
    """The workbench in a tab whose messages can be lost for certain."""
    tab = open_tab(f"/teacher?run={run}")
    tab.add_init_script(f"({LOSE})()")
    visit(tab, tab.url.replace("/teacher", "/cluster"))
    bench_is_there(tab)
    return tab


@pytest.mark.long
@pytest.mark.parametrize("way", ["reload", "page", "no storage"])
def test_what_never_left_the_browser_is_not_lost(
    losing: Any, server: Any, run: str, way: str
) -> None:
    tab = losing
    first, before = cut_at(tab), stored(server, run)[""]
    if way == "no storage":
        tab.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full') } }")
    tab.evaluate("() => { globalThis.ecLose = true }")
    # one step whose message is lost while the bench is there, and one that comes with leaving
    tab.locator(".cutline").press("Shift+ArrowDown")
    tab.wait_for_function("() => globalThis.ecLost")
    tab.evaluate(AT_ONCE, None if way == "reload" else "Teacher")
    if way == "reload":
        tab.wait_for_function("() => globalThis.ecLose === undefined")
    else:
        is_at(tab, "teacher")
        assert stored(server, run)[""] == before
        tab.evaluate("() => { globalThis.ecLose = false }")
        go(tab, "Cluster")
    saved(tab)
    reaches(tab, first - 2)
    assert stored(server, run)[""]["height"] == pytest.approx(10 ** (first - 2), rel=0.05)
    # both steps are there to be undone, one by one
    tab.locator("[data-do=undo]").click()
    reaches(tab, first - 1)
    tab.locator("[data-do=undo]").click()
    reaches(tab, first)
    saved(tab)
    # taken once: another visit brings nothing back
    go(tab, "Teacher")
    go(tab, "Cluster")
    saved(tab)
    assert cut_at(tab) == first
    no_traceback(tab)


def test_lost_steps_are_built_from_all_the_same(losing: Any, server: Any, run: str) -> None:
    tab = losing
    first = cut_at(tab)
    tab.evaluate("() => { globalThis.ecLose = true }")
    tab.evaluate(AT_ONCE, "Expand")
    is_at(tab, "expand")
    tab.evaluate("() => { globalThis.ecLose = false }")
    # the workbench is not seen again: the page that builds asks the tab for what is missing
    go(tab, "Reconstruct")
    eventually(tab, lambda: stored(server, run)[""]["rule"] == "hand", "nothing was handed in")
    assert stored(server, run)[""]["height"] == pytest.approx(10 ** (first - 1), rel=0.05)
    go(tab, "Cluster")
    saved(tab)
    assert cut_at(tab) == pytest.approx(first - 1, abs=0.02)
    no_traceback(tab)


@pytest.mark.long
def test_somebody_else_s_cut_is_not_undone_by_what_was_lost(
    losing: Any, open_tab: Open, server: Any, run: str
) -> None:
    tab = losing
    first = cut_at(tab)
    tab.evaluate("() => { globalThis.ecLose = true }")
    tab.evaluate(AT_ONCE, "Teacher")
    is_at(tab, "teacher")
    other = open_bench(open_tab, run)
    other.locator(".cutline").press("Shift+ArrowUp")
    reaches(other, first + 1)
    other.locator(".cutline").blur()
    saved(other)
    tab.evaluate("() => { globalThis.ecLose = false }")
    go(tab, "Cluster")
    saved(tab)
    reaches(tab, first + 1)
    assert stored(server, run)[""]["height"] == pytest.approx(10 ** (first + 1), rel=0.05)


@pytest.mark.long
def test_a_lost_message_survives_a_server_s_restart(losing: Any, server: Any, run: str) -> None:
    tab = losing
    first = cut_at(tab)
    tab.evaluate("() => { globalThis.ecLose = true }")
    tab.evaluate(AT_ONCE, "Teacher")
    is_at(tab, "teacher")
    server.stop()
    server.start_again()
    visit(tab, f"{server.url}/cluster?run={run}")
    saved(tab)
    reaches(tab, first - 1)
    assert stored(server, run)[""]["height"] == pytest.approx(10 ** (first - 1), rel=0.05)


@pytest.mark.long
def test_a_lost_connection_while_dragging(open_tab: Open, server: Any, run: str) -> None:
    tab = open_bench(open_tab, run)
    first = cut_at(tab)
    box = tab.locator(".cutline").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 11
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x, y + 30)
    server.stop()
    for k in range(20):
        tab.mouse.move(x, y + 30 + k)
    tab.mouse.up()
    moved = cut_at(tab)
    assert moved < first - 1
    # it says so, goes on working, and sends it when the app is back
    tab.locator(".wb[data-saved=late]").wait_for()
    expect(tab.locator("[data-part=state]")).to_contain_text("Nothing is lost")
    server.start_again()
    saved(tab, 4 * MINUTE)
    assert cut_at(tab) == pytest.approx(moved)
    assert stored(server, run)[""]["height"] == pytest.approx(10**moved, rel=0.03)


@pytest.mark.long
def test_plateaus_gamma_beta_and_rules(open_tab: Open, server: Any, run: str) -> None:
    tab = open_bench(open_tab, run)
    drag_cut(tab, -7.5)
    saved(tab)
    assert stored(server, run)[""]["rule"] == "hand"
    # the long plateau is clicked in the middle of its column: the automatic choice again
    canvas = tab.locator("[data-view=counts] canvas")
    box = canvas.bounding_box()
    canvas.click(position={"x": 20, "y": box["height"] * 0.4})
    saved(tab)
    cut = stored(server, run)[""]
    assert (cut["rule"], found(tab)) == ("plateau", TRUE_NEURONS)
    # a dial acts while it moves, and is kept when it is let go
    gamma = tab.locator("[data-dial=gamma]")
    gamma.evaluate("e => { e.value = 1; e.dispatchEvent(new Event('input', {bubbles: true})) }")
    tab.locator("[data-value=gamma]", has_text="1 · 10 of 10").wait_for()
    assert stored(server, run)[""]["gamma"] == 0.5
    gamma.evaluate("e => e.dispatchEvent(new Event('change', {bubbles: true}))")
    saved(tab)
    assert stored(server, run)[""]["gamma"] == 1.0
    tab.locator("[data-rule=paper]").click()
    saved(tab)
    assert stored(server, run)[""]["rule"] == "paper"


@pytest.mark.long
def test_views_are_linked_and_exported(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    canvas = tab.locator("[data-view=tree] canvas")
    box = canvas.bounding_box()
    tab.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.6 * box["height"])
    expect(tab.locator(".table tbody tr.lit")).not_to_have_count(0)
    expect(tab.locator(".tip")).to_contain_text("students")
    # a lasso around everything on the map picks every cluster
    area = tab.locator("[data-view=map] canvas").bounding_box()
    corners = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02)]
    for k, (fx, fy) in enumerate(corners):
        tab.mouse.move(area["x"] + fx * area["width"], area["y"] + fy * area["height"])
        if k == 0:
            tab.mouse.down()
    tab.mouse.up()
    expect(tab.locator("[data-part=picked]")).to_contain_text("picked")
    expect(tab.locator(".table tbody input:checked")).not_to_have_count(0)
    expect(tab.locator(".table tbody input:not(:checked)")).to_have_count(0)
    for kind, name, start in (
        ("svg", "clusters.svg", "<svg xmlns"),
        ("png", "clusters.png", "\ufffdPNG"),
        ("json", "clusters.json", "{"),
        ("csv", "clusters.csv", "cluster,kept,student,neuron"),
    ):
        tab.locator(".menu summary", has_text="Export").click()
        with tab.expect_download() as download:
            tab.locator(f"[data-export={kind}]").click()
        assert download.value.suggested_filename == name
        text = download.value.path().read_bytes().decode("utf-8", "replace")
        assert text.startswith(start)
    no_traceback(tab)


def test_the_keyboard_can_do_everything(open_tab: Open, server: Any, run: str) -> None:
    tab = open_bench(open_tab, run)
    line = tab.locator(".cutline")
    line.focus()
    at = cut_at(tab)
    line.press("ArrowDown")
    reaches(tab, at - 0.1)
    line.press("Shift+ArrowDown")
    reaches(tab, at - 1.1)
    line.press("PageDown")
    line.press("PageUp")
    line.press("Home")
    finds(tab, TRUE_NEURONS)
    saved(tab)
    # on the tree: to a branch, pick it, split it, drag its own cut
    tree = tab.locator("[data-view=tree] canvas")
    tree.focus()
    tree.press("ArrowRight")
    tree.press("ArrowLeft")
    # what is said of a branch is shown and can be heard, also after zooming in
    said = tab.locator("[data-part=said]")
    expect(said).to_have_text(re.compile(r"of \d+ students"))
    tree.press("+")
    tree.press("+")
    tree.press("ArrowRight")
    expect(tab.locator(".tip")).to_be_visible()
    # and is not spoken over when the page is drawn once more
    drawn(tab)
    expect(said).to_have_text(re.compile(r"of \d+ students"))
    tree.press("ArrowLeft")
    tree.press("0")
    # on to a branch of several neurons: what no other student has is one alone, and cannot be split
    for _ in range(STUDENTS * WIDTH):
        if "rejected" not in said.inner_text():
            break
        tree.press("ArrowRight")
    tree.press("Enter")
    expect(tab.locator("[data-part=picked]")).to_contain_text("picked")
    tree.press("s")
    saved(tab)
    before = stored(server, run)[""]["edits"][0]
    tree.press("Alt+ArrowDown")
    # kept once the key has rested
    saved(tab)
    after = stored(server, run)[""]["edits"][0]
    assert before[:2] == after[:2] and after[2] < before[2]
    tree.press("r")
    saved(tab)
    assert stored(server, run)[""]["edits"] == []
    tab.keyboard.press("Control+z")
    saved(tab)
    assert stored(server, run)[""]["edits"] == [after]
    # on the map, vector by vector
    view = tab.locator("[data-view=map] canvas")
    view.focus()
    view.press("ArrowRight")
    view.press("ArrowRight")
    expect(said).to_have_text(re.compile(r"student \d+, neuron \d+"))
    view.press("+")
    view.press("ArrowRight")
    expect(tab.locator(".tip")).to_be_visible()
    view.press("0")
    view.press("Enter")
    view.press("k")
    saved(tab)
    no_traceback(tab)


@pytest.mark.long
def test_the_truth_is_shown_and_can_be_locked(open_tab: Open, run: str) -> None:
    tab = open_bench(open_tab, run)
    check = tab.locator("[data-check=truth]")
    check.check()
    facts = tab.locator("[data-part=facts]")
    expect(facts).to_contain_text("4 of 4")
    tab.locator(".st-key-truth_locked label").first.click()
    tab.locator("[data-part=truth]").wait_for(state="hidden")
    tab.wait_for_function(
        "() => [...globalThis.ecBlobs.values()].every(blob => !blob.id.includes('truth'))"
    )
    expect(facts).not_to_contain_text("true neurons")


@pytest.mark.long
def test_touch_moves_the_cut(browser: Any, server: Any, run: str) -> None:
    tab = new_tab(browser, viewport={"width": 900, "height": 900}, has_touch=True)
    visit(tab, f"{server.url}/cluster?run={run}")
    bench_is_there(tab)
    at = cut_at(tab)
    box = tab.locator(".cutline").bounding_box()
    session = tab.context.new_cdp_session(tab)
    x, y = box["x"] + box["width"] / 2, box["y"] + 11

    def touch(kind: str, dy: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y + dy}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0)
    for dy in range(0, 60, 6):
        touch("touchMove", dy)
    touch("touchEnd", 60)
    eventually(tab, lambda: cut_at(tab) < at - 1, "the cut has not followed the finger")
    saved(tab)
    assert stored(server, run)[""]["height"] < 10 ** (at - 1)
    tab.context.close()


HELD = """(() => {
  const made = URL.createObjectURL
  window.held = new Promise(release => { window.release = release })
  URL.createObjectURL = what => made.call(
    URL, what.type === "text/javascript" ? new Blob(["await window.held\\n", what], what) : what,
  )
})()"""
"""No component's script is there before ``release`` is called, as on a slow line."""


def test_the_page_changes_while_the_bench_is_loading(browser: Any, server: Any, run: str) -> None:
    tab = new_tab(browser, color_scheme="light")
    tab.add_init_script(HELD)
    visit(tab, f"{server.url}/cluster?run={run}")
    tab.locator(".st-key-bench_below").first.wait_for()
    # Streamlit hands the scripts newer data, and ends the older call after the newer one
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function("matchMedia('(prefers-color-scheme: dark)').matches")
    eventually(tab, lambda: is_dark(tab), "the page does not turn dark")
    tab.evaluate("release()")
    bench_is_there(tab)
    # it is not only drawn: what is done is kept
    tab.locator("[data-rule=hand]").click()
    drag_cut(tab, 9.0)
    saved(tab)
    assert stored(server, run)[""]["rule"] == "hand"
    tab.context.close()


def is_dark(tab: Any) -> bool:
    ground: str = tab.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    return all(int(part) < 64 for part in re.findall(r"\d+", ground)[:3])
