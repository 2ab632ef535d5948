"""The event buffer: what may be dropped, what may not, and readers that come late."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_core.events import PHASES, LayerStep, Note, RefineProgress, WidthTried
from ec_core.jobs.buffer import CurveKeeper, EventBuffer
from tests.jobs.stages import PATIENCE, progress


@given(count=st.integers(1, 700), limit=st.integers(2, 40))
def test_curve_is_bounded_evenly_thinned_and_ends_with_the_newest(count: int, limit: int) -> None:
    keeper = CurveKeeper(limit)
    for i in range(count):
        keeper.add(i, np.array([float(i), -float(i)]))
    curve = keeper.curve()
    assert len(curve.iterations) <= limit
    assert curve.iterations[0] == 0 and curve.iterations[-1] == count - 1
    assert np.array_equal(curve.losses, np.stack([curve.iterations, -curve.iterations], axis=1))
    steps = np.diff(curve.iterations[:-1])
    assert (steps == steps[:1]).all()
    # never thinner than it has to be: at least a quarter of the limit is used, or all points
    assert len(curve.iterations) >= min(count, limit // 4)


def test_other_networks_begin_another_curve() -> None:
    buffer = EventBuffer()
    for i in range(5):
        buffer.put(progress(i, [1.0, 1.0], width=4))
    for i in range(3):
        buffer.put(progress(i, [0.5, 0.5], width=8))
    assert buffer.seen().curve.losses.tolist() == [[0.5, 0.5]] * 3
    buffer.put(progress(0, [0.25, 0.25], width=8))
    assert buffer.seen().curve.losses.tolist() == [[0.25, 0.25]]
    buffer.put(progress(1, [0.1, 0.1, 0.1], width=8))
    assert buffer.seen().curve.losses.shape == (1, 3)


def test_students_that_join_those_of_the_search_begin_where_they_join() -> None:
    for limit in (1024, 4):
        buffer = EventBuffer(limit)
        for i in range(1, 8):
            buffer.put(replace(progress(i, [1.0 / i, 2.0 / i], width=8), searching=True))
        for i in range(8, 12):
            buffer.put(progress(i, [1.0 / i, 2.0 / i, 0.5], width=8))
        curve = buffer.seen().curve
        assert curve.iterations[0] == 1 and curve.iterations[-1] == 11
        np.testing.assert_array_equal(curve.losses[:, 0], 1.0 / curve.iterations)
        late = curve.iterations >= 8
        np.testing.assert_array_equal(np.isfinite(curve.losses[:, 2]), late)
    # students of another width than the one tried begin anew
    buffer.put(replace(progress(12, [1.0], width=8), searching=True))
    buffer.put(progress(13, [1.0, 2.0], width=16))
    assert buffer.seen().curve.losses.tolist() == [[1.0, 2.0]]


def test_no_step_of_a_layer_is_dropped_however_much_progress_comes() -> None:
    buffer = EventBuffer(limit=4)
    steps = [
        LayerStep("reconstruct", layer, 4, phase, f"{phase} {layer}")
        for layer in range(1, 5)
        for phase in PHASES
    ]
    for step in steps:
        buffer.put(step)
        for i in range(500):
            buffer.put(progress(i, [1.0, 0.5]))
    assert list(buffer.seen().events) == steps


def test_events_other_than_progress_all_stay_in_order() -> None:
    buffer = EventBuffer(limit=4)
    expected = []
    for i in range(2000):
        buffer.put(progress(i, [1.0]))
        buffer.put(RefineProgress("reconstruct", i, 0.5**i, 3))
        if i % 10 == 0:
            event = WidthTried("expand", i, 1, 2, 0.1, False) if i % 20 else Note("expand", str(i))
            expected.append(event)
            buffer.put(event)
    seen = buffer.seen()
    assert list(seen.events) == expected
    assert list(seen.notes) == [event for event in expected if isinstance(event, Note)]
    assert seen.version == 4000 + len(expected)
    assert seen.training is not None and seen.training.iteration == 1999
    assert seen.refine is not None and seen.refine.iteration == 1999
    assert len(seen.curve.iterations) <= 4 and seen.refine_curve.losses[-1, 0] == 0.5**1999


def test_empty_buffer_reads_as_empty() -> None:
    seen = EventBuffer().seen()
    assert (seen.version, seen.training, seen.refine, seen.events) == (0, None, None, ())
    assert seen.curve.iterations.shape == (0,) and seen.curve.losses.shape == (0, 0)


def test_what_was_read_does_not_change_later() -> None:
    buffer = EventBuffer(limit=4)
    for i in range(4):
        buffer.put(progress(i, [float(i)]))
    before = buffer.seen()
    copy = before.curve.losses.copy()
    for i in range(4, 100):
        buffer.put(progress(i, [float(i)]))
    assert np.array_equal(before.curve.losses, copy)
    assert before.training is not None and before.training.iteration == 3


@pytest.mark.parametrize("writers", [1, 4])
def test_many_writers_and_readers_lose_nothing(writers: int) -> None:
    buffer, count, failures = EventBuffer(limit=16), 300, []
    done = threading.Event()

    def write(writer: int) -> None:
        for i in range(count):
            buffer.put(progress(i, [float(writer)], width=writer))
            buffer.put(Note("expand", f"{writer} {i}"))

    def read() -> None:
        version = 0
        while not done.is_set():
            seen = buffer.seen()
            consistent = len(seen.curve.iterations) == len(seen.curve.losses) <= 16
            rising = bool((np.diff(seen.curve.iterations) >= 0).all())
            if not consistent or not rising or seen.version < version:
                failures.append(seen)
            version = seen.version

    threads = [threading.Thread(target=write, args=(w,)) for w in range(writers)]
    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in [*readers, *threads]:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert not failures
    messages = [note.message for note in buffer.seen().notes]
    for writer in range(writers):
        mine = [message for message in messages if message.startswith(f"{writer} ")]
        assert mine == [f"{writer} {i}" for i in range(count)]


def test_a_reader_that_never_finishes_does_not_hold_the_writer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stacking happens outside the lock: while a reader is stuck in it, writing goes on."""
    buffer = EventBuffer()
    buffer.put(progress(0, [1.0]))
    stuck, release = threading.Event(), threading.Event()

    def slow(points: object) -> None:
        stuck.set()
        release.wait()

    monkeypatch.setattr("ec_core.jobs.buffer.stack", slow)
    reader = threading.Thread(target=buffer.seen)
    reader.start()
    stuck.wait()
    writer = threading.Thread(target=buffer.put, args=(progress(1, [0.5]),))
    writer.start()
    writer.join(PATIENCE)
    alive = writer.is_alive()
    release.set()
    reader.join()
    assert not alive
