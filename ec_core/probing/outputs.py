"""What stands after the last layer: answers as people have them, and what is learnt from them.

A classifier answers with probabilities, a bounded regression with a sigmoid or a tanh. Their
inverses are known, so that the network behind them answers with plain numbers again:

    softmax      log p_k - mean_j log p_j     up to one function that is added to all logits
    log-softmax  y_k - mean_j y_j             the same without the logarithm
    sigmoid      log p - log(1 - p)           each column for itself
    tanh         atanh y                      each column for itself

An answer that was stored with an error e has one of e·|dz/dy| afterwards: the logarithm of a tiny
probability has few digits. Rows that have a digit less than the others are left out, and so is what
is exactly 0 or 1 and says nothing. Axes: N probes, K outputs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.precision import DIGITS, FLOAT32, FLOAT64, rounding_unit

AUTO, LOGITS, SOFTMAX, SIGMOID, LOG_SOFTMAX, TANH = (
    "auto",
    "logits",
    "softmax",
    "sigmoid",
    "log-softmax",
    "tanh",
)
OUTPUTS = (AUTO, LOGITS, SOFTMAX, SIGMOID, LOG_SOFTMAX, TANH)
"""What a person can say of the answers; auto: found out."""

SUMS = 1e-5
"""Probabilities computed in float32 sum to one to this, whatever their number."""

COARSEST = 0.02
"""A unit of rounding, of probabilities, above which their sum no longer says what they are."""

FEWER = 10.0
"""Answers whose error is larger than that of the best quarter by this factor, a digit, are left
out: they would say little, and all else is measured by the largest errors."""

EXACT_ENOUGH = 1e-25
"""Mean squared error, over the spread, that float64 rounding leaves anyway: the same as
``probes.ROUNDING_FLOOR``. Answers that are better than this are not left out."""

NEARLY_ONE, AT_THE_END = 0.9, 0.99
"""Answers between -1 and 1 may come from a tanh if some are beyond the first on both sides, or
beyond the second on one: of a class that is rare the other side is never sure."""

_FIXED_POINT = {FLOAT64: 2.0**-53, FLOAT32: 2.0**-24}
"""A column made as one minus another has this unit, however small its numbers are."""

_SMALL = 0.25
"""Numbers below this have a finer unit of their own, by which that is seen."""


@dataclass(frozen=True)
class Output:
    """What stands after the last layer; percent: and its answers are counted in hundredths.

    >>> Output("softmax").gauge, Output("sigmoid").gauge
    (True, False)
    """

    kind: str = LOGITS
    percent: bool = False

    @property
    def gauge(self) -> bool:
        """Is the network behind it known up to one function added to all logits?"""
        return self.kind in (SOFTMAX, LOG_SOFTMAX)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the answers are taken for and what that means, for a person; () for logits."""
        return _WORDS[self.kind] if not self.percent else (_PERCENT, *_WORDS[self.kind])

    def logits(self, y: np.ndarray) -> np.ndarray:
        """The logits behind answers (N, K), as shares; infinite where an answer is at its end.

        >>> Output("sigmoid").logits(np.array([[0.5], [1.0]])).tolist()
        [[0.0], [inf]]
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.kind == SIGMOID:
                return np.asarray(np.log(y) - np.log1p(-y))
            if self.kind == TANH:
                return np.asarray(np.arctanh(y))
            z = np.log(y) if self.kind == SOFTMAX else y
            return np.asarray(z - z.mean(axis=1, keepdims=True) if self.gauge else z)

    def slope(self, y: np.ndarray) -> np.ndarray:
        """(N, K) by how much an error of an answer is larger in its logit, before centring."""
        with np.errstate(divide="ignore", over="ignore"):
            if self.kind == SIGMOID:
                return np.asarray(1.0 / (y * (1.0 - y)))
            if self.kind == TANH:
                return np.asarray(1.0 / (1.0 - y**2))
            return np.asarray(1.0 / y if self.kind == SOFTMAX else np.ones_like(y))


PLAIN = Output()
"""Nothing: a network's own numbers."""

