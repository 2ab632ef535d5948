"""Jobs that are set aside may hold so much memory; then whoever has the device keeps it."""

from __future__ import annotations

import pytest

from ec_core.jobs import JobBoard, Room, line, turns
from tests.jobs.stages import PATIENCE, Gate


def test_jobs_set_aside_hold_no_more_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN", 0.02)
    monkeypatch.setattr(line, "TURN", 0.02)
    board = JobBoard(room=lambda device: Room(aside=25.0))
    gates = [Gate() for _ in range(4)]

    def start(at: int) -> None:
        job = board.submit(gates[at], run=f"{at}", label=f"{at}", who=f"{at}", memory=10.0)
        if at < 3:
            assert gates[at].begun.wait(PATIENCE)
            assert job.at_work

    for at in range(3):
        start(at)
    # two are set aside, and a third would be too much
    first, second, third = board.jobs()
    assert (first.state, second.state, third.at_work) == ("queued", "queued", True)
    start(3)
    fourth = board.jobs()[-1]
    assert not gates[3].begun.wait(0.2) and third.at_work
    # it is not said that the third will step back
    assert fourth.snapshot().ahead[0].left is None
    gates[2].opened.set()
    assert third.wait(PATIENCE) and gates[3].begun.wait(PATIENCE)
    for gate in gates:
        gate.opened.set()
    assert all(job.wait(PATIENCE) for job in board.jobs()) and board.close(PATIENCE)
