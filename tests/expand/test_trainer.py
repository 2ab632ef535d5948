"""The expand stage: events, statuses, requests, seeds, width, fallbacks."""

from __future__ import annotations

import numpy as np
import pytest

from ec_core.control import Control
from ec_core.errors import InputError
from ec_core.events import (
    CONVERGED,
    OUT_OF_BUDGET,
    STOPPED,
    Note,
    TrainingProgress,
    WidthTried,
)
from ec_core.expand import enough
from ec_core.expand.config import ExpandConfig
from ec_core.expand.enough import BLIND_WIDTH
from ec_core.expand.students import ensemble_arrays, ensemble_from_arrays
from ec_core.expand.trainer import expand
from ec_core.leastsquares import stepping
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import ProbeSet, make_probes
from tests.steps import drain


@pytest.fixture(scope="module")
def probes() -> ProbeSet:
    teacher = make_teacher("synthetic", sizes=(3, 3, 1), activation="tanh", seed=0).network
    x = np.random.default_rng(0).standard_normal((300, 3))
    return make_probes(x, teacher(x))


def test_students_converge_and_history_matches_events(probes: ProbeSet) -> None:
    config = ExpandConfig(students=4, width=6, seed=1)
    events, ensemble = drain(expand(probes, "tanh", config, Control()))
    progress = [e for e in events if isinstance(e, TrainingProgress)]
    assert len(progress) == len(ensemble.history)
    np.testing.assert_array_equal(progress[-1].losses, ensemble.history[-1])
    np.testing.assert_array_equal(ensemble.losses, ensemble.history[-1])
    assert ensemble.statuses.count(CONVERGED) >= 2
    assert (ensemble.losses[ensemble.converged()] <= probes.floor).all()
    assert ensemble.incoming.shape == (4, 6, 4) and ensemble.outgoing(0).shape == (4, 1, 6)


def test_same_seed_same_arrays_other_seed_other_arrays(probes: ProbeSet) -> None:
    runs = [
        drain(expand(probes, "tanh", ExpandConfig(students=3, seed=s), Control()))[1]
        for s in (7, 7, 8)
    ]
    np.testing.assert_array_equal(runs[0].theta, runs[1].theta)
    np.testing.assert_array_equal(runs[0].history, runs[1].history)
    assert runs[0].theta.shape != runs[2].theta.shape or (runs[0].theta != runs[2].theta).any()


def test_width_is_doubled_until_most_converge(probes: ProbeSet) -> None:
    events, ensemble = drain(expand(probes, "tanh", ExpandConfig(students=3), Control()))
    tried = [e for e in events if isinstance(e, WidthTried)]
    assert [e.width for e in tried] == [2 ** (k + 1) for k in range(len(tried))]
    assert [e.enough for e in tried] == [False] * (len(tried) - 1) + [True]
    assert ensemble.shape.sizes[1] == tried[-1].width >= 3
    config = ExpandConfig(students=3, expansion=1.5)
    assert drain(expand(probes, "tanh", config, Control()))[1].shape.sizes[1] == round(
        1.5 * tried[-1].width
    )


def test_the_search_for_a_width_shows_its_students_as_they_go(probes: ProbeSet) -> None:
    events, _ = drain(expand(probes, "tanh", ExpandConfig(students=8), Control()))
    ends = [i for i, event in enumerate(events) if isinstance(event, WidthTried)]
    begin = 0
    for end in ends:
        tried, seen = events[end], events[begin:end]
        assert isinstance(tried, WidthTried)
        assert all(isinstance(e, TrainingProgress) and e.searching for e in seen)
        shown = [e for e in seen if isinstance(e, TrainingProgress)]
        assert [e.iteration for e in shown] == list(range(1, len(shown) + 1))
        assert {e.width for e in shown} == {tried.width}
        assert shown[-1].statuses.count(CONVERGED) == tried.converged
        assert shown[-1].losses.min() == tried.best_loss
        begin = end + 1
    later = [e for e in events[begin:] if isinstance(e, TrainingProgress)]
    assert later
    assert not any(e.searching for e in later)


def test_students_that_join_later_have_taken_fewer_steps(probes: ProbeSet) -> None:
    events, ensemble = drain(expand(probes, "tanh", ExpandConfig(students=8), Control()))
    *_, last = [e for e in events if isinstance(e, TrainingProgress)]
    assert ensemble.steps is not None and last.steps is not None
    np.testing.assert_array_equal(last.steps, ensemble.steps)
    # the six of the search were there from the beginning, the others have no losses before
    joined = np.isfinite(ensemble.history).argmax(axis=0)
    assert (joined[:6] == 0).all() and (joined[6:] > 0).all()
    assert (ensemble.steps <= last.iteration - joined).all()
    assert last.iteration == len(ensemble.history) == (joined + ensemble.steps).max()
    # stored and continued, they go on from there; what was stored before knew no steps
    arrays = ensemble_arrays(ensemble)
    again = ensemble_from_arrays(arrays)
    np.testing.assert_array_equal(again.steps, ensemble.steps)
    del arrays["steps"]
    assert ensemble_from_arrays(arrays).steps is None


def test_width_stops_where_students_could_interpolate() -> None:
    x = np.random.default_rng(0).standard_normal((60, 3))
    few = make_probes(x, np.sin(9 * x[:, :1]))
    config = ExpandConfig(students=3, iterations=5)
    events, ensemble = drain(expand(few, "tanh", config, Control()))
    notes = [e.message for e in events if isinstance(e, Note)]
    assert any("parameters for 48 answers" in n for n in notes)
    assert ensemble.shape.parameter_count <= 48


