"""A budget: what is begun ends in time, and the verdict has its share."""

from __future__ import annotations

import pytest

from ec_core import control as module
from ec_core.control import LATE, Control


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    found = _Clock()
    monkeypatch.setattr(module, "time", found)
    return found


def _work(control: Control, clock: _Clock, step: float) -> float:
    """When steps that take so long end."""
    while not control.over:
        control.take_requests()
        if control.over:
            break
        clock.now += step
    return clock.now - 100.0


@pytest.mark.parametrize("step", [0.01, 0.7, 3.0, 9.0, 14.0, 29.0])
@pytest.mark.parametrize("budget", [10.0, 30.0, 90.0, 600.0])
def test_steps_end_within_a_twentieth_or_two_seconds(
    clock: _Clock, step: float, budget: float
) -> None:
    ended = _work(Control(budget), clock, step)
    if step < budget:
        assert ended <= budget + max(LATE, 0.05 * budget)
    # and none is left out that would have ended in time
    assert ended + step > budget


def test_what_is_reserved_is_left_over(clock: _Clock) -> None:
    control = Control(100.0)
    control.reserve(20.0)
    assert control.remaining() == 80.0
    assert _work(control, clock, 1.0) == pytest.approx(80.0, abs=1.0)
    control.reserve(0.0)
    assert not control.over and control.remaining() == pytest.approx(20.0, abs=1.0)


def test_a_reserve_leaves_most_of_the_budget(clock: _Clock) -> None:
    control = Control(10.0)
    control.reserve(1e6)
    assert control.remaining() == pytest.approx(7.0)


def test_without_a_budget_there_is_room_for_everything(clock: _Clock) -> None:
    control = Control()
    control.reserve(1e9)
    control.take_requests()
    clock.now += 1e9
    control.take_requests()
    assert control.room_for(1e9) and not control.over


def test_a_pause_is_no_slow_step(clock: _Clock) -> None:
    control = Control(60.0, hold=lambda: setattr(clock, "now", clock.now + 1000.0))
    control.take_requests()
    clock.now += 1.0
    control.pause()
    control.take_requests()
    control.resume()
    assert control.remaining() == pytest.approx(59.0) and not control.over
