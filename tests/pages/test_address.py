"""A model at an address, on the Teacher page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core.runs.loading import store
from ec_core.runs.run import Run
from tests.probing.remote.server import ModelServer

Opener = Callable[..., AppTest]
SECRET = "not-to-be-written-27182"


def _model(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.tanh(x @ [[1.0], [-2.0], [0.5]]))


def _at(open_page: Opener, url: str) -> AppTest:
    app = open_page("teacher")
    app.segmented_control(key="teacher_kind").set_value("address").run()
    app.text_input(key="teacher_address").set_value(url).run()
    app.button(key="teacher_address_one").click().run()
    assert not app.exception
    return app


def test_one_question_shows_the_model_and_a_budget_makes_a_run(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch, runs_home: Path
) -> None:
    monkeypatch.setenv("EC_TOKEN", SECRET)
    with ModelServer(_model, inputs=3) as server:
        app = _at(open_page, server.url)
        assert not app.error
        assert "inputs</dt><dd>3<" in "".join(html.proto.body for html in app.get("html"))
        assert sum(server.questions.values()) == 1
        app.number_input(key="teacher_address_questions").set_value(60).run()
        app.button(key="teacher_address_all").click().run()
        assert not app.error and sum(server.questions.values()) == 60
        app.button(key="use_teacher").click().run()
        assert not app.exception and set(server.questions.values()) == {1}
        run = Run(store().list()[0].id)
        source = run.source()
        assert source.inputs == 3 and source.options["url"] == server.url
        assert server.url in source.description
        # in another session, after a restart: nothing is asked twice
        again = _at(open_page, server.url)
        again.number_input(key="teacher_address_questions").set_value(80).run()
        again.button(key="teacher_address_all").click().run()
        assert sum(server.questions.values()) == 80 and set(server.questions.values()) == {1}
    written = [file.read_bytes() for file in runs_home.rglob("*") if file.is_file()]
    assert not any(SECRET.encode() in data for data in written)


@pytest.mark.parametrize("url", ["http://10.1.2.3/v2/models/x", "http://example.org/v2/models/x"])
def test_a_host_that_is_not_allowed_is_one_sentence(open_page: Opener, url: str) -> None:
    app = _at(open_page, url)
    assert len(app.error) == 1 and "EC_ALLOW_HOSTS" in app.error[0].value
