"""How exact are answers? What their digits show, before anything is learnt from them.

A number type or a number of digits leaves a rounding error of half a unit in the last place, at
least: a network that *computes* in float32 errs by several times that (``Stored.slack``), which
only what the students leave over can tell (``ec_core.expand.noise``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_DIGITS = 12
"""Answers with more digits than these cannot be told from full float64."""

DECIMAL_TOLERANCE = 1e-15
"""A decimal number and its float64 differ by half an ulp; rounding it again by another."""

MAX_DIGITS_SHORT, DECIMAL_TOLERANCE_SHORT = 5, 7e-8
"""The same for decimal numbers that are kept as float32, which has seven digits: of five, one in a
hundred float32 numbers is as near to one by chance."""

_UNLIKELY = 4.0
"""Standard deviations by which zeros at the end of numbers must exceed their usual count."""

_WHOLE = 2.0**23
"""Larger float32 numbers are whole without having been rounded to it."""

MOST_DIFFERENT, OFTEN = 20, 10
"""Few different numbers, each told often: the same as labels are known by (``labels``)."""

_CLEARLY_COARSER = 0.3
"""Decades by which the unit of significant digits must exceed that of decimals, on average."""

FLOAT64, UNKNOWN, FLOAT32, FLOAT16, BFLOAT16, DIGITS, REPEATS, TOLD = (
    "float64",
    "unknown",
    "float32",
    "float16",
    "bfloat16",
    "digits",
    "repeats",
    "told",
)
"""What answers can look like; ``UNKNOWN``: whole numbers, or few different ones, look the same
however exact they are, and learning has to tell; ``REPEATS``: repeated questions show how exact
they are; ``TOLD``: a person said so."""

_BITS = {FLOAT32: 23, FLOAT16: 10, BFLOAT16: 7}
"""Bits behind the point of each short type."""

_SLACK = {
    **{FLOAT64: 2.0, UNKNOWN: 2.0, FLOAT32: 30.0, FLOAT16: 4.0, BFLOAT16: 4.0, DIGITS: 4.0},
    **{REPEATS: 2.0, TOLD: 2.0},
}
"""How many times its rounding of the result a machine may err, mean squared, before that is known
better. Small torch networks in float32 err by 1.5 to 14 times, see
docs/method.md#answers-with-few-digits; the others mostly compute with more digits than
they tell."""


@dataclass(frozen=True)
class Stored:
    """What answers look like: ``kind`` as above, and the mean squared rounding ``error`` of
    standardised answers that this means (0 for full float64, and where nobody can tell).
    """

    kind: str
    error: float

    @property
    def slack(self) -> float:
        """The factor on ``error`` at which answers count as explained until it is known better."""
        return _SLACK[self.kind]

    @property
    def words(self) -> str:
        """What the answers look like, for a sentence that begins "The answers are …"."""
        return {
            FLOAT64: "full float64 numbers",
            UNKNOWN: "whole numbers, or few different ones, which do not say how exact they are",
            FLOAT32: "float32 numbers",
            FLOAT16: "float16 numbers",
            BFLOAT16: "bfloat16 numbers",
            DIGITS: "rounded to a few digits",
            REPEATS: "not the same each time a question is asked",
            TOLD: "as exact as was told",
        }[self.kind]


def _fewest_digits(
    y: np.ndarray, unit: np.ndarray, most: int, tolerance: float
) -> np.ndarray | None:
    """The rounding unit (N, K) of answers that have few digits behind ``unit``, else None."""
    for digits in range(1, most + 1):
        rounded = np.round(y / unit, digits) * unit
        if np.allclose(y, rounded, rtol=tolerance, atol=0.0):
            return np.asarray(unit * 10.0**-digits)
    return None


def _decimal_unit(
    y: np.ndarray, most: int = MAX_DIGITS, tolerance: float = DECIMAL_TOLERANCE
) -> np.ndarray | None:
    """The unit (N, K) of answers with few decimals or significant digits, else None.

    most : digits; tolerance : what a decimal number loses in its type
    """
    size = np.abs(y)
    # zeros have every number of digits: they count as the smallest answer
    size = np.where(size > 0, size, size[size > 0].min())
    leading = 10.0 ** np.floor(np.log10(size))
    decimals, significant = (
        _fewest_digits(y, each, most, tolerance) for each in (np.ones_like(y), leading)
    )
    units = [unit for unit in (decimals, significant) if unit is not None]
    if len(units) == 2:
        # answers below 1 with two decimals have two digits as well; a round 1.00 among them
        # must not pass for a number with one digit: significant digits have to explain more
        coarser = float(np.mean(np.log10(units[1] / units[0])))
        return units[1] if coarser > _CLEARLY_COARSER else units[0]
    return units[0] if units else None


def _trailing(size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Zero bits (n,) at the end of positive float32 numbers (n,), of 23 behind the point; and the
    power of two that the last bit which is set stands for.
    """
    mantissa, exponent = np.frexp(size.astype(np.float64))
    whole = (mantissa * 2.0**24).astype(np.int64)  # 24 bits, the first of which is set
    lowest = np.log2(whole & -whole).astype(np.int64)
    return lowest, exponent - 24 + lowest


