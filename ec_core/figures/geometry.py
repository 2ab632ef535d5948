"""The line on which a neuron of two inputs switches, clipped to the picture."""

from __future__ import annotations

import numpy as np

Limits = tuple[float, float, float, float]
"""A box: x from, x to, y from, y to."""

TINY = 1e-12
"""A direction shorter than this is none: the neuron is a constant and has no line."""


def clip_lines(vectors: np.ndarray, limits: Limits) -> np.ndarray:
    """The part of each line w·x + b = 0 inside a box: (M, 2, 2) end points, NaN for none.

    vectors : (M, 3) rows (w1, w2, b)

    Method: the line is p + t·d with p its point nearest to the origin and d along it; each pair of
    the box's sides allows an interval of t (Liang and Barsky, 1984), and the line is visible where
    the two intervals overlap.

    >>> clip_lines(np.array([[1.0, 0.0, -0.5]]), (-1.0, 1.0, -2.0, 2.0)).tolist()
    [[[0.5, -2.0], [0.5, 2.0]]]
    """
    vectors = np.asarray(vectors, dtype=np.float64).reshape(-1, 3)
    normal, offset = vectors[:, :2], vectors[:, 2]
    length = np.linalg.norm(normal, axis=1)
    valid = np.isfinite(vectors).all(axis=1) & (length > TINY)
    safe = np.where(valid, length, 1.0)
    unit = np.where(valid[:, None], normal, [1.0, 0.0]) / safe[:, None]
    point = -(np.where(valid, offset, 0.0) / safe)[:, None] * unit
    along = np.stack([-unit[:, 1], unit[:, 0]], axis=1)

    start, stop = np.full(len(vectors), -np.inf), np.full(len(vectors), np.inf)
    for axis, (low, high) in enumerate(((limits[0], limits[1]), (limits[2], limits[3]))):
        slope, place = along[:, axis], point[:, axis]
        level = np.abs(slope) < TINY
        step = np.where(level, 1.0, slope)
        ends = np.sort(np.stack([(low - place) / step, (high - place) / step]), axis=0)
        start = np.where(level, start, np.maximum(start, ends[0]))
        stop = np.where(level, stop, np.minimum(stop, ends[1]))
        valid &= ~level | ((place >= low) & (place <= high))
    valid &= start < stop
    start, stop = np.where(valid, start, 0.0), np.where(valid, stop, 0.0)
    ends = np.stack([point + start[:, None] * along, point + stop[:, None] * along], axis=1)
    return np.where(valid[:, None, None], ends, np.nan)


def polyline(segments: np.ndarray, points: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Segments (M, 2, 2) as one polyline with NaN gaps, x and y (M·(points+1),).

    Several points per segment, because hover texts appear only near points.
    """
    share = np.linspace(0.0, 1.0, points)[None, :, None]
    inner = segments[:, :1] * (1 - share) + segments[:, 1:] * share
    gap = np.full((len(segments), 1, 2), np.nan)
    rows = np.concatenate([inner, gap], axis=1)
    return rows[..., 0].ravel(), rows[..., 1].ravel()
