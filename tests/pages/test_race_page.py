"""Nothing told: what is offered, the race while it runs, and what stays of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from threading import Event as Flag
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ec_core.candidates import AUTO, Candidate
from ec_core.control import Control
from ec_core.events import CandidateProgress, CandidateTried, Event, RaceEnded
from ec_core.runs import keeping, races, results, versions, work
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings, default_settings
from ec_core.verify.certificate import FAILED
from pages.expand import whole
from pages.parts import live
from pages.shell.process import board
from pages.shell.words import UNKNOWN
from tests.broken_off import broken_off

Opener = Callable[..., AppTest]

HEAT = (("tanh", 4.0), ("gelu", 0.5), ("sigmoid", 3.0))
"""Decades that each falls in an iteration."""


def _progress(iterations: int, width: int = 8) -> list[Event]:
    return [
        CandidateProgress("race", name, 1, width, i, 10 ** (-fall * (i - 1)))
        for i in range(1, iterations + 1)
        for name, fall in HEAT
    ]


ENDED: list[Event] = [
    *_progress(6),
    RaceEnded(
        "race",
        (("tanh", 1, 1e-20), ("sigmoid", 1, 1e-15), ("gelu", 1, 3e-3)),
        (("tanh", 1), ("sigmoid", 1)),
    ),
    CandidateTried("race", "tanh", 1),
]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the picture of the race was sent last."""
    sent: dict[str, Any] = {}
    monkeypatch.setattr(live, "_RACE", lambda key, data: sent.update(data))
    return sent


@pytest.fixture
def raced(answers_only: Run) -> Callable[[str], Run]:
    """A run that raced and then came so far, without any work."""

    def get(stage: str = "recovered") -> Run:
        given = answers_only.source()
        source = replace(given, activation=AUTO)
        chosen = replace(default_settings(source), students=4, seed=1, device="cpu")
        run = Run.create(source, chosen)
        if stage == "teacher":
            return run
        run.ask()
        run.save_race(races.seen(ENDED))
        run.mark_found(Candidate("tanh", 1))
        run.save_ensemble(answers_only.ensemble())
        run.save_cut(answers_only.cut())
        run.save_reconstruction(answers_only.reconstruction(), answers_only.cut(), 1.0)
        return run

    return get


def _said(app: AppTest) -> str:
    return " ".join(str(element.value) for element in (*app.html, *app.markdown))


def test_nothing_need_be_chosen_where_there_is_no_teacher(
    open_page: Opener, raced: Callable[[str], Run]
) -> None:
    run = raced("teacher")
    app = open_page("expand", run)
    assert app.selectbox(key="activation").value == AUTO
    assert app.selectbox(key="activation").options[0] == UNKNOWN
    assert "Which one" not in _said(app) and "candidates race" in _said(app)
    # all of it at once stands first, step by step beside it
    assert [app.button(key=key).label for key in ("start_whole", "start_expand")] == [
        "Start",
        "Step by step",
    ]
    # told all the same
    app.selectbox(key="activation").set_value("tanh").run()
    assert "how deep it is" in _said(app) and "which activation" not in _said(app)
    app.segmented_control(key="hidden_layers").set_value(1).run()
    assert "candidates race" not in _said(app)
    assert app.button(key="start_expand").label == "Start training"


