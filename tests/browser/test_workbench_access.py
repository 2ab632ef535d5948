"""The workbench for everybody: an automated accessibility check, and pictures of odd clouds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser import benches
from tests.browser.benches import bench_is_there, drawn, found, open_bench, saved
from tests.browser.conftest import in_ci
from tests.browser.tabs import new_tab, visit
from tests.often import daily

Open = Callable[..., Any]

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"

# the app around the workbench is Streamlit's; what is ours is judged
CHECK = """() => {
  const host = [...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('.wb'))
  return axe.run(host, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The text of axe-core, which ``npm ci`` fetches; nothing of it is kept in the repository."""
    if not AXE.exists():
        message = "`npm ci` has not been run here: the accessibility check needs axe-core from it"
        if in_ci():
            pytest.fail(message)
        pytest.skip(message)
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run(server: Any) -> str:
    return benches.trained_run(server.home)


@pytest.mark.long
@pytest.mark.parametrize("scheme", daily(["light", "dark"], "dark"))
def test_axe_finds_nothing(browser: Any, server: Any, run: str, axe: str, scheme: str) -> None:
    tab = new_tab(browser, color_scheme=scheme)
    visit(tab, f"{server.url}/cluster?run={run}")
    bench_is_there(tab)
    tab.locator("[data-check=truth]").check()
    tab.locator(".table tbody tr").first.click()
    tab.locator(".saved input").fill("mine")
    tab.locator(".saved form button").click()
    tab.locator(".saved tbody tr", has_text="mine").wait_for()
    saved(tab)
    tab.locator(".menu summary").first.click()
    tab.locator(".menu[open]").wait_for()
    tab.evaluate(axe)
    wrong = [
        (problem["id"], [node["html"][:160] for node in problem["nodes"]][:4])
        for problem in tab.evaluate(CHECK)["violations"]
    ]
    tab.context.close()
    assert wrong == [], json.dumps(wrong, indent=1)


def no_traceback(tab: Any) -> None:
    assert tab.locator("[data-testid=stException]").count() == 0


@pytest.mark.long
def test_all_vectors_equal(open_tab: Open, server: Any) -> None:
    same = np.full((10, 6, 4), 1.0 / 3.0)
    tab = open_bench(open_tab, benches.run_of_vectors(server.home, same))
    assert found(tab) == 1
    tab.locator(".table tbody tr").first.click()
    expect(tab.locator("[data-part=picked]")).to_contain_text("picked")
    drawn(tab)
    expect(tab.locator("[data-hand=split]")).to_be_disabled()
    no_traceback(tab)


@pytest.mark.long
def test_nan_and_dead_students_are_left_out(open_tab: Open, server: Any) -> None:
    vectors = benches.crowd(6, 8, 4, 3)
    vectors[0] = np.nan
    vectors[1, :, :-1] = 0.0
    tab = open_bench(open_tab, benches.run_of_vectors(server.home, vectors))
    expect(tab.locator("[data-part=facts]")).to_contain_text("of 4 students")
    no_traceback(tab)


@pytest.mark.long
def test_one_student_with_one_neuron(open_tab: Open, server: Any) -> None:
    tab = open_bench(open_tab, benches.run_of_vectors(server.home, np.ones((1, 1, 4))))
    assert found(tab) == 1
    no_traceback(tab)


def test_no_students_that_learnt_anything(open_tab: Open, server: Any) -> None:
    run = benches.run_of_vectors(server.home, np.full((3, 4, 4), np.nan))
    tab = open_tab(f"/cluster?run={run}")
    tab.locator("[data-testid=stAlert]", has_text="nothing to compare").wait_for()
    no_traceback(tab)


@pytest.mark.long
def test_a_browser_without_webgl(server: Any, run: str, browser: Any, tmp_path: Path) -> None:
    # the pictures are painted on plain canvases: WebGL is refused here and never asked for
    tab = new_tab(browser)
    tab.context.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return kind.startsWith('webgl') ? null : get.call(this, kind, ...more) }"
    )
    visit(tab, f"{server.url}/cluster?run={run}")
    saved(tab)
    assert found(tab) == 4
    tab.context.close()