def test_requests_are_obeyed(probes: ProbeSet) -> None:
    control = Control()
    steps = expand(probes, "tanh", ExpandConfig(students=3, width=2, seed=0), control)
    first = next(steps)
    assert isinstance(first, TrainingProgress)
    control.stop_student(1)
    control.restart_student(2)
    control.restart_student(99)
    second = next(steps)
    assert isinstance(second, TrainingProgress)
    assert second.statuses[1] == STOPPED and second.iterations[1] == 1
    assert second.restarts[2] == 1 and second.iterations[2] == 1
    control.stop()
    _, ensemble = drain(steps)
    assert set(ensemble.statuses) <= {STOPPED, CONVERGED}


def test_no_time_left_is_a_status_not_an_error(probes: ProbeSet) -> None:
    _, ensemble = drain(
        expand(probes, "tanh", ExpandConfig(students=2, width=4), Control(seconds=0.0))
    )
    assert ensemble.statuses == (OUT_OF_BUDGET, OUT_OF_BUDGET)
    assert np.isfinite(ensemble.losses).all()


def test_continuing_a_stored_ensemble_goes_on_where_it_stood(probes: ProbeSet) -> None:
    config = ExpandConfig(students=3, width=5, iterations=4, restarts=0)
    _, early = drain(expand(probes, "tanh", config, Control()))
    restored = ensemble_from_arrays(ensemble_arrays(early))
    np.testing.assert_array_equal(restored.theta, early.theta)
    assert restored.statuses == early.statuses and restored.shape == early.shape
    more = ExpandConfig(students=3, width=5, iterations=60, restarts=0)
    _, late = drain(expand(probes, "tanh", more, Control(), restored))
    assert len(late.history) > len(early.history)
    np.testing.assert_array_equal(late.history[: len(early.history)], early.history)
    assert (late.losses <= early.losses).all() and late.losses.min() <= probes.floor


def test_stored_students_with_missing_arrays_are_refused(probes: ProbeSet) -> None:
    with pytest.raises(InputError, match="theta"):
        ensemble_from_arrays({"losses": np.zeros(1)})


def test_matrix_free_steps_take_over_where_the_matrix_does_not_fit(
    probes: ProbeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ExpandConfig(students=2, width=6, seed=1)
    _, dense = drain(expand(probes, "tanh", config, Control()))
    monkeypatch.setattr(stepping, "fits_densely", lambda shape, device: False)
    events, ensemble = drain(expand(probes, "tanh", config, Control()))
    assert any(isinstance(e, Note) and "matrix-free" in e.message for e in events)
    np.testing.assert_array_equal(ensemble.history[0] <= dense.history[0] * 2, True)
    assert ensemble.statuses.count(CONVERGED) >= 1
    assert (ensemble.losses[ensemble.converged()] <= probes.floor).all()


def test_matrix_free_runs_are_continued_stopped_and_restarted(
    probes: ProbeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepping, "fits_densely", lambda shape, device: False)
    monkeypatch.setattr(stepping, "memory_bound", lambda device: 1)
    control = Control()
    short = ExpandConfig(students=2, width=4, iterations=3, restarts=0)
    steps = expand(probes, "tanh", short, control)
    assert isinstance(next(steps), Note)
    next(steps)
    control.restart_student(0)
    control.stop_student(1)
    second = next(steps)
    assert isinstance(second, TrainingProgress)
    assert second.restarts[0] == 1 and second.statuses[1] == STOPPED
    _, early = drain(steps)
    more = ExpandConfig(students=2, width=4, iterations=8, restarts=0)
    _, late = drain(expand(probes, "tanh", more, Control(), early))
    np.testing.assert_array_equal(late.history[: len(early.history)], early.history)
    assert (late.losses <= early.losses).all()


def test_without_room_for_any_matrix_a_run_still_ends(
    probes: ProbeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (enough, stepping):
        monkeypatch.setattr(module, "fits_densely", lambda shape, device: False)
    events, ensemble = drain(
        expand(probes, "tanh", ExpandConfig(students=2, iterations=2), Control())
    )
    assert any(isinstance(e, Note) and "Too many inputs" in e.message for e in events)
    assert ensemble.shape.sizes[1] == BLIND_WIDTH


def test_more_students_than_memory_is_one_sentence(probes: ProbeSet) -> None:
    with pytest.raises(InputError, match="GiB"):
        drain(expand(probes, "tanh", ExpandConfig(students=10**9), Control()))


def test_groups_under_the_memory_bound_give_the_same_students(
    probes: ProbeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ExpandConfig(students=3, width=4, iterations=6, restarts=0)
    _, together = drain(expand(probes, "tanh", config, Control()))
    monkeypatch.setattr(stepping, "memory_bound", lambda device: 1)
    _, apart = drain(expand(probes, "tanh", config, Control()))
    np.testing.assert_allclose(apart.theta, together.theta, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "bad", [{"students": 0}, {"width": 0}, {"iterations": 0}, {"expansion": 0.0}, {"seed": -1}]
)
def test_settings_out_of_range_are_one_sentence(bad: dict[str, float]) -> None:
    with pytest.raises(InputError, match="expected"):
        ExpandConfig(**bad)  # type: ignore[arg-type]
