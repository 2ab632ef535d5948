"""The number with few digits that is meant by one that was computed."""

from __future__ import annotations

SHORT, SHORT_DIGITS = 1e-9, 4
"""A number within this share of one that has so few digits is taken for it: people write 0.3. The
certificate refuses it if it is not."""


def short(value: float, room: float = SHORT) -> float:
    """The number with few digits, where one is near enough.

    >>> short(0.30000000000013), short(0.312345678), short(0.5000012, 1e-5)
    (0.3, 0.312345678, 0.5)
    """
    near = float(f"{value:.{SHORT_DIGITS - 1}e}")
    return near if abs(near - value) <= room * max(abs(value), 1e-3) else value
