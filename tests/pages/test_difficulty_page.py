"""The map of the problems: empty, from real outcomes, down to one problem and its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from ec_core.benchmark import Grid, Outcome, Settings, outcome_path, read_folder, solve_all
from ec_core.benchmark.outcomes import write_outcome
from ec_core.control import Control
from ec_core.runs import outcomes
from ec_core.runs.outcomes import Map
from ec_core.runs.run import Run
from pages.difficulty import maps
from pages.difficulty.maps import as_run
from pages.shell.process import board, job_of

Opener = Callable[..., AppTest]
QUICK = Settings("tanh", students=3)
GRID = Grid((2,), (2, 3), 2)


def _text(app: AppTest) -> str:
    return "\n".join([*(e.value for e in app.html), *(e.value for e in app.markdown)])


def _alts(app: AppTest) -> str:
    return "\n".join(str(chart.proto.alt) for chart in app.get("plotly_chart"))


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, ...]:
    """Four small problems, really solved."""
    folder = tmp_path_factory.mktemp("outcomes")
    for _ in solve_all(GRID.problems(QUICK), folder, "cpu", Control()):
        pass
    return read_folder(folder).outcomes


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An EC_HOME of its own; the folder in which the page looks."""
    monkeypatch.setenv("EC_HOME", str(tmp_path))
    folder = tmp_path / "benchmarks" / outcomes.NAME
    folder.mkdir(parents=True)
    yield folder
    job = outcomes.job(board())
    if job is not None:
        job.stop()
        assert job.wait(60)


def test_without_outcomes_it_says_how_to_make_them(open_page: Opener, place: Path) -> None:
    app = open_page("difficulty")
    assert not app.error
    assert "benchmark synthetic-150" in app.code[0].value and str(place) in app.code[0].value
    assert app.button(key="start_solving")
    assert not app.get("plotly_chart")


def test_the_small_sample_runs_in_the_background(
    open_page: Opener, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outcomes.GRIDS, "sample", Grid((2,), (2,), 1))
    app = open_page("difficulty")
    app.button(key="start_solving").click().run()
    assert not app.exception
    job = outcomes.job(board())
    assert job is not None
    assert job.wait(60)
    assert job.snapshot().error is None
    (outcome,) = read_folder(place).outcomes
    assert outcome.right and outcome.problem.settings == Settings()
    app.run()
    assert not app.exception
    assert not app.error
    assert "1 of 1 problems recovered" in _alts(app)
    # one of 150: the rest is offered
    assert app.button(key="start_solving")
    assert "benchmark synthetic-150" in app.code[0].value


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_maps_show_what_was_found(
    open_page: Opener, place: Path, solved: tuple[Outcome, ...], theme: str
) -> None:
    for outcome in (replace(solved[0], max_weight_error=None, sizes=(2, 3, 1)), *solved[1:]):
        write_outcome(place, outcome)
    (place / "damaged.json").write_text("{")
    app = open_page("difficulty", theme=theme)
    assert not app.error
    assert "3 of 4 problems recovered" in _alts(app)
    words = _text(app)
    assert "3 of 4" in words and "80%" in words and "wrong size" in words
    assert "damaged.json" in app.warning[0].value


def _box(app: AppTest, start: str) -> str:
    (key,) = (box.key for box in app.selectbox if box.key and box.key.startswith(start))
    return str(key)


def test_down_to_one_problem_and_its_very_run(
    open_page: Opener, place: Path, solved: tuple[Outcome, ...]
) -> None:
    for outcome in solved:
        write_outcome(place, outcome)
    app = open_page("difficulty")
    app.selectbox(key=_box(app, "cell_hidden")).set_value(3).run()
    (pills,) = (p for p in app.pills if str(p.key).startswith("seed_"))
    pills.set_value(1).run()
    assert not app.exception
    assert "2–3–1" in _text(app)
    app.button(key="open_problem").click().run()
    assert not app.exception
    assert not app.error
    run = Run(str(app.query_params["run"]))
    job = job_of(run)
    assert job is not None
    assert job.wait(60)
    wanted = next(o for o in solved if (o.problem.hidden, o.problem.seed) == (3, 1))
    network, teacher = run.source().network, wanted.problem.teacher()
    assert network is not None
    np.testing.assert_array_equal(network.weights[0], teacher.weights[0])
    assert run.settings().recover_config(run.activation) == wanted.problem.recover_config("cpu")
    assert int(run.ensemble().converged().sum()) == wanted.converged


