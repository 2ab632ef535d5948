"""Numbers as people read them: powers of ten with real superscripts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(exponent: float) -> str:
    """A whole power of ten.

    >>> power(-7), power(0)
    ('10⁻⁷', '1')
    """
    return "1" if exponent == 0 else "10" + f"{exponent:.0f}".translate(_SUPERSCRIPTS)


def number(value: float, digits: int = 2) -> str:
    """A number in plain or scientific form, whichever is shorter to read.

    >>> number(2.13e-31), number(0.25), number(1234.0), number(1e-25, 1), number(float("nan"))
    ('2.1·10⁻³¹', '0.25', '1234', '10⁻²⁵', 'not a number')
    """
    value = float(value)
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.{max(digits, 1 + math.floor(math.log10(abs(value))))}g}".replace("-", "−")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if float(mantissa) == 1:
        return power(int(exponent))
    return f"{mantissa.replace('-', '−')}·{power(int(exponent))}"


def numbers(values: Iterable[Any], digits: int = 2) -> list[str]:
    """``number`` of each value."""
    return [number(value, digits) for value in values]


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "student"), plural(3, "student")
    ('1 student', '3 students')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
