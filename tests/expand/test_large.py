"""Large students: small steps are their training, whoever continues goes on from there."""

from __future__ import annotations

import numpy as np
import pytest

from ec_core.control import Control
from ec_core.events import OUT_OF_BUDGET, STOPPED, Note, TrainingProgress, WidthTried
from ec_core.expand import estimate, trainer
from ec_core.expand.config import ExpandConfig
from ec_core.expand.regimes import BLOCK, LARGE
from ec_core.probing.asking import ask
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.probing.teacher import Teacher
from tests.regimes import change
from tests.steps import drain

WIDE = ExpandConfig(students=2, width=100, seed=1)
NOTE = "" if LARGE.small_steps is None else LARGE.small_steps.note


@pytest.fixture(scope="module")
def probes() -> ProbeSet:
    teacher = make_teacher("synthetic", sizes=(8, 3, 1), activation="tanh", seed=0).network
    return make_probes(*ask(Teacher(teacher), 2500, "gaussian", 8, 0))


def test_small_steps_are_all_and_continuing_goes_on(
    probes: ProbeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, LARGE, 3 * BLOCK)
    events, ensemble = drain(trainer.expand(probes, "tanh", WIDE, Control()))
    assert NOTE in [event.message for event in events if isinstance(event, Note)]
    progress = [event for event in events if isinstance(event, TrainingProgress)]
    assert len(progress) == len(ensemble.history) == 4
    assert (ensemble.history[2] < ensemble.history[0]).all()
    np.testing.assert_array_equal(ensemble.history[-1], ensemble.losses)
    assert ensemble.statuses == (OUT_OF_BUDGET,) * 2
    # second-order steps from where the small ones ended
    few = ExpandConfig(students=2, width=100, seed=1, iterations=2)
    events, after = drain(trainer.expand(probes, "tanh", few, Control(), ensemble))
    assert NOTE not in [event.message for event in events if isinstance(event, Note)]
    assert (after.losses < ensemble.losses / 3).all()
    assert len(after.history) == 6


def test_a_stop_ends_the_small_steps(probes: ProbeSet) -> None:
    control = Control()
    steps = trainer.expand(probes, "tanh", WIDE, control)
    while not isinstance(next(steps), TrainingProgress):
        pass
    control.stop()
    _, ensemble = drain(steps)
    assert ensemble.statuses == (STOPPED,) * 2
    assert len(ensemble.history) <= 3


def test_one_student_is_stopped_and_stays_as_it_was(
    probes: ProbeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, LARGE, 4 * BLOCK)
    control = Control()
    steps = trainer.expand(probes, "tanh", WIDE, control)
    while not isinstance(next(steps), TrainingProgress):
        pass
    control.stop_student(1)
    _, ensemble = drain(steps)
    _, whole = drain(trainer.expand(probes, "tanh", WIDE, Control()))
    assert ensemble.statuses == (OUT_OF_BUDGET, STOPPED)
    np.testing.assert_array_equal(ensemble.theta[0], whole.theta[0])
    assert ensemble.losses[1] > 2 * whole.losses[1]
    assert ensemble.history[1, 1] == ensemble.history[3, 1]


@pytest.mark.long
def test_the_width_search_takes_small_steps_where_students_are_large(
    probes: ProbeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, LARGE, 3000, applies=lambda shape: shape.sizes[1] >= 2)
    config = ExpandConfig(students=4, seed=1)
    events, ensemble = drain(trainer.expand(probes, "tanh", config, Control()))
    tried = [event for event in events if isinstance(event, WidthTried)]
    assert [event.width for event in tried] == [2, 4]
    assert tried[0].best_loss > 1e-4 >= tried[1].best_loss
    assert {event.students for event in tried} == {3}
    # those that showed the width are not trained again, the fourth is
    assert len(ensemble.losses) == 4
    assert (ensemble.iterations == 1).all()


def test_the_estimate_counts_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    config = ExpandConfig(students=4, device="cpu")
    wide, wider = (estimate.estimate(9000, 32, 1, "g", (h,), config).seconds for h in (128, 256))
    assert wider > wide
    assert LARGE.small_steps is not None
    change(monkeypatch, LARGE, 2 * LARGE.small_steps.steps)
    assert estimate.estimate(9000, 32, 1, "g", (128,), config).seconds == pytest.approx(2 * wide)
