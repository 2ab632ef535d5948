"""What a person does, clicked through in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import benches

Open = Callable[..., Any]

pytestmark = pytest.mark.browser

MINUTE = 60_000


def click(tab: Any, key: str) -> None:
    """Click the button with a key."""
    tab.locator(f".st-key-{key} button").first.click()


def see(tab: Any, key: str, timeout: int = MINUTE) -> Any:
    """Wait until the element with a key is on the page."""
    found = tab.locator(f".st-key-{key}").first
    found.wait_for(timeout=timeout)
    return found


def says(tab: Any, key: str, words: str, timeout: int = MINUTE) -> None:
    """Wait until an element says something."""
    tab.locator(f".st-key-{key}", has_text=re.compile(words)).first.wait_for(timeout=timeout)


def fill(tab: Any, key: str, value: int) -> None:
    field = tab.locator(f".st-key-{key} input").first
    field.fill(str(value))
    field.press("Enter")


def no_traceback(tab: Any) -> None:
    assert tab.locator("[data-testid=stException]").count() == 0
    assert "Traceback" not in tab.inner_text("body")


def pick(tab: Any, key: str, option: str) -> None:
    """Choose from a list by typing: what is typed narrows the list some frames later, to all that
    have it somewhere in their names.

    option : the first word of what the list says
    """
    tab.locator(f".st-key-{key} input").first.click()
    tab.keyboard.type(option)
    expect(tab.get_by_role("option").filter(has_not_text=option)).to_have_count(0)
    tab.get_by_role("option", name=re.compile(rf"^{option}\b")).first.click()


def opens_run(tab: Any) -> str:
    """The run of the page, when it is in the address."""
    tab.wait_for_url(re.compile(r"run=\w+"))
    found = re.search(r"run=(\w+)", tab.url)
    assert found
    return found[1]


def weight_error(tab: Any) -> float:
    """The largest weight error, when the page that compares says it."""
    says(tab, "max_weight_error", r"max_weight_error = \S+")
    error = re.search(r"max_weight_error = (\S+)", see(tab, "max_weight_error").inner_text())
    assert error
    return float(error[1])


def begin_training(open_tab: Open, server: Any, students: int) -> tuple[Any, str]:
    """A tab with a training job that has begun, and the run's id."""
    run = benches.new_run(server.home, students=students)
    tab = open_tab(f"/expand?run={run}")
    see(tab, "start_expand")
    click(tab, "start_expand")
    see(tab, "job_state")
    return tab, run


def test_from_a_preset_to_its_weights(open_tab: Open) -> None:
    tab = open_tab("/teacher")
    see(tab, "use_teacher")
    click(tab, "use_teacher")
    see(tab, "start_expand")
    fill(tab, "student_count", 6)
    says(tab, "estimate", "6 ×")
    click(tab, "start_expand")
    see(tab, "go_cluster", 4 * MINUTE)
    click(tab, "go_cluster")
    tab.locator(".wb[data-saved=saved]").wait_for()
    click(tab, "go_reconstruct")
    see(tab, "start_reconstruct")
    click(tab, "start_reconstruct")
    see(tab, "go_compare", 4 * MINUTE)
    click(tab, "go_compare")
    assert weight_error(tab) <= 1e-8
    says(tab, "verdict", "Verified")
    with tab.expect_download() as download:
        click(tab, "download_script")
    assert download.value.suggested_filename.endswith(".py")
    no_traceback(tab)


def test_the_demo_ends_in_a_recovered_network(open_tab: Open) -> None:
    tab = open_tab("/")
    see(tab, "run_demo")
    click(tab, "run_demo")
    see(tab, "demo_plane")
    # on an idle machine this takes under 20 s; here other tests may run beside it
    see(tab, "demo_next", 4 * MINUTE)
    says(tab, "demo_story", "largest weight error: .*10⁻¹")
    no_traceback(tab)


@pytest.mark.long
def test_reload_pause_second_tab_and_the_line(open_tab: Open, server: Any) -> None:
    # so many that they still train when the second tab is there
    first, run = begin_training(open_tab, server, 200)
    says(first, "job_state", "Running")
    # another tab's run waits in line and says so, and disturbs nothing
    second, _ = begin_training(open_tab, server, 4)
    says(second, "job_state", "Waiting: 1 job before yours")
    says(first, "job_state", "Running")
    click(first, "job_pause")
    says(first, "job_state", "Paused")
    # reloaded, or opened elsewhere, it is the same job
    first.reload()
    says(first, "job_state", "Paused")
    elsewhere = open_tab(f"/expand?run={run}")
    says(elsewhere, "job_state", "Paused")
    # paused it is in nobody's way: the other one runs to its end
    see(second, "go_cluster", 4 * MINUTE)
    says(first, "job_state", "Paused")
    click(elsewhere, "job_resume")
    says(first, "job_state", "Running")
    click(first, "job_stop")
    # a stopped training leaves its students
    see(first, "go_cluster")
    no_traceback(first)
    no_traceback(second)


@pytest.mark.long
def test_the_live_canvas_is_not_replaced(open_tab: Open, server: Any) -> None:
    tab, _ = begin_training(open_tab, server, 200)
    # the search for a width has a canvas of its own, elsewhere on the page
    see(tab, "training_facts")
    canvas = tab.locator(".st-key-live_losses canvas[data-iteration]").first
    canvas.wait_for()
    # time stands still while it is marked, however busy the machine is
    click(tab, "job_pause")
    says(tab, "job_state", "Paused")
    canvas.evaluate("element => { element.dataset.mark = 'mine' }")
    at = int(canvas.get_attribute("data-iteration"))
    click(tab, "job_resume")
    tab.wait_for_function(
        "at => { for (const host of document.querySelectorAll('.st-key-live_losses *')) {"
        " const c = host.shadowRoot?.querySelector('canvas');"
        " if (c && c.dataset.mark === 'mine' && Number(c.dataset.iteration) > at) return true }"
        " return false }",
        arg=at,
    )
    click(tab, "job_stop")
    see(tab, "go_cluster")


@pytest.mark.long
def test_runs_open_again_after_a_restart(open_tab: Open, server: Any) -> None:
    run = benches.new_run(server.home)
    see(open_tab(f"/expand?run={run}"), "start_expand")
    server.restart()
    again = open_tab("/")
    link = see(again, f"run_{run}").locator("a").first
    link.click()
    see(again, "start_expand")
    assert opens_run(again) == run