@pytest.mark.long
def test_the_choice_decides_what_is_solved_and_its_map_is_shown(
    open_page: Opener, place: Path, solved: tuple[Outcome, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outcomes.GRIDS, "each", Grid((2,), (2,), 1))
    write_outcome(place, solved[0])
    app = open_page("difficulty")
    app.segmented_control(key="solve_grid").set_value("each").run()
    app.segmented_control(key="solve_depth").set_value(2).run()
    app.selectbox(key="solve_activation").set_value("tanh").run()
    app.number_input(key="solve_expansion").set_value(2.0).run()
    line = app.code[0].value
    assert "--activation tanh --expansion 2 --depth 2 --inputs 2 --hidden 2 --seeds 1" in line
    app.button(key="start_solving").click().run()
    assert not app.exception and not app.error
    job = outcomes.job(board())
    assert job is not None
    assert job.wait(60)
    app.run()
    assert not app.exception
    chosen = Settings("tanh", 2.0, 10, 2)
    assert app.selectbox(key="difficulty_map").value == outcomes.key(outcomes.NAME, chosen)
    assert "of 1 problems recovered" in _alts(app)
    (found,) = (o for o in read_folder(place).outcomes if o.problem.settings == chosen)
    assert found.problem.sizes == (2, 2, 2, 1)
    # a deep problem, too, can be gone through by hand
    source, settings = as_run(found)
    assert settings.recover_config(source.activation) == found.problem.recover_config(
        settings.device
    )


def test_a_problem_becomes_the_same_questions(solved: tuple[Outcome, ...], place: Path) -> None:
    run = Run.create(*as_run(solved[0]))
    problem = solved[0].problem
    probes = run.ask()
    assert len(probes.x) + len(probes.x_heldout) == problem.probes
    np.testing.assert_array_equal(probes.y, problem.teacher()(probes.x))


def test_several_maps_are_chosen_from(
    open_page: Opener, place: Path, solved: tuple[Outcome, ...]
) -> None:
    for outcome in solved:
        write_outcome(place, outcome)
    slim = replace(solved[0].problem, settings=Settings("tanh", 2.0, 3))
    write_outcome(place, replace(solved[0], problem=slim))
    other = place.parent / "elsewhere"
    other.mkdir()
    write_outcome(other, solved[0])
    assert outcome_path(other, solved[0].problem).exists()
    app = open_page("difficulty")
    box = app.selectbox(key="difficulty_map")
    assert len(box.options) == 3
    assert "expansion 2" in box.options[1] and "folder elsewhere" in box.options[2]
    slim_key = outcomes.key(outcomes.NAME, slim.settings)
    box.set_value(slim_key).run()
    assert not app.exception
    assert "1 of 1 problems recovered" in _alts(app)


def test_the_way_there_stands_apart_from_the_steps(open_page: Opener, planar: Run) -> None:
    app = open_page("start", planar)
    labels = [link.value for link in app.page_link]
    assert labels.count("Difficulty") == 1


def test_waiting_is_shown_while_the_sample_runs(
    open_page: Opener, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outcomes.GRIDS, "sample", Grid((32,), (8,), 1))
    app = open_page("difficulty")
    app.button(key="start_solving").click().run()
    job = outcomes.job(board())
    assert job is not None
    assert app.button(key="stop_solving")
    app.button(key="stop_solving").click().run()
    assert job.wait(60)
    assert not read_folder(place).outcomes
    app.run()
    assert app.button(key="start_solving")


def test_a_click_takes_new_boxes_so_that_a_late_message_takes_nothing_back(
    monkeypatch: pytest.MonkeyPatch, solved: tuple[Outcome, ...]
) -> None:
    """What the browser sent before it knew of the click still carries the old boxes."""
    one = Map("somewhere", solved[0].problem.settings, solved)
    state: dict[str, object] = {}
    monkeypatch.setattr(streamlit, "session_state", state)
    before = maps._boxes(one)
    state["time_map"] = {"selection": {"points": [{"customdata": (2, 3)}]}}
    maps._pick("time_map", one)
    after = maps._boxes(one)
    assert not set(after) & set(before)
    assert [state[key] for key in after] == [2, 3]
    # a click that deselects chooses nothing
    state["time_map"] = {"selection": {"points": []}}
    maps._pick("time_map", one)
    assert maps._boxes(one) == after