_GAUGE = (
    "That leaves one function open, which could be added to all logits: the network is given with "
    "a last layer whose rows sum to zero, and so do its logits."
)
_PERCENT = "The answers are percentages and were divided by 100."
_WORDS: dict[str, tuple[str, ...]] = {
    LOGITS: (),
    SOFTMAX: (
        "The answers are probabilities, whose rows sum to one: the network before the softmax was "
        "read from their logarithms.",
        _GAUGE,
    ),
    LOG_SOFTMAX: (
        "The answers are the logarithms of probabilities: the network before the softmax was read "
        "from them.",
        _GAUGE,
    ),
    SIGMOID: (
        "The answers lie between 0 and 1 and were taken for those of a sigmoid: the network before "
        "it was read from their log odds.",
    ),
    TANH: (
        "The answers lie between -1 and 1 and were taken for those of a tanh: the network before "
        "it was read from their atanh.",
    ),
}


@dataclass(frozen=True)
class Reading:
    """Answers as they are learnt from.

    y (N, K) : logits, 0 in rows that cannot be used
    variance (N, K) : of the error that the digits of each answer mean, None for logits, whose
        digits speak for themselves; infinite in rows that cannot be used
    looks : the number type of the answers as they were given
    """

    output: Output
    y: np.ndarray
    variance: np.ndarray | None = None
    looks: str = FLOAT64

    def rows(self, order: np.ndarray, y: np.ndarray) -> Reading:
        """The rows ``order`` of it; y (N, K) : its logits, checked."""
        variance = None if self.variance is None else self.variance[order]
        return replace(self, y=y[order], variance=variance)

    def kept(self) -> np.ndarray:
        """(N,) bool: the rows to learn from."""
        if self.variance is None:
            return np.ones(len(self.y), dtype=bool)
        usable: np.ndarray = np.isfinite(self.variance).all(axis=1)
        if not usable.any():
            return usable
        spread = self.y[usable].std(axis=0)
        error = np.mean(self.variance / np.where(spread > 0, spread, 1.0) ** 2, axis=1)
        limit = FEWER**2 * float(np.quantile(error[usable], 0.25))
        return np.asarray(error <= max(EXACT_ENOUGH, limit))


def recognised(y: np.ndarray) -> Output:
    """What answers (N, K) certainly are: probabilities, their logarithms, or plain numbers.

    >>> recognised(np.array([[0.25, 0.75], [0.6, 0.4]])).kind
    'softmax'
    """
    if y.ndim != 2 or y.shape[1] < 2 or not y.size or y.dtype.kind not in "fiu":
        return PLAIN
    y = y.astype(np.float64)
    if np.isnan(y).any() or (y == np.inf).any():
        return PLAIN
    if (y >= 0).all():
        for whole in (1.0, 100.0):
            if _sum_to(y, whole):
                return Output(SOFTMAX, percent=whole > 1)
    elif (y <= SUMS).all() and np.isfinite(y).any():
        with np.errstate(under="ignore"):
            sums = np.log(np.exp(y).sum(axis=1))
        if np.abs(sums).max() <= max(SUMS, min(COARSEST, _unit(y))):
            return Output(LOG_SOFTMAX)
    return PLAIN


def _unit(y: np.ndarray) -> float:
    """The largest unit of rounding of answers (N, K) that are finite."""
    finite = np.where(np.isfinite(y), y, 0.0)
    return float(rounding_unit(finite)[1].max()) if finite.any() else 0.0


def _sum_to(y: np.ndarray, whole: float) -> bool:
    """Do the rows of y (N, K) sum to this, but for the rounding of each answer?"""
    off = np.abs(y.sum(axis=1) - whole)
    if off.max() <= SUMS * whole:
        return True
    unit = _unit(y)
    if unit > COARSEST * whole:
        return False
    outputs = y.shape[1]
    # K independent roundings, each uniform within half a unit
    typical = unit * np.sqrt(outputs / 12.0)
    within = off.max() <= 0.51 * unit * outputs
    return bool(within and np.sqrt(np.mean(off**2)) <= 2.0 * typical)


def suspected(y: np.ndarray) -> str | None:
    """What logits y (N, K) could be instead: "sigmoid" or "tanh" by their range; None if neither.

    A network's own answers can lie there as well, so only learning from both tells.

    >>> suspected(np.array([[0.2], [0.99]])), suspected(np.array([[-0.95], [0.99]]))
    ('sigmoid', 'tanh')
    """
    low, high = float(y.min()), float(y.max())
    if low >= 0.0 and high <= 1.0:
        return SIGMOID
    least, most = min(-low, high), max(-low, high)
    ends = least > NEARLY_ONE or (least > 0.0 and most > AT_THE_END)
    return TANH if ends and most <= 1.0 else None


