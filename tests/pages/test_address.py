"""A model at an address, on the Teacher page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core.runs import addresses, asking_at_work, at_work
from ec_core.runs.addresses import Asking
from ec_core.runs.loading import store
from ec_core.runs.run import Run
from pages.shell.process import board
from tests.probing.remote.server import ModelServer
from tests.runs.test_addresses import Gate

Opener = Callable[..., AppTest]
SECRET = "not-to-be-written-27182"


def _model(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.tanh(x @ [[1.0], [-2.0], [0.5]]))


def _sometimes(x: np.ndarray) -> np.ndarray:
    return np.where(x[:, :1] > 1.5, np.nan, _model(x))


def _at(open_page: Opener, url: str) -> AppTest:
    app = open_page("teacher")
    app.segmented_control(key="teacher_kind").set_value("address").run()
    app.text_input(key="teacher_address").set_value(url).run()
    app.button(key="teacher_address_one").click().run()
    return _when_over(app, url, look=True)


def _when_over(app: AppTest, url: str, *, look: bool = False) -> AppTest:
    """The page, when the job behind it has ended."""
    job = addresses.of(board(), Asking(url), look=look)
    assert job is not None and job.wait(60)
    app.run()
    assert not app.exception
    return app


def _ask_all(app: AppTest, url: str, count: int) -> AppTest:
    app.number_input(key="teacher_address_questions").set_value(count).run()
    app.button(key="teacher_address_all").click().run()
    return _when_over(app, url)


def _said(app: AppTest) -> str:
    return " ".join(str(html.proto.body) for html in app.get("html"))


def _keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def test_one_question_shows_the_model_and_a_budget_makes_a_run(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch, runs_home: Path
) -> None:
    monkeypatch.setenv("EC_TOKEN", SECRET)
    with ModelServer(_sometimes, inputs=3) as server:
        app = _at(open_page, server.url)
        assert not app.error
        assert "inputs</dt><dd>3<" in _said(app)
        assert sum(server.questions.values()) == 1
        app = _ask_all(app, server.url, 60)
        assert not app.error and sum(server.questions.values()) == 60
        assert "59 asked now, 1 known from before" in _said(app)
        assert re.search(r"\d of 60 questions were answered with no number", _said(app))
        app.button(key="use_teacher").click().run()
        assert not app.exception and set(server.questions.values()) == {1}
        run = Run(store().list()[0].id)
        source = run.source()
        assert source.inputs == 3 and source.options["url"] == server.url
        assert server.url in source.description
        # in another session, of a larger budget: nothing is asked twice
        again = _ask_all(_at(open_page, server.url), server.url, 80)
        assert sum(server.questions.values()) == 80 and set(server.questions.values()) == {1}
        assert "use_teacher" in _keys(again)
    written = [file.read_bytes() for file in runs_home.rglob("*") if file.is_file()]
    assert not any(SECRET.encode() in data for data in written)


def test_it_goes_on_without_the_page_is_found_by_another_and_is_stopped_there(
    open_page: Opener,
) -> None:
    with ModelServer(_model, inputs=3) as server:
        app = _at(open_page, server.url)
        server.odd = gate = Gate(1)
        app.number_input(key="teacher_address_questions").set_value(700).run()
        app.button(key="teacher_address_all").click().run()
        assert gate.reached.wait(60)
        # another window has nothing in its fields
        other = open_page("teacher")
        other.segmented_control(key="teacher_kind").set_value("address").run()
        assert f"{server.url}: 200 of 700 answered, being asked now." in _said(other)
        other.button(key="show_asked_0").click().run()
        assert not other.exception and other.text_input(key="teacher_address").value == server.url
        assert "500 are left in the budget" in _said(other)
        assert "use_teacher" not in _keys(other) and "teacher_address_all" not in _keys(other)
        other.button(key="teacher_address_stop").click().run()
        assert "Stopping after the request that is on its way" in _said(other)
        gate.open.set()
        other = _when_over(other, server.url)
        assert "Stopped: 400 of 700 answers are here, and can be used" in _said(other)
        assert {"use_teacher", "teacher_address_all"} <= _keys(other)
        assert other.button(key="teacher_address_all").label == "Ask the other 300"
        # the first window sees the same, and asks the rest
        app.run()
        app.button(key="teacher_address_all").click().run()
        app = _when_over(app, server.url)
        assert "700 answers are here" in _said(app)
        assert sum(server.questions.values()) == 700 and set(server.questions.values()) == {1}


@pytest.mark.parametrize("page", ["start", "teacher"])
def test_asking_that_a_restart_broke_off_goes_on_with_one_click(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    with ModelServer(_model, inputs=3) as server:
        asking = Asking(server.url)
        with monkeypatch.context() as before:
            before.setattr(at_work, "_SERVER", "the one before")
            asking_at_work.begin(asking.options, 90)
        app = open_page(page)
        if page == "teacher":
            app.segmented_control(key="teacher_kind").set_value("address").run()
        assert f"{server.url}: the server was restarted" in _said(app)
        app.button(key="go_on_asking_0").click().run()
        assert not app.exception
        app = _when_over(app, server.url)
        assert sum(server.questions.values()) == 90
        assert "Interrupted" not in _said(app)
        assert "90 answers are here" in _said(app) and "use_teacher" in _keys(app)


@pytest.mark.parametrize("url", ["http://10.1.2.3/v2/models/x", "http://example.org/v2/models/x"])
def test_a_host_that_is_not_allowed_is_one_sentence(open_page: Opener, url: str) -> None:
    app = _at(open_page, url)
    assert len(app.error) == 1 and "EC_ALLOW_HOSTS" in app.error[0].value


@pytest.mark.parametrize("url", ["not an address", "ftp://a/b", "http://a:b@localhost/x"])
def test_no_address_is_one_sentence_and_no_job(open_page: Opener, url: str) -> None:
    app = open_page("teacher")
    app.segmented_control(key="teacher_kind").set_value("address").run()
    app.text_input(key="teacher_address").set_value(url).run()
    app.button(key="teacher_address_one").click().run()
    assert not app.exception and len(app.error) == 1
    assert addresses.of(board(), Asking(url), look=True) is None
