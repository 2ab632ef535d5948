"""Answers are dropped, nothing is chosen, Start is pressed, and the result is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

import ec_core as ec
from tests.browser.test_story import MINUTE, click, no_traceback, opens_run, says, see

Open = Callable[..., Any]

pytestmark = pytest.mark.browser

RESULT = r"tanh \(or sigmoid\), one hidden layer, 3–3–2, verified to the last digit"


def _answers(folder: Path) -> Path:
    teacher = ec.make_teacher("synthetic", sizes=(3, 3, 2), activation="tanh", seed=0).network
    x = np.random.default_rng(2).standard_normal((500, 3))
    np.savez(folder / "answers.npz", x=x, y=teacher(x))
    return folder / "answers.npz"


def test_drop_answers_touch_nothing_press_start(open_tab: Open, tmp_path: Path) -> None:
    tab = open_tab("/teacher")
    see(tab, "teacher_kind").get_by_text("My file").click()
    see(tab, "teacher_file")
    tab.locator(".st-key-teacher_file input[type=file]").first.set_input_files(_answers(tmp_path))
    see(tab, "use_teacher")
    click(tab, "use_teacher")
    see(tab, "start_whole")
    run = opens_run(tab)
    click(tab, "start_whole")
    # the race is seen: one canvas that grows, and says in words what it shows
    race = see(tab, "live_race", 2 * MINUTE).locator("canvas")
    expect(race).to_have_attribute("aria-label", re.compile("The race of the candidates"))
    expect(race).to_have_attribute("data-iteration", re.compile(r"[1-9]"))
    says(tab, "whole_result", RESULT, 5 * MINUTE)
    after = see(tab, "live_race").locator("canvas")
    expect(after).to_have_attribute("aria-label", re.compile(r"(tanh|sigmoid) with .* fell to"))
    assert (see(tab, "live_race").bounding_box() or {"height": 0})["height"] >= 400
    # hovering says who that is, in words
    box = after.bounding_box()
    tip = tab.locator(".st-key-live_race .tip")
    for share in np.linspace(0.1, 0.8, 15):
        tab.mouse.move(box["x"] + share * box["width"], box["y"] + 0.2 * box["height"])
        if tip.is_visible():
            break
    expect(tip).to_have_text(re.compile(r"\w+, one hidden layer of 8 neurons: loss .* iterations"))
    no_traceback(tab)
    # another window finds the same
    other = open_tab(f"/expand?run={run}")
    says(other, "whole_result", RESULT)
    expect(see(other, "live_race").locator("canvas")).to_have_attribute(
        "aria-label", re.compile("fell to")
    )
    click(other, "go_compare")
    says(other, "verdict", "was found out")
    no_traceback(other)
