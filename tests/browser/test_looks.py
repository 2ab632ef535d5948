"""Every page of a finished run on a phone and enlarged, and whether what is chosen can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser import benches
from tests.browser.tabs import FIRST_MS, new_tab, visit

pytestmark = pytest.mark.browser

PAGES = ("", "teacher", "expand", "cluster", "reconstruct", "compare", "difficulty")

PHONE = {"viewport": {"width": 390, "height": 844}}
ENLARGED = {"viewport": {"width": 640, "height": 360}, "device_scale_factor": 2}
"""What a browser makes of 1280×720 at 200 %."""

SIDEWAYS = """() => {
  const wide = []
  for (const e of [document.scrollingElement, document.querySelector('[data-testid=stMain]')]) {
    if (e.scrollWidth > Math.min(e.clientWidth, innerWidth)) wide.push([e.tagName, e.scrollWidth])
  }
  return wide
}"""
"""What would have to be pushed aside to be read: the page, or the part of it that scrolls."""

CONTRAST = """() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number)
  const bent = s => s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4
  const light = c => bent(c / 255)
  const shine = c => 0.2126 * light(c[0]) + 0.7152 * light(c[1]) + 0.0722 * light(c[2])
  const over = (top, below) => {
    const a = top[3] ?? 1
    return [0, 1, 2].map(i => a * top[i] + (1 - a) * below[i])
  }
  // the colours of everything behind an element, laid on one another
  const behind = e => {
    const next = e.parentElement ?? e.getRootNode().host
    const below = next ? behind(next) : [255, 255, 255]
    return over(parts(getComputedStyle(e).backgroundColor), below)
  }
  const chosen = `button[data-selected=true] p, [role=tab][aria-selected=true] p, [role=tab] p,
    [data-testid=stButtonGroup] button p, .stButton button:enabled p, .stDownloadButton button p,
    .st-key-topbar a p, .seg button, .ec-run, .ec-note, dt, dd, td, th`
  const seen = []
  const look = root => {
    for (const e of root.querySelectorAll(chosen)) {
      if (!e.getClientRects().length || !e.innerText.trim()) continue
      const ground = behind(e), ink = over(parts(getComputedStyle(e).color), ground)
      const [a, b] = [shine(ink), shine(ground)]
      seen.push([e.innerText.slice(0, 40), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)])
    }
    for (const e of root.querySelectorAll('*')) if (e.shadowRoot) look(e.shadowRoot)
  }
  look(document)
  return seen
}"""


@pytest.fixture(scope="module")
def finished(server: Any) -> str:
    return benches.finished_run(server.home)


@pytest.fixture
def screen(browser: Any) -> Iterator[Callable[..., Any]]:
    tabs: list[Any] = []

    def get(**options: Any) -> Any:
        tabs.append(new_tab(browser, **options))
        return tabs[-1]

    yield get
    for tab in tabs:
        tab.context.close()


def opened(tab: Any, server: Any, page: str, run: str) -> None:
    """A page, when all of it is there and nothing of it is being made."""
    visit(tab, f"{server.url}/{page}?run={run}")
    tab.wait_for_function(
        "() => !document.querySelector('[data-testid=stSkeleton], [data-stale=true]') &&"
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'",
        timeout=FIRST_MS,
    )
    if page == "cluster":
        benches.bench_is_there(tab)


LOOKS: dict[str, dict[str, Any]] = {
    "phone in the dark": {**PHONE, "color_scheme": "dark"},
    "enlarged in the light": {**ENLARGED, "color_scheme": "light"},
    "projector in the light": {"color_scheme": "light"},
    "projector in the dark": {"color_scheme": "dark"},
}


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS)
def test_no_page_moves_sideways_and_what_is_chosen_can_be_read(
    screen: Callable[..., Any], server: Any, finished: str, look: str
) -> None:
    tab = screen(**LOOKS[look])
    wide, faint, seen = {}, {}, set()
    for page in PAGES:
        opened(tab, server, page, finished)
        found = tab.evaluate(SIDEWAYS)
        if found:
            wide[page] = found
        for words, ratio in tab.evaluate(CONTRAST):
            seen.add(words)
            if ratio < 4.5:
                faint[page, words] = ratio
    # chosen segments, a tab, a step and a button were among what was looked at
    assert {"A sample (8)", "Which neuron is which", "Plateau", "Solve 8 problems"} <= seen
    assert not wide
    assert not faint
