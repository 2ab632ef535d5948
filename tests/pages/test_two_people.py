"""Two windows on one run: the later one is asked, and what the earlier one stored is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ec_core.cluster import Cut
from ec_core.runs import builds, cut_history, results, tree_cache, versions
from ec_core.runs.run import Run
from pages.expand import whose
from pages.parts import meanwhile
from pages.shell import process

Opener = Callable[..., AppTest]


class Window:
    """A tab with the workbench: what its browser would send, and what Python makes of it."""

    def __init__(self, run: Run, tab: str) -> None:
        self.run, self.tab, self.count = run, tab, 0
        self.tree, self.name = tree_cache.of(run)[1], tree_cache.name_of(run)
        self.look()

    def look(self) -> Cut:
        """The state that the page brings."""
        self.state = cut_history.load(self.run, self.tree, self.name)
        return self.state.cut

    def message(self, height: float, **more: Any) -> dict[str, Any]:
        self.count += 1
        cut = replace(self.state.cut, height=height, rule="hand")
        return {
            "tree": self.name,
            "serial": f"{self.tab}-{self.count}",
            "seen": self.state.serial,
            "origins": [],
            "base": len(self.state.steps),
            "steps": [cut_history.plain(cut)],
            "at": len(self.state.steps),
            **more,
        }

    def send(self, message: dict[str, Any]) -> bool:
        return cut_history.take(self.run, self.tree, self.name, message)

    def move(self, height: float, **more: Any) -> dict[str, Any]:
        message = self.message(height, **more)
        assert self.send(message)
        return message


@pytest.fixture
def run(at_stage: Callable[[str], Run]) -> Run:
    return at_stage("cut")


def heights(run: Run) -> list[float]:
    window = Window(run, "reader")
    return [cut.height for cut in window.state.steps]


def test_the_later_one_stores_nothing_and_is_told(run: Run) -> None:
    one, two = Window(run, "one"), Window(run, "two")
    one.move(0.1)
    one.look()
    two.look()
    one.move(0.2)
    with pytest.raises(cut_history.ChangedMeanwhileError) as told:
        two.send(two.message(0.3))
    assert told.value.mine.cut.height == 0.3
    assert heights(run)[-2:] == [0.1, 0.2] and run.cut().height == 0.2
    # having seen it, the other one goes on
    two.look()
    two.move(0.4)
    assert heights(run)[-3:] == [0.1, 0.2, 0.4]


def test_one_tab_never_overtakes_itself(run: Run) -> None:
    """Its messages go on from what Python had not answered yet, and from its earlier visits."""
    tab = Window(run, "a")
    tab.move(0.1)
    tab.move(0.2, base=len(tab.state.steps))
    again = Window(run, "b")
    seen = again.state.serial
    late = tab.message(0.25)
    assert tab.send(late)
    assert again.send(again.message(0.3, seen=seen, origins=["a"]))


def test_the_last_word_of_a_tab_is_no_new_word(run: Run) -> None:
    """A page that is drawn again brings its browser's last message again."""
    one, two = Window(run, "one"), Window(run, "two")
    old = one.move(0.1)
    two.look()
    two.move(0.2)
    assert not one.send(old)
    assert run.cut().height == 0.2


def test_the_same_change_in_both_is_no_question(run: Run) -> None:
    one, two = Window(run, "one"), Window(run, "two")
    one.move(0.1)
    two.look()
    one.look()
    one.move(0.2)
    assert two.send(two.message(0.2))


def test_a_setting_of_the_other_is_not_forgotten(run: Run) -> None:
    one, two = Window(run, "one"), Window(run, "two")
    one.move(0.1)
    one.look()
    two.look()
    one.move(0.2, names={"theirs": cut_history.plain(one.state.cut)})
    with pytest.raises(cut_history.ChangedMeanwhileError):
        two.send(two.message(0.1, names={"mine": cut_history.plain(two.state.cut)}))
    assert list(run.named_cuts()) == ["theirs"]


def asked(open_page: Opener, run: Run) -> AppTest:
    """The cluster page of the window that came too late."""
    one, two = Window(run, "one"), Window(run, "two")
    one.move(0.1)
    two.look()
    one.look()
    one.move(0.2)
    late = two.message(0.3)
    with pytest.raises(cut_history.ChangedMeanwhileError) as told:
        two.send(late)
    app = open_page("cluster", run)
    held = meanwhile._Held(two.name, late["serial"], told.value.mine)
    app.session_state[meanwhile._HELD] = held
    app.run()
    assert not app.exception and not app.error
    text = "\n".join(e.value for e in app.markdown)
    assert "**Changed meanwhile.**" in text
    assert "Theirs: height 0.2. Mine: height 0.3." in text
    return app


