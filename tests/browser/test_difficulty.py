"""The map of the problems in a real browser: a click on a cell leads down to its problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as TooLate
from playwright.sync_api import expect

from ec_core.runs.outcomes import NAME
from tests.benchmark.samples import outcome, write
from tests.browser.benches import READY
from tests.browser.test_story import MINUTE, click, no_traceback, opens_run, pick, says, see

Open = Callable[..., Any]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def solved(server: Any) -> None:
    """Four cells with outcomes that can be told apart."""
    write(
        server.home / "benchmarks" / NAME,
        *(
            outcome(inputs, hidden, seed, seconds=inputs + hidden)
            for inputs in (2, 4)
            for hidden in (2, 4)
            for seed in (0, 1)
        ),
        outcome(4, 2, 2, error=None, verified=False, seconds=77.0),
    )


def cell(tab: Any, chart: str, inputs: int, hidden: int) -> tuple[float, float]:
    """Where a cell is on the screen, from the picture's own data."""
    tab.locator(f".st-key-{chart} .js-plotly-plot").first.wait_for()
    x, y = tab.evaluate(
        """([chart, wanted]) => {
          const plot = document.querySelector(`.st-key-${chart} .js-plotly-plot`);
          const trace = plot.data.find(one => one.name === 'cells');
          const at = trace.customdata.findIndex(one => '' + Array.from(one) === '' + wanted);
          const box = plot.getBoundingClientRect(), layout = plot._fullLayout;
          const axis = (which, value) => layout[which]._offset + layout[which].d2p(value);
          return [box.x + axis('xaxis', trace.x[at]), box.y + axis('yaxis', trace.y[at])];
        }""",
        [chart, [inputs, hidden]],
    )
    return float(x), float(y)


def choose(tab: Any, chart: str, inputs: int, hidden: int) -> None:
    """Click a cell, as often as it takes: a click while the page draws itself anew is lost."""
    for _ in range(8):
        tab.locator(READY).wait_for()
        tab.locator(f".st-key-{chart}").first.scroll_into_view_if_needed()
        tab.mouse.click(*cell(tab, chart, inputs, hidden))
        try:
            says(tab, "problem_facts", f"{inputs}–{hidden}–1", 10_000)
            return
        except TooLate:
            continue
    raise AssertionError(f"The click on {inputs} inputs and {hidden} neurons did nothing.")


@pytest.mark.long
def test_from_a_cell_to_its_problems_and_a_run_of_one(open_tab: Open, solved: None) -> None:
    tab = open_tab("/difficulty")
    see(tab, "cell_table")
    says(tab, "difficulty_facts", "8 of 9")
    cells = (("time_map", 2, 4, 2, 0), ("success_map", 4, 2, 3, 1))
    for chart, inputs, hidden, seeds, failed in cells:
        choose(tab, chart, inputs, hidden)
        rows = tab.locator(".st-key-cell_table tbody tr")
        expect(rows).to_have_count(seeds)
        expect(rows.filter(has_text="not recovered")).to_have_count(failed)
    click(tab, "open_problem")
    see(tab, "go_cluster")
    opens_run(tab)
    no_traceback(tab)


@pytest.mark.long
def test_problems_are_solved_at_a_click_and_appear_on_the_map(open_tab: Open, solved: None) -> None:
    tab = open_tab("/difficulty")
    see(tab, "start_solving")
    tab.locator(".st-key-solve_depth button", has_text="2").click()
    pick(tab, "solve_activation", "tanh")
    says(tab, "panel_solve", "Solve 8 problems")
    click(tab, "start_solving")
    says(tab, "panel_solving", "of 8 problems solved")
    # the first of them brings up its own map
    tab.get_by_text(
        "Settings: activation tanh, expansion 4, 10 students, 2 hidden layers"
    ).wait_for(timeout=4 * MINUTE)
    stop(tab)
    no_traceback(tab)


def stop(tab: Any) -> None:
    """Stop, as often as it takes: a click while the page draws itself anew is lost."""
    button = tab.locator(".st-key-stop_solving button").first
    for _ in range(8):
        if button.is_visible() and button.is_enabled():
            button.click()
        try:
            tab.locator(".st-key-start_solving").first.wait_for(timeout=30_000)
            return
        except TooLate:
            continue
    raise AssertionError("Stop did nothing.")
