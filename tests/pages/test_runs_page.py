"""The page of runs: what is said there is kept, nothing is lost unseen, and lists are short."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ec_core.runs import said, shelf
from ec_core.runs.loading import store
from ec_core.runs.run import Run
from ec_core.runs.said import Said
from pages.runs import differing, listing

Opener = Callable[..., AppTest]


@pytest.fixture
def some(
    at_stage: Callable[[str], Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Run]:
    """Alone in a place of their own, since a list is of all runs: a finished one, one with
    students, one that was begun; the newest last.
    """
    files = [shelf.exported(at_stage(stage)) for stage in ("recovered", "ensemble", "teacher")]
    monkeypatch.setenv("EC_HOME", str(tmp_path / "runs"))
    return [shelf.taken_in(data, "x.ecrun") for data in files]


def pick(app: AppTest, *runs: Run) -> AppTest:
    for run in runs:
        app.checkbox(key=f"pick_{run.id}").check().run()
        assert not app.exception
    return app


def shown(app: AppTest) -> list[str]:
    """The ids of the runs in the list."""
    return [str(box.key).removeprefix("pick_") for box in app.checkbox if "pick_" in str(box.key)]


def test_a_run_is_named_noted_and_tagged(open_page: Opener, some: list[Run]) -> None:
    app = pick(open_page("runs"), some[0])
    assert app.button(key="said_save").disabled
    app.text_input(key="said_title").set_value("Four lines").run()
    app.text_area(key="said_note").set_value("as in the lecture").run()
    app.button(key="said_save").click().run()
    assert not app.exception and not app.error
    assert said.said(some[0]) == Said("Four lines", "as in the lecture")
    assert app.button(key="said_save").disabled
    app.text_input(key="runs_text").set_value("lecture").run()
    assert shown(app) == [some[0].id]


def test_of_two_windows_the_later_one_is_asked(open_page: Opener, some: list[Run]) -> None:
    first, second = (pick(open_page("runs"), some[0]) for _ in range(2))
    second.text_area(key="said_note").set_value("of the second").run()
    first.text_area(key="said_note").set_value("of the first").run()
    first.button(key="said_save").click().run()
    second.button(key="said_save").click().run()
    assert said.said(some[0]).note == "of the first"
    assert second.text_area(key="said_note").value == "of the second"
    second.button(key="keep_mine").click().run()
    assert said.said(some[0]).note == "of the second"
    # the first has typed nothing since: it shows what is there now
    first.run()
    assert first.text_area(key="said_note").value == "of the second"
    first.text_input(key="said_title").set_value("mine").run()
    said.say(some[0], Said("theirs", "of the second"), said.said(some[0]))
    first.button(key="said_save").click().run()
    first.button(key="take_theirs").click().run()
    assert first.text_input(key="said_title").value == "theirs" == some[0].title


def test_deleted_and_undone(open_page: Opener, some: list[Run]) -> None:
    app = pick(open_page("runs"), some[1], some[2])
    app.button(key="delete_runs").click().run()
    assert shown(app) == [some[0].id] and not store().exists(some[1].id)
    app.button(key="undo").click().run()
    assert len(shown(app)) == 3 and not app.error
    pick(app, some[1]).button(key="delete_runs").click().run()
    app.button_group(key="runs_show").set_value("Trash").run()
    app.button(key=f"back_{some[1].id}").click().run()
    assert not app.exception and store().exists(some[1].id)


def test_put_away(open_page: Opener, some: list[Run]) -> None:
    app = pick(open_page("runs"), some[2])
    app.button(key="archive_runs").click().run()
    assert some[2].id not in shown(app)
    app.button_group(key="runs_show").set_value("Archived").run()
    assert shown(app) == [some[2].id]
    pick(app, some[2]).button(key="archive_runs").click().run()
    app.button_group(key="runs_show").set_value("Runs").run()
    assert len(shown(app)) == 3


def test_filters_and_pages(
    open_page: Opener, some: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 2)
    app = open_page("runs")
    assert shown(app) == [some[2].id, some[1].id]
    app.button(key="runs_after").click().run()
    assert shown(app) == [some[0].id] and app.button(key="runs_after").disabled
    app.selectbox(key="runs_state").set_value("students trained").run()
    assert shown(app) == [some[1].id]
    app.selectbox(key="runs_state").set_value("").run()
    app.selectbox(key="runs_order").set_value("oldest").run()
    assert shown(app) == [some[0].id, some[1].id]


def test_a_damaged_run_is_listed_and_can_be_deleted(open_page: Opener, some: list[Run]) -> None:
    (some[1].stored.path / "run.json").write_text("{")
    app = open_page("runs")
    assert some[1].id in shown(app)
    pick(app, some[1]).button(key="delete_runs").click().run()
    assert not app.exception and some[1].id not in shown(app)


def test_side_by_side(open_page: Opener, some: list[Run]) -> None:
    app = pick(open_page("runs"), *some)
    app.button(key="look_beside").click().run()
    assert not app.exception and not app.error
    assert app.query_params["side"] in (
        ",".join(run.id for run in some),
        [",".join(r.id for r in some)],
    )
    assert len(app.get("plotly_chart")) == 4  # losses, counts, two trees
    app.button(key="beside_back").click().run()
    assert len(shown(app)) == 3


def test_only_what_differs_is_told(some: list[Run]) -> None:
    assert differing.rows(some[:2]) == []
    other = some[2]
    chosen = json.loads((other.stored.path / "run.json").read_text())["settings"]["chosen"]
    other.stored.update_settings(chosen={**chosen, "seed": 7, "budget": 90})
    assert differing.rows([some[0], other]) == [
        ("seed", ("1", "7")),
        ("at most", ("no limit", "1 min 30 s")),
    ]


def test_the_start_page_shows_few_and_leads_to_all(open_page: Opener, some: list[Run]) -> None:
    for _ in range(3):
        shelf.taken_in(shelf.exported(some[2]), "x.ecrun")
    app = open_page("start")
    labels = [link.proto.label for link in app.get("page_link")]
    assert any(label.startswith("All runs (6)") for label in labels)
