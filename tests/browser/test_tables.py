"""A table of one's own, dropped onto the Teacher page and looked at before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.browser.test_story import click, no_traceback, opens_run, says, see

pytestmark = pytest.mark.browser


def table() -> bytes:
    """Three inputs and two answers, among two columns that are neither."""
    x = np.random.default_rng(7).standard_normal((400, 3))
    frame = pd.DataFrame({"batch": np.arange(400) // 100, "x1": x[:, 0], "x2": x[:, 1]})
    frame["checked by"] = ["Ada", "Grace"] * 200
    frame["x3"] = x[:, 2]
    frame["y1"] = np.tanh(x @ [1.0, -2.0, 0.5]).round(4)
    frame["y2"] = np.tanh(x @ [0.5, 1.0, 2.0])
    return str(frame.to_csv(index=False, sep=";", decimal=",")).encode()


def drop(tab: Any, name: str, data: bytes) -> None:
    """Give a file to the Teacher page."""
    see(tab, "use_teacher")  # the page is whole, and its buttons stand still
    tab.locator(".st-key-teacher_kind button", has_text="My file").click()
    see(tab, "teacher_file")
    chosen = {"name": name, "mimeType": "text/csv", "buffer": data}
    tab.locator(".st-key-teacher_file input[type=file]").set_input_files(chosen)


@pytest.mark.long
def test_a_table_with_two_columns_too_many(open_tab: Callable[[str], Any], server: Any) -> None:
    tab = open_tab("/teacher")
    drop(tab, "answers.csv", table())
    see(tab, "teacher_table_columns")
    says(tab, "controls", "this is a guess")
    inputs = tab.locator(".st-key-teacher_table_inputs")
    expect(inputs.locator("[data-tag], [data-baseweb=tag]")).to_have_count(3)
    # one too many: said at once, and taken away again
    inputs.locator("input").click()
    tab.get_by_role("option", name="checked by").click()
    says(tab, "controls", "holds text .2 different, such as 'Ada' and 'Grace'.")
    expect(tab.locator(".st-key-use_teacher")).to_have_count(0)
    tab.keyboard.press("Backspace")
    see(tab, "use_teacher")
    says(tab, "teacher_facts", "400")
    see(tab, "teacher_table_rows")
    click(tab, "use_teacher")
    opens_run(tab)
    tab.get_by_text("Questions and answers are given: 400 of them.").first.wait_for()
    no_traceback(tab)
