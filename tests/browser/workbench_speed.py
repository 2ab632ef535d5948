"""How fast the workbench follows the pointer: python tests/browser/workbench_speed.py [vectors …]

For 400 and 10,000 vectors: seconds until the first picture once the tree is in memory, frames per
second while the cut is dragged over the whole tree, and the memory of the page.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playwright.sync_api import sync_playwright

from tests.browser import benches
from tests.browser.conftest import Server, browser_path

STUDENTS, FEATURES, DRAG_SECONDS = 50, 9, 4.0
MAP_SECONDS = 400
"""UMAP of 10,000 vectors takes minutes; meanwhile the page shows PCA."""

NEURONS = {400: 8, 10_000: 200}

# A real mouse presses; then the pointer moves at every frame, faster than any hand, and the gaps
# between frames are taken. Each frame draws a cut that was not drawn before.
DRAG = """([seconds, x, top, bottom]) => new Promise(done => {
  const host = [...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('.wb'))
  const root = host.shadowRoot.querySelector('.wb'), line = root.querySelector('.cutline')
  const began = performance.now(), before = Number(root.dataset.drawn), gaps = []
  let last = began
  const tick = now => {
    gaps.push(now - last)
    last = now
    const gone = (now - began) / 1000
    if (gone > seconds) {
      done({ gaps: gaps.slice(1), drawn: Number(root.dataset.drawn) - before })
      return
    }
    const y = top + Math.abs(((gone / 1.6) % 2) - 1) * (bottom - top)
    line.dispatchEvent(new PointerEvent('pointermove', { pointerId: 1, clientX: x, clientY: y }))
    requestAnimationFrame(tick)
  }
  requestAnimationFrame(tick)
})"""


def renderer_megabytes() -> float:
    """Resident memory of the largest page of any browser started here."""
    largest = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                pages = int((folder / "statm").read_text().split()[1])
                largest = max(largest, pages * 4096 / 2**20)
        except (OSError, IndexError, ValueError):
            continue
    return largest


def drag(tab: Any) -> dict[str, Any]:
    """Drag the cut up and down for some seconds; gaps between frames in milliseconds."""
    stage = tab.locator("[data-view=tree] canvas").bounding_box()
    box = tab.locator(".cutline").bounding_box()
    x = box["x"] + box["width"] / 2
    tab.mouse.move(x, box["y"] + box["height"] / 2)
    tab.mouse.down()
    top, bottom = stage["y"] + 16, stage["y"] + stage["height"] - 34
    seen: dict[str, Any] = tab.evaluate(DRAG, [DRAG_SECONDS, x, top, bottom])
    tab.mouse.up()
    return seen


def measure(server: Server, browser: Any, vectors: int) -> None:
    """One line of the table."""
    hidden = vectors // STUDENTS
    crowd = benches.crowd(STUDENTS, hidden, FEATURES, NEURONS.get(vectors, vectors // 50))
    run = benches.run_of_vectors(server.home, crowd)
    # the first visit grows the tree and computes the map; what is measured is the second, from a
    # click on "Cluster" elsewhere in the app to the first frame with the tree on it
    tab = goto(browser, f"{server.url}/cluster?run={run}")
    benches.saved(tab)
    note = tab.locator("[data-part=mapnote]", has_text=re.compile("^UMAP$"))
    note.wait_for(timeout=1000 * MAP_SECONDS)
    tab.context.close()
    tab = goto(browser, f"{server.url}/teacher?run={run}")
    link = tab.locator(".st-key-steps a", has_text="Cluster").first
    link.wait_for()
    time.sleep(3)
    began = time.perf_counter()
    link.click()
    tab.locator(".wb[data-drawn]").wait_for()
    first = time.perf_counter() - began
    benches.saved(tab)
    time.sleep(2)
    seen = drag(tab)
    gaps = sorted(seen["gaps"])
    fps = 1000 * len(gaps) / sum(gaps)
    slow = gaps[int(0.95 * len(gaps))]
    shown = int(tab.locator(".wb").get_attribute("data-vectors"))
    drawn = 1000 * seen["drawn"] / sum(gaps)
    print(
        f"| {shown:,} | {first:.1f} s | {fps:.0f} | {drawn:.0f} | {slow:.0f} ms | "
        f"{renderer_megabytes():.0f} MB |",
        flush=True,
    )
    tab.context.close()


def goto(browser: Any, address: str) -> Any:
    tab = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    tab.goto(address)
    return tab


def main() -> None:
    wanted = [int(word.replace(",", "")) for word in sys.argv[1:]] or [400, 10_000]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "runs", Path(folder) / "server.log")
        server.start()
        chromium = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        print("| vectors | first picture | frames/s | drawn/s | slow frames (95 %) | page |")
        print("| --- | --- | --- | --- | --- | --- |", flush=True)
        try:
            for vectors in wanted:
                measure(server, chromium, vectors)
        finally:
            chromium.close()
            server.stop()


if __name__ == "__main__":
    main()
