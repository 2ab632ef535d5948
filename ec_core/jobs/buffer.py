"""What a job has reported so far, in bounded memory, for readers of any speed.

Progress comes many times a second and only the newest counts, so it overwrites itself; of the
losses a thinned-out curve is kept. Everything else (notes, width tried, neuron removed, signs
found) is kept to the last event. Writing never waits for a reader: readers take references under
the lock and do their work outside. Axes: T points of a curve, S students.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from ec_core.events import Event, Note, RefineProgress, TrainingProgress

MAX_POINTS = 1024
"""A curve is thinned to half of this when it reaches it: more than a screen has columns for."""


@dataclass(frozen=True)
class Curve:
    """Losses against iterations: ``iterations`` (T,) ascending and ``losses`` (T, S)."""

    iterations: np.ndarray
    losses: np.ndarray


class CurveKeeper:
    """A curve of any length in at most ``limit`` points, evenly spread, newest point always last.

    Every stride-th point is kept; when the limit is reached every second one goes and the stride
    doubles. A new curve begins when the shape of the points changes or the iteration falls, that
    is, when other networks are being trained; unless it ``grows``: then students have joined those
    of before, and have no losses in the points of before. Not thread-safe by itself.

    >>> keeper = CurveKeeper(limit=4)
    >>> for i in range(10):
    ...     keeper.add(i, np.array([1.0 / (i + 1)]))
    >>> keeper.curve().iterations.tolist()
    [0, 4, 8, 9]
    """

    def __init__(self, limit: int = MAX_POINTS) -> None:
        self._limit = limit
        self._taken_up = False
        self._begin()

    def _begin(self, key: object = None) -> None:
        self._key = key
        self._points: list[tuple[int, np.ndarray]] = []
        self._newest: tuple[int, np.ndarray] | None = None
        self._count, self._stride = 0, 1

    def add(
        self, iteration: int, losses: np.ndarray, key: object = None, grows: bool = False
    ) -> None:
        """One more point; ``losses`` (S,). ``key`` names the networks, a new key a new curve."""
        if grows and self._newest is not None and self._key == (key, self._newest[1].shape):
            self._join(len(losses), key)
        key = (key, losses.shape)
        if self._taken_up:
            self._taken_up = False
            self._cut(iteration)
        if key != self._key or (self._newest is not None and iteration < self._newest[0]):
            self._begin(key)
        self._newest = (iteration, losses)
        if self._count % self._stride == 0:
            self._points.append(self._newest)
        self._count += 1
        # one place is left for the newest point
        while len(self._points) >= self._limit:
            self._points = self._points[::2]
            self._stride *= 2

    def take_up(self, curve: Curve, key: object) -> None:
        """Go on with a curve of before: what is added from an earlier iteration on replaces it."""
        for iteration, losses in zip(curve.iterations.tolist(), curve.losses, strict=True):
            self.add(iteration, losses, key)
        self._taken_up = len(curve.iterations) > 0

    def _cut(self, iteration: int) -> None:
        """Forget what lies at this iteration or behind it."""
        self._points = [point for point in self._points if point[0] < iteration]
        self._newest = self._points[-1] if self._points else None

    def _join(self, students: int, key: object) -> None:
        """Room for so many students in the points of before."""

        def padded(point: tuple[int, np.ndarray]) -> tuple[int, np.ndarray]:
            missing = np.full(students - len(point[1]), np.nan)
            return point[0], np.concatenate([point[1], missing])

        assert self._newest is not None
        if students <= len(self._newest[1]):
            return
        # the newest may be among the points, and is recognised by identity
        kept = bool(self._points) and self._points[-1] is self._newest
        self._points = [padded(point) for point in self._points]
        self._newest = self._points[-1] if kept else padded(self._newest)
        self._key = (key, (students,))

    def points(self) -> list[tuple[int, np.ndarray]]:
        """References to the points kept, the newest last."""
        points = list(self._points)
        if self._newest is not None and points[-1] is not self._newest:
            points.append(self._newest)
        return points

    def curve(self) -> Curve:
        return stack(self.points())


def stack(points: list[tuple[int, np.ndarray]]) -> Curve:
    """Points as one Curve; (0,) and (0, 0) if there are none."""
    if not points:
        return Curve(np.zeros(0, dtype=np.int64), np.zeros((0, 0)))
    return Curve(
        np.array([iteration for iteration, _ in points], dtype=np.int64),
        np.stack([losses for _, losses in points]),
    )


@dataclass(frozen=True)
class Seen:
    """Everything a reader can know about the events of a job at one moment.

    version : number of events so far; a reader that has seen it need not draw again
    training, refine : the newest progress of either kind
    curve : losses (T, S) of the students in training; refine_curve : loss (T, 1) of the final fit
    events : every other event in order; notes : those of them that are sentences
    """

    version: int
    training: TrainingProgress | None
    refine: RefineProgress | None
    curve: Curve
    refine_curve: Curve
    events: tuple[Event, ...]

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(event for event in self.events if isinstance(event, Note))


class EventBuffer:
    """Takes events from one or more threads, shows them to any number of others.

    before : what the same work told in another process, to go on from

    >>> buffer = EventBuffer()
    >>> buffer.put(Note("expand", "The width is 16."))
    >>> buffer.seen().notes[0].message
    'The width is 16.'
    """

    def __init__(self, limit: int = MAX_POINTS, before: Seen | None = None) -> None:
        self._lock = threading.Lock()
        self._version = 0
        self._training: TrainingProgress | None = None
        self._refine: RefineProgress | None = None
        self._curve, self._refine_curve = CurveKeeper(limit), CurveKeeper(limit)
        self._events: list[Event] = []
        if before is not None:
            self._take_up(before)

    def _take_up(self, before: Seen) -> None:
        self._version, self._events = before.version, list(before.events)
        self._training, self._refine = before.training, before.refine
        if before.training is not None:
            self._curve.take_up(before.curve, before.training.width)
        if before.refine is not None:
            self._refine_curve.take_up(before.refine_curve, before.refine.size)

    def put(self, event: Event) -> None:
        with self._lock:
            self._version += 1
            if isinstance(event, TrainingProgress):
                joined = self._training is not None and self._training.searching
                self._training = event
                self._curve.add(event.iteration, event.losses, event.width, grows=joined)
            elif isinstance(event, RefineProgress):
                self._refine = event
                self._refine_curve.add(event.iteration, np.array([event.loss]), event.size)
            else:
                self._events.append(event)

    def seen(self) -> Seen:
        with self._lock:
            version, training, refine = self._version, self._training, self._refine
            points, refine_points = self._curve.points(), self._refine_curve.points()
            events = tuple(self._events)
        return Seen(version, training, refine, stack(points), stack(refine_points), events)