def test_start_hands_the_choice_on(
    open_page: Opener, raced: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(work, "start_whole", lambda board, run: begun.append("whole"))
    monkeypatch.setattr(work, "start_expand", lambda board, run: begun.append("expand"))
    run = raced("teacher")
    open_page("expand", run).button(key="start_whole").click().run()
    assert begun == ["whole"]
    assert (run.settings().activation, run.settings().hidden_layers) == (None, AUTO) and run.open
    app = open_page("expand", run)
    app.selectbox(key="activation").set_value("gelu").run()
    app.segmented_control(key="hidden_layers").set_value(2).run()
    app.button(key="start_expand").click().run()
    assert begun == ["whole", "expand"] and run.candidate == Candidate("gelu", 2)


def test_a_known_teacher_is_told_unless_it_is_locked(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    run = at_stage("teacher")
    app = open_page("expand", run)
    assert app.selectbox(key="activation").value == "tanh"
    assert app.segmented_control(key="hidden_layers").value == 1
    run.lock_truth(True)
    app = open_page("expand", run)
    assert app.selectbox(key="activation").value == AUTO
    assert app.segmented_control(key="hidden_layers").value == AUTO


def test_the_race_is_watched(
    open_page: Opener, raced: Callable[[str], Run], drawn: dict[str, Any]
) -> None:
    run, told, go = raced("teacher"), Flag(), Flag()
    run.ask()

    def stage(control: Control) -> Generator[Event, None, None]:
        yield from _progress(3)
        told.set()
        go.wait(60)

    job = work.submit(board(), run, work.WHOLE, stage)
    assert told.wait(60)
    app = open_page("expand", run)
    go.set()
    assert job.wait(60)
    assert not app.error
    (heat,) = drawn["heats"]
    assert (heat["title"], heat["short"]) == ("one hidden layer of 8 neurons", "8")
    assert [curve["name"] for curve in heat["curves"]] == ["tanh", "gelu", "sigmoid"]
    assert heat["curves"][0]["at"] == [1, 2, 3] and not drawn["over"]
    assert len({tuple(map(str, curve["style"])) for curve in heat["curves"]}) == 3
    assert 0 < drawn["floor"] < drawn["line"] <= 1e-11
    words = app.container(key="race_words").markdown[0].value
    assert "all of them still race after 3 iterations" in words
    assert "tanh is ahead at 10⁻⁸" in words and words in drawn["alt"]
    story = str(app.container(key="whole_story").html[0].value)
    assert '<li class="now"><b>●</b><span>Race of the candidates' in story
    assert [button.key for button in app.button if button.key in ("job_pause", "job_stop")]


def test_what_was_found_is_said_in_one_line_and_the_race_stays(
    open_page: Opener, raced: Callable[[str], Run], drawn: dict[str, Any]
) -> None:
    run = raced("recovered")
    app = open_page("expand", run)
    line = str(app.container(key="whole_result").html[0].value)
    assert "tanh (or sigmoid), one hidden layer, 2–4–1, verified" in line
    words = " ".join(
        str(element.value)
        for element in (
            *app.container(key="race_words").markdown,
            *app.container(key="race_words").html,
        )
    )
    assert "tanh with one hidden layer fell to 10⁻²⁰" in words
    assert "gelu with one hidden layer, stayed at 0.003" in words
    assert "sigmoid writes the same function" in words
    assert drawn["over"] and "fell to" in drawn["alt"]
    table = str(app.container(key="candidates").html[0].value)
    assert table.count("<tr>") == 4 and "another writing of the same function" in table
    # the same on every page that names the result
    verdict = str(open_page("compare", run).container(key="verdict").html[0].value)
    assert "tanh with one hidden layer</b> was found out" in verdict
    assert "sigmoid writes the same function" in verdict
    assert not open_page("cluster", run).error and not open_page("reconstruct", run).error


def test_whichever_twin_was_ahead_the_line_is_the_same(
    raced: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = raced("recovered")
    monkeypatch.setattr(Run, "answer", Candidate("sigmoid", 1))
    assert whole.result_line(run).startswith("tanh (or sigmoid), one hidden layer, 2–4–1, verif")
    # who told sigmoid reads sigmoid
    run.save_settings(replace(run.settings(), activation="sigmoid", hidden_layers=1))
    assert whole.result_line(run).startswith("sigmoid (or tanh), one hidden layer, 2–4–1, verif")


def test_what_was_told_is_not_said_to_have_been_found_out(
    open_page: Opener, planar: Run, drawn: dict[str, Any]
) -> None:
    app = open_page("expand", planar)
    assert "tanh (or sigmoid), one hidden layer, 2–4–1, verified" in _said(app)
    assert not drawn
    assert "was found out" not in _said(open_page("compare", planar))


def test_the_next_candidate_is_one_click_away(
    open_page: Opener, raced: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, begun = raced("recovered"), []
    assert keeping.next_candidate(run) is None  # verified: nobody comes next
    told = results.of(run)
    doubt = replace(told.certificate, verified=False, status=FAILED, reasons=("It errs.",))
    monkeypatch.setattr(results, "of", lambda _: replace(told, certificate=doubt))
    monkeypatch.setattr(work, "start_whole", lambda board, run, one: begun.append(one))
    for page in ("compare", "reconstruct", "expand"):
        app = open_page(page, run)
        panel = app.container(key="panel_next_candidate")
        assert (
            "sigmoid with one hidden layer** came next, at 1.0 × 10⁻¹⁵" in panel.markdown[0].value
        )
        app.button(key="next_candidate").click().run()
        assert not app.exception
    assert begun == 3 * [Candidate("sigmoid", 1)]
    assert "not verified" in whole.result_line(run)
    run.save_race(races.seen(ENDED).judged(Candidate("sigmoid", 1), "failed"))
    assert keeping.next_candidate(run) is None


def test_any_candidate_can_be_recovered_by_hand(
    open_page: Opener, raced: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, begun = raced("recovered"), []
    monkeypatch.setattr(work, "start_whole", lambda board, run, one: begun.append(one))
    app = open_page("expand", run)
    assert app.selectbox(key="candidate").options == [
        "sigmoid with one hidden layer",
        "gelu with one hidden layer",
    ]
    app.selectbox(key="candidate").select("gelu with one hidden layer").run()
    app.button(key="start_candidate").click().run()
    assert begun == [Candidate("gelu", 1)]


def test_a_restart_in_the_race_says_what_going_on_means(
    open_page: Opener, raced: Callable[[str], Run]
) -> None:
    run = raced("teacher")
    broken_off(run, work.WHOLE)
    app = open_page("expand", run)
    said = app.container(key="panel_interrupted").markdown[0].value
    assert "Interrupted" in said and "starts again, from the same seed" in said


def test_an_earlier_version_comes_back_with_its_own_candidate(raced: Callable[[str], Run]) -> None:
    run = raced("recovered")
    versions.keep(run, "before another candidate was recovered", students=True)
    run.stored.update_settings(found=["gelu", 1])
    (kept,) = versions.all_of(run)
    versions.bring_back(run, kept.number)
    assert run.found == Candidate("tanh", 1)
    # the race is the run's own, and stays
    assert run.race() == races.seen(ENDED)


def test_settings_of_earlier_versions_are_read() -> None:
    facts = Settings().as_json()
    del facts["activation"]
    assert Settings(**facts) == Settings()
    assert Settings().field("tanh").only == Candidate("tanh", 1)
    assert len(Settings(hidden_layers=AUTO).field("tanh").depths) == 2
