"""Answers are dropped, nothing is chosen, Start is pressed, and the result is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect
from scipy.special import softmax

import ec_core as ec
from tests.browser.test_story import MINUTE, click, no_traceback, opens_run, says, see
from tests.browser.test_tables import drop

Open = Callable[..., Any]

pytestmark = pytest.mark.browser

RESULT = (
    r"tanh \(or sigmoid\), one hidden layer, 4–8–3, verified to the last digit, "
    "up to one function added to all logits"
)


def _answers() -> bytes:
    """Probabilities of three classes, all their digits, as a table."""
    teacher = ec.make_teacher("synthetic", sizes=(4, 8, 3), activation="tanh", seed=0).network
    x = np.random.default_rng(2).standard_normal((500, 4))
    frame = pd.DataFrame(x, columns=["x1", "x2", "x3", "x4"])
    frame[["p1", "p2", "p3"]] = softmax(teacher(x), axis=1)
    return str(frame.to_csv(index=False)).encode()


@pytest.mark.long
def test_drop_probabilities_touch_nothing_press_start(open_tab: Open) -> None:
    tab = open_tab("/teacher")
    drop(tab, "answers.csv", _answers())
    says(tab, "controls", "Recognised: probabilities")
    see(tab, "use_teacher")
    click(tab, "use_teacher")
    see(tab, "start_whole")
    opens_run(tab)
    click(tab, "start_whole")
    # the race is seen: one canvas that grows, and says in words what it shows
    race = see(tab, "live_race", 2 * MINUTE).locator("canvas")
    expect(race).to_have_attribute("aria-label", re.compile("The race of the candidates"))
    expect(race).to_have_attribute("data-iteration", re.compile(r"[1-9]"))
    says(tab, "whole_result", RESULT, 5 * MINUTE)
    after = see(tab, "live_race").locator("canvas")
    expect(after).to_have_attribute("aria-label", re.compile(r"(tanh|sigmoid) with .* fell to"))
    # hovering says who that is, in words
    tip = tab.locator(".st-key-live_race .tip")
    for across, down in product(np.linspace(0.1, 0.8, 15), np.linspace(0.1, 0.9, 17)):
        # anew each time: what comes above it moves it
        box = after.bounding_box()
        tab.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        if tip.is_visible():
            break
    expect(tip).to_have_text(re.compile(r"\w+, one hidden layer of 8 neurons: loss .* iterations"))
    no_traceback(tab)