@pytest.mark.parametrize(
    ("choice", "steps", "names"),
    [("theirs", [0.1, 0.2], 0), ("mine", [0.1, 0.2, 0.3], 0), ("both", [0.1, 0.2], 1)],
)
def test_whatever_is_chosen_the_other_is_still_there(
    open_page: Opener, run: Run, choice: str, steps: list[float], names: int
) -> None:
    app = asked(open_page, run)
    app.button(key=f"take_{choice}").click().run()
    assert not app.exception and not app.error
    assert "Changed meanwhile" not in "\n".join(e.value for e in app.markdown)
    assert heights(run)[-len(steps) :] == steps and run.cut().height == steps[-1]
    kept = run.named_cuts()
    assert len(kept) == names
    assert all(name.startswith("mine") and cut.height == 0.3 for name, cut in kept.items())


@pytest.mark.parametrize(("choice", "students"), [("theirs", 3), ("mine", 2)])
def test_a_start_with_settings_that_were_overtaken_asks_whose(
    open_page: Opener, at_stage: Callable[[str], Run], choice: str, students: int
) -> None:
    run = at_stage("teacher")
    app = open_page("expand", run)
    app.number_input(key="student_count").set_value(2).run()
    # the other window
    run.save_settings(replace(run.settings(), students=3))
    app.button(key="start_expand").click().run()
    assert not app.exception and process.job_of(run) is None
    said = "\n".join(element.value for element in app.markdown)
    assert "**Changed meanwhile.**" in said and "students: 3, mine 2" in said
    assert run.settings().students == 3
    app.button(key=f"start_{choice}").click().run()
    assert not app.exception and not app.error
    job = process.job_of(run)
    assert job is not None and run.settings().students == students
    job.stop()
    assert job.wait(60)


def test_a_start_that_came_too_late_changes_no_settings(
    open_page: Opener, at_stage: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have the same settings before them; the other one has started, with their own."""
    run = at_stage("teacher")
    app = open_page("expand", run)
    app.number_input(key="student_count").set_value(2).run()
    before = run.settings()
    monkeypatch.setattr(whose, "active", lambda run: object())
    app.button(key="start_expand").click().run()
    assert not app.exception
    assert any("just started this run" in error.value for error in app.error)
    assert run.settings() == before and process.job_of(run) is None


def test_clusters_cut_by_hand_are_kept_when_somebody_trains_on(run: Run) -> None:
    assert versions.all_of(run) == ()
    versions.keep(run, "before the students were trained on")
    assert versions.all_of(run) == ()  # as the rule cuts them: nothing is lost
    Window(run, "one").move(0.125)
    versions.keep(run, "before the students were trained on")
    run.save_ensemble(replace(run.ensemble(), seed=2))
    (kept,) = versions.all_of(run)
    assert not run.is_cut
    versions.bring_back(run, kept.number)
    assert run.cut().height == 0.125


def test_a_change_of_a_tree_that_is_gone_is_said_once(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.session_state", state)
    one = Window(run, "one")
    taken = one.move(0.125)
    one.look()
    late = one.message(0.25)
    run.save_ensemble(run.ensemble())  # the other window trains on: the same students will do
    new = f"{one.name}-new"
    assert meanwhile.of_another_tree(run, 0, new, taken) is None  # it was in use, and is kept
    said = meanwhile.of_another_tree(run, 0, new, late)
    assert said is not None and "height 0.25" in said and "not in use" in said
    assert meanwhile.of_another_tree(run, 0, new, late) is None
    assert meanwhile.of_another_tree(run, 0, one.name, late) is None


def test_of_two_who_choose_a_network_the_later_one_is_told(
    open_page: Opener, at_stage: Callable[[str], Run], planar: Run
) -> None:
    run = at_stage("recovered")
    cut, result = run.cut(), planar.reconstruction()
    certificate = results.of(planar).certificate
    for key, how in (("automatic", "automatic"), ("exact", "exact"), ("before-exact", "exact")):
        build = builds.describe(key, how, "", (cut,), result, certificate, 1.0)
        builds.keep(run, build, result, None)
    builds.use(run, "automatic")
    app = open_page("reconstruct", run)
    builds.use(run, "exact")  # the other window
    app.button(key="use_before-exact").click().run()
    assert not app.exception
    assert any("meanwhile in another window" in error.value for error in app.error)
    used = builds.in_use(run)
    assert used is not None and used.key == "exact"
    app.button(key="use_before-exact").click().run()
    assert not app.exception and not app.error
    used = builds.in_use(run)
    assert used is not None and used.key == "before-exact"
