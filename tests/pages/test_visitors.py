"""A page of somebody else's run: what it says, and that no control of it is left to click."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ec_core.runs import owners, versions, visitors
from ec_core.runs.loading import store
from ec_core.runs.run import Run
from ec_core.runs.visitors import STRANGER, Visitor, of_browser, of_person
from ec_core.store import Owner, save_owner
from pages.shell import visitor as door

ROOT = Path(__file__).resolve().parents[2]
ANNA, BERT = of_person("https://id.example", "1", "Anna"), of_browser("b" * 43)
Opener = Callable[..., AppTest]
Come = Callable[[Visitor], None]

HARMLESS = {
    *("copy_run", "train_anew", "new_run", "choose_teacher", "run_demo", "try_wider"),
    *("go_expand", "go_cluster", "go_reconstruct", "go_compare"),
    # what only this person's page shows differently
    *("symmetry_flip", "symmetry_scale"),
}
"""Buttons that lead elsewhere, or make a run of one's own."""


@pytest.fixture
def come(monkeypatch: pytest.MonkeyPatch) -> Come:
    """From now on somebody else is in front of the browser, on a server of many."""
    now = [STRANGER]
    monkeypatch.setenv("EC_VISITORS", "many")
    monkeypatch.setattr(door, "_signed_in", lambda: now[0])
    monkeypatch.setattr(visitors._Door, "who", staticmethod(door.who))

    def say(visitor: Visitor) -> None:
        now[0] = visitor

    return say


@pytest.fixture
def annas(at_stage: Callable[[str], Run]) -> Run:
    run = at_stage("recovered")
    versions.keep(run, "for this test")
    save_owner(run.stored, Owner(str(ANNA.key), ANNA.name))
    return run


def _keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def _said(app: AppTest) -> str:
    return " ".join(getattr(part, "body", "") for part in app.get("html"))


@pytest.mark.parametrize("page", ["teacher", "expand", "cluster", "reconstruct", "compare"])
def test_of_another_ones_run_nothing_is_left_to_click(
    page: str, annas: Run, come: Come, open_page: Opener
) -> None:
    come(BERT)
    app = open_page(page, annas)
    assert not app.error and not app.warning
    assert "This is Anna’s run: you may look at it." in _said(app)
    assert _keys(app) <= HARMLESS and "copy_run" in _keys(app)
    assert {toggle.key for toggle in app.toggle} <= {"live_truth"} and not app.number_input
    come(ANNA)
    own = open_page(page, annas)
    assert "Anna’s run" not in _said(own) and "copy_run" not in _keys(own)
    if page not in ("cluster", "compare"):
        assert not _keys(own) <= HARMLESS or own.toggle


def test_a_run_before_its_training_is_waited_for(
    at_stage: Callable[[str], Run], come: Come, open_page: Opener
) -> None:
    run = at_stage("teacher")
    save_owner(run.stored, Owner(str(ANNA.key)))
    come(BERT)
    app = open_page("expand", run)
    assert not app.error and "whoever made this run can begin" in _said(app)
    assert "start_expand" not in _keys(app) and "This is somebody else’s run" in _said(app)


def test_a_copy_is_one_click_away(annas: Run, come: Come, open_page: Opener) -> None:
    come(BERT)
    app = open_page("reconstruct", annas)
    app.button(key="copy_run").click().run()
    (summary,) = store().list(BERT.key)
    assert summary.label.startswith("Copy of") and "reconstruction" in summary.parts


def test_whoever_is_let_work_on_it_has_the_controls(
    annas: Run, come: Come, open_page: Opener
) -> None:
    save_owner(annas.stored, Owner(str(ANNA.key), ANNA.name, owners.WORK))
    come(BERT)
    app = open_page("reconstruct", annas)
    assert "Anna’s run, and you may work on it" in _said(app) and "rebuild" in _keys(app)
    # the truth is the owner's to lock away
    assert not open_page("teacher", annas).toggle


def test_the_owner_shares_by_a_switch(annas: Run, come: Come, open_page: Opener) -> None:
    come(ANNA)
    app = open_page("reconstruct", annas)
    app.toggle(key="others_work").set_value(True).run()
    come(BERT)
    assert "rebuild" in _keys(open_page("reconstruct", annas))


def test_your_runs_are_yours(annas: Run, come: Come, open_page: Opener) -> None:
    for who, seen in ((ANNA, True), (BERT, False)):
        come(who)
        annas.stored.rename("Seen by Anna")
        app = open_page("start")
        links = " ".join(getattr(link, "label", "") for link in app.get("page_link"))
        assert ("Seen by Anna" in links) == seen


def test_a_stranger_is_told_why_nothing_can_be_theirs(come: Come, open_page: Opener) -> None:
    come(STRANGER)
    app = open_page("start")
    assert "sends no cookie" in _said(app)
    app.button(key="run_demo").click().run()
    (error,) = app.error
    assert "sends no cookie" in error.value


def test_a_server_for_one_person_asks_nobody(annas: Run, open_page: Opener) -> None:
    app = open_page("reconstruct", annas)
    assert "rebuild" in _keys(app) and not app.toggle and "Anna" not in _said(app)


STEERING = {"stop", "pause", "resume", "stop_student", "restart_student"}


def test_pages_steer_jobs_by_the_engine_alone() -> None:
    """A job itself asks nobody who it is that stops it."""
    found = []
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in STEERING:
                owner = ast.unparse(node.value)
                if owner not in ("st", "steering", "_maps()"):
                    found.append(f"{path.relative_to(ROOT)}: {owner}.{node.attr}")
    # of a run that is gone
    assert found == ["pages/shell/opened.py: job.stop"]


class _Told:
    """What an identity provider told of whoever signed in."""

    def __init__(self, **claims: object) -> None:
        self._claims = claims

    def to_dict(self) -> dict[str, object]:
        return self._claims


def test_whoever_signed_in_is_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = {"iss": "https://id.example", "sub": "1", "name": "Anna"}
    monkeypatch.setattr(st, "user", _Told(is_logged_in=True, **claims))
    assert door._signed_in() == ANNA
    for told in ({"is_logged_in": False, **claims}, {"is_logged_in": True}, claims, {}):
        monkeypatch.setattr(st, "user", _Told(**told))
        assert door._signed_in() is None


def test_sign_in_is_offered_where_the_host_has_set_it_up(
    come: Come, open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    come(ANNA)
    assert not {"log_in", "log_out"} & _keys(open_page("start"))
    monkeypatch.setattr(door, "get_secrets_auth_section", lambda: {"client_id": "x"})
    assert "log_out" in _keys(open_page("start"))
    monkeypatch.setattr(door, "_signed_in", lambda: None)
    assert "log_in" in _keys(open_page("start"))
    monkeypatch.setenv("EC_VISITORS", "one")
    assert not {"log_in", "log_out"} & _keys(open_page("start"))
