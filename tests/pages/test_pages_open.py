"""Every page opens: without a run, with a run at every stage, in both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from ec_core.runs.run import Run
from pages.shell.navigation import STEPS

PAGES = [step.key for step in STEPS]
Opener = Callable[..., AppTest]


def _text(app: AppTest) -> str:
    return "\n".join([*(e.value for e in app.html), *(e.value for e in app.markdown)])


@pytest.mark.parametrize("page", PAGES)
def test_opens_without_a_run(open_page: Opener, page: str) -> None:
    app = open_page(page)
    assert not app.error


@pytest.mark.parametrize("stage", ["teacher", "ensemble", "cut", "recovered"])
@pytest.mark.parametrize("page", PAGES)
def test_opens_with_a_run_at_every_stage(
    open_page: Opener, at_stage: Callable[[str], Run], page: str, stage: str
) -> None:
    app = open_page(page, at_stage(stage))
    assert not app.error


@pytest.mark.parametrize("page", PAGES)
def test_opens_in_the_dark(open_page: Opener, planar: Run, page: str) -> None:
    app = open_page(page, planar, theme="dark")
    assert not app.error
    assert "color-scheme:dark" in _text(app)


def test_an_unknown_run_is_one_sentence(open_page: Opener) -> None:
    for page in PAGES:
        app = open_page(page, Run("nosuchrun"))
        assert [error.value for error in app.error if "nosuchrun" in error.value]


def test_a_step_too_early_says_what_is_missing(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    app = open_page("compare", at_stage("ensemble"))
    assert "no recovered network yet" in _text(app)
    assert app.button(key="missing_cluster")


def test_earlier_runs_are_listed(open_page: Opener, planar: Run) -> None:
    app = open_page("start")
    assert planar.title in [link.value for link in app.page_link]
