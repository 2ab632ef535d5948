"""A model at an address, asked on the Teacher page: one question, then as many as are allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.browser.test_story import click, no_traceback, opens_run, says, see
from tests.probing.remote.server import ModelServer

pytestmark = pytest.mark.browser


def _model(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.tanh(x @ [[1.0], [-2.0], [0.5]]))


@pytest.mark.long
def test_a_model_is_asked_and_a_run_is_made(open_tab: Callable[[str], Any]) -> None:
    with ModelServer(_model, inputs=3) as model:
        tab = open_tab("/teacher")
        see(tab, "use_teacher")
        tab.locator(".st-key-teacher_kind button", has_text="Address").click()
        see(tab, "teacher_address")
        field = tab.locator(".st-key-teacher_address input").first
        field.fill("http://10.0.0.1/v2/models/toy")
        field.press("Enter")
        click(tab, "teacher_address_one")
        tab.get_by_text("EC_ALLOW_HOSTS").first.wait_for()
        field.fill(model.url)
        field.press("Enter")
        click(tab, "teacher_address_one")
        says(tab, "teacher_address_facts", "toy")
        click(tab, "teacher_address_all")
        see(tab, "use_teacher")
        says(tab, "teacher_facts", "2,000")
        assert sum(model.questions.values()) == 2000 and set(model.questions.values()) == {1}
        click(tab, "use_teacher")
        opens_run(tab)
        no_traceback(tab)
