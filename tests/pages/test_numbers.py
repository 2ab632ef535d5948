"""A number that cannot be used says so below its field, and nothing starts with another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from ec_core.runs.run import Run
from pages.shell import process

Opener = Callable[..., AppTest]


def wrong(app: AppTest) -> list[str]:
    return [e.value for e in app.html if "ec-wrong" in e.value and "<style" not in e.value]


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("student_count", None, "No number; expected a whole number from 2 to 200."),
        ("student_count", -3, "-3 is too small; expected a whole number from 2 to 200."),
        ("student_count", 1000, "1,000 is too large; expected a whole number from 2 to 200."),
        ("expansion", None, "No number; expected a number from 0.5 to 16."),
        ("expansion", 0.0, "0 is too small; expected a number from 0.5 to 16."),
        ("student_width", None, "No number; expected a whole number from 1 to 1,024."),
        ("student_width", 0, "0 is too small; expected a whole number from 1 to 1,024."),
        ("train_seed", -1, "-1 is too small; expected a whole number from 0 to 2,147,483,647."),
        ("train_seed", None, "No number; expected a whole number from 0 to 2,147,483,647."),
        ("budget", None, "No number; expected a whole number from 5 to 86,400."),
        ("budget", 1, "1 is too small; expected a whole number from 5 to 86,400."),
    ],
)
def test_start_waits_for_numbers_that_can_be_used(
    open_page: Opener,
    at_stage: Callable[[str], Run],
    key: str,
    value: float | None,
    sentence: str,
) -> None:
    run = at_stage("teacher")
    app = open_page("expand", run)
    if key == "budget":
        app.toggle(key="budget_on").set_value(True).run()
    good = app.number_input(key=key).value
    assert not wrong(app) and not app.button(key="start_expand").disabled
    app.number_input(key=key).set_value(value).run()
    assert not app.exception and not app.error
    assert [sentence in said for said in wrong(app)] == [True]
    assert app.button(key="start_expand").disabled
    app.number_input(key=key).set_value(good).run()
    assert not wrong(app) and not app.button(key="start_expand").disabled
    # the click on Start brings what was typed before it
    app.number_input(key=key).set_value(value)
    app.button(key="start_expand").click().run()
    assert process.job_of(run) is None and not app.exception


@pytest.mark.long
def test_a_layer_without_a_number_is_named_where_it_is(open_page: Opener, deep: Run) -> None:
    app = open_page("expand", Run.create(deep.source(), deep.settings()))
    app.number_input(key="student_width_1").set_value(None).run()
    assert len(wrong(app)) == 1 and app.button(key="start_expand").disabled


def test_another_run_begins_with_its_own_numbers(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    app = open_page("expand", at_stage("teacher"))
    app.number_input(key="student_count").set_value(77).run()
    app.query_params["run"] = at_stage("teacher").id
    app.run()
    assert app.number_input(key="student_count").value == 4