def binary_grid(y: np.ndarray, bits: int = _BITS[FLOAT32]) -> float | None:
    """The largest power of two that divides all of y (N, K), where their last bits are more often
    zero than those of numbers that were rounded to ``bits`` behind the point would be; else None.

    Half of the last bits are zero by chance, a quarter of the last two, and so on: n different
    numbers end in n zeros, give or take sqrt(2n). Whole numbers always lie on a grid.

    >>> binary_grid(np.array([0.25, 3.0, -1.5])), binary_grid(np.float16([[0.1], [0.7]]), 10)
    (0.25, None)
    """
    size = np.unique(np.abs(y))
    size = size[size > 0]
    if not len(size):
        return None
    zeros, power = _trailing(size)
    step = 2.0 ** int(power.min())
    if step >= 1.0 and size[-1] < _WHOLE:
        return step
    zeros = np.maximum(zeros - (_BITS[FLOAT32] - bits), 0)
    chance = len(size) + _UNLIKELY * np.sqrt(2.0 * len(size))
    return step if zeros.sum() > chance else None


def _few(y: np.ndarray, unit: np.ndarray) -> bool:
    """Are they few different decimal numbers (N, K), each told often, and with gaps between them?

    Numbers that were rounded to a unit are as few only where they fill all of their range.
    """
    different = np.unique(y)
    if len(different) > MOST_DIFFERENT or len(np.unique(y, axis=0)) * OFTEN > len(y):
        return False
    return float(np.diff(different).max(initial=0.0)) > 1.5 * float(unit.max())


def stored(y: np.ndarray, scale: np.ndarray) -> Stored:
    """What the answers (N, K) look like, their rounding error over scale² (K,).

    Answers that are all numbers of a short type carry an error uniform within half a unit in the
    last place; answers with k decimals or k significant digits one of half a unit of the last
    digit. Whole numbers, or few different ones, may be rounded or exact: nothing is said of them.

    >>> y = np.array([[0.12], [0.57], [-0.91]])
    >>> digits = stored(y, np.ones(1))
    >>> digits.kind, bool(np.isclose(digits.error, 0.01**2 / 12))
    ('digits', True)
    >>> stored(np.float16([[0.1], [0.7]]).astype(float), np.ones(1)).kind
    'float16'
    >>> stored(np.array([[3.0], [70.0], [12.0]]), np.ones(1)).kind
    'unknown'
    """
    kind, unit = rounding_unit(y)
    if kind == FLOAT64:
        return Stored(kind, 0.0)
    if kind == DIGITS and (_on_a_grid(y, unit) or _few(y, unit)):
        return Stored(UNKNOWN, 0.0)
    return Stored(kind, mean_square(unit, scale))


def _on_a_grid(y: np.ndarray, unit: np.ndarray) -> bool:
    """Is the unit (N, K) a power of two, as of whole numbers? No decimal one is."""
    return bool((unit == unit.flat[0]).all()) and float(np.frexp(unit.flat[0])[0]) == 0.5


def rounding_unit(y: np.ndarray) -> tuple[str, np.ndarray]:
    """What the answers (N, K) look like, and the unit (N, K) in the last place of each.

    Of numbers on a grid of powers of two, such as whole ones, it is as if they were rounded to it.

    >>> kind, unit = rounding_unit(np.array([[0.12], [0.57]]))
    >>> kind, unit.tolist()
    ('digits', [[0.01], [0.01]])
    """
    with np.errstate(over="ignore", under="ignore"):
        single, half = y.astype(np.float32), y.astype(np.float16)
    if not np.array_equal(y, single):
        unit = _decimal_unit(y)
        return (FLOAT64, np.spacing(np.abs(y))) if unit is None else (DIGITS, unit)
    # most bfloat16 numbers are float16 numbers too, so the coarser type comes first
    coarse = not (single.view(np.uint32) & 0xFFFF).any()
    kind = BFLOAT16 if coarse else FLOAT16 if np.array_equal(y, half) else FLOAT32
    step = binary_grid(y, _BITS[kind])
    if kind == FLOAT32 and (step is None or step < 1.0):
        # rounded first and then kept as float32: the fewer digits count
        unit = _decimal_unit(y, MAX_DIGITS_SHORT, DECIMAL_TOLERANCE_SHORT)
        if unit is not None:
            return DIGITS, unit
    if step is not None:
        return DIGITS, np.full(y.shape, step)
    if kind == BFLOAT16:
        return kind, np.spacing(np.abs(single)) * 2.0**16
    last = half if kind == FLOAT16 else single
    return kind, np.spacing(np.abs(last)).astype(np.float64)


def mean_square(unit: np.ndarray, scale: np.ndarray) -> float:
    """The mean squared error, over scale² (K,), of answers rounded to units (N, K)."""
    return float(np.mean((unit / scale) ** 2) / 12.0)