def known(y: np.ndarray, told: str = AUTO) -> str:
    """The output behind answers y (N, K) as far as it is certain or told; "auto" where only
    learning from them tells.

    >>> known(np.array([[0.25, 0.75], [0.6, 0.4]])), known(np.array([[0.2], [0.99]]))
    ('softmax', 'auto')
    """
    y = y[~np.isnan(y).reshape(len(y), -1).any(axis=1)]
    if not len(y):
        return told
    kind = read(y, told).output.kind
    return AUTO if told == AUTO and kind == LOGITS and suspected(y) is not None else kind


def read(y: np.ndarray, told: str = AUTO) -> Reading:
    """Answers y (N, K) or (N,) as they are learnt from.

    told : one of ``OUTPUTS``; "auto" takes what is certain. Anything that is no array of numbers
    is handed on as it is.
    Raises InputError for another word, and for answers that cannot be what was told.

    >>> reading = read(np.array([[0.25, 0.75], [0.5, 0.5], [0.0, 1.0]]))
    >>> reading.output.kind, reading.y[1].tolist(), reading.kept().tolist()
    ('softmax', [0.0, 0.0], [True, True, False])
    """
    if told not in OUTPUTS:
        raise InputError(f"output is {told!r}; expected one of {', '.join(OUTPUTS)}.")
    if told == LOGITS or y.ndim not in (1, 2) or y.dtype.kind not in "fiu" or not y.size:
        return Reading(PLAIN, y)
    columns = y.reshape(len(y), -1)
    output = recognised(columns) if told == AUTO else _as_told(columns.astype(np.float64), told)
    if output.kind == LOGITS:
        return Reading(output, y)
    values = columns.astype(np.float64)
    looks, unit = rounding_unit(np.where(np.isfinite(values), values, 0.0))
    if output.percent:
        values, unit = values / 100.0, unit / 100.0
    if looks != DIGITS:
        unit = _made_by_difference(values, unit, looks)
    return _inverted(output, values, unit, looks)


def _made_by_difference(p: np.ndarray, unit: np.ndarray, looks: str) -> np.ndarray:
    """The units (N, K) of p, where a column was made as one minus another (scikit-learn's)."""
    step = _FIXED_POINT.get(looks)
    if step is None:
        return unit
    whole = np.where(np.isfinite(p), p, 0.0) / step
    coarse = (whole == np.round(whole)).all(axis=0) & (np.abs(p) < _SMALL).any(axis=0)
    return np.where(coarse, np.maximum(unit, step), unit)


def _as_told(y: np.ndarray, told: str) -> Output:
    """The output that was told. Raises InputError where the answers (N, K) cannot be its."""
    low, high = float(np.nanmin(y)), float(np.nanmax(y))
    known = recognised(y)
    if told == SOFTMAX:
        if known.kind == SOFTMAX:
            return known
        raise InputError(
            f"The answers were said to be a softmax's, but their rows sum to "
            f"{float(y.sum(axis=1).min()):.3g} to {float(y.sum(axis=1).max()):.3g}; expected 1 or "
            "100 in every row: check the columns, or say what else they are."
        )
    if told == LOG_SOFTMAX and known.kind != LOG_SOFTMAX:
        raise InputError(
            "The answers were said to be a log-softmax's, but their exponentials do not sum to "
            "one; check the columns, or say what else they are."
        )
    least = -1.0 if told == TANH else 0.0
    percent = told == SIGMOID and 1.0 < high <= 100.0
    if told in (SIGMOID, TANH) and not (least <= low and (high <= 1.0 or percent)):
        raise InputError(
            f"The answers were said to be a {told}'s, but they go from {low:.3g} to {high:.3g}; "
            f"expected {least:.0f} to 1: check the columns, or say what else they are."
        )
    return Output(told, percent)


@np.errstate(invalid="ignore", over="ignore", under="ignore")
def _inverted(output: Output, y: np.ndarray, unit: np.ndarray, looks: str) -> Reading:
    """Logits from answers y (N, K), and what the unit (N, K) of each means for them."""
    z, variance = output.logits(y), (unit * output.slope(y)) ** 2 / 12.0
    usable = (np.isfinite(z) & np.isfinite(variance)).all(axis=1)
    z, variance = np.where(usable[:, None], z, 0.0), np.where(usable[:, None], variance, 0.0)
    if output.gauge:
        # of e_k - mean(e), for independent errors
        outputs = z.shape[1]
        others = variance.sum(axis=1, keepdims=True) / outputs**2
        variance = (1.0 - 2.0 / outputs) * variance + others
    return Reading(output, z, np.where(usable[:, None], variance, np.inf), looks)
